/* Finding items of lists by a text that each of them has, such as its name. Sorted, so that whoever writes the input
 * cannot make it slow. Private to the room. */
#ifndef TRANSLATE_ITEM_INDEX_H
#define TRANSLATE_ITEM_INDEX_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct item_index {
    struct indexed_item {
        const char *text; /* of the tree */
        size_t length;
        size_t order;
        const cJSON *item;
    } * items;
    size_t count, capacity;
    bool sorted;
    bool failed; /* memory ran out: it does not have all of them */
};

#define ITEM_INDEX_INIT                                                                                                \
    {                                                                                                                  \
        .items = NULL                                                                                                  \
    }

void item_index_release(struct item_index *index);

#define cleanup_item_index __attribute__((cleanup(item_index_release)))

/* Adds the items of a list whose member is a text that is not empty. What is no list adds nothing. */
void item_index_add(struct item_index *index, const cJSON *list, const char *member);

/* The first item that was added with this text, or NULL; and how many there are. */
const cJSON *item_index_find(struct item_index *index, const char *text, size_t length);
size_t item_index_count(struct item_index *index, const char *text);

#endif
