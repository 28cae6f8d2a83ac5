/* The items of a list out of its text as it comes, one by one: a page of hundreds of objects never stands in memory as
 * a whole. For this room only. */
#ifndef KUBE_ITEMS_H
#define KUBE_ITEMS_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

struct kube_items {
    size_t limit; /* bytes of one item, and of all that is around the items */
    /* A small list remains: what came but for the items, a JSON text of its own when the whole list has come. */
    struct strbuf around;
    struct strbuf partial; /* what came of an item so far */
    unsigned depth;        /* of nesting, at the end of what came */
    bool in_items, in_string, escaped;
};

/* Takes a piece and hands over the text of each item that is complete now. Returns 0, what `item` returned when that
 * was not 0 (the rest of the piece is lost), or -1 when the limit is passed or memory ran out. Whether an item or what
 * is around is JSON shows when it is parsed. */
int kube_items_feed(struct kube_items *items, const char *data, size_t length,
                    int (*item)(void *context, const char *text, size_t length), void *context);

/* Forgets everything but the limit. */
void kube_items_release(struct kube_items *items);

#endif
