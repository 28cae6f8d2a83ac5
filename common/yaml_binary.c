#include "common/yaml_binary.h"

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "common/unicode.h"

#include <string.h>

static int digit_value(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(alphabet, c) : NULL;

    return found ? (int)(found - alphabet) : -1;
}

/* Takes line breaks away and counts the digits and the padding behind them; false when something else is among them. */
static bool split(const char *text, struct strbuf *digits, size_t *ret_padding)
{
    size_t padding = 0;

    for (; *text; text++) {
        if (*text == '\n' || *text == '\r')
            continue;
        if (*text == '=')
            padding++;
        else if (padding || digit_value(*text) < 0)
            return false;
        else
            strbuf_add_char(digits, *text);
    }
    *ret_padding = padding;
    return padding <= 2 && (digits->length + padding) % 4 == 0;
}

static void decode(const struct strbuf *digits, struct strbuf *bytes)
{
    unsigned bits = 0;
    unsigned count = 0;

    for (size_t i = 0; i < digits->length; i++) {
        bits = (bits << 6 | (unsigned)digit_value(digits->data[i])) & 0xfff;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        strbuf_add_char(bytes, (char)(bits >> count & 0xff));
    }
}

int yaml_binary_decode(const char *text, char **ret_text, struct error *error)
{
    cleanup_strbuf struct strbuf digits = STRBUF_INIT;
    cleanup_strbuf struct strbuf bytes = STRBUF_INIT;
    size_t padding;
    char *decoded;

    if (!split(text, &digits, &padding))
        return error_set(error, "!!binary: no valid base64");
    decode(&digits, &bytes);
    if (bytes.length && (memchr(bytes.data, '\0', bytes.length) || !unicode_is_utf8(bytes.data, bytes.length)))
        return error_set(error, "!!binary: what it decodes to is no UTF-8 text");
    decoded = digits.failed ? NULL : strbuf_steal(&bytes);
    if (!decoded)
        return error_set(error, "not enough memory for a !!binary value");
    *ret_text = decoded;
    return 0;
}
