/* What the watches bring goes into the cluster, and whom it concerns is woken. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/engine_state.h"
#include "server/memory.h"

#include <string.h>

#define DEPLOYMENTS_WATCH 0
#define FIXED_WATCHES     4 /* beside those of each hub's pods and of each namespace's Secrets */
#define RELIST_APART_MS   30000

/* Secrets may be forbidden to us, namespace by namespace: that concerns the Deployments which read them alone. */
bool engine_synced(const struct engine *engine)
{
    for (size_t i = 0; i < engine->watch_count; i++)
        if (!engine->watches[i].listed_ms && engine->watches[i].kind != CLUSTER_SECRETS)
            return false;
    return true;
}

static const char *secrets_trouble(const struct engine *engine, const char *namespace)
{
    for (size_t i = 0; i < engine->watch_count; i++) {
        const struct engine_watch *watch = &engine->watches[i];
        if (watch->kind == CLUSTER_SECRETS && strcmp(engine->config->secrets_from.names[watch->source], namespace) == 0)
            return watch->trouble;
    }
    return NULL;
}

char *engine_sources_trouble(const struct engine *engine, const struct cluster_deployment *deployment,
                             const char **ret_reason)
{
    for (size_t i = 0; i < deployment->read_count; i++) {
        const struct cluster_source *source = deployment->reads[i];
        bool secret = source->kind == CLUSTER_SECRET;
        const char *cause = source->trouble;
        char *message = NULL;
        if (source->known && !source->due)
            continue;
        if (!cause && secret)
            cause = secrets_trouble(engine, deployment->namespace);
        if (!cause)
            continue;
        *ret_reason = secret ? "SecretsUnreadable" : "ConfigMapsUnreadable";
        if (asprintf(&message, "%s %s cannot be read: %s", secret ? "Secret" : "ConfigMap", source->name, cause) < 0)
            return NULL;
        return message;
    }
    return NULL;
}

int64_t engine_deployments_listed_ms(const struct engine *engine)
{
    return engine->watches[DEPLOYMENTS_WATCH].listed_ms;
}

