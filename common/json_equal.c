#include "common/cleanup.h"
#include "common/json.h"

#include <string.h>

#define MEMBERS_ON_STACK 32

static int compare_members(const void *left, const void *right)
{
    return strcmp((*(const cJSON *const *)left)->string, (*(const cJSON *const *)right)->string);
}

static void sort_members(const cJSON *first, const cJSON **members, size_t count)
{
    for (size_t i = 0; i < count; i++, first = first->next)
        members[i] = first;
    qsort(members, count, sizeof(const cJSON *), compare_members);
}

/* Members from these two on, as many on both sides, in whatever order. Without memory they count as different: then
 * work is done that was not needed, and nothing is overlooked. */
static bool equal_sorted(const cJSON *a, const cJSON *b, size_t count)
{
    const cJSON *on_stack[2 * MEMBERS_ON_STACK];
    cleanup_free const cJSON **allocated = NULL;
    const cJSON **members = on_stack;

    if (count > MEMBERS_ON_STACK)
        members = allocated = calloc(2 * count, sizeof(*members));
    if (!members)
        return false;
    sort_members(a, members, count);
    sort_members(b, members + count, count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(members[i]->string, members[count + i]->string) != 0 || !json_equal(members[i], members[count + i]))
            return false;
    }
    return true;
}

static size_t count_siblings(const cJSON *first)
{
    size_t count = 0;

    for (; first; first = first->next)
        count++;
    return count;
}

/* Two objects mostly have the same order; sorting begins where they do not. */
static bool equal_objects(const cJSON *a, const cJSON *b)
{
    size_t count;

    for (a = a->child, b = b->child; a && b && strcmp(a->string, b->string) == 0; a = a->next, b = b->next) {
        if (!json_equal(a, b))
            return false;
    }
    count = count_siblings(a);
    return count == count_siblings(b) && (count == 0 || equal_sorted(a, b, count));
}

static bool equal_arrays(const cJSON *a, const cJSON *b)
{
    for (a = a->child, b = b->child; a && b; a = a->next, b = b->next) {
        if (!json_equal(a, b))
            return false;
    }
    return !a && !b;
}

bool json_equal(const cJSON *a, const cJSON *b)
{
    if (a == b)
        return true;
    if (!a || !b || (a->type & 0xff) != (b->type & 0xff))
        return false;
    switch (a->type & 0xff) {
    case cJSON_Object:
        return equal_objects(a, b);
    case cJSON_Array:
        return equal_arrays(a, b);
    case cJSON_String:
    case cJSON_Raw:
        return strcmp(a->valuestring, b->valuestring) == 0;
    case cJSON_Number:
        return a->valuedouble == b->valuedouble;
    default:
        return true;
    }
}
