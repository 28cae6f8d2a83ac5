#include "common/name_list.h"

#include "common/cleanup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Fewer are sorted sooner. */
#define FEW_NAMES  32
#define MAX_STEPS  4
#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

static bool same_text(const struct name *a, const struct name *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* By length first: that settles most comparisons without looking at the text. */
static int compare_names(const void *left, const void *right)
{
    const struct name *a = left;
    const struct name *b = right;
    int order;

    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    order = memcmp(a->text, b->text, a->length);
    if (order)
        return order;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* Names are often numbered. */
static bool are_in_order(const struct name *names, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (same_text(&names[i - 1], &names[i]) || compare_names(&names[i - 1], &names[i]) > 0)
            return false;
    }
    return true;
}

static uint64_t hash_name(const struct name *name)
{
    uint64_t hash = name->length * MULTIPLIER;
    size_t i = 0;

    for (; i + sizeof(hash) <= name->length; i += sizeof(hash)) {
        uint64_t piece;

        memcpy(&piece, name->text + i, sizeof(piece));
        hash = (hash ^ piece ^ hash >> 32) * MULTIPLIER;
    }
    for (; i < name->length; i++)
        hash = (hash ^ (unsigned char)name->text[i]) * MULTIPLIER;
    return hash ^ hash >> 32;
}

/* Puts the names into a table one after the other. Whoever chooses names that meet in one place of it gets no further
 * than the bound, and neither does who finds no memory: then *ret_done is false. */
static const struct name *find_by_hash(const struct name *names, size_t count, bool *ret_done)
{
    size_t capacity = FEW_NAMES;
    size_t steps = MAX_STEPS * count;
    cleanup_free uint32_t *places = NULL;

    *ret_done = false;
    while (capacity < 2 * count)
        capacity *= 2;
    if (count < UINT32_MAX)
        places = calloc(capacity, sizeof(*places));
    for (size_t i = 0; i < count && places; i++) {
        size_t at = hash_name(&names[i]) & (capacity - 1);

        for (; places[at]; at = (at + 1) & (capacity - 1)) {
            if (same_text(&names[places[at] - 1], &names[i])) {
                *ret_done = true;
                return &names[i];
            }
            if (steps-- == 0)
                return NULL;
        }
        places[at] = (uint32_t)i + 1;
    }
    *ret_done = places != NULL;
    return NULL;
}

const struct name *name_list_repeated(struct name *names, size_t count)
{
    const struct name *earliest = NULL;
    bool done = false;

    if (are_in_order(names, count))
        return NULL;
    if (count > FEW_NAMES)
        earliest = find_by_hash(names, count, &done);
    if (done)
        return earliest;
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 1; i < count; i++) {
        if (same_text(&names[i - 1], &names[i]) && (!earliest || names[i].place < earliest->place))
            earliest = &names[i];
    }
    return earliest;
}
