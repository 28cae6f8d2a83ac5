/* Base64 with padding, as ETags, keys and continuation tokens use it. */
#ifndef EMULATOR_BASE64_H
#define EMULATOR_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* For the caller to free; never NULL. */
char *emulator_base64_encode(const void *data, size_t length);

/* The bytes, with a NUL after them that is not counted, for the caller to free; NULL when the text is not strict
 * base64. */
unsigned char *emulator_base64_decode(const char *text, size_t *ret_length);

#endif
