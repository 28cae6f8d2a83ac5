#include "sync/observed.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"

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

/* --- what is kept of one ---------------------------------------------------------------------- */

static void configuration_release(struct observed_configuration *configuration)
{
    free(configuration->texts);
    cJSON_Delete(configuration->whole);
    *configuration = (struct observed_configuration){0};
}

#define cleanup_configuration __attribute__((cleanup(configuration_release)))

/* The content may hold values of Secrets. */
static void strbuf_wipe(struct strbuf *text)
{
    if (text->data)
        explicit_bzero(text->data, text->length);
}

int observed_content_digest(const cJSON *content, char digest[CONTENT_HASH_SIZE])
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};

    digest[0] = '\0';
    if (!content)
        return 0;
    json_add_canonical(&writer, content);
    if (text.failed)
        return -1;
    content_hash(strbuf_string(&text), digest);
    strbuf_wipe(&text);
    return 0;
}

/* Texts are in the tree, or in the buffers, until they are moved into one block. */
static int texts_move(struct observed_configuration *configuration)
{
    struct ownership *owned = &configuration->ownership;
    const char **const texts[] = {&configuration->id,
                                  &configuration->etag,
                                  &configuration->created_time,
                                  &configuration->target_condition,
                                  &configuration->labels,
                                  &configuration->metric_queries,
                                  &owned->owner,
                                  &owned->hub,
                                  &owned->namespace,
                                  &owned->name,
                                  &owned->uid,
                                  &owned->content_hash,
                                  &owned->reconcile_policy,
                                  &owned->config_maps,
                                  &owned->secrets,
                                  &owned->kind,
                                  &configuration->template_hash,
                                  &configuration->agent_image,
                                  &configuration->hub_image};
    size_t size = 0;

    for (size_t i = 0; i < array_length(texts); i++)
        size += *texts[i] ? strlen(*texts[i]) + 1 : 0;
    char *block = malloc(size);

    if (!block)
        return -1;
    configuration->texts = block;
    for (size_t i = 0; i < array_length(texts); i++) {
        if (!*texts[i])
            continue;
        size_t length = strlen(*texts[i]) + 1;

        memcpy(block, *texts[i], length);
        *texts[i] = block;
        block += length;
    }
    return 0;
}

static const char *json_write(const cJSON *value, bool canonical, struct strbuf *text)
{
    struct json_writer writer = {.out = text};

    if (canonical)
        json_add_canonical(&writer, value);
    else
        json_add_value(&writer, value);
    return text->failed ? NULL : text->data;
}

static void figures_read(const cJSON *tree, struct observed_configuration *configuration)
{
    const cJSON *results = json_at(tree, "systemMetrics", "results", NULL);

    configuration->evaluated = cJSON_IsObject(results) && results->child;
    if (!json_int64(results, "targetedCount", &configuration->targeted))
        configuration->targeted = -1;
    if (!json_int64(tree, "priority", &configuration->priority))
        configuration->priority = 0;
}

static int content_read(const cJSON *content, struct observed_configuration *configuration)
{
    struct base_content base;

    if (base_content_read(content, &base) < 0)
        return -1;
    configuration->is_edge = base.is_edge;
    configuration->is_base = base.is_base;
    configuration->agent_image = base.agent_image;
    configuration->hub_image = base.hub_image;
    memcpy(configuration->system_digest, base.system_digest, sizeof base.system_digest);
    return observed_content_digest(content, configuration->content_digest);
}

static int ownership_judge(const cJSON *tree, const char *owner, const char *hub,
                           struct observed_configuration *configuration, struct error *error)
{
    struct ownership *owned = &configuration->ownership;

    bool complete = ownership_read(tree, owned);
    bool here = owned->owner && strcmp(owned->owner, owner) == 0 && owned->hub && strcmp(owned->hub, hub) == 0;

    configuration->ours = complete && here;
    configuration->baseline = here && owned->kind && strcmp(owned->kind, KIND_BASELINE) == 0;
    if ((configuration->ours || configuration->baseline) && (!configuration->etag || !*configuration->etag))
        return error_set(error, "the hub's list gives no etag for configuration %s", configuration->id);
    return 0;
}

static int configuration_read(const cJSON *tree, const char *owner, const char *hub,
                              struct observed_configuration *ret_configuration, struct error *error)
{
    cleanup_configuration struct observed_configuration read = {
        .id = json_string(tree, "id"),
        .etag = json_string(tree, "etag"),
        .created_time = json_string(tree, "createdTimeUtc"),
        .target_condition = json_string(tree, "targetCondition"),
        .template_hash = json_string(json_get(tree, "labels"), "pod-template-hash")};
    cleanup_strbuf struct strbuf labels = STRBUF_INIT, queries = STRBUF_INIT;
    const cJSON *metrics = json_at(tree, "metrics", "queries", NULL);

