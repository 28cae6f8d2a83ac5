/* Values tagged !!binary. */
#ifndef COMMON_YAML_BINARY_H
#define COMMON_YAML_BINARY_H

#include "common/error.h"

/* Decodes base64 (RFC 4648, padded; line breaks are skipped) to text. What is no UTF-8 or holds a NUL byte cannot
 * become a JSON string here and is refused. The text belongs to the caller. */
int yaml_binary_decode(const char *text, char **ret_text, struct error *error);

#endif
