/* One thread for what is written to the cluster: pins gated pods to hubs, writes the status of the pods on our nodes,
 * completes their deletion, posts Events. What to do is decided under the lock, and done without it. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/log.h"
#include "server/engine_state.h"
#include "server/pod_status.h"
#include "sync/placement.h"
#include "translate/defaults.h"

#include <string.h>

#define QUIET_MS   100   /* a pod that is being bound is in neither watch for a moment */
#define RECHECK_MS 10000 /* without any change */
#define REPEAT_MS  10000 /* a status that did not stick is not written again before */
#define FAILED_MS  1000

/* One call to make, decided under the lock. */
struct pod_write {
    STAILQ_ENTRY(pod_write) link;
    const char *method; /* static */
    const char *content_type;
    char *path, *body;
    char *uid;
};
STAILQ_HEAD(pod_writes, pod_write);

static void write_free(struct pod_write *write)
{
    free(write->path);
    free(write->body);
    free(write->uid);
    free(write);
}

/* Takes the body over. */
static void add_write(struct pod_writes *writes, const struct cluster_pod *pod, const char *method,
                      const char *subresource, const char *content_type, char *body)
{
    struct pod_write *write = body ? calloc(1, sizeof(*write)) : NULL;
    if (!write) {
        free(body);
        return;
    }
    *write = (struct pod_write){.method = method, .content_type = content_type, .body = body, .uid = strdup(pod->key)};
    if (asprintf(&write->path, "/api/v1/namespaces/%s/pods/%s%s", pod->namespace, pod->name, subresource) < 0)
        write->path = NULL;
    if (!write->path || !write->uid) {
        write_free(write);
        return;
    }
    STAILQ_INSERT_TAIL(writes, write, link);
}

static void event_free(struct engine_event *event)
{
    free(event->namespace);
    free(event->name);
    free(event->reason);
    free(event->message);
    free(event);
}

/* --- placement ------------------------------------------------------------------------------------------------------
 */

static int hub_of_node(const struct engine *engine, const char *node)
{
    for (size_t i = 0; node && i < engine->hub_count; i++)
        if (strcmp(engine->hubs[i].node_name, node) == 0)
            return (int)i;
    return -1;
}

static char *pin_patch(const struct cluster_pod *pod, const char *node)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer writer = {.out = &body};
    json_begin_object(&writer);
    json_name(&writer, "metadata"), json_begin_object(&writer);
    json_member_string(&writer, "uid", pod->key);
    json_end_object(&writer);
    json_name(&writer, "spec"), json_begin_object(&writer);
    if (node) {
        json_name(&writer, "nodeSelector"), json_begin_object(&writer);
        json_member_string(&writer, "kubernetes.io/hostname", node);
        json_end_object(&writer);
    }
    json_name(&writer, "schedulingGates"), json_begin_array(&writer), json_begin_object(&writer);
    json_member_string(&writer, "$patch", "delete");
    json_member_string(&writer, "name", PLACEMENT_GATE);
    json_end_object(&writer), json_end_array(&writer);
    json_end_object(&writer);
    json_end_object(&writer);
    return strbuf_steal(&body);
}

/* The pods of one Deployment and the hubs, as placement sees them. */
struct candidates {
    struct placement_hub *hubs;
    struct placement_pod *pods;
    struct cluster_pod **entries;
    struct placement_decision *decisions;
    size_t pod_count;
};

static void candidates_release(struct candidates *candidates)
{
    free(candidates->hubs);
    free(candidates->pods);
    free(candidates->entries);
    free(candidates->decisions);
}

static bool has_gated_pod(const struct engine *engine, const struct cluster_deployment *deployment, size_t *ret_count)
{
    bool gated = false;
    *ret_count = 0;
    const struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        if (cluster_pod_deployment(&engine->cluster, pod, NULL) != deployment)
            continue;
        *ret_count += 1;
        gated = gated || (pod->gated && !pod->deleting);
    }
    return gated;
}

