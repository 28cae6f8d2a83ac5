#include "server/hub_status.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "server/hub_report.h"

#include <string.h>

#define PAGE_SIZE    100
#define THROTTLED_MS 10000

/* What a reading is about, copied from the standing, since the lock is let go between the pages. */
struct hub_reading {
    char *key, *id;
    char hash[CONTENT_HASH_SIZE];
    int64_t since_wall_ms;
    struct module_states states;
    bool begun;
    char *continuation; /* of the next page; NULL for the first */
};

void hub_status_forget(struct hub_worker *worker)
{
    struct hub_reading *reading = worker->reading;
    if (!reading)
        return;
    module_states_release(&reading->states);
    free(reading->key);
    free(reading->id);
    free(reading->continuation);
    free(reading);
    worker->reading = NULL;
}

/* The manifest whose modules are judged: it must be that of what is on the hub. */
static const struct manifest *manifest_of(const struct hub_worker *worker, const struct hub_standing *standing)
{
    const struct cluster *cluster = &worker->engine->cluster;
    struct cluster_deployment *deployment = cluster_find_deployment(cluster, standing->namespace, standing->name);
    const struct cluster_translation *translation =
        deployment ? cluster_translate(cluster, deployment, worker->index, &worker->system_modules) : NULL;
    return translation && !translation->problem && strcmp(translation->hash, standing->hash) == 0
               ? &translation->manifest
               : NULL;
}

static struct hub_standing *due_first(const struct hub_worker *worker)
{
    struct hub_standing *standing = NULL, *first = NULL;
    TAILQ_FOREACH(standing, &worker->standings, link)
    {
        if (standing->id && standing->evaluated && (!first || standing->next_query_ms < first->next_query_ms) &&
            manifest_of(worker, standing))
            first = standing;
    }
    return first;
}

int64_t hub_status_due(const struct hub_worker *worker)
{
    const struct hub_standing *first = worker->reading ? NULL : due_first(worker);
    if (!worker->reading && !first)
        return INT64_MAX;
    int64_t due_ms = first ? first->next_query_ms : 0;
    return due_ms < worker->next_query_ms ? worker->next_query_ms : due_ms;
}

static void begin_reading(struct hub_worker *worker)
{
    pthread_mutex_lock(&worker->engine->lock);
    const struct hub_standing *standing = due_first(worker);
    struct hub_reading *reading =
        standing && standing->next_query_ms <= clock_now_ms() ? calloc(1, sizeof(*reading)) : NULL;
    if (reading) {
        *reading = (struct hub_reading){.key = strdup(standing->key),
                                        .id = strdup(standing->id),
                                        .since_wall_ms = standing->created_wall_ms,
                                        .states = MODULE_STATES_INIT};
        memcpy(reading->hash, standing->hash, sizeof(reading->hash));
    }
    worker->reading = reading;
    pthread_mutex_unlock(&worker->engine->lock);
    if (reading && (!reading->key || !reading->id))
        hub_status_forget(worker);
}

/* The standing that is read for, while it still is what it was. Guarded. */
static struct hub_standing *standing_of(const struct hub_worker *worker, const struct hub_reading *reading)
{
    struct hub_standing *standing = hub_standing_find(worker, reading->key);
    return standing && standing->id && strcmp(standing->id, reading->id) == 0 &&
                   strcmp(standing->hash, reading->hash) == 0
               ? standing
               : NULL;
}

/* Returns -1 when what was read for is not any more. */
static int add_page(struct hub_worker *worker, struct hub_reading *reading, const cJSON *page)
{
    const struct config *config = worker->engine->config;
    const struct hub_standing *standing = standing_of(worker, reading);
    const struct manifest *manifest = standing ? manifest_of(worker, standing) : NULL;
    if (!manifest)
        return -1;
    struct module_state_input input = {.configuration_id = reading->id,
                                       .manifest = manifest,
                                       .now_wall_ms = clock_wall_ms(),
                                       .offline_after_ms = config->offline_after_ms,
                                       .configuration_since_wall_ms = reading->since_wall_ms};
    if (!reading->begun && module_states_begin(&input, &reading->states) < 0)
        return -1;
    reading->begun = true;
    const cJSON *twin = NULL;
    cJSON_ArrayForEach(twin, page) module_states_add_twin(&input, &reading->states, twin);
    return 0;
}

