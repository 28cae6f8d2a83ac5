#include "server/engine.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/engine_state.h"

#include <string.h>

/* --- shared by the threads -------------------------------------------------------------------- */

bool engine_leads(const struct engine *engine)
{
    return clock_now_ms() < engine->leads_until_ms;
}

void engine_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void engine_wait(struct engine *engine, pthread_cond_t *condition, int64_t ms)
{
    struct timespec until;
    int64_t most = INT64_C(3600) * 1000;
    if (engine->stopping || ms <= 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + (ms < most ? ms : most) * 1000000;
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_cond_timedwait(condition, &engine->lock, &until);
}

void engine_changed(struct engine *engine, enum cluster_change change)
{
    if (change == CLUSTER_SAME)
        return;
    engine->reconcile = true;
    pthread_cond_signal(&engine->reconciler_wake);
    if (change != CLUSTER_HUBS_CHANGED)
        return;
    for (size_t i = 0; i < engine->hub_count; i++) {
        engine->hubs[i].dirty = true;
        pthread_cond_signal(&engine->hubs[i].wake);
    }
}

void engine_tell_deployment(struct engine *engine, const char *namespace, const char *name, bool warning,
                            const char *reason, const char *message)
{
    const struct cluster_deployment *deployment = cluster_find_deployment(&engine->cluster, namespace, name);
    if (deployment)
        event_queue_add(&engine->events, "Deployment", "apps/v1", namespace, name, deployment->uid, warning, reason,
                        message);
    engine_changed(engine, CLUSTER_CHANGED);
}

void engine_tell_gone(struct engine *engine, const char *namespace, const char *name, const char *uid, bool warning,
                      const char *reason, const char *message)
{
    const struct event_target deployment = {"Deployment", "apps/v1", namespace, name, uid};
    const struct event_target lease = {"Lease", "coordination.k8s.io/v1", engine->config->lease_namespace,
                                       engine->config->lease_name, engine->lease_uid};
    event_queue_add_or(&engine->events, &deployment, &lease, warning, reason, message);
    engine_changed(engine, CLUSTER_CHANGED);
}

void engine_tell_lease(struct engine *engine, const char *reason, const char *message)
{
    event_queue_add(&engine->events, "Lease", "coordination.k8s.io/v1", engine->config->lease_namespace,
                    engine->config->lease_name, engine->lease_uid, true, reason, message);
    engine_changed(engine, CLUSTER_CHANGED);
}

/* --- life ------------------------------------------------------------------------------------- */

/* Two entries for one hub would take turns in deleting each other's configurations. */
static int refuse_same_host(const struct engine *engine, struct error *error)
{
    for (size_t i = 0; i < engine->hub_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(iothub_client_host(engine->hubs[i].client), iothub_client_host(engine->hubs[k].client)) == 0)
                return error_set(error, "hubs %s and %s are one hub: both connection strings name %s",
                                 engine->hubs[k].hub->name, engine->hubs[i].hub->name,
                                 iothub_client_host(engine->hubs[i].client));
    return 0;
}

static int lease_init(struct engine *engine, struct error *error)
{
    const struct config *config = engine->config;
    struct kube_lease_options options = {.namespace = config->lease_namespace,
                                         .name = config->lease_name,
                                         .holder = config->lease_identity,
                                         .duration_s = config->lease_duration_s};
    return kube_lease_new(&options, &engine->lease, error);
}

static int engine_init(struct engine *engine, struct error *error)
{
    const struct hubs *hubs = &engine->config->hubs;
    engine->hubs = calloc(hubs->count ? hubs->count : 1, sizeof(*engine->hubs));
    if (!engine->hubs)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < hubs->count; i++) {
        engine->hub_count++;
        if (hub_worker_init(&engine->hubs[i], engine, i, error) < 0)
            return -1;
    }
    if (refuse_same_host(engine, error) < 0 || engine_watches_init(engine, error) < 0 || lease_init(engine, error) < 0)
        return -1;
    if (kube_client_new(engine->access, ENGINE_USER_AGENT, &engine->reconciler_kube, error) < 0 ||
        kube_client_new(engine->access, ENGINE_USER_AGENT, &engine->reader_kube, error) < 0)
        return -1;
    return kube_client_new(engine->access, ENGINE_USER_AGENT, &engine->leader_kube, error);
}

int engine_new(const struct config *config, const struct kube_access *access, struct metrics *metrics,
               struct engine **ret_engine, struct error *error)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    if (!engine)
        return error_set(error, "out of memory");
    *engine = (struct engine){.config = config, .access = access, .metrics = metrics};
    pthread_mutex_init(&engine->lock, NULL);
    pthread_mutex_init(&engine->parsing, NULL);
    engine_condition_init(&engine->reconciler_wake);
    engine_condition_init(&engine->leader_wake);
    engine_condition_init(&engine->reader_wake);
    engine_condition_init(&engine->listed);
    engine_condition_init(&engine->answered);
    event_queue_init(&engine->events);
    cluster_init(&engine->cluster, config->hubs.count, config->settle_ms);
    if (cluster_allow_secrets(&engine->cluster, &config->secrets_from) < 0 || engine_init(engine, error) < 0) {
        engine_free(engine);
        return -1;
    }
    *ret_engine = engine;
    return 0;
}