static int candidates_init(struct candidates *candidates, const struct engine *engine,
                           const struct cluster_deployment *deployment, size_t most)
{
    *candidates = (struct candidates){.hubs = calloc(engine->hub_count, sizeof(*candidates->hubs)),
                                      .pods = calloc(most, sizeof(*candidates->pods)),
                                      .entries = calloc(most, sizeof(struct cluster_pod *)),
                                      .decisions = calloc(most, sizeof(*candidates->decisions))};
    if (!candidates->hubs || !candidates->pods || !candidates->entries || !candidates->decisions)
        return -1;
    const cJSON *template = json_at(deployment->object, "spec", "template", NULL);
    for (size_t i = 0; i < engine->hub_count; i++) {
        const struct hub_standing *standing = hub_worker_standing(&engine->hubs[i], deployment->key);
        candidates->hubs[i] = (struct placement_hub){.name = engine->hubs[i].hub->name,
                                                     .node_name = engine->hubs[i].node_name,
                                                     .admits = placement_admits(template, engine->hubs[i].node_labels),
                                                     .holds = standing && standing->holds};
    }
    struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        if (cluster_pod_deployment(&engine->cluster, pod, NULL) != deployment)
            continue;
        candidates->entries[candidates->pod_count] = pod;
        candidates->pods[candidates->pod_count++] = (struct placement_pod){
            .uid = pod->key,
            .terminating = pod->deleting || pod->finished,
            .gated = pod->gated,
            .hub = pod->gated ? -1 : hub_of_node(engine, pod->node_name ? pod->node_name : pod->pinned_to)};
    }
    return 0;
}

/* A hub that has not been listed yet may hold the Deployment: a free one is only taken when all are known. */
static bool must_wait(const struct engine *engine, const struct candidates *candidates,
                      const struct placement_decision *decision)
{
    if (decision->action == PLACEMENT_KEEP)
        return true;
    if (decision->action == PLACEMENT_PIN && candidates->hubs[decision->hub].holds)
        return false;
    for (size_t i = 0; i < engine->hub_count; i++)
        if (!engine->hubs[i].listed && candidates->hubs[i].admits)
            return true;
    return false;
}

static void place_deployment(struct engine *engine, const struct cluster_deployment *deployment,
                             struct pod_writes *writes)
{
    struct candidates candidates = {0};
    size_t count = 0;
    if (!has_gated_pod(engine, deployment, &count))
        return;
    if (candidates_init(&candidates, engine, deployment, count) == 0) {
        placement_decide(candidates.hubs, engine->hub_count, candidates.pods, candidates.pod_count,
                         candidates.decisions);
        for (size_t i = 0; i < candidates.pod_count; i++) {
            const struct placement_decision *decision = &candidates.decisions[i];
            if (must_wait(engine, &candidates, decision))
                continue;
            const char *node = decision->action == PLACEMENT_PIN ? engine->hubs[decision->hub].node_name : NULL;
            add_write(writes, candidates.entries[i], "PATCH", "", KUBE_STRATEGIC_MERGE_PATCH,
                      pin_patch(candidates.entries[i], node));
        }
    }
    candidates_release(&candidates);
}

/* --- status ---------------------------------------------------------------------------------------------------------
 */

/* The standing of an edge pod, from its Deployment's translation and what its hub says. Returns false when nothing is
 * known that would be better than what the status says already. */
