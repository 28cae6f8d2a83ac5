/* The members of a JSON object in the order of their names' bytes, so that moving a line in a file changes nothing on a
 * device. Private to the room. */
#ifndef TRANSLATE_MEMBERS_H
#define TRANSLATE_MEMBERS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* The members, sorted, for the caller to free; the items belong to the object. NULL when there are none, and without
 * memory: then *failed is set. */
const cJSON **members_sort(const cJSON *object, size_t *ret_count, bool *failed);

#endif
