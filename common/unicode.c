#include "common/unicode.h"

void unicode_add_utf8(struct strbuf *buffer, unsigned code)
{
    if (code < 0x80) {
        strbuf_add_char(buffer, (char)code);
        return;
    }
    if (code < 0x800) {
        strbuf_add_char(buffer, (char)(0xc0 | code >> 6));
    } else {
        if (code < 0x10000) {
            strbuf_add_char(buffer, (char)(0xe0 | code >> 12));
        } else {
            strbuf_add_char(buffer, (char)(0xf0 | code >> 18));
            strbuf_add_char(buffer, (char)(0x80 | (code >> 12 & 0x3f)));
        }
        strbuf_add_char(buffer, (char)(0x80 | (code >> 6 & 0x3f)));
    }
    strbuf_add_char(buffer, (char)(0x80 | (code & 0x3f)));
}

/* Bytes of the sequence that starts here, or 0 when it is malformed. */
static size_t sequence_length(const unsigned char *data, size_t length)
{
    static const unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t bytes = data[0] < 0x80 ? 1 : data[0] < 0xc0 ? 0 : data[0] < 0xe0 ? 2 : data[0] < 0xf0 ? 3 : 4;
    unsigned code;

    if (bytes <= 1)
        return bytes;
    if (bytes > length || data[0] > 0xf4)
        return 0;
    code = data[0] & (0xffU >> (bytes + 1));
    for (size_t i = 1; i < bytes; i++) {
        if ((data[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (data[i] & 0x3f);
    }
    return code < smallest[bytes] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff ? 0 : bytes;
}

bool unicode_is_utf8(const char *data, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t bytes = sequence_length((const unsigned char *)data + at, length - at);

        if (bytes == 0)
            return false;
        at += bytes;
    }
    return true;
}
