/* Small questions about texts. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether both are the same text, or both are NULL. */
bool text_is_same(const char *a, const char *b);

/* A copy of somebody else's words that can be told on: at most limit bytes, cut where a character begins, in one line
 * of UTF-8. What would control a terminal becomes a blank, and what is no UTF-8 question marks. For the caller to free;
 * NULL for nothing, and without memory. */
char *text_printable(const char *text, size_t length, size_t limit);

#endif
