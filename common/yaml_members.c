#include "common/yaml_members.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <string.h>

static int out_of_memory(struct error *error)
{
    return error_set(error, "not enough memory for a YAML mapping");
}

void yaml_members_release(struct yaml_members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        free(members->items[i].name);
        cJSON_Delete(members->items[i].value);
    }
    free(members->items);
    *members = (struct yaml_members)YAML_MEMBERS_INIT;
}

int yaml_members_add(struct yaml_members *members, const struct yaml_member *member, struct error *error)
{
    if (members->count == members->capacity) {
        size_t capacity = members->capacity ? members->capacity * 2 : 8;
        struct yaml_member *items = reallocarray(members->items, capacity, sizeof(*items));

        if (!items) {
            free(member->name);
            cJSON_Delete(member->value);
            return out_of_memory(error);
        }
        members->items = items;
        members->capacity = capacity;
    }
    members->items[members->count] = *member;
    members->items[members->count].order = members->count;
    members->count++;
    return 0;
}

static int compare_members(const void *left, const void *right)
{
    const struct yaml_member *a = *(struct yaml_member *const *)left;
    const struct yaml_member *b = *(struct yaml_member *const *)right;
    int order = strcmp(a->name, b->name);

    if (order)
        return order;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void drop(struct yaml_member *member, cJSON *dropped)
{
    cJSON_AddItemToArray(dropped, steal_ptr(member->value));
}

/* Among members sorted by name and order: drops all but the last of each name, and finds the first in the text that
 * repeats a key of the mapping itself. */
static const struct yaml_member *settle(struct yaml_member **sorted, size_t count, cJSON *dropped)
{
    const struct yaml_member *repeated = NULL;
    const struct yaml_member *own = NULL;

    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && strcmp(sorted[i - 1]->name, sorted[i]->name) == 0;

        if (same)
            drop(sorted[i - 1], dropped);
        else
            own = NULL;
        if (sorted[i]->merged)
            continue;
        if (own && (!repeated || sorted[i]->order < repeated->order))
            repeated = sorted[i];
        own = sorted[i];
    }
    return repeated;
}

static int fill_object(struct yaml_members *members, cJSON *object, struct error *error)
{
    for (size_t i = 0; i < members->count; i++) {
        struct yaml_member *member = &members->items[i];

        if (!member->value)
            continue;
        if (!cJSON_AddItemToObject(object, member->name, member->value))
            return out_of_memory(error);
        member->value = NULL;
    }
    return 0;
}

int yaml_members_to_object(struct yaml_members *members, cJSON *dropped, cJSON **ret_object, struct error *error)
{
    cleanup_free struct yaml_member **sorted = calloc(members->count + 1, sizeof(*sorted));
    cleanup_json cJSON *object = cJSON_CreateObject();
    const struct yaml_member *repeated;

    if (!sorted || !object)
        return out_of_memory(error);
    for (size_t i = 0; i < members->count; i++)
        sorted[i] = &members->items[i];
    qsort(sorted, members->count, sizeof(struct yaml_member *), compare_members);
    repeated = settle(sorted, members->count, dropped);
    if (repeated)
        return error_set(error, "line %zu, column %zu: the key \"%.100s\" is there twice", repeated->line,
                         repeated->column, repeated->name);
    if (fill_object(members, object, error) < 0)
        return -1;
    yaml_members_release(members);
    *ret_object = steal_ptr(object);
    return 0;
}
