#include "server/pod_report.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "server/packed.h"
#include "server/pod_status.h"

#include <string.h>

#define ORPHANED_MS   15000
#define NO_DEPLOYMENT "an edge pod is only forwarded as part of a Deployment; this one stands alone"

int pod_report_hub(const struct engine *engine, const char *node)
{
    for (size_t i = 0; node && i < engine->hub_count; i++)
        if (strcmp(engine->hubs[i].node_name, node) == 0)
            return (int)i;
    return -1;
}

void pod_report_tell(struct engine *engine, struct cluster_pod *pod, bool warning, const char *reason,
                     const char *message)
{
    cleanup_free char *text = NULL;
    if (reason && asprintf(&text, "%s: %s", reason, message ? message : "") < 0) {
        text = NULL;
        return;
    }
    if (text && pod->told && strcmp(pod->told, text) == 0)
        return;
    free(pod->told);
    pod->told = steal_ptr(text);
    if (reason && message)
        event_queue_add(&engine->events, "Pod", "v1", pod->namespace, pod->name, pod->key, warning, reason, message);
}

/* --- what is known of a pod ------------------------------------------------------------------- */

const char *pod_report_frozen(const struct cluster_deployment *deployment, const char **ret_message)
{
    if (deployment->annotations.reconcile_policy == RECONCILE_SKIP) {
        *ret_message = "the annotation iot-edge-connector/reconcile-policy says skip: nothing is forwarded";
        return "ReconcileSkipped";
    }
    if (deployment->paused) {
        *ret_message = "the Deployment is paused: nothing is forwarded before it is resumed";
        return "DeploymentPaused";
    }
    *ret_message = "the Deployment is being deleted: nothing is forwarded any more";
    return deployment->deleting ? "DeploymentDeleted" : NULL;
}

/* The devices decide. Right after a start nothing has been read yet, and they are as they were. */
static bool devices_standing(const struct hub_worker *worker, const struct hub_standing *standing,
                             const struct cluster_pod *pod, struct pod_standing *ret_standing)
{
    ret_standing->on_hub = true;
    ret_standing->hub_targeted = standing->targeted;
    if (strcmp(standing->states_hash, standing->hash) == 0)
        ret_standing->states = &standing->states;
    if (ret_standing->states || !standing->evaluated)
        return true;
    if (!worker->query_trouble || pod->ready)
        return false;
    ret_standing->reason = "DevicesUnreadable";
    ret_standing->message = worker->query_trouble;
    return true;
}

/* What has not come to the hub, and why. */
static bool pending_standing(const struct hub_worker *worker, const struct cluster_deployment *deployment,
                             const struct cluster_pod *pod, struct pod_standing *ret_standing)
{
    const char *message = NULL;
    const char *frozen = pod_report_frozen(deployment, &message);
    if (frozen) {
        ret_standing->reason = frozen;
        ret_standing->message = message;
        ret_standing->wished = true;
        return !pod->running; /* one that runs goes on with what the hub has */
    }
    ret_standing->reason = worker->trouble_reason;
    ret_standing->message = worker->trouble;
    return true;
}

static bool edge_standing(struct engine *engine, size_t hub, struct cluster_deployment *deployment, bool current,
                          const struct cluster_pod *pod, struct pod_standing *ret_standing)
{
    struct hub_worker *worker = &engine->hubs[hub];
    const struct hub_standing *standing = hub_standing_find(worker, deployment->key);
    const struct cluster_translation *translation =
        cluster_translate(&engine->cluster, deployment, hub, &worker->system_modules);
    *ret_standing = (struct pod_standing){
        .kind = POD_EDGE, .hub_targeted = -1, .ready_percent = deployment->annotations.ready_percent};
    const char *ignored = NULL;
    if (translation && translation->problem && !pod_report_frozen(deployment, &ignored)) {
        ret_standing->reason = "InvalidEdgeDeployment";
        ret_standing->message = translation->problem;
        return true;
    }
    ret_standing->manifest = translation && !translation->problem ? &translation->manifest : NULL;
    if (standing && standing->reason) {
        ret_standing->reason = standing->reason;
        ret_standing->message = standing->message;
        return true;
    }
    if (!translation)
        return false;
    if (current && !translation->problem && standing && standing->id && strcmp(standing->hash, translation->hash) == 0)
        return devices_standing(worker, standing, pod, ret_standing);
    return pending_standing(worker, deployment, pod, ret_standing);
}

