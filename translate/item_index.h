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
        cJSON *value; /* for whoever uses the index; NULL at first */
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

/* Adds the members of an object by their names. */
void item_index_add_members(struct item_index *index, const cJSON *object);

/* Adds one item by a text of the caller's. */
void item_index_add_text(struct item_index *index, const char *text, size_t length, const cJSON *item);

/* The first that was added with this text, to be changed in its value alone; NULL when there is none. */
struct indexed_item *item_index_slot(struct item_index *index, const char *text, size_t length);

/* The first item that was added with this text, or NULL; and how many there are. */
const cJSON *item_index_find(struct item_index *index, const char *text, size_t length);
size_t item_index_count(struct item_index *index, const char *text);

/* All of them with this text, in the order in which they were added. */
const struct indexed_item *item_index_all(struct item_index *index, const char *text, size_t length, size_t *ret_count);

#endif