static bool edge_standing(struct engine *engine, size_t hub, struct cluster_deployment *deployment, bool current,
                          struct pod_standing *ret_standing)
{
    struct hub_worker *worker = &engine->hubs[hub];
    const struct hub_standing *standing = hub_worker_standing(worker, deployment->key);
    const struct cluster_translation *translation =
        cluster_translate(&engine->cluster, deployment, hub, &worker->system_modules);
    if (!translation || deployment->paused || deployment->deleting)
        return false;
    *ret_standing = (struct pod_standing){
        .kind = POD_EDGE, .hub_targeted = -1, .ready_percent = deployment->annotations.ready_percent};
    if (translation->problem) {
        ret_standing->reason = "InvalidEdgeDeployment";
        ret_standing->message = translation->problem;
        return true;
    }
    ret_standing->manifest = &translation->manifest;
    if (standing && standing->reason) {
        ret_standing->reason = standing->reason;
        ret_standing->message = standing->message;
        return true;
    }
    if (current && standing && strcmp(standing->hash, translation->hash) == 0) {
        ret_standing->on_hub = true;
        ret_standing->hub_targeted = standing->targeted;
        if (strcmp(standing->states_hash, translation->hash) == 0)
            ret_standing->states = &standing->states;
        /* Right after a start nothing has been read yet, and the devices are as they were. */
        return ret_standing->states || !standing->evaluated;
    }
    if (worker->trouble) {
        ret_standing->reason = worker->trouble_reason;
        ret_standing->message = worker->trouble;
    }
    return true;
}

static bool has_status(const struct cluster_pod *pod)
{
    return cJSON_GetArraySize(json_at(pod->object, "status", "containerStatuses", NULL)) > 0;
}

/* Before a hub was read, a status that is there says more than we know. */
static bool pod_standing_of(struct engine *engine, size_t hub, const struct cluster_pod *pod,
                            struct pod_standing *ret_standing)
{
    bool current = false;
    *ret_standing = (struct pod_standing){.kind = POD_FOREIGN, .hub_targeted = -1};
    if (!pod->edge)
        return true;
    struct cluster_deployment *deployment = cluster_pod_deployment(&engine->cluster, pod, &current);
    if (deployment)
        return (edge_standing(engine, hub, deployment, current, ret_standing) && engine->hubs[hub].listed) ||
               !has_status(pod);
    if (pod->controlled)
        return false; /* its ReplicaSet or Deployment is on its way, or on its way out */
    ret_standing->kind = POD_UNMANAGED;
    ret_standing->reason = "NoDeployment";
    ret_standing->message = "an edge pod is only forwarded as part of a Deployment; this one stands alone";
    return true;
}

/* Whoever wonders about such a pod is told once: with its first status. */
static void tell_foreign(struct engine *engine, size_t hub, const struct cluster_pod *pod)
{
    struct engine_event *event = calloc(1, sizeof(*event));
    if (!event)
        return;
    *event = (struct engine_event){
        .namespace = strdup(pod->namespace),
        .name = strdup(pod->name),
        .about_pod = true,
        .hub = hub,
        .reason = strdup("NotAnEdgeDeployment"),
        .message = strdup("nothing of this pod runs: its node stands for an IoT Hub. It is reported as ready so that "
                          "its controller goes on; keep it away with a nodeAffinity of type NotIn [virtual-kubelet]"),
        .warning = true};
    if (!event->namespace || !event->name || !event->reason || !event->message) {
        event_free(event);
        return;
    }
    STAILQ_INSERT_TAIL(&engine->events, event, link);
}

static void add_status(struct engine *engine, size_t hub, struct cluster_pod *pod, struct pod_writes *writes,
                       int64_t now_ms)
{
    struct pod_standing standing;
    cleanup_free char *patch = NULL;
    bool ready = false;
    if (!pod_standing_of(engine, hub, pod, &standing))
        return;
    if (pod_status_patch(pod->object, &standing, clock_wall_s(), &patch, &ready) < 0 || !patch)
        return;
    char digest[CONTENT_HASH_SIZE];
    content_hash(patch, digest);
    if (strcmp(digest, pod->patch_digest) == 0 && now_ms - pod->patched_ms < REPEAT_MS)
        return;
    if (standing.kind == POD_FOREIGN && !has_status(pod))
        tell_foreign(engine, hub, pod);
    memcpy(pod->patch_digest, digest, sizeof(digest));
    pod->patched_ms = now_ms;
    add_write(writes, pod, "PATCH", "/status", KUBE_STRATEGIC_MERGE_PATCH, steal_ptr(patch));
}

