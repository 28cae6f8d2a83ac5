#include "common/text.h"

#include "common/banned.h"
#include "common/unicode.h"

bool text_is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void blank_controls(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7F)
            *c = ' ';
        /* U+0080 to U+009F, the controls of eight bits. */
        if (c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0)
            c[0] = c[1] = ' ';
    }
}

char *text_printable(const char *text, size_t length, size_t limit)
{
    if (length > limit) {
        length = limit;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    char *copy = length > 0 ? strndup(text, length) : NULL;

    if (!copy)
        return NULL;
    if (!unicode_is_utf8(copy, strlen(copy)))
        for (unsigned char *c = (unsigned char *)copy; *c; c++)
            *c = *c < 0x80 ? *c : '?';
    blank_controls(copy);
    return copy;
}
