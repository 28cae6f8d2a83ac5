#include "server/base64.h"

#include "common/banned.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Three bytes, of which `given` are there, as four letters. */
static void group_encode(const unsigned char *bytes, size_t given, struct strbuf *out)
{
    uint32_t bits = (uint32_t)bytes[0] << 16;
    if (given > 1)
        bits |= (uint32_t)bytes[1] << 8;
    if (given > 2)
        bits |= bytes[2];
    char letters[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63], '=', '='};
    if (given > 1)
        letters[2] = alphabet[bits >> 6 & 63];
    if (given > 2)
        letters[3] = alphabet[bits & 63];
    strbuf_add(out, letters, sizeof letters);
}

void base64_encode(const char *data, size_t length, struct strbuf *out)
{
    const unsigned char *bytes = (const unsigned char *)data;
    for (; length >= 3; bytes += 3, length -= 3)
        group_encode(bytes, 3, out);
    if (length > 0)
        group_encode(bytes, length, out);
}