/* A pod comes before its ReplicaSet is known and goes a moment after its Deployment; what stays longer without one is
 * an orphan, and nothing is forwarded for it. */
static bool is_orphan(struct cluster_pod *pod, int64_t now_ms)
{
    if (!pod->controlled)
        return true;
    if (!pod->orphaned_ms)
        pod->orphaned_ms = now_ms;
    return now_ms - pod->orphaned_ms >= ORPHANED_MS;
}

bool pod_report_standing(struct engine *engine, size_t hub, struct cluster_pod *pod, int64_t now_ms,
                         struct pod_standing *ret_standing)
{
    bool current = false;
    *ret_standing = (struct pod_standing){.kind = POD_FOREIGN, .hub_targeted = -1};
    if (!pod->edge)
        return true;
    struct cluster_deployment *deployment = cluster_pod_deployment(&engine->cluster, pod, &current);
    if (deployment) {
        pod->orphaned_ms = 0;
        bool known = edge_standing(engine, hub, deployment, current, pod, ret_standing);
        /* Before a hub was read, the status of one that came to run there says more than we know. */
        return (known && (engine->hubs[hub].listed || !pod->running)) || !pod->has_status;
    }
    if (!is_orphan(pod, now_ms))
        return false;
    *ret_standing = (struct pod_standing){
        .kind = POD_UNMANAGED, .hub_targeted = -1, .reason = "NoDeployment", .message = NO_DEPLOYMENT};
    return true;
}

/* --- what is done about it -------------------------------------------------------------------- */

/* Whoever wonders about a pod that is not ours is told with its first status. */
static void tell(struct engine *engine, struct cluster_pod *pod, const struct pod_standing *standing)
{
    if (standing->kind != POD_FOREIGN)
        pod_report_tell(engine, pod, !standing->wished, standing->reason, standing->message);
    else if (!pod->has_status)
        pod_report_tell(engine, pod, true, "NotAnEdgeDeployment",
                        "nothing of this pod runs: its node stands for an IoT Hub. It is reported as ready so that its "
                        "controller goes on; keep it away with a nodeAffinity of type NotIn [virtual-kubelet]");
}

static void add_status(struct engine *engine, size_t hub, struct cluster_pod *pod, int64_t now_ms,
                       struct pod_writes *writes)
{
    struct pod_standing standing;
    char *patch = NULL;
    bool ready = false;
    if (!pod_report_standing(engine, hub, pod, now_ms, &standing))
        return;
    tell(engine, pod, &standing);
    cleanup_json cJSON *object = packed_open(pod->packed);
    if (object && pod_status_patch(object, &standing, clock_wall_s(), &patch, &ready) == 0 && patch)
        pod_write_add(writes, pod, now_ms, "PATCH", "/status", KUBE_STRATEGIC_MERGE_PATCH, patch);
}

/* No container runs here that would have to be stopped: the pod can go at once, and only the one we know. */
static void add_completion(struct cluster_pod *pod, int64_t now_ms, struct pod_writes *writes)
{
    char *body = NULL;
    if (asprintf(&body,
                 "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0,\"preconditions\":{"
                 "\"uid\":\"%s\"}}",
                 pod->key) < 0)
        return;
    pod_write_add(writes, pod, now_ms, "DELETE", "", NULL, body);
}

/* It waits behind our gate for a placement that nobody will ask for. */
static void tell_gated_orphan(struct engine *engine, struct cluster_pod *pod, int64_t now_ms)
{
    if (pod->deleting || !pod->gated)
        return;
    if (cluster_pod_deployment(&engine->cluster, pod, NULL))
        pod->orphaned_ms = 0;
    else if (is_orphan(pod, now_ms))
        pod_report_tell(engine, pod, true, "NoDeployment", NO_DEPLOYMENT);
}

void pod_report_decide(struct engine *engine, int64_t now_ms, struct pod_writes *writes)
{
    struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        int hub = pod_report_hub(engine, pod->node_name);
        if (hub < 0) {
            tell_gated_orphan(engine, pod, now_ms);
            continue;
        }
        if (pod->deleting)
            add_completion(pod, now_ms, writes);
        else if (!pod->finished)
            add_status(engine, (size_t)hub, pod, now_ms, writes);
    }
}
