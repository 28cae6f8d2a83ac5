#include "server/index.h"

#include "common/cleanup.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct index_entry {
    const char *key;
    void *entry;
};

static int index_compare(const void *a, const void *b)
{
    return strcmp(((const struct index_entry *)a)->key, ((const struct index_entry *)b)->key);
}

void *index_find(void *const *index, const char *key)
{
    struct index_entry wanted = {.key = key};
    struct index_entry **found = tfind(&wanted, index, index_compare);
    return found ? (*found)->entry : NULL;
}

int index_add(void **index, const char *key, void *entry)
{
    cleanup_free struct index_entry *added = malloc(sizeof(*added));
    if (!added)
        return -1;
    *added = (struct index_entry){key, entry};
    if (!tsearch(added, index, index_compare))
        return -1;
    (void)steal_ptr(added);
    return 0;
}

void index_remove(void **index, const char *key)
{
    struct index_entry wanted = {.key = key};
    struct index_entry **found = tfind(&wanted, index, index_compare);
    if (!found)
        return;
    struct index_entry *removed = *found;
    tdelete(&wanted, index, index_compare);
    free(removed);
}