static bool states_ready(const struct hub_standing *standing, unsigned ready_percent)
{
    if ((int64_t)standing->states.targeted < standing->targeted)
        return false;
    for (size_t i = 0; i < standing->states.module_count; i++)
        if (!module_states_ready(&standing->states, i, ready_percent))
            return false;
    return true;
}

/* What does not stand still is looked at often, what does seldom: a device may fail later as well. Guarded. */
static void publish(struct hub_worker *worker, struct hub_reading *reading)
{
    struct engine *engine = worker->engine;
    const struct config *config = engine->config;
    struct hub_standing *standing = standing_of(worker, reading);
    if (!standing)
        return;
    const struct cluster_deployment *deployment =
        cluster_find_deployment(&engine->cluster, standing->namespace, standing->name);
    module_states_release(&standing->states);
    standing->states = reading->states;
    reading->states = (struct module_states)MODULE_STATES_INIT;
    memcpy(standing->states_hash, reading->hash, sizeof(standing->states_hash));
    bool ready = deployment && states_ready(standing, deployment->annotations.ready_percent);
    int64_t pause_ms = ready && config->resync_ms > config->status_ms ? config->resync_ms : config->status_ms;
    standing->next_query_ms = clock_now_ms() + pause_ms;
    engine_changed(engine, CLUSTER_CHANGED);
}

/* Takes a page and the way to the next one over. */
static void take_page(struct hub_worker *worker, const cJSON *page, char *continuation)
{
    struct hub_reading *reading = worker->reading;
    free(reading->continuation);
    reading->continuation = continuation;
    pthread_mutex_lock(&worker->engine->lock);
    bool stands = add_page(worker, reading, page) == 0;
    if (stands && !continuation)
        publish(worker, reading);
    pthread_mutex_unlock(&worker->engine->lock);
    if (!stands || !continuation)
        hub_status_forget(worker);
}

/* The others come first the next time. */
static void put_last(struct hub_worker *worker, int64_t again_ms)
{
    pthread_mutex_lock(&worker->engine->lock);
    struct hub_standing *standing = standing_of(worker, worker->reading);
    if (standing)
        standing->next_query_ms = again_ms;
    pthread_mutex_unlock(&worker->engine->lock);
}

/* All queries pause, since what one of them met the next one would meet as well. */
static void take_failure(struct hub_worker *worker, enum iothub_result result, const char *message)
{
    const struct config *config = worker->engine->config;
    int64_t now_ms = clock_now_ms(), asked_ms = iothub_client_retry_after_ms(worker->client);
    put_last(worker, now_ms + config->status_ms);
    hub_status_forget(worker);
    if (result == IOTHUB_STOPPED)
        return;
    int64_t longest_ms = config->error_backoff_ms;
    int64_t pause_ms = backoff_ms(worker->query_failures, config->status_ms, longest_ms);
    if (result == IOTHUB_THROTTLED)
        pause_ms = THROTTLED_MS + backoff_ms(worker->query_failures, THROTTLED_MS, longest_ms);
    else
        hub_report_query_trouble(worker, message);
    worker->query_failures++;
    if (pause_ms > longest_ms)
        pause_ms = longest_ms;
    worker->next_query_ms = now_ms + (asked_ms > pause_ms ? asked_ms : pause_ms);
}

static char *query_for(const struct hub_reading *reading)
{
    char *query = NULL;
    return asprintf(&query,
                    "SELECT * FROM devices.modules WHERE moduleId = '$edgeAgent' AND "
                    "(configurations.[[%s]].status = 'Applied' OR configurations.[[%s]].status = 'Targeted')",
                    reading->id, reading->id) < 0
               ? NULL
               : query;
}

void hub_status_step(struct hub_worker *worker)
{
    int64_t now_ms = clock_now_ms();
    int64_t wait_ms = rate_limit_wait(&worker->queries, now_ms);
    if (wait_ms > 0) {
        worker->next_query_ms = now_ms + wait_ms;
        return;
    }
    if (!worker->reading)
        begin_reading(worker);
    if (!worker->reading)
        return;
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *page = NULL;
    cleanup_free char *query = query_for(worker->reading);
    char *continuation = NULL;
    if (!query || !hub_worker_take(worker, &worker->queries))
        return;
    enum iothub_result result =
        iothub_query(worker->client, query, PAGE_SIZE, worker->reading->continuation, &page, &continuation, &error);
    if (result != IOTHUB_OK) {
        take_failure(worker, result, error_message(&error));
        return;
    }
    worker->query_failures = 0;
    hub_report_query_trouble(worker, NULL);
    take_page(worker, page, continuation);
}
