#include "common/base64.h"

#include "common/banned.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Three bytes as four letters. */
static void group_encode(uint32_t bits, char letters[4])
{
    letters[0] = alphabet[bits >> 18];
    letters[1] = alphabet[bits >> 12 & 63];
    letters[2] = alphabet[bits >> 6 & 63];
    letters[3] = alphabet[bits & 63];
}

/* The last one or two bytes, padded. */
static void rest_encode(const unsigned char *bytes, size_t length, char letters[4])
{
    group_encode((uint32_t)bytes[0] << 16 | (length > 1 ? (uint32_t)bytes[1] << 8 : 0), letters);
    letters[3] = '=';
    if (length == 1)
        letters[2] = '=';
}

void base64_encode(const void *data, size_t length, struct strbuf *out)
{
    const unsigned char *bytes = data;
    size_t total = (length + 2) / 3 * 4;
    if (total == 0 || strbuf_reserve(out, total) < 0)
        return;
    char *letters = out->data + out->length;
    for (; length >= 3; bytes += 3, length -= 3, letters += 4)
        group_encode((uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2], letters);
    if (length > 0)
        rest_encode(bytes, length, letters);
    out->length += total;
    out->data[out->length] = '\0';
}
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

int base64_decode(const char *text, size_t length, unsigned char *bytes, size_t *ret_count)
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
