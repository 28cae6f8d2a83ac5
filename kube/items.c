#include "kube/items.h"

#include <string.h>

#define ITEMS_KEY "\"items\""
/* The list is the first level, the array of its items the second. */
#define LIST_DEPTH  1
#define ARRAY_DEPTH 2
/* A buffer that one great item made big is given back. */
#define KEPT_CAPACITY ((size_t)256 * 1024)

void kube_items_release(struct kube_items *items)
{
    strbuf_release(&items->around);
    strbuf_release(&items->partial);
    *items = (struct kube_items){.limit = items->limit, .around = STRBUF_INIT, .partial = STRBUF_INIT};
}

static int keep(const struct kube_items *items, struct strbuf *where, const char *data, size_t length)
{
    if (length > items->limit - where->length)
        return -1;
    strbuf_add(where, data, length);
    return where->failed ? -1 : 0;
}

static size_t without_space(const char *text, size_t length)
{
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    return length;
}

/* Whether the array that begins now is that of the items: what is around ends in the key and its colon. */
static bool begins_items(const struct kube_items *items)
{
    const char *text = strbuf_string(&items->around);
    size_t length = without_space(text, items->around.length);
    size_t key = strlen(ITEMS_KEY);
    if (length == 0 || text[length - 1] != ':')
        return false;
    length = without_space(text, length - 1);
    return length > key && memcmp(text + length - key, ITEMS_KEY, key) == 0 && text[length - key - 1] != '\\';
}

/* The bytes through the next bracket that is in no string; 0 when there is none in the piece. */
static size_t through_bracket(struct kube_items *items, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = data[i];
        if (items->in_string) {
            if (items->escaped)
                items->escaped = false;
            else if (c == '\\')
                items->escaped = true;
            else if (c == '"')
                items->in_string = false;
        } else if (c == '"') {
            items->in_string = true;
        } else if (c == '{' || c == '[' || c == '}' || c == ']') {
            return i + 1;
        }
    }
    return 0;
}

/* Where what comes now belongs. Between two items there is nothing to keep. */
static int put_aside(struct kube_items *items, const char *data, size_t length)
{
    if (!items->in_items)
        return keep(items, &items->around, data, length);
    return items->depth > ARRAY_DEPTH ? keep(items, &items->partial, data, length) : 0;
}

static int hand_over(struct kube_items *items, int (*item)(void *, const char *, size_t), void *context)
{
    int result = item(context, strbuf_string(&items->partial), items->partial.length);
    if (items->partial.capacity > KEPT_CAPACITY) {
        strbuf_release(&items->partial);
        items->partial = (struct strbuf)STRBUF_INIT;
    } else {
        strbuf_clear(&items->partial);
    }
    return result;
}

/* The last of these bytes opens something. */
static int open_bracket(struct kube_items *items, const char *data, size_t length)
{
    if (put_aside(items, data, length - 1) < 0)
        return -1;
    bool begins = !items->in_items && items->depth == LIST_DEPTH && data[length - 1] == '[' && begins_items(items);
    items->depth++;
    if (put_aside(items, data + length - 1, 1) < 0)
        return -1;
    items->in_items = items->in_items || begins;
    return 0;
}

/* The last of these bytes closes something. */
static int close_bracket(struct kube_items *items, const char *data, size_t length,
                         int (*item)(void *, const char *, size_t), void *context)
{
    if (items->depth == 0 || put_aside(items, data, length - 1) < 0)
        return -1;
    if (items->in_items && items->depth == ARRAY_DEPTH)
        items->in_items = false;
    if (put_aside(items, data + length - 1, 1) < 0)
        return -1;
    items->depth--;
    return items->in_items && items->depth == ARRAY_DEPTH ? hand_over(items, item, context) : 0;
}

int kube_items_feed(struct kube_items *items, const char *data, size_t length,
                    int (*item)(void *context, const char *text, size_t length), void *context)
{
    while (length > 0) {
        size_t taken = through_bracket(items, data, length);
        if (taken == 0)
            return put_aside(items, data, length);
        bool opens = data[taken - 1] == '{' || data[taken - 1] == '[';
        int result = opens ? open_bracket(items, data, taken) : close_bracket(items, data, taken, item, context);
        if (result != 0)
            return result;
        data += taken;
        length -= taken;
    }
    return 0;
}
