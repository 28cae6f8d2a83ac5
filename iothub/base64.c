#include "iothub/base64.h"

#include "common/banned.h"

#include <stdint.h>
#include <string.h>

static int digit_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    if (digit == '+')
        return 62;
    return digit == '/' ? 63 : -1;
}

/* Decodes one group of four of which the last `padding` are '='. Returns -1 when it is none. */
static int group_decode(const char *text, unsigned padding, unsigned char *bytes)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < 4; i++) {
        int value = i < 4 - padding ? digit_value(text[i]) : 0;

        if (value < 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
    }
    for (unsigned i = 0; i < 3 - padding; i++)
        bytes[i] = (unsigned char)(bits >> (16 - 8 * i));
    return (bits & ((1U << (8 * padding)) - 1)) == 0 ? 0 : -1;
}

int iothub_base64_decode(const char *text, size_t length, unsigned char *bytes, size_t *ret_count)
{
    size_t count = 0;

    if (length % 4 != 0)
        return -1;
    for (size_t at = 0; at < length; at += 4) {
        unsigned padding = 0;

        if (at + 4 == length && text[at + 3] == '=')
            padding = text[at + 2] == '=' ? 2 : 1;
        if (group_decode(text + at, padding, bytes + count) < 0)
            return -1;
        count += 3 - padding;
    }
    *ret_count = count;
    return 0;
}
