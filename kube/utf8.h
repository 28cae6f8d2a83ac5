/* Cutting text short; for this room only. */
#ifndef KUBE_UTF8_H
#define KUBE_UTF8_H

#include <stddef.h>

/* The most bytes of a text, at most limit, that do not cut a character of UTF-8 in two. */
static inline size_t kube_utf8_fit(const char *text, size_t length, size_t limit)
{
    if (length <= limit)
        return length;
    while (limit > 0 && ((unsigned char)text[limit] & 0xC0) == 0x80)
        limit--;
    return limit;
}

#endif
