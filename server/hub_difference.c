#include "server/hub_difference.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "server/hub_place.h"
#include "server/hub_plan.h"
#include "server/wipe.h"
#include "translate/shown_content.h"

#include <string.h>

/* Both sides of a comparison. */
struct difference {
    struct hub_worker *worker;
    struct cluster_deployment *deployment; /* NULL: gone */
    cJSON *current, *desired;              /* configurations; NULL: there is none */
    char digest[CONTENT_HASH_SIZE];        /* of the current one's content */
    bool secrets;                          /* values of Secrets may be in them */
    const char *unknown;                   /* why the hub's content is not shown, or NULL. Static */
};

static void difference_release(struct difference *difference)
{
    wipe_and_delete_json(&difference->current);
    wipe_and_delete_json(&difference->desired);
}

#define cleanup_difference __attribute__((cleanup(difference_release)))

/* --- what is on the hub ----------------------------------------------------------------------- */

/* The one with the desired content where there is one; else the one that wins on a device. */
static const struct observed_configuration *find_current(const struct hub_worker *worker, const char *namespace,
                                                         const char *name, const char *id)
{
    const struct observed_configuration *newest = NULL;
    for (size_t i = 0; i < worker->observed.count; i++) {
        const struct observed_configuration *configuration = &worker->observed.items[i];
        if (!observed_is_of(configuration, namespace, name))
            continue;
        newest = configuration;
        if (id && strcmp(configuration->id, id) == 0)
            break;
    }
    return newest;
}

/* What is kept of it. */
static cJSON *current_of(const struct observed_configuration *configuration)
{
    cleanup_json cJSON *current = cJSON_CreateObject();
    cJSON *labels = NULL;
    if (!cJSON_AddStringToObject(current, "id", configuration->id) ||
        !cJSON_AddNumberToObject(current, "priority", (double)configuration->priority) ||
        (configuration->target_condition &&
         !cJSON_AddStringToObject(current, "targetCondition", configuration->target_condition)))
        return NULL;
    if (configuration->labels && json_parse(configuration->labels, strlen(configuration->labels), &labels, NULL) == 0 &&
        !cJSON_AddItemToObject(current, "labels", labels))
        cJSON_Delete(labels);
    return steal_ptr(current);
}

static void take_current(struct difference *difference, const struct observed_configuration *configuration)
{
    if (!configuration)
        return;
    difference->current = current_of(configuration);
    difference->secrets = difference->secrets || configuration->ownership.secrets;
    memcpy(difference->digest, configuration->content_digest, sizeof(difference->digest));
}

/* Equal contents need not be asked for: what is desired is what is there. */
static bool has_desired_content(struct difference *difference)
{
    char digest[CONTENT_HASH_SIZE] = "";
    const cJSON *content = json_get(difference->desired, "content");
    if (!content || observed_content_digest(content, digest) < 0 || strcmp(digest, difference->digest) != 0)
        return false;
    cJSON *copy = cJSON_Duplicate(content, true);
    if (copy && cJSON_AddItemToObject(difference->current, "content", copy))
        return true;
    cJSON_Delete(copy);
    return false;
}

/* Of the list no contents are kept: the hub is asked, when it may be. */
static void fetch_content(struct difference *difference)
{
    struct hub_worker *worker = difference->worker;
    const char *id = json_string(difference->current, "id");
    cleanup_secret_json cJSON *fetched = NULL;
    if (!id || has_desired_content(difference))
        return;
    difference->unknown = "the hub's budget of calls is used up at present";
    if (!hub_worker_take(worker, &worker->configuration_calls))
        return;
    pthread_mutex_unlock(&worker->engine->lock);
    enum iothub_result result = iothub_configuration_get(worker->client, id, &fetched, NULL);
    pthread_mutex_lock(&worker->engine->lock);
    difference->unknown = "the hub could not be asked for it";
    if (result != IOTHUB_OK)
        return;
    cJSON *content = cJSON_DetachItemFromObjectCaseSensitive(fetched, "content");
    if (content && cJSON_AddItemToObject(difference->current, "content", content))
        difference->unknown = NULL;
    else
        cJSON_Delete(content);
}

/* --- what is to be ---------------------------------------------------------------------------- */

/* The body of the call that the plan has for it. */
static cJSON *planned(const struct plan *plan, const char *namespace, const char *name)
{
    cJSON *body = NULL;
    for (size_t i = 0; i < plan->call_count; i++) {
        const struct plan_call *call = &plan->calls[i];
        if (call->body && strcmp(call->namespace, namespace) == 0 && strcmp(call->name, name) == 0 &&
            json_parse(call->body, strlen(call->body), &body, NULL) == 0)
            return body;
    }
    return NULL;
}