    if (!read.id || !*read.id)
        return error_set(error, "the hub's list of configurations has an entry without an id");
    if (ownership_judge(tree, owner, hub, &read, error) < 0)
        return -1;
    figures_read(tree, &read);
    if (read.ours || read.baseline)
        read.labels = json_write(json_get(tree, "labels"), true, &labels);
    if (cJSON_IsObject(metrics) && metrics->child)
        read.metric_queries = json_write(metrics, false, &queries);
    if (content_read(json_get(tree, "content"), &read) < 0 || labels.failed || queries.failed || texts_move(&read) < 0)
        return error_set(error, "out of memory");
    *ret_configuration = read;
    read = (struct observed_configuration){0};
    return 0;
}

/* --- the list --------------------------------------------------------------------------------- */

int observed_read(const cJSON *list, const char *owner, const char *hub, struct observed *ret_observed,
                  struct error *error)
{
    cleanup_observed struct observed observed = OBSERVED_INIT;

    if (!cJSON_IsArray(list))
        return error_set(error, "the hub's list of configurations is no array but %s", json_type_name(list));
    observed.items = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *observed.items);
    if (!observed.items)
        return error_set(error, "out of memory");
    for (const cJSON *tree = list->child; tree; tree = tree->next) {
        if (configuration_read(tree, owner, hub, &observed.items[observed.count], error) < 0)
            return -1;
        observed.count++;
    }
    qsort(observed.items, observed.count, sizeof *observed.items, observed_compare);
    *ret_observed = observed;
    observed = (struct observed)OBSERVED_INIT;
    return 0;
}

void observed_release(struct observed *observed)
{
    for (size_t i = 0; i < observed->count; i++)
        configuration_release(&observed->items[i]);
    free(observed->items);
    *observed = (struct observed)OBSERVED_INIT;
}

static struct observed_configuration *find(const struct observed *observed, const char *id)
{
    for (size_t i = 0; i < observed->count; i++)
        if (strcmp(observed->items[i].id, id) == 0)
            return &observed->items[i];
    return NULL;
}

const struct observed_configuration *observed_find(const struct observed *observed, const char *id)
{
    return find(observed, id);
}

/* The place of a new one, or of the one with that id. NULL without memory. */
static struct observed_configuration *place_get(struct observed *observed, const char *id)
{
    struct observed_configuration *place = find(observed, id);

    if (place)
        return place;
    struct observed_configuration *items = reallocarray(observed->items, observed->count + 2, sizeof *items);

    if (!items)
        return NULL;
    observed->items = items;
    place = &items[observed->count++];
    *place = (struct observed_configuration){0};
    return place;
}

static int one_put(struct observed *observed, const char *id, const cJSON *tree, cJSON **whole, const char *owner,
                   const char *hub, struct error *error)
{
    cleanup_configuration struct observed_configuration read = {0};

    if (strcmp(json_string_or(tree, "id", ""), id) != 0)
        return error_set(error, "asked about configuration %s, the hub answers with another", id);
    if (configuration_read(tree, owner, hub, &read, error) < 0)
        return -1;
    struct observed_configuration *place = place_get(observed, id);

    if (!place)
        return error_set(error, "out of memory");
    configuration_release(place);
    *place = read;
    read = (struct observed_configuration){0};
    if (whole)
        place->whole = steal_ptr(*whole);
    qsort(observed->items, observed->count, sizeof *observed->items, observed_compare);
    return 0;
}

int observed_put(struct observed *observed, const char *id, const cJSON *configuration, const char *owner,
                 const char *hub, struct error *error)
{
    return one_put(observed, id, configuration, NULL, owner, hub, error);
}

int observed_put_whole(struct observed *observed, const char *id, cJSON *configuration, const char *owner,
                       const char *hub, struct error *error)
{
    cleanup_json cJSON *tree = configuration;

    return one_put(observed, id, tree, &tree, owner, hub, error);
}

void observed_inherit(struct observed *observed, struct observed *before)
{
    for (size_t i = 0; i < observed->count; i++) {
        struct observed_configuration *configuration = &observed->items[i];
        struct observed_configuration *elder = find(before, configuration->id);

        if (elder && elder->whole && elder->etag && configuration->etag &&
            strcmp(elder->etag, configuration->etag) == 0 &&
            strcmp(elder->content_digest, configuration->content_digest) == 0)
            configuration->whole = steal_ptr(elder->whole);
    }
}

void observed_remove(struct observed *observed, const char *id)
{
    struct observed_configuration *gone = find(observed, id);

    if (!gone)
        return;
    configuration_release(gone);
    observed->count--;
    memmove(gone, gone + 1, (size_t)(observed->items + observed->count - gone) * sizeof *gone);
}

bool observed_is_of(const struct observed_configuration *configuration, const char *namespace, const char *name)
{
    return configuration->ours && strcmp(configuration->ownership.namespace, namespace) == 0 &&
           strcmp(configuration->ownership.name, name) == 0;
}
