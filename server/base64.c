#include "server/base64.h"

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

void base64_encode(const char *data, size_t length, struct strbuf *out)
{
    const unsigned char *bytes = (const unsigned char *)data;
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