void engine_relist_deployments(struct engine *engine)
{
    struct engine_watch *watch = &engine->watches[DEPLOYMENTS_WATCH];
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

/* --- watches ---------------------------------------------------------------------------------- */

static const struct {
    enum cluster_change (*put)(struct cluster *, const cJSON *, const struct cluster_arrival *);
    enum cluster_change (*gone)(struct cluster *, const cJSON *, const struct cluster_arrival *);
} kinds[CLUSTER_KINDS] = {
    [CLUSTER_DEPLOYMENTS] = {cluster_put_deployment, cluster_remove_deployment},
    [CLUSTER_REPLICA_SETS] = {cluster_put_replica_set, cluster_remove_replica_set},
    [CLUSTER_CONFIG_MAPS] = {cluster_put_config_map, cluster_remove_config_map},
    [CLUSTER_SECRETS] = {cluster_put_secret, cluster_remove_secret},
    [CLUSTER_PODS] = {cluster_put_pod, cluster_remove_pod},
};

static struct cluster_arrival arrival_by(const struct engine_watch *watch)
{
    return (struct cluster_arrival){
        .source = watch->source, .round = watch->round, .in_list = watch->in_list, .now_ms = clock_now_ms()};
}

static void watch_list_begin(void *context)
{
    struct engine_watch *watch = context;
    pthread_mutex_lock(&watch->engine->lock);
    watch->round++;
    watch->in_list = true;
    watch->list_began_ms = clock_now_ms();
    struct cluster_arrival arrival = arrival_by(watch);
    if (watch->kind == CLUSTER_CONFIG_MAPS || watch->kind == CLUSTER_SECRETS)
        cluster_expect_sources(&watch->engine->cluster,
                               watch->kind == CLUSTER_SECRETS ? CLUSTER_SECRET : CLUSTER_CONFIG_MAP, &arrival);
    pthread_mutex_unlock(&watch->engine->lock);
}

/* It reads what Deployments name and what the watches told about; after a list it may begin. */
static void wake_reader(const struct engine_watch *watch)
{
    bool concerned =
        watch->kind == CLUSTER_DEPLOYMENTS || watch->kind == CLUSTER_CONFIG_MAPS || watch->kind == CLUSTER_SECRETS;
    if (concerned && !watch->in_list)
        pthread_cond_signal(&watch->engine->reader_wake);
}

static void watch_put(void *context, const cJSON *object)
{
    struct engine_watch *watch = context;
    struct engine *engine = watch->engine;
    pthread_mutex_lock(&engine->lock);
    struct cluster_arrival arrival = arrival_by(watch);
    engine_changed(engine, kinds[watch->kind].put(&engine->cluster, object, &arrival));
    wake_reader(watch);
    pthread_mutex_unlock(&engine->lock);
}

static void watch_gone(void *context, const cJSON *object)
{
    struct engine_watch *watch = context;
    struct engine *engine = watch->engine;
    pthread_mutex_lock(&engine->lock);
    struct cluster_arrival arrival = arrival_by(watch);
    engine_changed(engine, kinds[watch->kind].gone(&engine->cluster, object, &arrival));
    wake_reader(watch);
    pthread_mutex_unlock(&engine->lock);
}

static void watch_list_end(void *context)
{
    struct engine_watch *watch = context;
    struct engine *engine = watch->engine;
    pthread_mutex_lock(&engine->lock);
    struct cluster_arrival arrival = arrival_by(watch);
    enum cluster_change change = cluster_sweep(&engine->cluster, watch->kind, &arrival);
    bool first = watch->listed_ms == 0;
    watch->in_list = false;
    watch->listed_ms = watch->list_began_ms;
    free(watch->trouble);
    watch->trouble = NULL;
    engine_changed(engine, first ? CLUSTER_HUBS_CHANGED : change);
    wake_reader(watch);
    pthread_cond_broadcast(&engine->listed);
    for (size_t i = 0; watch->kind == CLUSTER_DEPLOYMENTS && i < engine->hub_count; i++) {
        engine->hubs[i].judge = true;
        pthread_cond_signal(&engine->hubs[i].wake);
    }
    pthread_mutex_unlock(&engine->lock);
    memory_give_back();
}

static void set_failing(struct engine_watch *watch, bool failing)
{
    if (watch->failing != failing)
        watch->engine->metrics->failing_watches[watch->kind] += failing ? 1 : -1;
    watch->failing = failing;
}

static void tell_refusal(struct engine_watch *watch)
{
    cleanup_free char *message = NULL;
    if (!watch->refusal)
        return;
    if (asprintf(&message,
                 "the API server refuses what the sync lives on: %s; until it allows that, changes are seen late or "
                 "not at all, and nothing is deleted for want of news",
                 watch->refusal) < 0)
        message = NULL;
    engine_tell_lease(watch->engine, "WatchRefused", message);
}

void engine_tell_refusals(struct engine *engine)
{
    for (size_t i = 0; i < engine->watch_count; i++)
        tell_refusal(&engine->watches[i]);
}

/* Neither what passes by itself nor what is one's own fault in the way of asking. */
static bool is_refusal(int status)
{
    return status == 401 || status == 403 || status == 404 || status == 405 || status == 406;
}

static void watch_recovered(void *context)
{
    struct engine_watch *watch = context;
    pthread_mutex_lock(&watch->engine->lock);
    set_failing(watch, false);
    free(watch->refusal);
    watch->refusal = NULL;
    pthread_mutex_unlock(&watch->engine->lock);
}

/* Secrets are told of by the Deployments that read some. */
static void watch_trouble(void *context, int status, const char *message)
{
    struct engine_watch *watch = context;
    struct engine *engine = watch->engine;
    engine->metrics->watch_troubles++;
    log_warning("%s", message);
    pthread_mutex_lock(&engine->lock);
    free(watch->trouble);
    watch->trouble = strdup(message);
    set_failing(watch, true);
    if (is_refusal(status) && watch->kind != CLUSTER_SECRETS) {
        free(watch->refusal);
        watch->refusal = strdup(message);
        tell_refusal(watch);
    }
    /* Who reads Secrets there is told why nothing comes of it. */
    if (watch->kind == CLUSTER_SECRETS && !watch->listed_ms)
        engine_changed(engine, CLUSTER_HUBS_CHANGED);
    pthread_mutex_unlock(&engine->lock);
}

/* What nobody reads is not kept: a list that comes after the Deployments shows what each of them has and has not, and
 * spares a question for each name. */
static void wait_for_deployments(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    while (!engine->stopping && !engine_deployments_listed_ms(engine))
        pthread_cond_wait(&engine->listed, &engine->lock);
    pthread_mutex_unlock(&engine->lock);
}

void *engine_watch_run(void *context)
{
    struct engine_watch *watch = context;
    if (watch->kind == CLUSTER_CONFIG_MAPS || watch->kind == CLUSTER_SECRETS)
        wait_for_deployments(watch->engine);
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
                                         .metadata = kind == CLUSTER_CONFIG_MAPS || kind == CLUSTER_SECRETS,
                                         .list_begin = watch_list_begin,
                                         .put = watch_put,
                                         .gone = watch_gone,
                                         .list_end = watch_list_end,
                                         .trouble = watch_trouble,
                                         .recovered = watch_recovered,
                                         .context = watch};
    return kube_watch_new(engine->access, ENGINE_USER_AGENT, &options, &watch->watch, error);
}

/* Each namespace by itself: nobody should have to give us more than that. */
static int watch_secrets(struct engine *engine, struct error *error)
{
    const struct namespaces *namespaces = &engine->config->secrets_from;
    for (size_t i = 0; i < namespaces->count; i++) {
        cleanup_free char *path = NULL;
        if (asprintf(&path, "/api/v1/namespaces/%s/secrets", namespaces->names[i]) < 0)
            return error_set(error, "out of memory");
        if (watch_init(engine, CLUSTER_SECRETS, (unsigned)i, path, NULL, error) < 0)
            return -1;
    }
    return 0;
}

/* Pods are watched where they matter: those that are bound to no node, and those on each of ours. */
static int watch_pods(struct engine *engine, struct error *error)
{
    if (watch_init(engine, CLUSTER_PODS, 0, "/api/v1/pods", "fieldSelector=spec.nodeName%3D", error) < 0)
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

int engine_watches_init(struct engine *engine, struct error *error)
{
    size_t most = FIXED_WATCHES + engine->hub_count + engine->config->secrets_from.count;
    engine->watches = calloc(most, sizeof(*engine->watches));
    if (!engine->watches)
        return error_set(error, "out of memory");
    if (watch_init(engine, CLUSTER_DEPLOYMENTS, 0, "/apis/apps/v1/deployments", NULL, error) < 0 ||
        watch_init(engine, CLUSTER_REPLICA_SETS, 0, "/apis/apps/v1/replicasets", NULL, error) < 0 ||
        watch_init(engine, CLUSTER_CONFIG_MAPS, 0, "/api/v1/configmaps", NULL, error) < 0 ||
        watch_pods(engine, error) < 0)
        return -1;
    return watch_secrets(engine, error);
}
