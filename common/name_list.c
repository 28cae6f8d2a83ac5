#include "common/name_list.h"

#include "common/cleanup.h"

#include <stdbool.h>
#include <string.h>

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

const struct name *name_list_repeated(struct name *names, size_t count)
{
    const struct name *earliest = NULL;

    if (are_in_order(names, count))
        return NULL;
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 1; i < count; i++) {
        if (same_text(&names[i - 1], &names[i]) && (!earliest || names[i].place < earliest->place))
            earliest = &names[i];
    }
    return earliest;
}