static int start_thread(pthread_t *thread, bool *started, void *(*run)(void *), void *context, struct error *error)
{
    if (pthread_create(thread, NULL, run, context) != 0)
        return error_set(error, "a thread of the sync engine could not be started");
    *started = true;
    return 0;
}

int engine_start_watches(struct engine *engine, struct error *error)
{
    for (size_t i = 0; i < engine->watch_count; i++) {
        struct engine_watch *watch = &engine->watches[i];
        if (start_thread(&watch->thread, &watch->started, engine_watch_run, watch, error) < 0)
            return -1;
    }
    return start_thread(&engine->reader_thread, &engine->reader_started, source_reader_run, engine, error);
}

static int start_threads(struct engine *engine, struct error *error)
{
    if (engine_start_watches(engine, error) < 0)
        return -1;
    for (size_t i = 0; i < engine->hub_count; i++) {
        struct hub_worker *worker = &engine->hubs[i];
        if (start_thread(&worker->thread, &worker->started, hub_worker_run, worker, error) < 0)
            return -1;
    }
    if (start_thread(&engine->reconciler_thread, &engine->reconciler_started, reconciler_run, engine, error) < 0)
        return -1;
    return start_thread(&engine->leader_thread, &engine->leader_started, leader_run, engine, error);
}

int engine_start(struct engine *engine, struct error *error)
{
    if (start_threads(engine, error) == 0)
        return 0;
    engine_stop(engine);
    return -1;
}

static void join(pthread_t thread, bool *started)
{
    if (*started)
        pthread_join(thread, NULL);
    *started = false;
}

void engine_stop(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    engine_changed(engine, CLUSTER_HUBS_CHANGED);
    pthread_cond_broadcast(&engine->reader_wake);
    pthread_cond_broadcast(&engine->listed);
    pthread_mutex_unlock(&engine->lock);
    for (size_t i = 0; i < engine->watch_count; i++)
        kube_watch_stop(engine->watches[i].watch);
    for (size_t i = 0; i < engine->hub_count; i++)
        hub_worker_stop(&engine->hubs[i]);
    kube_client_stop(engine->reconciler_kube);
    kube_client_stop(engine->reader_kube);
    for (size_t i = 0; i < engine->watch_count; i++)
        join(engine->watches[i].thread, &engine->watches[i].started);
    join(engine->reader_thread, &engine->reader_started);
    for (size_t i = 0; i < engine->hub_count; i++)
        join(engine->hubs[i].thread, &engine->hubs[i].started);
    join(engine->reconciler_thread, &engine->reconciler_started);
    /* Last: who lets go of the Lease must not write any more. */
    pthread_mutex_lock(&engine->lock);
    pthread_cond_signal(&engine->leader_wake);
    pthread_mutex_unlock(&engine->lock);
    join(engine->leader_thread, &engine->leader_started);
    leader_let_go(engine);
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    for (size_t i = 0; i < engine->watch_count; i++) {
        kube_watch_free(engine->watches[i].watch);
        free(engine->watches[i].trouble);
        free(engine->watches[i].refusal);
    }
    for (size_t i = 0; i < engine->hub_count; i++)
        hub_worker_release(&engine->hubs[i]);
    kube_client_free(engine->reconciler_kube);
    kube_client_free(engine->leader_kube);
    kube_client_free(engine->reader_kube);
    kube_lease_free(engine->lease);
    cluster_release(&engine->cluster);
    event_queue_release(&engine->events);
    pthread_cond_destroy(&engine->reconciler_wake);
    pthread_cond_destroy(&engine->leader_wake);
    pthread_cond_destroy(&engine->reader_wake);
    pthread_cond_destroy(&engine->listed);
    pthread_cond_destroy(&engine->answered);
    pthread_mutex_destroy(&engine->lock);
    pthread_mutex_destroy(&engine->parsing);
    free(engine->watches);
    free(engine->hubs);
    free(engine->owner);
    free(engine->lease_uid);
    free(engine->lease_holder);
    free(engine);
}

static const char *state_of(const struct engine *engine, const struct hub_worker *worker)
{
    if (engine->leads_until_ms == 0)
        return engine->lease_uid ? "another replica leads" : "waiting for the Lease";
    if (!engine_leads(engine))
        return "on hold: the Lease cannot be renewed";
    if (worker->trouble)
        return worker->trouble;
    if (worker->query_trouble)
        return worker->query_trouble;
    if (worker->reachable)
        return "ok";
    return engine_synced(engine) ? "not reached yet" : "waiting for the API server's lists";
}

void engine_add_hub_state(const struct hub_worker *worker, struct strbuf *out)
{
    strbuf_add_string(out, state_of(worker->engine, worker));
    if (worker->blocked_deletions)
        strbuf_add_format(out, "; %zu deletions wait for the operator's confirmation", worker->blocked_deletions);
}

void engine_write_health(struct engine *engine, struct strbuf *out)
{
    pthread_mutex_lock(&engine->lock);
    for (size_t i = 0; i < engine->hub_count; i++) {
        const struct hub_worker *worker = &engine->hubs[i];
        strbuf_add_format(out, "hub %s: ", worker->hub->name);
        engine_add_hub_state(worker, out);
        strbuf_add_char(out, '\n');
    }
    pthread_mutex_unlock(&engine->lock);
}
