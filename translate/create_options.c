#include "translate/create_options.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <string.h>

static size_t piece_length(const char *text, size_t left)
{
    size_t length = CREATE_OPTIONS_PIECE;

    if (left <= length)
        return left;
    while (length > 1 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

size_t create_options_count_pieces(const char *minified)
{
    size_t left = strlen(minified);
    size_t count = 0;

    while (left) {
        size_t length = piece_length(minified, left);

        minified += length;
        left -= length;
        count++;
    }
    return count;
}

int create_options_minify(const char *text, char **ret_minified, struct error *error)
{
    cleanup_free char *minified = NULL;
    size_t pieces;

    if (!text[strspn(text, " \t\r\n")])
        text = "{}";
    if (json_minify(text, strlen(text), &minified, error) < 0)
        return -1;
    if (strcmp(minified, "null") == 0)
        memcpy(minified, "{}", 3);
    if (minified[0] != '{')
        return error_set(error, "must be a JSON object, as in {\"HostConfig\":{…}}");
    pieces = create_options_count_pieces(minified);
    if (pieces > CREATE_OPTIONS_PIECES)
        return error_set(error, "has %zu bytes: that is %zu pieces of %d bytes, and a device takes %d",
                         strlen(minified), pieces, CREATE_OPTIONS_PIECE, CREATE_OPTIONS_PIECES);
    *ret_minified = steal_ptr(minified);
    return 0;
}

void create_options_write(struct json_writer *writer, const char *minified)
{
    size_t left = strlen(minified);

    for (unsigned number = 0; left; number++) {
        size_t length = piece_length(minified, left);
        char name[32] = "createOptions";

        if (number)
            (void)snprintf(name, sizeof(name), "createOptions%02u", number);
        json_name(writer, name);
        json_add_string_length(writer, minified, length);
        minified += length;
        left -= length;
    }
}
