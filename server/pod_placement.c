#include "server/pod_placement.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "server/pod_report.h"
#include "sync/placement.h"
#include "translate/defaults.h"

#include <string.h>

/* node NULL: only the gate goes. */
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

/* A pod and whose it is. */
struct owned_pod {
    const struct cluster_deployment *deployment;
    struct cluster_pod *pod;
    size_t number; /* in the order of the cluster */
};

/* The pods of one Deployment and the hubs, as placement sees them. */
struct candidates {
    struct placement_hub *hubs;
    struct placement_pod *pods;
    struct placement_decision *decisions;
    size_t most_pods;
};

static void candidates_release(struct candidates *candidates)
{
    free(candidates->hubs);
    free(candidates->pods);
    free(candidates->decisions);
}

#define cleanup_candidates __attribute__((cleanup(candidates_release)))

static void add_hubs(struct candidates *candidates, const struct engine *engine,
                     const struct cluster_deployment *deployment)
{
    cleanup_json cJSON *object = cluster_deployment_open(deployment);
    const cJSON *template = json_at(object, "spec", "template", NULL);
    candidates->most_pods = placement_most_pods(object);
    for (size_t i = 0; i < engine->hub_count; i++) {
        const struct hub_worker *worker = &engine->hubs[i];
        const struct hub_standing *standing = hub_standing_find(worker, deployment->key);
        candidates->hubs[i] =
            (struct placement_hub){.name = worker->hub->name,
                                   .node_name = worker->node_name,
                                   .admits = template && placement_admits(template, worker->node_labels),
                                   .holds = standing && standing->holds};
    }
}

static int candidates_init(struct candidates *candidates, const struct engine *engine, const struct owned_pod *pods,
                           size_t count)
{
    *candidates = (struct candidates){.hubs = calloc(engine->hub_count, sizeof(*candidates->hubs)),
                                      .pods = calloc(count, sizeof(*candidates->pods)),
                                      .decisions = calloc(count, sizeof(*candidates->decisions))};
    if (!candidates->hubs || !candidates->pods || !candidates->decisions)
        return -1;
    add_hubs(candidates, engine, pods->deployment);
    for (size_t i = 0; i < count; i++) {
        const struct cluster_pod *pod = pods[i].pod;
        candidates->pods[i] = (struct placement_pod){.uid = pod->key,
                                                     .terminating = pod->deleting || pod->finished,
                                                     .gated = pod->gated,
                                                     .hub = pod_report_hub(engine, cluster_pod_stands_on(pod))};
    }
    return 0;
}

/* A hub that has not been listed yet may hold the Deployment: another one is only taken when all are known, or when the
 * Deployment is younger than our term, for then nobody has put it anywhere. */
static const struct hub_worker *unknown_holder(const struct engine *engine, const struct candidates *candidates,
                                               const struct cluster_deployment *deployment,
                                               const struct placement_decision *decision)
{
    if (decision->action == PLACEMENT_PIN && candidates->hubs[decision->hub].holds)
        return NULL;
    if (deployment->born_ms > engine->term_began_ms)
        return NULL;
    for (size_t i = 0; i < engine->hub_count; i++)
        if (!engine->hubs[i].listed && candidates->hubs[i].admits)
            return &engine->hubs[i];
    return NULL;
}

static void tell_waiting(struct engine *engine, struct cluster_pod *pod, const struct hub_worker *worker)
{
    cleanup_free char *message = NULL;
    if (!worker->trouble)
        return; /* it is on its way */
    if (asprintf(&message, "hub %s may hold this deployment, and no other one is chosen before it can be asked: %s",
                 worker->hub->name, worker->trouble) < 0)
        message = NULL;
    pod_report_tell(engine, pod, true, "PlacementWaiting", message);
}

/* All pods of one Deployment in one go. */
static void place_deployment(struct engine *engine, const struct owned_pod *pods, size_t count, int64_t now_ms,
                             struct pod_writes *writes)
{
    cleanup_candidates struct candidates candidates = {0};
    if (candidates_init(&candidates, engine, pods, count) < 0)
        return;
    placement_decide(candidates.hubs, engine->hub_count, candidates.pods, count, candidates.most_pods,
                     candidates.decisions);
    for (size_t i = 0; i < count; i++) {
        const struct placement_decision *decision = &candidates.decisions[i];
        if (decision->action == PLACEMENT_KEEP)
            continue;
        const struct hub_worker *unknown = unknown_holder(engine, &candidates, pods->deployment, decision);
        if (unknown) {
            tell_waiting(engine, pods[i].pod, unknown);
            continue;
        }
        const char *node = decision->action == PLACEMENT_PIN ? engine->hubs[decision->hub].node_name : NULL;
        pod_write_add(writes, pods[i].pod, now_ms, "PATCH", "", KUBE_STRATEGIC_MERGE_PATCH,
                      pin_patch(pods[i].pod, node));
    }
}

static int owned_pod_compare(const void *a, const void *b)
{
    const struct owned_pod *one = a, *other = b;
    if (one->deployment != other->deployment)
        return (uintptr_t)one->deployment < (uintptr_t)other->deployment ? -1 : 1;
    return one->number < other->number ? -1 : 1;
}

/* The pods of living Deployments, those of each together. For the caller to free; NULL for none. */
static struct owned_pod *find_owned_pods(const struct engine *engine, size_t *ret_count)
{
    struct cluster_pod *pod = NULL;
    size_t most = 0, count = 0;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    most++;
    struct owned_pod *pods = most ? calloc(most, sizeof(*pods)) : NULL;
    if (!pods)
        return NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        const struct cluster_deployment *deployment = cluster_pod_deployment(&engine->cluster, pod, NULL);
        if (deployment && !deployment->deleting)
            pods[count] = (struct owned_pod){deployment, pod, count}, count++;
    }
    qsort(pods, count, sizeof(*pods), owned_pod_compare);
    *ret_count = count;
    return pods;
}

static bool any_gated(const struct engine *engine)
{
    const struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        if (pod->gated && !pod->deleting)
            return true;
    }
    return false;
}

void pod_placement_decide(struct engine *engine, int64_t now_ms, struct pod_writes *writes)
{
    size_t count = 0, next = 0;
    cleanup_free struct owned_pod *pods = any_gated(engine) ? find_owned_pods(engine, &count) : NULL;
    for (size_t first = 0; pods && first < count; first = next) {
        bool gated = false;
        for (next = first; next < count && pods[next].deployment == pods[first].deployment; next++)
            gated = gated || (pods[next].pod->gated && !pods[next].pod->deleting);
        if (gated)
            place_deployment(engine, &pods[first], next - first, now_ms, writes);
    }
}
