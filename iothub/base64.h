/* Strict Base64. Private to iothub/. */
#ifndef IOTHUB_BASE64_H
#define IOTHUB_BASE64_H

#include <stddef.h>

/* The size of the longest decoding of so many characters. */
#define BASE64_DECODED_SIZE(length) ((length) / 4 * 3)

/* Decodes exactly: no white space, padding where it belongs, unused bits zero. bytes has room for
 * BASE64_DECODED_SIZE(length). Returns 0, or -1 when the text is not Base64. */
int iothub_base64_decode(const char *text, size_t length, unsigned char *bytes, size_t *ret_count);

#endif
