#include "http/framing.h"

#include "common/banned.h"

#include <strings.h>

static bool parse_length(const char *text, size_t size, uint64_t *ret_length)
{
    uint64_t length = 0;

    if (size == 0 || size > 18)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        length = length * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_length = length;
    return true;
}

static enum MHD_Result note_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                   const char *value, size_t value_size)
{
    static const char length_name[] = "Content-Length";
    static const char encoding_name[] = "Transfer-Encoding";
    static const char connection_name[] = "Connection";
    struct http_framing *framing = context;

    (void)kind;
    if (name_size == 0 || name[name_size - 1] == ' ' || name[name_size - 1] == '\t')
        framing->spaced = true;
    if (name_size == sizeof length_name - 1 && strncasecmp(name, length_name, name_size) == 0) {
        framing->lengths++;
        framing->broken = framing->broken || !value || !parse_length(value, value_size, &framing->length);
    } else if (name_size == sizeof encoding_name - 1 && strncasecmp(name, encoding_name, name_size) == 0) {
        framing->encodings++;
        framing->broken = framing->broken || !value || value_size != 7 || strncasecmp(value, "chunked", 7) != 0;
    } else if (name_size == sizeof connection_name - 1 && strncasecmp(name, connection_name, name_size) == 0) {
        framing->connection = true;
    }
    return MHD_YES;
}

void http_framing_read(struct http_framing *framing, struct MHD_Connection *connection)
{
    *framing = (struct http_framing){0};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, note_header, framing);
}

const char *http_framing_problem(const struct http_framing *framing)
{
    if (framing->lengths > 0 && framing->encodings > 0)
        return "Transfer-Encoding and Content-Length do not go together";
    if (framing->lengths > 1 || framing->encodings > 1)
        return "Content-Length or Transfer-Encoding was given twice";
    if (framing->broken)
        return "Content-Length is no number, or Transfer-Encoding is not chunked";
    if (framing->spaced)
        return "a header has white space before its colon";
    return NULL;
}
