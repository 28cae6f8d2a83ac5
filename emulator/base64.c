#include "emulator/base64.h"

#include "emulator/memory.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *emulator_base64_encode(const void *data, size_t length)
{
    const unsigned char *bytes = data;
    char *text = emulator_allocate((length + 2) / 3 * 4 + 1);
    char *out = text;

    for (size_t i = 0; i < length; i += 3) {
        size_t have = length - i < 3 ? length - i : 3;
        unsigned group = (unsigned)bytes[i] << 16;
        if (have > 1)
            group |= (unsigned)bytes[i + 1] << 8;
        if (have > 2)
            group |= bytes[i + 2];
        *out++ = letters[group >> 18];
        *out++ = letters[group >> 12 & 63];
        *out++ = have > 1 ? letters[group >> 6 & 63] : '=';
        *out++ = have > 2 ? letters[group & 63] : '=';
    }
    return text;
}

/* The value of one letter, or -1. */
static int letter_value(char letter)
{
    const char *found = letter ? strchr(letters, letter) : NULL;

    return found ? (int)(found - letters) : -1;
}

/* Bytes in the group of four letters, or 0 when they are none. Padding may end the last group only. */
static size_t group_decode(const char *text, bool last, unsigned char *out)
{
    size_t have = 3;
    unsigned group = 0;

    if (last && text[3] == '=')
        have = text[2] == '=' ? 1 : 2;
    for (size_t i = 0; i < 4; i++) {
        int value = i <= have ? letter_value(text[i]) : 0;
        if (value < 0)
            return 0;
        group = group << 6 | (unsigned)value;
    }
    for (size_t i = 0; i < have; i++)
        out[i] = (unsigned char)(group >> (16 - 8 * i));
    return have;
}

unsigned char *emulator_base64_decode(const char *text, size_t *ret_length)
{
    size_t length = strlen(text);
    size_t decoded = 0;

    if (length % 4)
        return NULL;
    cleanup_free unsigned char *bytes = emulator_allocate(length / 4 * 3 + 1);
    for (size_t i = 0; i < length; i += 4) {
        size_t have = group_decode(text + i, i + 4 == length, bytes + decoded);
        if (!have)
            return NULL;
        decoded += have;
    }
    *ret_length = decoded;
    return steal_ptr(bytes);
}
