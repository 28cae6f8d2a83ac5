#include "translate/text.h"

#include <stdbool.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

size_t text_character_length(const char *text)
{
    const unsigned char *b = (const unsigned char *)text;

    if (b[0] < 0x80)
        return b[0] ? 1 : 0;
    if (b[0] < 0xc2 || b[0] > 0xf4 || !is_continuation(b[1]))
        return 0;
    if (b[0] < 0xe0)
        return 2;
    if (!is_continuation(b[2]) || (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f))
        return 0;
    if (b[0] < 0xf0)
        return 3;
    if (!is_continuation(b[3]) || (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f))
        return 0;
    return 4;
}

static bool is_control(const char *text, size_t length)
{
    unsigned char first = (unsigned char)text[0];

    /* U+0080 to U+009F are control characters as well. */
    return first < 0x20 || first == 0x7f || (length == 2 && first == 0xc2 && (unsigned char)text[1] < 0xa0);
}

/* What stands for the character at text in one line of a message; returns how many bytes it was. */
static size_t next_visible(const char *text, const char **ret_visible, size_t *ret_length)
{
    size_t length = text_character_length(text);

    *ret_visible = !length ? "?" : is_control(text, length) ? " " : text;
    *ret_length = *ret_visible == text ? length : 1;
    return length ? length : 1;
}

void text_add_excerpt(struct strbuf *out, const char *text, size_t limit)
{
    for (size_t count = 0; *text; count++) {
        const char *visible;
        size_t length;

        if (count == limit) {
            strbuf_add_string(out, ELLIPSIS);
            return;
        }
        text += next_visible(text, &visible, &length);
        strbuf_add(out, visible, length);
    }
}

static void add_escaped(struct strbuf *out, const char *text, size_t length)
{
    unsigned char first = (unsigned char)text[0];

    if (!length)
        strbuf_add_format(out, "\\x%02x", first);
    else if (first == '"' || first == '\\')
        strbuf_add_format(out, "\\%c", first);
    else if (first == '\n')
        strbuf_add_string(out, "\\n");
    else if (first == '\t')
        strbuf_add_string(out, "\\t");
    else if (first == '\r')
        strbuf_add_string(out, "\\r");
    else if (is_control(text, length))
        strbuf_add_format(out, length == 1 ? "\\x%02x" : "\\u%04x", length == 1 ? first : (unsigned char)text[1]);
    else
        strbuf_add(out, text, length);
}

void text_add_quoted(struct strbuf *out, const char *text, size_t limit)
{
    strbuf_add_char(out, '"');
    for (size_t count = 0; *text && count < limit; count++) {
        size_t length = text_character_length(text);

        add_escaped(out, text, length);
        text += length ? length : 1;
    }
    if (*text)
        strbuf_add_string(out, ELLIPSIS);
    strbuf_add_char(out, '"');
}

void text_copy_excerpt(char *buffer, size_t size, const char *text, size_t limit)
{
    size_t used = 0;

    for (size_t count = 0; *text; count++) {
        const char *visible;
        size_t length;
        size_t step = next_visible(text, &visible, &length);
        bool last = count + 1 == limit && text[step];

        if (last)
            visible = ELLIPSIS, length = strlen(ELLIPSIS);
        if (count == limit || used + length >= size)
            break;
        memcpy(buffer + used, visible, length);
        used += length;
        text += step;
        if (last)
            break;
    }
    buffer[used] = '\0';
}
