#include "emulator/query.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/twin.h"

void emulator_query_place_release(struct emulator_query_place *place)
{
    free(place->device_id);
    free(place->module_id);
    *place = (struct emulator_query_place)EMULATOR_QUERY_PLACE_INIT;
}

/* One pass over the twins. */
struct cursor {
    const struct emulator_query *query;
    const struct emulator_fleet *fleet;
    size_t device, module;
};

/* The next twin whatever the WHERE says; NULL at the end. */
static const struct emulator_twin *cursor_step(struct cursor *cursor, const struct emulator_device **ret_device)
{
    while (cursor->device < cursor->fleet->count) {
        const struct emulator_device *device = cursor->fleet->devices[cursor->device];
        *ret_device = device;
        if (!cursor->query->modules) {
            cursor->device++;
            return &device->twin;
        }
        if (cursor->module < device->module_count)
            return device->modules[cursor->module++];
        cursor->device++;
        cursor->module = 0;
    }
    return NULL;
}

static bool is_after(const struct emulator_query_place *place, const struct emulator_device *device,
                     const struct emulator_twin *twin)
{
    if (!place->device_id)
        return true;
    int order = strcmp(device->id, place->device_id);
    if (order || !twin->module_id || !place->module_id)
        return order > 0;
    return strcmp(twin->module_id, place->module_id) > 0;
}

/* The tree of the next selected twin after the place (which may be NULL), or NULL at the end. */
static cJSON *cursor_next(struct cursor *cursor, const struct emulator_query_place *place,
                          const struct emulator_device **ret_device, const struct emulator_twin **ret_twin)
{
    while ((*ret_twin = cursor_step(cursor, ret_device))) {
        if (place && !is_after(place, *ret_device, *ret_twin))
            continue;
        cJSON *tree = emulator_twin_tree(*ret_device, *ret_twin);
        if (!cursor->query->where || emulator_expression_selects(cursor->query->where, tree))
            return tree;
        cJSON_Delete(tree);
    }
    return NULL;
}

size_t emulator_query_count(const struct emulator_query *query, const struct emulator_fleet *fleet)
{
    struct cursor cursor = {query, fleet, 0, 0};
    const struct emulator_device *device;
    const struct emulator_twin *twin;
    size_t count = 0;
    cJSON *tree;

    while ((tree = cursor_next(&cursor, NULL, &device, &twin))) {
        cJSON_Delete(tree);
        count++;
    }
    return count;
}

static void row_write(const struct emulator_query *query, const cJSON *tree, struct json_writer *json)
{
    if (query->column_count == 0) {
        json_add_value(json, tree);
        return;
    }
    json_begin_object(json);
    for (size_t i = 0; i < query->column_count; i++) {
        const cJSON *value = emulator_path_find(&query->columns[i].path, tree);
        if (!value)
            continue;
        json_name(json, query->columns[i].name);
        json_add_value(json, value);
    }
    json_end_object(json);
}

static void place_set(struct emulator_query_place *place, const struct emulator_device *device,
                      const struct emulator_twin *twin)
{
    size_t rows = place->rows + 1;

    emulator_query_place_release(place);
    place->device_id = emulator_text_copy(device->id);
    place->module_id = emulator_text_copy(twin->module_id);
    place->rows = rows;
}

static bool rows_write(struct cursor *cursor, size_t page_size, struct emulator_query_place *place,
                       struct json_writer *json)
{
    const struct emulator_device *device;
    const struct emulator_twin *twin;
    size_t top = cursor->query->top, rows = 0;
    cJSON *tree;

    while ((!top || place->rows < top) && (tree = cursor_next(cursor, place, &device, &twin))) {
        bool full = rows == page_size;
        if (!full) {
            row_write(cursor->query, tree, json);
            place_set(place, device, twin);
        }
        cJSON_Delete(tree);
        if (full)
            return true;
        rows++;
    }
    return false;
}

/* Twins that agree in what they are grouped by. */
struct group {
    char *key;
    cJSON *row; /* its columns */
    size_t count;
};

struct groups {
    struct group *items;
    size_t count, capacity;
};

static char *group_key(const struct emulator_query *query, const cJSON *tree)
{
    struct strbuf text = STRBUF_INIT;
    struct json_writer json = {.out = &text};

    json_begin_array(&json);
    for (size_t i = 0; i < query->group_count; i++) {
        const cJSON *value = emulator_path_find(&query->groups[i], tree);
        if (value)
            json_add_canonical(&json, value);
        else
            json_add_raw(&json, "undefined");
    }
    return strbuf_steal(&text);
}

static struct group *group_for(struct groups *groups, const struct emulator_query *query, const cJSON *tree)
{
    cleanup_free char *key = group_key(query, tree);

    for (size_t i = 0; i < groups->count; i++)
        if (strcmp(groups->items[i].key, key) == 0)
            return &groups->items[i];
    groups->items = emulator_array_grow(groups->items, groups->count, &groups->capacity, sizeof(*groups->items));
    struct group *group = &groups->items[groups->count++];
    *group = (struct group){.key = steal_ptr(key), .row = cJSON_CreateObject()};
    for (size_t i = 0; i < query->column_count; i++) {
        const cJSON *value = emulator_path_find(&query->columns[i].path, tree);
        if (value)
            cJSON_AddItemToObject(group->row, query->columns[i].name, cJSON_Duplicate(value, true));
    }
    return group;
}

/* All groups on one page: there are few. */
static void groups_write(const struct emulator_query *query, const struct emulator_fleet *fleet,
                         struct json_writer *json)
{
    struct cursor cursor = {query, fleet, 0, 0};
    const struct emulator_device *device;
    const struct emulator_twin *twin;
    struct groups groups = {NULL, 0, 0};
    cJSON *tree;

    while ((tree = cursor_next(&cursor, NULL, &device, &twin))) {
        group_for(&groups, query, tree)->count++;
        cJSON_Delete(tree);
    }
    for (size_t i = 0; i < groups.count; i++) {
        struct group *group = &groups.items[i];
        if (query->count_name)
            cJSON_AddNumberToObject(group->row, query->count_name, (double)group->count);
        if (!query->top || i < query->top)
            json_add_value(json, group->row);
        cJSON_Delete(group->row);
        free(group->key);
    }
    free(groups.items);
}

bool emulator_query_run(const struct emulator_query *query, const struct emulator_fleet *fleet, size_t page_size,
                        struct emulator_query_place *place, struct json_writer *json)
{
    struct cursor cursor = {query, fleet, 0, 0};
    bool more = false;

    json_begin_array(json);
    if (query->group_count) {
        groups_write(query, fleet, json);
    } else if (query->count_name) {
        json_begin_object(json);
        json_member_int(json, query->count_name, (int64_t)emulator_query_count(query, fleet));
        json_end_object(json);
    } else {
        more = rows_write(&cursor, page_size, place, json);
    }
    json_end_array(json);
    return more;
}