/* No container runs here that would have to be stopped: the pod can go at once, and only the one we know. */
static void add_completion(const struct cluster_pod *pod, struct pod_writes *writes)
{
    char *body = NULL;
    if (asprintf(&body,
                 "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0,\"preconditions\":{"
                 "\"uid\":\"%s\"}}",
                 pod->key) < 0)
        return;
    add_write(writes, pod, "DELETE", "", NULL, body);
}

static void decide(struct engine *engine, struct pod_writes *writes)
{
    int64_t now_ms = clock_now_ms();
    struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &engine->cluster.deployments, link)
    {
        if (!deployment->deleting)
            place_deployment(engine, deployment, writes);
    }
    struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        int hub = hub_of_node(engine, pod->node_name);
        if (hub < 0)
            continue;
        if (pod->deleting)
            add_completion(pod, writes);
        else if (!pod->finished)
            add_status(engine, (size_t)hub, pod, writes, now_ms);
    }
}

/* --- Events ---------------------------------------------------------------------------------------------------------
 */

/* An Event to be posted about one object, copied from the cluster. */
struct posting {
    STAILQ_ENTRY(posting) link;
    const char *kind, *api_version; /* static */
    char *namespace, *name, *uid;
    const struct engine_event *event;
};
STAILQ_HEAD(postings, posting);

static void add_posting(struct postings *postings, const struct engine_event *event, const char *kind,
                        const char *api_version, const char *namespace, const char *name, const char *uid)
{
    struct posting *posting = uid ? calloc(1, sizeof(*posting)) : NULL;
    if (!posting)
        return;
    *posting = (struct posting){.kind = kind,
                                .api_version = api_version,
                                .namespace = strdup(namespace),
                                .name = strdup(name),
                                .uid = strdup(uid),
                                .event = event};
    STAILQ_INSERT_TAIL(postings, posting, link);
}

static void address_to_pod(const struct engine *engine, const struct engine_event *event, struct postings *postings)
{
    const struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        if (strcmp(pod->namespace, event->namespace) == 0 && strcmp(pod->name, event->name) == 0)
            add_posting(postings, event, "Pod", "v1", pod->namespace, pod->name, pod->key);
    }
}

/* About the Deployment and about its pods on that hub: people look at either. Guarded. */
static void address_event(const struct engine *engine, const struct engine_event *event, struct postings *postings)
{
    if (event->about_pod) {
        address_to_pod(engine, event, postings);
        return;
    }
    const struct cluster_deployment *deployment =
        cluster_find_deployment(&engine->cluster, event->namespace, event->name);
    if (!deployment)
        return;
    add_posting(postings, event, "Deployment", "apps/v1", deployment->namespace, deployment->name, deployment->uid);
    const struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        if (!pod->deleting && hub_of_node(engine, pod->node_name) == (int)event->hub &&
            cluster_pod_deployment(&engine->cluster, pod, NULL) == deployment)
            add_posting(postings, event, "Pod", "v1", pod->namespace, pod->name, pod->key);
    }
}

static void post(struct engine *engine, const struct posting *posting)
{
    cleanup_error struct error error = {NULL};
    struct kube_event event = {.kind = posting->kind,
                               .api_version = posting->api_version,
                               .namespace = posting->namespace,
                               .name = posting->name,
                               .uid = posting->uid,
                               .component = ENGINE_COMPONENT,
                               .reason = posting->event->reason,
                               .message = posting->event->message,
                               .warning = posting->event->warning};
    if (!posting->namespace || !posting->name || !posting->uid)
        return;
    int status = kube_event_post(engine->reconciler_kube, &event, &error);
    if (status < 0 || status >= 300)
        log_debug("an Event could not be posted: %s", error_message(&error));
}

