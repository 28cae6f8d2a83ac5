#include "server/hub_status.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"

#include <string.h>

#define PAGE_SIZE 100

static struct hub_standing *due_first(const struct hub_worker *worker)
{
    struct hub_standing *standing = NULL, *first = NULL;
    TAILQ_FOREACH(standing, &worker->standings, link)
    {
        if (standing->id && standing->evaluated && (!first || standing->next_query_ms < first->next_query_ms))
            first = standing;
    }
    return first;
}

int64_t hub_status_due(const struct hub_worker *worker)
{
    const struct hub_standing *first = due_first(worker);
    return first ? first->next_query_ms : INT64_MAX;
}

/* What a reading is about, copied from the standing, since the lock is let go between the pages. */
struct reading {
    char *key, *id;
    char hash[CONTENT_HASH_SIZE];
    int64_t since_wall_ms;
    struct module_states states;
    bool begun;
};

static void reading_release(struct reading *reading)
{
    module_states_release(&reading->states);
    free(reading->key);
    free(reading->id);
}

/* The manifest whose modules are judged: it must still be the one that the reading began with. Guarded. */
static const struct manifest *reading_manifest(const struct hub_worker *worker, const struct reading *reading)
{
    const struct cluster *cluster = &worker->engine->cluster;
    const struct hub_standing *standing = hub_worker_standing(worker, reading->key);
    if (!standing || strcmp(standing->hash, reading->hash) != 0)
        return NULL;
    struct cluster_deployment *deployment = cluster_find_deployment(cluster, standing->namespace, standing->name);
    if (!deployment)
        return NULL;
    const struct cluster_translation *translation =
        cluster_translate(cluster, deployment, worker->index, &worker->system_modules);
    return translation && !translation->problem && strcmp(translation->hash, reading->hash) == 0
               ? &translation->manifest
               : NULL;
}

static int add_page(struct hub_worker *worker, struct reading *reading, const cJSON *page)
{
    const struct config *config = worker->engine->config;
    int result = -1;
    pthread_mutex_lock(&worker->engine->lock);
    const struct manifest *manifest = reading_manifest(worker, reading);
    if (manifest) {
        struct module_state_input input = {.configuration_id = reading->id,
                                           .manifest = manifest,
                                           .now_wall_ms = clock_wall_ms(),
                                           .offline_after_ms = config->offline_after_ms,
                                           .configuration_since_wall_ms = reading->since_wall_ms};
        result = reading->begun ? 0 : module_states_begin(&input, &reading->states);
        reading->begun = reading->begun || result == 0;
        const cJSON *twin = NULL;
        if (result == 0) {
            cJSON_ArrayForEach(twin, page) module_states_add_twin(&input, &reading->states, twin);
        }
    }
    pthread_mutex_unlock(&worker->engine->lock);
    return result;
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

/* What does not stand still is looked at often, what does seldom: a device may fail later as well. */
static void publish(struct hub_worker *worker, struct reading *reading)
{
    struct engine *engine = worker->engine;
    const struct config *config = engine->config;
    pthread_mutex_lock(&engine->lock);
    struct hub_standing *standing = hub_worker_standing(worker, reading->key);
    if (standing && reading->begun && strcmp(standing->hash, reading->hash) == 0) {
        const struct cluster_deployment *deployment =
            cluster_find_deployment(&engine->cluster, standing->namespace, standing->name);
        module_states_release(&standing->states);
        standing->states = reading->states;
        reading->states = (struct module_states)MODULE_STATES_INIT;
        memcpy(standing->states_hash, reading->hash, sizeof(standing->states_hash));
        standing->ready = deployment && states_ready(standing, deployment->annotations.ready_percent);
        int64_t pause =
            standing->ready && config->resync_ms > config->status_ms ? config->resync_ms : config->status_ms;
        standing->next_query_ms = clock_now_ms() + pause;
        engine_changed(engine, false);
    }
    pthread_mutex_unlock(&engine->lock);
}

static void postpone(struct hub_worker *worker, const struct reading *reading)
{
    pthread_mutex_lock(&worker->engine->lock);
    struct hub_standing *standing = hub_worker_standing(worker, reading->key);
    if (standing)
        standing->next_query_ms = clock_now_ms() + worker->engine->config->status_ms;
    pthread_mutex_unlock(&worker->engine->lock);
}

/* One page costs one token; the next one waits for its own. */
static int read_pages(struct hub_worker *worker, struct reading *reading)
{
    cleanup_free char *query = NULL;
    cleanup_free char *continuation = NULL;
    if (asprintf(
            &query,
            "SELECT * FROM devices.modules WHERE moduleId = '$edgeAgent' AND (configurations.[[%s]].status = 'Applied' "
            "OR configurations.[[%s]].status = 'Targeted')",
            reading->id, reading->id) < 0)
        return -1;
    for (bool first = true; first || continuation; first = false) {
        cleanup_error struct error error = {NULL};
        cleanup_json cJSON *page = NULL;
        char *next = NULL;
        int64_t wait_ms = first ? 0 : rate_limit_take(&worker->queries, clock_now_ms());
        if (wait_ms > 0) {
            pthread_mutex_lock(&worker->engine->lock);
            engine_wait(worker->engine, &worker->wake, wait_ms);
            pthread_mutex_unlock(&worker->engine->lock);
            if (worker->engine->stopping)
                return -1;
            continue;
        }
        worker->metrics->calls[HUB_QUERY]++;
        enum iothub_result result = iothub_query(worker->client, query, PAGE_SIZE, continuation, &page, &next, &error);
        if (result == IOTHUB_THROTTLED)
            rate_limit_empty(&worker->queries, clock_now_ms(), 60000);
        if (result != IOTHUB_OK) {
            worker->metrics->failures[HUB_QUERY]++;
            log_debug("hub %s: %s", worker->hub->name, error_message(&error));
            return -1;
        }
        free(continuation);
        continuation = next;
        if (add_page(worker, reading, page) < 0)
            return -1;
    }
    return 0;
}

int64_t hub_status_read(struct hub_worker *worker)
{
    struct reading reading = {.states = MODULE_STATES_INIT};
    int64_t now_ms = clock_now_ms();
    pthread_mutex_lock(&worker->engine->lock);
    const struct hub_standing *standing = due_first(worker);
    if (standing && standing->next_query_ms <= now_ms) {
        reading.key = strdup(standing->key);
        reading.id = strdup(standing->id);
        memcpy(reading.hash, standing->hash, sizeof(reading.hash));
        reading.since_wall_ms = standing->created_wall_ms;
    }
    pthread_mutex_unlock(&worker->engine->lock);
    int64_t wait_ms = 0;
    if (reading.key && reading.id) {
        wait_ms = rate_limit_take(&worker->queries, now_ms);
        if (wait_ms == 0) {
            if (read_pages(worker, &reading) == 0)
                publish(worker, &reading);
            else
                postpone(worker, &reading);
        }
    }
    reading_release(&reading);
    return wait_ms;
}
