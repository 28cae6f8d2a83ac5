#include "sync/calls.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/strbuf.h"

#include <stdlib.h>
#include <string.h>

/* What the hub is told its entry follows; it keeps the text and reads nothing from it. */
#define SCHEMA_VERSION "1.0"

void plan_call_release(struct plan_call *call)
{
    free(call->id);
    free(call->etag);
    if (call->body)
        explicit_bzero(call->body, strlen(call->body)); /* it may hold values of Secrets */
    free(call->body);
    free(call->namespace);
    free(call->name);
    *call = (struct plan_call){0};
}

void plan_calls_release(struct plan_calls *calls)
{
    for (size_t i = 0; i < calls->count; i++)
        plan_call_release(&calls->items[i]);
    free(calls->items);
    *calls = (struct plan_calls)PLAN_CALLS_INIT;
}

/* Copies a text that may be NULL. Returns false without memory. */
static bool text_copy(char **target, const char *text)
{
    if (!text)
        return true;
    *target = strdup(text);
    return *target;
}

static int calls_reserve(struct plan_calls *calls, size_t more)
{
    struct plan_call *items = reallocarray(calls->items, calls->count + more + 1, sizeof *items);

    if (!items)
        return -1;
    calls->items = items;
    return 0;
}

int plan_calls_add(struct plan_calls *calls, enum plan_action action, const char *id, const char *etag,
                   const char *body, const char *namespace, const char *name)
{
    struct plan_call call = {.action = action};

    if (calls_reserve(calls, 1) < 0)
        return -1;
    if (!text_copy(&call.id, id) || !text_copy(&call.etag, etag) || !text_copy(&call.body, body) ||
        !text_copy(&call.namespace, namespace) || !text_copy(&call.name, name)) {
        plan_call_release(&call);
        return -1;
    }
    calls->items[calls->count++] = call;
    return 0;
}

int plan_calls_move(struct plan_calls *target, struct plan_calls *source)
{
    if (source->count == 0)
        return 0;
    if (calls_reserve(target, source->count) < 0)
        return -1;
    memcpy(target->items + target->count, source->items, source->count * sizeof *source->items);
    target->count += source->count;
    source->count = 0;
    return 0;
}

char *plan_call_labels(const char *owner, const char *hub, const struct desired_configuration *desired)
{
    char hash[CONTENT_HASH_SIZE];

    content_hash(desired->content, hash);
    const struct ownership ownership = {
        .owner = owner,
        .hub = hub,
        .namespace = desired->namespace,
        .name = desired->name,
        .uid = desired->uid,
        .content_hash = hash,
        .reconcile_policy = desired->reconcile_policy,
        .config_maps = desired->config_maps,
        .secrets = desired->secrets,
    };

    return ownership_labels(&ownership, desired->template_labels);
}

/* Operators may have put metrics on a configuration; a PUT replaces them all, so an update carries them along. */
static void metrics_write(struct json_writer *writer, const struct observed_configuration *current)
{
    json_name(writer, "metrics");
    json_begin_object(writer);
    json_name(writer, "queries");
    json_add_raw(writer, current && current->metric_queries ? current->metric_queries : "{}");
    json_end_object(writer);
}

char *plan_call_body(const char *id, const struct desired_configuration *desired, const char *labels,
                     const struct observed_configuration *current)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};

    json_begin_object(&writer);
    json_member_string(&writer, "id", id);
    json_member_string(&writer, "schemaVersion", SCHEMA_VERSION);
    json_name(&writer, "labels");
    json_add_raw(&writer, labels);
    /* Of an update too: it equals what the hub has, and these are the bytes of the create, every digit as it was. */
    json_name(&writer, "content");
    json_add_raw(&writer, desired->content);
    json_member_string(&writer, "targetCondition", desired->target_condition);
    json_member_int(&writer, "priority", desired->priority);
    metrics_write(&writer, current);
    json_end_object(&writer);
    return strbuf_steal(&text);
}

/* Without what the hub alone writes. NULL without memory. */
static cJSON *writable(const struct observed_configuration *current)
{
    static const char *const read_only[] = {"etag", "createdTimeUtc", "lastUpdatedTimeUtc", "systemMetrics"};
    cJSON *tree = cJSON_Duplicate(current->whole, true);

    for (size_t i = 0; i < array_length(read_only); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(tree, read_only[i]);
    cJSON_DeleteItemFromObjectCaseSensitive(json_get(tree, "metrics"), "results");
    return tree;
}

static char *tree_write(const cJSON *tree)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};

    json_add_value(&writer, tree);
    return strbuf_steal(&text);
}

char *plan_call_adoption_body(const char *owner, const char *hub, const struct desired_configuration *desired,
                              const struct observed_configuration *current)
{
    const struct ownership ownership = {.owner = owner,
                                        .hub = hub,
                                        .namespace = desired->namespace,
                                        .name = desired->name,
                                        .uid = desired->uid,
                                        .content_hash = current->content_digest,
                                        .reconcile_policy = desired->reconcile_policy};
    cleanup_free char *text = ownership_labels(&ownership, json_get(current->whole, "labels"));
    cleanup_json cJSON *tree = writable(current), *labels = NULL;

    if (!text || !tree || json_parse(text, strlen(text), &labels, NULL) < 0)
        return NULL;
    cJSON_DeleteItemFromObjectCaseSensitive(tree, "labels");
    if (!cJSON_AddItemToObject(tree, "labels", labels))
        return NULL;
    steal_ptr(labels);
    return tree_write(tree);
}

char *plan_call_policy_body(const struct observed_configuration *current, const char *policy)
{
    cleanup_json cJSON *tree = writable(current);
    cJSON *labels = json_get(tree, "labels");

    cJSON_DeleteItemFromObjectCaseSensitive(labels, LABEL_RECONCILE_POLICY);
    if (!cJSON_AddStringToObject(labels, LABEL_RECONCILE_POLICY, policy))
        return NULL;
    return tree_write(tree);
}
