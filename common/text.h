/* Small questions about texts. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>

/* Whether both are the same text, or both are NULL. */
bool text_is_same(const char *a, const char *b);

#endif
