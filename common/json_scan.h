/* The scanner behind json_minify: judges a JSON text by the grammar of RFC 8259 and says what is wrong with it. */
#ifndef COMMON_JSON_SCAN_H
#define COMMON_JSON_SCAN_H

#include "common/error.h"
#include "common/strbuf.h"

#include <stddef.h>

/* Walks over one JSON text. Appends its tokens to out as they are written, without white space between them; out may be
 * NULL. Refuses nesting beyond JSON_MAX_DEPTH, an object that has a name twice (\u0061 is a), control characters and
 * halves of surrogate pairs in strings. Errors name the byte, counted from 0. */
int json_scan(const char *text, size_t length, struct strbuf *out, struct error *error);

#endif
