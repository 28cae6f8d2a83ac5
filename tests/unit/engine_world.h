/* A cluster, hubs and their workers without threads and network, for tests of what the sync engine decides. */
#ifndef TESTS_UNIT_ENGINE_WORLD_H
#define TESTS_UNIT_ENGINE_WORLD_H

#include "common/json.h"
#include "common/node_labels.h"
#include "server/engine_state.h"
#include "server/hub_baseline.h"
#include "sim_hub.h"

#include <stdarg.h>

#define WORLD_MOST_HUBS 2
#define SETTLE          2000

/* clock_now_ms of the test. */
#define NOW 1000000

struct world {
    struct config config;
    struct metrics metrics;
    struct engine engine;
    struct hub_worker workers[WORLD_MOST_HUBS];
    struct engine_watch deployments_watch;
    struct hub hubs[WORLD_MOST_HUBS];
    struct sim_hub sims[WORLD_MOST_HUBS];
    cJSON *stored[CLUSTER_SOURCE_KINDS]; /* the namespace's ConfigMaps and Secrets, by name */
};

static inline void world_init_worker(struct world *world, size_t index)
{
    struct hub_worker *worker = &world->workers[index];
    const struct hub *hub = &world->hubs[index];

    *worker = (struct hub_worker){.engine = &world->engine,
                                  .hub = hub,
                                  .index = index,
                                  .metrics = &world->metrics.hubs[index],
                                  .system_modules = {"agent:1.5", "hub:1.5", "{}"},
                                  .node_name = hub_node_name(hub->name),
                                  .term = 1};
    worker->node_labels = node_labels_object(worker->node_name);
    TAILQ_INIT(&worker->standings);
    TAILQ_INIT(&worker->questions);
    hub_refusals_init(&worker->refusals);
    absences_init(&worker->absences);
    engine_condition_init(&worker->wake);
    sim_hub_init(&world->sims[index]);
    world->sims[index].name = hub->name;
}

static inline void world_init(struct world *world, size_t hub_count)
{
    static const char *const names[WORLD_MOST_HUBS] = {"hub0", "hub1"};

    *world = (struct world){.config = {.settle_ms = SETTLE,
                                       .absence_ms = 60000,
                                       .lease_namespace = (char *)(uintptr_t) "edge",
                                       .lease_name = (char *)(uintptr_t) "lease"}};
    assert_int_equal(metrics_init(&world->metrics, names, hub_count), 0);
    world->deployments_watch = (struct engine_watch){.engine = &world->engine, .listed_ms = NOW};
    world->engine = (struct engine){.config = &world->config,
                                    .metrics = &world->metrics,
                                    .owner = strdup("me"),
                                    .lease_uid = strdup("lease-uid"),
                                    .watches = &world->deployments_watch,
                                    .watch_count = 1,
                                    .hubs = world->workers,
                                    .hub_count = hub_count,
                                    .leads_until_ms = INT64_MAX,
                                    .term = 1};
    pthread_mutex_init(&world->engine.lock, NULL);
    engine_condition_init(&world->engine.reconciler_wake);
    engine_condition_init(&world->engine.leader_wake);
    engine_condition_init(&world->engine.answered);
    event_queue_init(&world->engine.events);
    cluster_init(&world->engine.cluster, hub_count, SETTLE);
    world->engine.cluster.config_maps_listed = true;
    for (size_t i = 0; i < CLUSTER_SOURCE_KINDS; i++)
        world->stored[i] = cJSON_CreateObject();
    for (size_t i = 0; i < hub_count; i++) {
        world->hubs[i] = (struct hub){.name = (char *)(uintptr_t)names[i], .units = 1, .configuration_limit = 100};
        world_init_worker(world, i);
    }
}

static inline void world_release(struct world *world)
{
    for (size_t i = 0; i < world->engine.hub_count; i++) {
        struct hub_worker *worker = &world->workers[i];

        hub_standings_release(worker);
        hub_refusals_release(&worker->refusals);
        hub_baseline_end(worker);
        explanation_release(&worker->outlook);
        absences_release(&worker->absences);
        cJSON_Delete(worker->node_labels);
        free(worker->node_name);
        free(worker->trouble);
        free(worker->query_trouble);
        sim_hub_release(&world->sims[i]);
    }
    cluster_release(&world->engine.cluster);
    for (size_t i = 0; i < CLUSTER_SOURCE_KINDS; i++)
        cJSON_Delete(world->stored[i]);
    event_queue_release(&world->engine.events);
    metrics_release(&world->metrics);
    free(world->engine.owner);
    free(world->engine.lease_uid);
}

#define cleanup_world __attribute__((cleanup(world_release)))

/* --- objects ---------------------------------------------------------------------------------- */

