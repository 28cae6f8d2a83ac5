#include "common/yaml_anchors.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/yaml.h"

#include <stdint.h>
#include <string.h>

#define NO_ANCHOR SIZE_MAX

static int out_of_memory(struct error *error)
{
    return error_set(error, "not enough memory for the anchors of a YAML document");
}

static int grow(struct yaml_anchors *anchors, struct error *error)
{
    size_t capacity = anchors->capacity ? anchors->capacity * 2 : 8;
    struct yaml_anchor *items;

    if (anchors->count < anchors->capacity)
        return 0;
    if (anchors->count == YAML_MAX_ANCHORS)
        return error_set(error, "more than %zu anchors in one document", YAML_MAX_ANCHORS);
    if (capacity > YAML_MAX_ANCHORS)
        capacity = YAML_MAX_ANCHORS;
    items = reallocarray(anchors->items, capacity, sizeof(*items));
    if (!items)
        return out_of_memory(error);
    anchors->items = items;
    anchors->capacity = capacity;
    return 0;
}

int yaml_anchors_open(struct yaml_anchors *anchors, const char *name, size_t *ret_index, struct error *error)
{
    char *copy;

    *ret_index = NO_ANCHOR;
    if (!name)
        return 0;
    if (grow(anchors, error) < 0)
        return -1;
    copy = strdup(name);
    if (!copy)
        return out_of_memory(error);
    anchors->items[anchors->count] = (struct yaml_anchor){.name = copy};
    *ret_index = anchors->count++;
    return 0;
}

void yaml_anchors_close(struct yaml_anchors *anchors, size_t index, const cJSON *tree)
{
    if (index != NO_ANCHOR)
        anchors->items[index].tree = tree;
}

int yaml_anchors_find(const struct yaml_anchors *anchors, const char *name, const cJSON **ret_tree, struct error *error)
{
    for (size_t i = anchors->count; i-- > 0;) {
        if (strcmp(anchors->items[i].name, name) != 0)
            continue;
        if (!anchors->items[i].tree)
            return error_set(error, "the alias *%.60s stands for a value that contains it", name);
        *ret_tree = anchors->items[i].tree;
        return 0;
    }
    return error_set(error, "the alias *%.60s has no anchor before it", name);
}

static void count_copy(struct yaml_anchors *anchors, const cJSON *value)
{
    anchors->copied_values++;
    if (value->string)
        anchors->copied_bytes += strlen(value->string);
    if (value->valuestring)
        anchors->copied_bytes += strlen(value->valuestring);
    for (value = value->child; value && anchors->copied_values <= YAML_MAX_ALIAS_VALUES; value = value->next)
        count_copy(anchors, value);
}

int yaml_anchors_copy(struct yaml_anchors *anchors, const cJSON *value, unsigned depth, cJSON **ret_copy,
                      struct error *error)
{
    if (depth + json_depth(value, JSON_MAX_DEPTH) > JSON_MAX_DEPTH)
        return error_set(error, "nested deeper than %d levels", JSON_MAX_DEPTH);
    count_copy(anchors, value);
    if (anchors->copied_values > YAML_MAX_ALIAS_VALUES || anchors->copied_bytes > YAML_MAX_ALIAS_BYTES)
        return error_set(error, "the aliases of the document expand to more than %zu values or %zu MiB",
                         YAML_MAX_ALIAS_VALUES, YAML_MAX_ALIAS_BYTES >> 20);
    *ret_copy = cJSON_Duplicate(value, true);
    return *ret_copy ? 0 : out_of_memory(error);
}

void yaml_anchors_release(struct yaml_anchors *anchors)
{
    for (size_t i = 0; i < anchors->count; i++)
        free(anchors->items[i].name);
    free(anchors->items);
    *anchors = (struct yaml_anchors){0};
}
