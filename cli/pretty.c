#include "cli/pretty.h"

#include <string.h>

static void add_line(struct strbuf *out, unsigned depth)
{
    strbuf_add_char(out, '\n');
    for (unsigned i = 0; i < depth; i++)
        strbuf_add_string(out, "  ");
}

/* Bytes of the string that begins here, its quotes included. */
static size_t string_length(const char *at)
{
    size_t length = 1;

    while (at[length] && at[length] != '"')
        length += at[length] == '\\' && at[length + 1] ? 2 : 1;
    return at[length] ? length + 1 : length;
}

/* Returns how many bytes of the text it took. */
static size_t add_token(struct strbuf *out, const char *at, unsigned *depth)
{
    size_t length = 1;

    switch (*at) {
    case '"':
        length = string_length(at);
        strbuf_add(out, at, length);
        return length;
    case '{':
    case '[':
        strbuf_add_char(out, *at);
        if (at[1] == *at + 2) {
            strbuf_add_char(out, at[1]);
            return 2;
        }
        add_line(out, ++*depth);
        return 1;
    case '}':
    case ']':
        add_line(out, --*depth);
        strbuf_add_char(out, *at);
        return 1;
    case ',':
        strbuf_add_char(out, ',');
        add_line(out, *depth);
        return 1;
    case ':':
        strbuf_add_string(out, ": ");
        return 1;
    default:
        length = strcspn(at, ",]}");
        strbuf_add(out, at, length);
        return length;
    }
}

void pretty_add(struct strbuf *out, const char *json)
{
    unsigned depth = 0;

    while (*json)
        json += add_token(out, json, &depth);
}
