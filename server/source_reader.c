/* One thread that reads the data of the ConfigMaps and Secrets which Deployments read, each by its name and only when
 * the watch told of another version. It also finds out whether one that vanished is gone for good. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "server/engine_state.h"
#include "server/wipe.h"

#include <string.h>

static const char *const resources[CLUSTER_SOURCE_KINDS] = {
    [CLUSTER_CONFIG_MAP] = "configmaps", [CLUSTER_SECRET] = "secrets"};

/* What the lock no longer holds in place. */
struct errand {
    enum cluster_source_kind kind;
    char *namespace, *name;
    unsigned news;
    bool counts; /* if it is missing now it is gone for good */
};

static void errand_release(struct errand *errand)
{
    free(errand->namespace);
    free(errand->name);
}

/* A 404 of the API server about this very object; any proxy can answer 404. */
static bool is_missing(int status, const cJSON *answer, const char *name)
{
    return status == 404 && strcmp(json_string_or(answer, "reason", ""), "NotFound") == 0 &&
           strcmp(json_string_or(json_get(answer, "details"), "name", ""), name) == 0;
}

static int get(struct engine *engine, const struct errand *errand, cJSON **ret_answer, struct error *error)
{
    cleanup_free char *path = NULL;
    if (asprintf(&path, "/api/v1/namespaces/%s/%s/%s", errand->namespace, resources[errand->kind], errand->name) < 0) {
        path = NULL;
        return error_set(error, "out of memory");
    }
    return kube_call(engine->reader_kube, "GET", path, NULL, NULL, 0, ret_answer, error);
}

/* A namespace that is being deleted loses its objects in any order, and each of them says nothing. */
static bool namespace_lives(struct engine *engine, const char *namespace)
{
    cleanup_free char *path = NULL;
    cleanup_json cJSON *answer = NULL;
    if (asprintf(&path, "/api/v1/namespaces/%s", namespace) < 0) {
        path = NULL;
        return false;
    }
    int status = kube_call(engine->reader_kube, "GET", path, NULL, NULL, 0, &answer, NULL);
    return status == 200 && !json_get(json_get(answer, "metadata"), "deletionTimestamp");
}

/* Nothing about a Secret's content can be in the sentence: that is the API server's, about a request without a body. */
static enum cluster_change note_failure(struct engine *engine, struct cluster_source *source, const struct error *error)
{
    enum cluster_change change = cluster_source_failed(source, error_message(error), clock_now_ms());
    if (change == CLUSTER_SAME)
        return change;
    engine->metrics->watch_troubles++;
    log_warning("%s", error_message(error));
    return change;
}

static void carry_out(struct engine *engine, const struct errand *errand)
{
    cleanup_error struct error error = {NULL};
    cleanup_secret_json cJSON *answer = NULL;
    int status = get(engine, errand, &answer, &error);
    bool missing = is_missing(status, answer, errand->name);
    bool for_good = missing && errand->counts && namespace_lives(engine, errand->namespace);

    pthread_mutex_lock(&engine->lock);
    struct cluster *cluster = &engine->cluster;
    struct cluster_source *source = cluster_find_source(cluster, errand->kind, errand->namespace, errand->name);
    int64_t now_ms = clock_now_ms();
    if (!source || source->news != errand->news || status == KUBE_STOPPED) {
        pthread_mutex_unlock(&engine->lock); /* nobody asks any more, or the watch knows better */
        return;
    }
    if (status == 200)
        engine_changed(engine, cluster_source_found(cluster, source, answer, now_ms));
    else if (missing)
        engine_changed(engine, cluster_source_missing(cluster, source, for_good, now_ms));
    else
        engine_changed(engine, note_failure(engine, source, &error));
    if (missing && errand->counts && !for_good)
        cluster_source_postpone(source, now_ms + engine->config->absence_ms);
    pthread_mutex_unlock(&engine->lock);
}

void *source_reader_run(void *context)
{
    struct engine *engine = context;
    pthread_mutex_lock(&engine->lock);
    while (!engine->stopping) {
        int64_t wait_ms = 0;
        const struct cluster_source *source =
            cluster_source_next(&engine->cluster, clock_now_ms(), engine->config->absence_ms, &wait_ms);
        if (!source) {
            engine_wait(engine, &engine->reader_wake, wait_ms);
            continue;
        }
        __attribute__((cleanup(errand_release))) struct errand errand = {.kind = source->kind,
                                                                         .namespace = strdup(source->namespace),
                                                                         .name = strdup(source->name),
                                                                         .news = source->news,
                                                                         .counts = !source->due};
        pthread_mutex_unlock(&engine->lock);
        if (errand.namespace && errand.name)
            carry_out(engine, &errand);
        pthread_mutex_lock(&engine->lock);
    }
    pthread_mutex_unlock(&engine->lock);
    return NULL;
}