/* Where no call can be made, or none is needed, what the Deployment says. */
static cJSON *translated(struct difference *difference)
{
    struct hub_worker *worker = difference->worker;
    const struct cluster_translation *translation =
        cluster_translate(&worker->engine->cluster, difference->deployment, worker->index, &worker->system_modules);
    if (!translation || translation->problem)
        return NULL;
    const struct manifest *manifest = &translation->manifest;
    cleanup_json cJSON *desired = cJSON_CreateObject();
    cJSON *content = NULL;
    if (!desired || json_parse(manifest->content, strlen(manifest->content), &content, NULL) < 0)
        return NULL;
    if (!cJSON_AddItemToObject(desired, "content", content)) {
        cJSON_Delete(content);
        return NULL;
    }
    if (!cJSON_AddStringToObject(desired, "targetCondition", manifest->target_condition) ||
        !cJSON_AddNumberToObject(desired, "priority", manifest->priority))
        return NULL;
    return steal_ptr(desired);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_side(struct json_writer *writer, const char *name, const struct difference *difference,
                       const cJSON *side, const cJSON *other)
{
    static const char *const members[] = {"id", "targetCondition", "priority", "labels"};
    cleanup_json cJSON *shown = NULL;
    json_name(writer, name);
    if (!side) {
        json_add_null(writer);
        return;
    }
    json_begin_object(writer);
    for (size_t i = 0; i < array_length(members); i++) {
        const cJSON *member = json_get(side, members[i]);
        if (member)
            json_name(writer, members[i]), json_add_value(writer, member);
    }
    const cJSON *content = json_get(side, "content");
    shown = content ? shown_content(content, json_get(other, "content"), difference->secrets) : NULL;
    if (shown)
        json_name(writer, "content"), json_add_value(writer, shown);
    json_end_object(writer);
}

static void write_place(struct json_writer *writer, const struct difference *difference,
                        const struct hub_standing *standing)
{
    struct hub_place place = {"Gone", NULL, "its Deployment is not there"};
    if (difference->deployment && standing)
        place = hub_place_of(difference->worker, difference->deployment, standing);
    else if (difference->deployment)
        place = (struct hub_place){"Absent", NULL, "no pod of it is placed on this hub"};
    json_member_string(writer, "state", place.state);
    json_member_string(writer, "reason", place.reason);
    json_member_string(writer, "message", place.message);
}

static void write_all(const struct difference *difference, const struct hub_standing *standing, struct strbuf *out)
{
    struct json_writer writer = {.out = out};
    json_begin_object(&writer);
    json_member_string(&writer, "hub", difference->worker->hub->name);
    write_place(&writer, difference, standing);
    write_side(&writer, "current", difference, difference->current, difference->desired);
    write_side(&writer, "desired", difference, difference->desired, NULL);
    json_member_string(&writer, "unknown", difference->unknown);
    json_end_object(&writer);
}

static bool reads_secrets(const struct cluster_deployment *deployment)
{
    for (size_t i = 0; i < deployment->read_count; i++)
        if (deployment->reads[i]->kind == CLUSTER_SECRET)
            return true;
    return false;
}

static void find_desired(struct difference *difference, const struct plan *plan, const struct hub_standing *standing)
{
    /* One that has ended here is held by the hub, and not wanted any more. */
    if (!difference->deployment || !standing || !standing->seen)
        return;
    difference->desired = planned(plan, difference->deployment->namespace, difference->deployment->name);
    if (!difference->desired)
        difference->desired = translated(difference);
}

void hub_difference_write(struct hub_worker *worker, const char *namespace, const char *name, struct strbuf *out)
{
    const struct cluster *cluster = &worker->engine->cluster;
    cleanup_difference struct difference difference = {.worker = worker};
    cleanup_plan struct plan plan = PLAN_INIT;
    cleanup_free char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        return;
    }
    /* Without a plan there is only the hub's side to show. */
    (void)hub_plan_make(worker, clock_now_ms(), &plan, NULL);
    const struct hub_standing *standing = hub_standing_find(worker, key);
    difference.deployment = cluster_find_deployment(cluster, namespace, name);
    difference.secrets = difference.deployment && reads_secrets(difference.deployment);
    take_current(&difference, find_current(worker, namespace, name, standing ? standing->id : NULL));
    find_desired(&difference, &plan, standing);
    fetch_content(&difference);
    /* The lock may have been let go. */
    difference.deployment = cluster_find_deployment(cluster, namespace, name);
    write_all(&difference, hub_standing_find(worker, key), out);
}
