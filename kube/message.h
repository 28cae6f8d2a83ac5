/* Messages: cutting them short, and telling each only once. */
#ifndef KUBE_MESSAGE_H
#define KUBE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The most bytes of a text, at most limit, that do not cut a character of UTF-8 in two. */
static inline size_t kube_message_fit(const char *text, size_t length, size_t limit)
{
    if (length <= limit)
        return length;
    while (limit > 0 && ((unsigned char)text[limit] & 0xC0) == 0x80)
        limit--;
    return limit;
}

/* Whether two messages say the same, figures aside: "failed after 2 ms" is no news after "failed after 13 ms". */
static inline bool kube_message_is_same(const char *a, const char *b)
{
    for (;;) {
        a += strspn(a, "0123456789");
        b += strspn(b, "0123456789");
        if (*a != *b)
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

#endif
