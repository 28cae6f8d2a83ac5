/* Base64 (RFC 4648 §4), padded, without line breaks. */
#ifndef COMMON_BASE64_H
#define COMMON_BASE64_H

#include "common/strbuf.h"

#include <stddef.h>

/* Appends the text of so many bytes. */
void base64_encode(const void *data, size_t length, struct strbuf *out);

/* The size of the longest decoding of so many characters. */
#define BASE64_DECODED_SIZE(length) ((length) / 4 * 3)

/* Decodes exactly: no white space, padding where it belongs, unused bits zero. bytes has room for
 * BASE64_DECODED_SIZE(length). Returns 0, or -1 when the text is not Base64. */
int base64_decode(const char *text, size_t length, unsigned char *bytes, size_t *ret_count);

#endif
