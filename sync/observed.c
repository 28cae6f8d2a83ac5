#include "sync/observed.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS_LENGTH 19 /* of "2020-08-20T22:05:26" */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The hub writes up to seven digits of a second and drops trailing zeros, so texts cannot be compared as a whole. */
static int fraction_compare(const char *left, const char *right)
{
    while (is_digit(*left) || is_digit(*right)) {
        char a = is_digit(*left) ? *left++ : '0';
        char b = is_digit(*right) ? *right++ : '0';

        if (a != b)
            return a < b ? -1 : 1;
    }
    return 0;
}

static const char *fraction_of(const char *time)
{
    if (strlen(time) <= SECONDS_LENGTH || time[SECONDS_LENGTH] != '.')
        return "";
    return time + SECONDS_LENGTH + 1;
}

static int created_compare(const char *left, const char *right)
{
    left = left ? left : "";
    right = right ? right : "";
    int order = strncmp(left, right, SECONDS_LENGTH);

    return order ? order : fraction_compare(fraction_of(left), fraction_of(right));
}

static int observed_compare(const void *a, const void *b)
{
    const struct observed_configuration *left = a, *right = b;

    if (left->priority != right->priority)
        return left->priority < right->priority ? -1 : 1;
    int order = created_compare(left->created_time, right->created_time);

    return order ? order : strcmp(left->id, right->id);
}

static int configuration_read(const cJSON *tree, const char *owner, const char *hub,
                              struct observed_configuration *configuration, struct error *error)
{
    const cJSON *results = json_at(tree, "systemMetrics", "results", NULL);

    configuration->tree = tree;
    configuration->id = json_string(tree, "id");
    configuration->etag = json_string(tree, "etag");
    configuration->created_time = json_string(tree, "createdTimeUtc");
    configuration->evaluated = cJSON_IsObject(results) && results->child;
    if (!json_int64(results, "targetedCount", &configuration->targeted))
        configuration->targeted = -1;
    if (!json_int64(tree, "priority", &configuration->priority))
        configuration->priority = 0;
    if (!configuration->id || !*configuration->id)
        return error_set(error, "the hub's list of configurations has an entry without an id");

    configuration->ours = ownership_read(tree, &configuration->ownership) &&
                          strcmp(configuration->ownership.owner, owner) == 0 && configuration->ownership.hub &&
                          strcmp(configuration->ownership.hub, hub) == 0;
    if (configuration->ours && (!configuration->etag || !*configuration->etag))
        return error_set(error, "the hub's list gives no etag for configuration %s", configuration->id);
    return 0;
}

int observed_read(const cJSON *list, const char *owner, const char *hub, struct observed *ret_observed,
                  struct error *error)
{
    cleanup_observed struct observed observed = OBSERVED_INIT;

    if (!cJSON_IsArray(list))
        return error_set(error, "the hub's list of configurations is no array but %s", json_type_name(list));
    observed.items = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *observed.items);
    if (!observed.items)
        return error_set(error, "out of memory");
    for (const cJSON *tree = list->child; tree; tree = tree->next)
        if (configuration_read(tree, owner, hub, &observed.items[observed.count++], error) < 0)
            return -1;
    qsort(observed.items, observed.count, sizeof *observed.items, observed_compare);
    ret_observed->items = steal_ptr(observed.items);
    ret_observed->count = observed.count;
    return 0;
}

void observed_release(struct observed *observed)
{
    free(observed->items);
    *observed = (struct observed)OBSERVED_INIT;
}

const struct observed_configuration *observed_find(const struct observed *observed, const char *id)
{
    for (size_t i = 0; i < observed->count; i++)
        if (strcmp(observed->items[i].id, id) == 0)
            return &observed->items[i];
    return NULL;
}

bool observed_is_of(const struct observed_configuration *configuration, const char *namespace, const char *name)
{
    return configuration->ours && strcmp(configuration->ownership.namespace, namespace) == 0 &&
           strcmp(configuration->ownership.name, name) == 0;
}