/* A Deployment ns/web as a test wants it; put it with world_put. */
struct web {
    const char *uid, *image, *policy, *node, *label; /* node: a nodeSelector for the hostname */
    const char *priority;                            /* the annotation, or NULL */
    const char *selector;                            /* nodeSelector, as JSON; or NULL */
    const char *secret;                              /* whose key a it reads when it is there; or NULL */
    const char *layer; /* the name of its module as a layer, which takes port 80; or NULL */
    bool allow_gap;
    int replicas;
    bool paused, deleting, rolled_out;
};

#define WEB                                                                                                            \
    {                                                                                                                  \
        .uid = "u1", .image = "a:1", .replicas = 1                                                                     \
    }

static inline cJSON *world_json(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline cJSON *world_json(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    assert_true(vasprintf(&text, format, arguments) > 0);
    va_end(arguments);
    cJSON *tree = sim_json(text);

    free(text);
    return tree;
}

static inline cJSON *world_template(const struct web *web)
{
    cJSON *template = world_json(
        "{\"metadata\":{\"labels\":{\"app\":\"web\"},\"annotations\":{\"isEdgeDeployment\":\"true\","
        "\"targetCondition\":\"deviceId='d'\"}},\"spec\":{\"containers\":[{\"name\":\"module01\",\"image\":\"%s\"}]}}",
        web->image);

    cJSON *container = cJSON_GetArrayItem(json_at(template, "spec", "containers", NULL), 0);

    if (web->secret)
        cJSON_AddItemToObject(container, "env",
                              world_json("[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"%s\",\"key\":"
                                         "\"a\",\"optional\":true}}}]",
                                         web->secret));
    if (web->layer) {
        cJSON_ReplaceItemInObjectCaseSensitive(container, "name", cJSON_CreateString(web->layer));
        cJSON_AddItemToObject(container, "ports", world_json("[{\"containerPort\":80,\"hostPort\":80}]"));
    }
    if (web->priority)
        cJSON_AddStringToObject(json_at(template, "metadata", "annotations", NULL), "priority", web->priority);
    if (web->label)
        cJSON_AddStringToObject(json_at(template, "metadata", "labels", NULL), "extra", web->label);
    if (web->node)
        cJSON_AddItemToObject(
            json_get(template, "spec"), "nodeSelector",
            world_json("{\"type\":\"virtual-kubelet\",\"kubernetes.io/hostname\":\"%s\"}", web->node));
    if (web->selector)
        cJSON_AddItemToObject(json_get(template, "spec"), "nodeSelector", world_json("%s", web->selector));
    return template;
}

static inline cJSON *world_deployment(const struct web *web)
{
    cJSON *object = world_json("{\"metadata\":{\"namespace\":\"ns\",\"name\":\"web\",\"uid\":\"%s\",\"generation\":1,"
                               "\"annotations\":{}},\"spec\":{\"replicas\":%d,\"paused\":%s,\"selector\":{"
                               "\"matchLabels\":{\"app\":\"web\"}}},\"status\":{}}",
                               web->uid, web->replicas, web->paused ? "true" : "false");
    cJSON *metadata = json_get(object, "metadata");

    cJSON_AddItemToObject(json_get(object, "spec"), "template", world_template(web));
    if (web->policy)
        cJSON_AddStringToObject(json_get(metadata, "annotations"), "iot-edge-connector/reconcile-policy", web->policy);
    if (web->layer)
        cJSON_AddStringToObject(json_get(metadata, "annotations"), "iot-edge-connector/layered", "true");
    if (web->allow_gap)
        cJSON_AddStringToObject(json_get(metadata, "annotations"), "iot-edge-connector/allow-gap", "true");
    if (web->deleting)
        cJSON_AddStringToObject(metadata, "deletionTimestamp", "2026-11-23T16:39:23Z");
    if (web->rolled_out)
        for (const char *const *name =
                 (const char *const[]){"observedGeneration", "replicas", "updatedReplicas", "availableReplicas", NULL};
             *name; name++)
            cJSON_AddNumberToObject(json_get(object, "status"), *name, web->replicas);
    return object;
}

#define AT(ms) (&(struct cluster_arrival){.round = 1, .now_ms = (ms)})

/* What the thread would do that reads ConfigMaps and Secrets. */
static inline void world_read_sources(struct world *world)
{
    struct cluster *cluster = &world->engine.cluster;
    struct cluster_source *source = NULL;
    int64_t wait_ms = 0;

    while ((source = cluster_source_next(cluster, NOW, world->config.absence_ms, &wait_ms)) != NULL) {
        const cJSON *object = json_get(world->stored[source->kind], source->name);

        if (object)
            cluster_source_found(cluster, source, object, NOW - SETTLE);
        else
            cluster_source_missing(cluster, source, false, NOW - SETTLE);
    }
}

/* The Deployment and the ReplicaSet of its template; settled by NOW. */
static inline void world_put(struct world *world, const struct web *web)
{
    cleanup_json cJSON *object = world_deployment(web);
    cleanup_json cJSON *set =
        world_json("{\"metadata\":{\"namespace\":\"ns\",\"name\":\"web-x\",\"uid\":\"set-%s-%s\",\"ownerReferences\":["
                   "{\"kind\":\"Deployment\",\"uid\":\"%s\",\"name\":\"web\",\"controller\":true}]},\"spec\":{}}",
                   web->uid, web->image, web->uid);

    cJSON_AddItemToObject(json_get(set, "spec"), "template", world_template(web));
    cluster_put_deployment(&world->engine.cluster, object, AT(NOW - SETTLE));
    cluster_put_replica_set(&world->engine.cluster, set, AT(NOW));
    world_read_sources(world);
}

static inline void world_delete_at(struct world *world, const struct web *web, int64_t now_ms)
{
    cleanup_json cJSON *object = world_deployment(web);

    assert_int_equal(cluster_remove_deployment(&world->engine.cluster, object, AT(now_ms)), CLUSTER_HUBS_CHANGED);
}

static inline void world_delete(struct world *world, const struct web *web)
{
    world_delete_at(world, web, NOW - SETTLE);
}

/* A pod of that ReplicaSet; hub -1: gated. status is JSON. */
static inline struct cluster_pod *world_put_pod(struct world *world, const struct web *web, const char *uid, int hub,
                                                const char *status)
{
    static unsigned version = 1;
    cleanup_json cJSON *object = world_json(
        "{\"metadata\":{\"namespace\":\"ns\",\"name\":\"web-%s\",\"uid\":\"%s\",\"resourceVersion\":\"%u\","
        "\"annotations\":"
        "{\"isEdgeDeployment\":\"true\"},\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"uid\":\"set-%s-%s\",\"name\":"
        "\"web-x\",\"controller\":true}]},\"spec\":{\"containers\":[{\"name\":\"module01\",\"image\":\"%s\"}]},"
        "\"status\":%s}",
        uid, uid, version++, web->uid, web->image, web->image, status);
    cJSON *spec = json_get(object, "spec");

    if (hub >= 0)
        cJSON_AddStringToObject(spec, "nodeName", world->workers[hub].node_name);
    else
        cJSON_AddItemToObject(spec, "schedulingGates", sim_json("[{\"name\":\"iot-edge-connector/placement\"}]"));
    cluster_put_pod(&world->engine.cluster, object,
                    &(struct cluster_arrival){.source = (unsigned)(1 + hub), .round = 1, .now_ms = NOW});
    return cluster_find_pod(&world->engine.cluster, uid);
}

static inline void world_remove_pod(struct world *world, const char *uid)
{
    const struct cluster_pod *pod = cluster_find_pod(&world->engine.cluster, uid);
    cleanup_json cJSON *object = world_json("{\"metadata\":{\"uid\":\"%s\"}}", pod->key);

    cluster_remove_pod(&world->engine.cluster, object, &(struct cluster_arrival){.source = pod->source, .round = 1});
}

static inline void world_put_source(struct world *world, enum cluster_source_kind kind, const char *name,
                                    const char *data)
{
    static unsigned version = 1;
    cJSON *object = world_json("{\"metadata\":{\"namespace\":\"ns\",\"name\":\"%s\",\"resourceVersion\":\"%u\"},"
                               "\"data\":%s}",
                               name, version++, data);

    cJSON_DeleteItemFromObjectCaseSensitive(world->stored[kind], name);
    cJSON_AddItemToObject(world->stored[kind], name, object);
    if (kind == CLUSTER_SECRET)
        cluster_put_secret(&world->engine.cluster, object, AT(NOW - SETTLE));
    else
        cluster_put_config_map(&world->engine.cluster, object, AT(NOW - SETTLE));
    world_read_sources(world);
}

/* That it is missing does not count yet. */
static inline void world_remove_source(struct world *world, enum cluster_source_kind kind, const char *name)
{
    cleanup_json cJSON *object = cJSON_DetachItemFromObjectCaseSensitive(world->stored[kind], name);

    if (kind == CLUSTER_SECRET)
        cluster_remove_secret(&world->engine.cluster, object, AT(NOW - SETTLE));
    else
        cluster_remove_config_map(&world->engine.cluster, object, AT(NOW - SETTLE));
}

/* Now it counts. */
static inline void world_count_missing(struct world *world, enum cluster_source_kind kind, const char *name)
{
    struct cluster_source *source = cluster_find_source(&world->engine.cluster, kind, "ns", name);

    assert_true(source->gone_ms > 0);
    cluster_source_missing(&world->engine.cluster, source, true, NOW - SETTLE);
}

static inline void world_put_config_map(struct world *world, const char *name, const char *data)
{
    world_put_source(world, CLUSTER_CONFIG_MAP, name, data);
}

/* --- what came of it -------------------------------------------------------------------------- */

static inline unsigned world_count_events(const struct world *world, const char *kind, const char *reason)
{
    unsigned count = 0;
    const struct event *event = NULL;

    STAILQ_FOREACH(event, &world->engine.events.list, link)
    count += strcmp(event->kind, kind) == 0 && strcmp(event->reason, reason) == 0;
    return count;
}

#endif
