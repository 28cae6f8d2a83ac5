#include "translate/item_index.h"

#include "common/json.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16

void item_index_release(struct item_index *index)
{
    free(index->items);
    *index = (struct item_index)ITEM_INDEX_INIT;
}

static bool grow(struct item_index *index)
{
    size_t capacity = index->capacity ? index->capacity * 2 : FIRST_CAPACITY;
    struct indexed_item *items;

    if (index->count < index->capacity)
        return true;
    items = reallocarray(index->items, capacity, sizeof(*items));
    if (!items) {
        index->failed = true;
        return false;
    }
    index->items = items;
    index->capacity = capacity;
    return true;
}

void item_index_add_text(struct item_index *index, const char *text, size_t length, const cJSON *item)
{
    if (!grow(index))
        return;
    index->items[index->count] = (struct indexed_item){text, length, index->count, item, NULL};
    index->count++;
    index->sorted = false;
}

void item_index_add(struct item_index *index, const cJSON *list, const char *member)
{
    for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next) {
        const char *text = json_string_or(item, member, "");

        if (*text)
            item_index_add_text(index, text, strlen(text), item);
    }
}

void item_index_add_members(struct item_index *index, const cJSON *object)
{
    for (const cJSON *item = cJSON_IsObject(object) ? object->child : NULL; item; item = item->next)
        item_index_add_text(index, item->string, strlen(item->string), item);
}

static int compare_texts(const struct indexed_item *a, const struct indexed_item *b)
{
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return memcmp(a->text, b->text, a->length);
}

static int compare(const void *left, const void *right)
{
    const struct indexed_item *a = left;
    const struct indexed_item *b = right;
    int order = compare_texts(a, b);

    return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

/* Names are often numbered. */
static bool are_in_order(const struct item_index *index)
{
    for (size_t i = 1; i < index->count; i++) {
        if (compare(&index->items[i - 1], &index->items[i]) > 0)
            return false;
    }
    return true;
}

/* Where the first one stands that is not below the text; behind it when it is there. */
static size_t find_bound(struct item_index *index, const char *text, size_t length, bool behind)
{
    const struct indexed_item wanted = {.text = text, .length = length};
    size_t low = 0, high = index->count;

    if (!index->sorted && !are_in_order(index))
        qsort(index->items, index->count, sizeof(*index->items), compare);
    index->sorted = true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_texts(&index->items[middle], &wanted);

        if (order < 0 || (behind && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct indexed_item *item_index_slot(struct item_index *index, const char *text, size_t length)
{
    const struct indexed_item wanted = {.text = text, .length = length};
    size_t first = find_bound(index, text, length, false);

    return first < index->count && compare_texts(&index->items[first], &wanted) == 0 ? &index->items[first] : NULL;
}

const cJSON *item_index_find(struct item_index *index, const char *text, size_t length)
{
    const struct indexed_item *slot = item_index_slot(index, text, length);

    return slot ? slot->item : NULL;
}

const struct indexed_item *item_index_all(struct item_index *index, const char *text, size_t length, size_t *ret_count)
{
    size_t first = find_bound(index, text, length, false);

    *ret_count = find_bound(index, text, length, true) - first;
    return *ret_count ? &index->items[first] : NULL;
}

size_t item_index_count(struct item_index *index, const char *text)
{
    size_t count;

    (void)item_index_all(index, text, strlen(text), &count);
    return count;
}