static void post_events(struct engine *engine, struct engine_events *events)
{
    struct postings postings = STAILQ_HEAD_INITIALIZER(postings);
    const struct engine_event *event = NULL;
    pthread_mutex_lock(&engine->lock);
    STAILQ_FOREACH(event, events, link)
    address_event(engine, event, &postings);
    pthread_mutex_unlock(&engine->lock);
    while (!STAILQ_EMPTY(&postings)) {
        struct posting *posting = STAILQ_FIRST(&postings);
        STAILQ_REMOVE_HEAD(&postings, link);
        if (!engine->stopping)
            post(engine, posting);
        free(posting->namespace);
        free(posting->name);
        free(posting->uid);
        free(posting);
    }
    while (!STAILQ_EMPTY(events)) {
        struct engine_event *posted = STAILQ_FIRST(events);
        STAILQ_REMOVE_HEAD(events, link);
        event_free(posted);
    }
}

/* --- the thread -----------------------------------------------------------------------------------------------------
 */

/* The answer is the pod as it is now; the watch will say the same a moment later. Returns false when it is worth a
 * retry. */
static bool carry_out(struct engine *engine, const struct pod_write *write)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *object = NULL;
    int status = kube_call(engine->reconciler_kube, write->method, write->path, write->content_type, write->body, 0,
                           &object, &error);
    if (status == 404 || status == 409 || status == 422) {
        log_debug("%s", error_message(&error)); /* the pod went or changed: its next watch event tells */
        return true;
    }
    if (status < 0 || status >= 300) {
        if (!engine->stopping)
            log_warning("%s", error_message(&error));
        return false;
    }
    if (strcmp(write->method, "PATCH") != 0)
        return true;
    pthread_mutex_lock(&engine->lock);
    bool moved = false;
    if (cluster_refresh_pod(&engine->cluster, object, &moved) && moved)
        engine_changed(engine, true);
    pthread_mutex_unlock(&engine->lock);
    return true;
}

static bool carry_out_all(struct engine *engine, struct pod_writes *writes)
{
    bool well = true;
    while (!STAILQ_EMPTY(writes)) {
        struct pod_write *write = STAILQ_FIRST(writes);
        STAILQ_REMOVE_HEAD(writes, link);
        if (well && !engine->stopping && engine_leads(engine))
            well = carry_out(engine, write);
        write_free(write);
    }
    return well;
}

static void reconcile(struct engine *engine)
{
    struct pod_writes writes = STAILQ_HEAD_INITIALIZER(writes);
    struct engine_events events = STAILQ_HEAD_INITIALIZER(events);
    pthread_mutex_lock(&engine->lock);
    engine->reconcile = false;
    decide(engine, &writes);
    STAILQ_CONCAT(&events, &engine->events);
    pthread_mutex_unlock(&engine->lock);
    bool well = carry_out_all(engine, &writes);
    post_events(engine, &events);
    if (well)
        return;
    pthread_mutex_lock(&engine->lock);
    engine->reconcile = true;
    engine_wait(engine, &engine->reconciler_wake, FAILED_MS);
    pthread_mutex_unlock(&engine->lock);
}

/* Waits for a change and then for a moment without one. */
static bool wait_for_work(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    if (!engine->reconcile && !engine->stopping)
        engine_wait(engine, &engine->reconciler_wake, RECHECK_MS);
    int64_t give_up_ms = clock_now_ms() + 10 * QUIET_MS;
    while (!engine->stopping && clock_now_ms() < give_up_ms) {
        engine->reconcile = false;
        engine_wait(engine, &engine->reconciler_wake, QUIET_MS);
        if (!engine->reconcile)
            break;
    }
    bool ready = !engine->stopping && engine_leads(engine) && engine_synced(engine);
    pthread_mutex_unlock(&engine->lock);
    return ready;
}

void *reconciler_run(void *context)
{
    struct engine *engine = context;
    while (!engine->stopping) {
        if (wait_for_work(engine))
            reconcile(engine);
    }
    while (!STAILQ_EMPTY(&engine->events)) {
        struct engine_event *event = STAILQ_FIRST(&engine->events);
        STAILQ_REMOVE_HEAD(&engine->events, link);
        event_free(event);
    }
    return NULL;
}
