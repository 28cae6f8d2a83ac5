#include "server/engine.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "kube/lease.h"
#include "server/engine_state.h"
#include "server/hub_plan.h"

#include <string.h>

#define DEPLOYMENTS_WATCH 0
#define FIRST_POD_WATCH   3
#define RELIST_APART_MS   30000

/* --- shared by the threads ------------------------------------------------------------------------------------------
 */

bool engine_leads(const struct engine *engine)
{
    return clock_now_ms() < engine->leads_until_ms;
}

bool engine_synced(const struct engine *engine)
{
    for (size_t i = 0; i < engine->watch_count; i++)
        if (!engine->watches[i].listed_ms)
            return false;
    return true;
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
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t most = INT64_C(3600) * 1000;
    int64_t ns = until.tv_nsec + (ms < most ? ms : most) * 1000000;
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_cond_timedwait(condition, &engine->lock, &until);
}

void engine_changed(struct engine *engine, bool hubs)
{
    engine->reconcile = true;
    pthread_cond_signal(&engine->reconciler_wake);
    for (size_t i = 0; hubs && i < engine->hub_count; i++) {
        engine->hubs[i].dirty = true;
        pthread_cond_signal(&engine->hubs[i].wake);
    }
}

void engine_add_event(struct engine *engine, const char *namespace, const char *name, size_t hub, bool warning,
                      const char *reason, const char *message)
{
    struct engine_event *event = calloc(1, sizeof(*event));
    if (!event)
        return;
    *event = (struct engine_event){.namespace = strdup(namespace),
                                   .name = strdup(name),
                                   .hub = hub,
                                   .reason = strdup(reason),
                                   .message = strdup(message ? message : ""),
                                   .warning = warning};
    if (!event->namespace || !event->name || !event->reason || !event->message) {
        free(event->namespace);
        free(event->name);
        free(event->reason);
        free(event->message);
        free(event);
        return;
    }
    STAILQ_INSERT_TAIL(&engine->events, event, link);
    engine_changed(engine, false);
}

struct engine_watch *engine_deployments_watch(struct engine *engine)
{
    return &engine->watches[DEPLOYMENTS_WATCH];
}

void engine_relist_deployments(struct engine *engine)
{
    struct engine_watch *watch = engine_deployments_watch(engine);
    int64_t now_ms = clock_now_ms();
    /* A list that runs is as good as a new one. */
    if (watch->list_began_ms > watch->relist_asked_ms && watch->listed_ms < watch->relist_asked_ms)
        return;
    if (watch->relist_asked_ms && now_ms - watch->relist_asked_ms < RELIST_APART_MS &&
        watch->listed_ms < watch->relist_asked_ms)
        return;
    watch->relist_asked_ms = now_ms;
    kube_watch_relist(watch->watch);
}

/* --- watches --------------------------------------------------------------------------------------------------------
 */

static void watch_list_begin(void *context)
{
    struct engine_watch *watch = context;
    pthread_mutex_lock(&watch->engine->lock);
    watch->round++;
    watch->list_began_ms = clock_now_ms();
    pthread_mutex_unlock(&watch->engine->lock);
}

static void watch_put(void *context, const cJSON *object)
{
    struct engine_watch *watch = context;
    struct engine *engine = watch->engine;
    struct cluster *cluster = &engine->cluster;
    int64_t now_ms = clock_now_ms();
    /* What a pod does on its own is no reason for a pass over the hub; that it comes to a node is one. */
    bool changed = false, hubs = true;
    pthread_mutex_lock(&engine->lock);
    switch (watch->kind) {
    case CLUSTER_DEPLOYMENTS:
        changed = cluster_put_deployment(cluster, object, watch->round, now_ms);
        break;
    case CLUSTER_REPLICA_SETS:
        changed = cluster_put_replica_set(cluster, object, watch->round);
        break;
    case CLUSTER_CONFIG_MAPS:
        changed = cluster_put_config_map(cluster, object, watch->round, now_ms);
        break;
    case CLUSTER_PODS:
        changed = cluster_put_pod(cluster, object, watch->source, watch->round, &hubs);
        break;
    case CLUSTER_KINDS:
        break;
    }
    if (changed)
        engine_changed(engine, hubs);
    pthread_mutex_unlock(&engine->lock);
}

static void watch_gone(void *context, const cJSON *object)
{
    struct engine_watch *watch = context;
    struct engine *engine = watch->engine;
    struct cluster *cluster = &engine->cluster;
    bool changed = false;
    pthread_mutex_lock(&engine->lock);
    switch (watch->kind) {
    case CLUSTER_DEPLOYMENTS:
        changed = cluster_remove_deployment(cluster, object);
        break;
    case CLUSTER_REPLICA_SETS:
        changed = cluster_remove_replica_set(cluster, object);
        break;
    case CLUSTER_CONFIG_MAPS:
        changed = cluster_remove_config_map(cluster, object, clock_now_ms());
        break;
    case CLUSTER_PODS:
        changed = cluster_remove_pod(cluster, object, watch->source);
        break;
    case CLUSTER_KINDS:
        break;
    }
    if (changed)
        engine_changed(engine, watch->kind != CLUSTER_PODS && watch->kind != CLUSTER_REPLICA_SETS);
    pthread_mutex_unlock(&engine->lock);
}

static void watch_list_end(void *context)
{
    struct engine_watch *watch = context;
    struct engine *engine = watch->engine;
    pthread_mutex_lock(&engine->lock);
    bool changed = cluster_sweep(&engine->cluster, watch->kind, watch->source, watch->round, clock_now_ms());
    bool first = watch->listed_ms == 0;
    watch->listed_ms = watch->list_began_ms;
    if (changed || first)
        engine_changed(engine, true);
    else
        for (size_t i = 0; i < engine->hub_count; i++)
            pthread_cond_signal(&engine->hubs[i].wake);
    pthread_mutex_unlock(&engine->lock);
}

