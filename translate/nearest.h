/* What was probably meant by a name that is not known. Private to the room. */
#ifndef TRANSLATE_NEAREST_H
#define TRANSLATE_NEAREST_H

#include <stddef.h>

/* The name most like this one: equal but for the letter case, or at most a third of its letters changed, added, left
 * out or swapped with the next. NULL when none is near. names end in NULL. */
const char *nearest_name(const char *name, size_t length, const char *const *names);

#endif
