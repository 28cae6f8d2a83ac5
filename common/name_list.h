/* Finding a name that an object has twice. A table is tried first, and given up for sorting when too many names meet in
 * it: whoever writes the input cannot make it slow. */
#ifndef COMMON_NAME_LIST_H
#define COMMON_NAME_LIST_H

#include <stddef.h>

struct name {
    const char *text; /* owned by the caller */
    size_t length;
    size_t place; /* what the caller wants to know about it, in the order of the text */
};

/* May sort the names. Returns the earliest that repeats one before it, or NULL. */
const struct name *name_list_repeated(struct name *names, size_t count);

#endif
