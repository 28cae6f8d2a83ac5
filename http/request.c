/* What a handler asks of its request. */
#include "common/banned.h"
#include "http/server.h"

#include <microhttpd.h>
#include <string.h>

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/* The byte of the escape at text, or -1 when it is broken or stands for NUL. */
static int escaped_byte(const char *text, size_t length)
{
    if (length < 3)
        return -1;
    int high = hex_digit(text[1]);
    int low = hex_digit(text[2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0))
        return -1;
    return high * 16 + low;
}

char *http_percent_decode(const char *text, size_t length)
{
    char *decoded = malloc(length + 1);
    size_t used = 0;

    for (size_t i = 0; decoded && i < length; i++) {
        int byte = (unsigned char)text[i];
        if (byte == '%') {
            byte = escaped_byte(text + i, length - i);
            i += 2;
        }
        if (byte <= 0) {
            free(decoded);
            return NULL;
        }
        decoded[used++] = (char)byte;
    }
    if (decoded)
        decoded[used] = 0;
    return decoded;
}

char *http_request_query(const struct http_request *request, const char *name)
{
    size_t name_length = strlen(name);
    const char *pair = request->query;

    while (*pair) {
        size_t length = strcspn(pair, "&");
        if (length > name_length && strncmp(pair, name, name_length) == 0 && pair[name_length] == '=')
            return http_percent_decode(pair + name_length + 1, length - name_length - 1);
        if (length == name_length && strncmp(pair, name, name_length) == 0)
            return strdup("");
        pair += length;
        pair += *pair == '&';
    }
    return NULL;
}
