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

#define cleanup_candidates __attribute__((cleanup(candidates_release)))

static size_t count_pods(const struct engine *engine)
{
    size_t count = 0;
    const struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    count++;
    return count;
}

static void add_hubs(struct candidates *candidates, const struct engine *engine,
                     const struct cluster_deployment *deployment)
{
    const cJSON *template = json_at(deployment->object, "spec", "template", NULL);
    for (size_t i = 0; i < engine->hub_count; i++) {
        const struct hub_worker *worker = &engine->hubs[i];
        const struct hub_standing *standing = hub_standing_find(worker, deployment->key);
        candidates->hubs[i] = (struct placement_hub){.name = worker->hub->name,
                                                     .node_name = worker->node_name,
                                                     .admits = placement_admits(template, worker->node_labels),
                                                     .holds = standing && standing->holds};
    }
}

static void add_pods(struct candidates *candidates, const struct engine *engine,
                     const struct cluster_deployment *deployment)
{
    struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        if (cluster_pod_deployment(&engine->cluster, pod, NULL) != deployment)
            continue;
        candidates->entries[candidates->pod_count] = pod;
        candidates->pods[candidates->pod_count++] =
            (struct placement_pod){.uid = pod->key,
                                   .terminating = pod->deleting || pod->finished,
                                   .gated = pod->gated,
                                   .hub = pod_report_hub(engine, cluster_pod_stands_on(pod))};
    }
}

static int candidates_init(struct candidates *candidates, const struct engine *engine,
                           const struct cluster_deployment *deployment)
{
    size_t most = count_pods(engine);
    *candidates = (struct candidates){.hubs = calloc(engine->hub_count, sizeof(*candidates->hubs)),
                                      .pods = calloc(most, sizeof(*candidates->pods)),
                                      .entries = calloc(most, sizeof(struct cluster_pod *)),
                                      .decisions = calloc(most, sizeof(*candidates->decisions))};
    if (!candidates->hubs || !candidates->pods || !candidates->entries || !candidates->decisions)
        return -1;
    add_hubs(candidates, engine, deployment);
    add_pods(candidates, engine, deployment);
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

static void place_deployment(struct engine *engine, const struct cluster_deployment *deployment, int64_t now_ms,
                             struct pod_writes *writes)
{
    cleanup_candidates struct candidates candidates = {0};
    if (candidates_init(&candidates, engine, deployment) < 0)
        return;
    placement_decide(candidates.hubs, engine->hub_count, candidates.pods, candidates.pod_count, candidates.decisions);
    for (size_t i = 0; i < candidates.pod_count; i++) {
        const struct placement_decision *decision = &candidates.decisions[i];
        if (decision->action == PLACEMENT_KEEP)
            continue;
        const struct hub_worker *unknown = unknown_holder(engine, &candidates, deployment, decision);
        if (unknown) {
            tell_waiting(engine, candidates.entries[i], unknown);
            continue;
        }
        const char *node = decision->action == PLACEMENT_PIN ? engine->hubs[decision->hub].node_name : NULL;
        pod_write_add(writes, candidates.entries[i], now_ms, "PATCH", "", KUBE_STRATEGIC_MERGE_PATCH,
                      pin_patch(candidates.entries[i], node));
    }
}

void pod_placement_decide(struct engine *engine, int64_t now_ms, struct pod_writes *writes)
{
    struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &engine->cluster.deployments, link)
    deployment->marked = false;
    const struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &engine->cluster.pods, link)
    {
        if (!pod->gated || pod->deleting)
            continue;
        deployment = cluster_pod_deployment(&engine->cluster, pod, NULL);
        if (!deployment || deployment->deleting || deployment->marked)
            continue;
        deployment->marked = true; /* all its pods are placed in one go */
        place_deployment(engine, deployment, now_ms, writes);
    }
}