static void watch_trouble(void *context, const char *message)
{
    struct engine_watch *watch = context;
    watch->engine->metrics->watch_troubles++;
    log_warning("%s", message);
}

static void *watch_run(void *context)
{
    struct engine_watch *watch = context;
    kube_watch_run(watch->watch);
    return NULL;
}

static int watch_init(struct engine *engine, enum cluster_kind kind, unsigned source, const char *path,
                      const char *query, struct error *error)
{
    struct engine_watch *watch = &engine->watches[engine->watch_count++];
    *watch = (struct engine_watch){.engine = engine, .kind = kind, .source = source};
    struct kube_watch_options options = {.path = path,
                                         .query = query,
                                         .list_begin = watch_list_begin,
                                         .put = watch_put,
                                         .gone = watch_gone,
                                         .list_end = watch_list_end,
                                         .trouble = watch_trouble,
                                         .context = watch};
    return kube_watch_new(engine->access, ENGINE_USER_AGENT, &options, &watch->watch, error);
}

/* Pods are watched where they matter: those that are bound to no node, and those on each of ours. */
static int watches_init(struct engine *engine, struct error *error)
{
    engine->watches = calloc(FIRST_POD_WATCH + 1 + engine->hub_count, sizeof(*engine->watches));
    if (!engine->watches)
        return error_set(error, "out of memory");
    if (watch_init(engine, CLUSTER_DEPLOYMENTS, 0, "/apis/apps/v1/deployments", NULL, error) < 0 ||
        watch_init(engine, CLUSTER_REPLICA_SETS, 0, "/apis/apps/v1/replicasets", NULL, error) < 0 ||
        watch_init(engine, CLUSTER_CONFIG_MAPS, 0, "/api/v1/configmaps", NULL, error) < 0 ||
        watch_init(engine, CLUSTER_PODS, 0, "/api/v1/pods", "fieldSelector=spec.nodeName%3D", error) < 0)
        return -1;
    for (size_t i = 0; i < engine->hub_count; i++) {
        cleanup_free char *query = NULL;
        if (asprintf(&query, "fieldSelector=spec.nodeName%%3D%s", engine->hubs[i].node_name) < 0)
            return error_set(error, "out of memory");
        if (watch_init(engine, CLUSTER_PODS, (unsigned)(1 + i), "/api/v1/pods", query, error) < 0)
            return -1;
    }
    return 0;
}

/* --- life -----------------------------------------------------------------------------------------------------------
 */

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
    if (refuse_same_host(engine, error) < 0 || watches_init(engine, error) < 0)
        return -1;
    if (kube_client_new(engine->access, ENGINE_USER_AGENT, &engine->reconciler_kube, error) < 0)
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
    engine_condition_init(&engine->reconciler_wake);
    engine_condition_init(&engine->leader_wake);
    STAILQ_INIT(&engine->events);
    cluster_init(&engine->cluster, config->hubs.count);
    if (engine_init(engine, error) < 0) {
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

int engine_start(struct engine *engine, struct error *error)
{
    for (size_t i = 0; i < engine->watch_count; i++)
        if (start_thread(&engine->watches[i].thread, &engine->watches[i].started, watch_run, &engine->watches[i],
                         error) < 0)
            return -1;
    for (size_t i = 0; i < engine->hub_count; i++)
        if (start_thread(&engine->hubs[i].thread, &engine->hubs[i].started, hub_worker_run, &engine->hubs[i], error) <
            0)
            return -1;
    if (start_thread(&engine->reconciler_thread, &engine->reconciler_started, reconciler_run, engine, error) < 0)
        return -1;
    return start_thread(&engine->leader_thread, &engine->leader_started, leader_run, engine, error);
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
    engine_changed(engine, true);
    pthread_mutex_unlock(&engine->lock);
    for (size_t i = 0; i < engine->watch_count; i++)
        kube_watch_stop(engine->watches[i].watch);
    for (size_t i = 0; i < engine->hub_count; i++)
        hub_worker_stop(&engine->hubs[i]);
    kube_client_stop(engine->reconciler_kube);
    for (size_t i = 0; i < engine->watch_count; i++)
        join(engine->watches[i].thread, &engine->watches[i].started);
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
    for (size_t i = 0; i < engine->watch_count; i++)
        kube_watch_free(engine->watches[i].watch);
    for (size_t i = 0; i < engine->hub_count; i++)
        hub_worker_release(&engine->hubs[i]);
    kube_client_free(engine->reconciler_kube);
    kube_client_free(engine->leader_kube);
    kube_lease_free(engine->lease);
    cluster_release(&engine->cluster);
    pthread_cond_destroy(&engine->reconciler_wake);
    pthread_cond_destroy(&engine->leader_wake);
    pthread_mutex_destroy(&engine->lock);
    free(engine->watches);
    free(engine->hubs);
    free(engine->owner);
    free(engine);
}

void engine_write_health(struct engine *engine, struct strbuf *out)
{
    pthread_mutex_lock(&engine->lock);
    for (size_t i = 0; i < engine->hub_count; i++) {
        const struct hub_worker *worker = &engine->hubs[i];
        const char *state = worker->trouble               ? worker->trouble
                            : worker->reachable           ? "ok"
                            : engine->leads_until_ms == 0 ? "another replica leads"
                                                          : "not reached yet";
        strbuf_add_format(out, "hub %s: %s\n", worker->hub->name, state);
    }
    pthread_mutex_unlock(&engine->lock);
}
