/* UTF-8, as far as the standard library leaves it out. */
#ifndef COMMON_UNICODE_H
#define COMMON_UNICODE_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends a code point up to U+10FFFF. */
void unicode_add_utf8(struct strbuf *buffer, unsigned code);

/* Whether the bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
bool unicode_is_utf8(const char *data, size_t length);

#endif
