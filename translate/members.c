#include "translate/members.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

const cJSON **members_sort(const cJSON *object, size_t *ret_count, bool *failed)
{
    const cJSON **members;
    size_t count = 0;

    *ret_count = 0;
    for (const cJSON *item = object ? object->child : NULL; item; item = item->next)
        count++;
    if (!count)
        return NULL;
    members = calloc(count, sizeof(*members));
    if (!members) {
        *failed = true;
        return NULL;
    }
    for (const cJSON *item = object->child; item; item = item->next)
        members[(*ret_count)++] = item;
    qsort(members, count, sizeof(*members), compare_names);
    return members;
}
