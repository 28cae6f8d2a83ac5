#include "server/cluster_private.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "server/packed.h"
#include "translate/defaults.h"

#include <string.h>

void cluster_drop_pod(struct cluster *cluster, struct cluster_pod *pod)
{
    index_remove(&cluster->pod_index, pod->key);
    TAILQ_REMOVE(&cluster->pods, pod, link);
    free(pod->packed);
    free(pod->node_name);
    free(pod->pinned_to);
    free(pod->key);
    free(pod->namespace);
    free(pod->name);
    free(pod->owner_uid);
    free(pod->told);
    free(pod);
}

static cJSON *pod_reduce(const cJSON *object)
{
    static const char *const metadata[] = {"name", "namespace", "uid", "generation", "deletionTimestamp", NULL};
    static const char *const spec[] = {"nodeName", "nodeSelector", "schedulingGates", "readinessGates", NULL};
    static const char *const status[] = {
        "phase", "reason", "message", "startTime", "observedGeneration", "conditions", "containerStatuses", NULL};
    static const char *const container_members[] = {"name", "image", NULL};
    cJSON *reduced = cluster_object_reduce(object, metadata, spec, status);
    cJSON *containers = reduced ? cJSON_AddArrayToObject(json_get(reduced, "spec"), "containers") : NULL;
    const cJSON *container = NULL;
    cJSON_ArrayForEach(container, json_at(object, "spec", "containers", NULL))
    {
        cJSON *copy = cJSON_CreateObject();
        cluster_object_copy_members(copy, container, container_members);
        cJSON_AddItemToArray(containers, copy);
    }
    return reduced;
}

static bool pod_is_gated(const cJSON *object)
{
    const cJSON *gate = NULL;
    cJSON_ArrayForEach(gate, json_at(object, "spec", "schedulingGates", NULL))
    {
        if (strcmp(json_string_or(gate, "name", ""), PLACEMENT_GATE) == 0)
            return true;
    }
    return false;
}

static struct cluster_pod *pod_add(struct cluster *cluster, const char *uid, const cJSON *metadata)
{
    struct cluster_pod *added = calloc(1, sizeof(*added));
    if (!added)
        return NULL;
    added->key = strdup(uid);
    added->namespace = cluster_object_copy(metadata, "namespace");
    added->name = cluster_object_copy(metadata, "name");
    if (!added->key || !added->namespace || !added->name || index_add(&cluster->pod_index, added->key, added) < 0) {
        free(added->key);
        free(added->namespace);
        free(added->name);
        free(added);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&cluster->pods, added, link);
    return added;
}

/* Of the pods without a node only edge pods matter; of those on our nodes all. */
static bool pod_matters(const cJSON *object)
{
    const char *is_edge = json_string(json_at(object, "metadata", "annotations", NULL), ANNOTATION_IS_EDGE);
    return json_string(json_get(object, "spec"), "nodeName") || (is_edge && strcmp(is_edge, "true") == 0);
}

struct cluster_pod *cluster_find_pod(const struct cluster *cluster, const char *uid)
{
    return index_find(&cluster->pod_index, uid);
}

const char *cluster_pod_stands_on(const struct cluster_pod *pod)
{
    if (pod->gated || pod->deleting || pod->finished)
        return NULL;
    return pod->node_name ? pod->node_name : pod->pinned_to;
}

static bool pod_is_ready(const cJSON *object)
{
    const cJSON *condition = NULL;
    cJSON_ArrayForEach(condition, json_at(object, "status", "conditions", NULL))
    {
        if (strcmp(json_string_or(condition, "type", ""), "Ready") == 0)
            return strcmp(json_string_or(condition, "status", ""), "True") == 0;
    }
    return false;
}

static void pod_take(struct cluster_pod *pod, const cJSON *object, char *packed)
{
    const cJSON *metadata = json_get(object, "metadata");
    const char *owner = cluster_object_controller_uid(object, "ReplicaSet");
    const char *is_edge = json_string(json_get(metadata, "annotations"), ANNOTATION_IS_EDGE);
    const char *phase = json_string_or(json_get(object, "status"), "phase", "");
    const cJSON *spec = json_get(object, "spec");
    free(pod->owner_uid);
    free(pod->packed);
    free(pod->node_name);
    free(pod->pinned_to);
    pod->packed = packed;
    pod->owner_uid = owner ? strdup(owner) : NULL;
    pod->controlled = cluster_object_controller(object) != NULL;
    pod->node_name = cluster_object_copy(spec, "nodeName");
    pod->pinned_to = cluster_object_copy(json_get(spec, "nodeSelector"), "kubernetes.io/hostname");
    pod->edge = is_edge && strcmp(is_edge, "true") == 0;
    pod->gated = pod_is_gated(object);
    pod->deleting = json_get(metadata, "deletionTimestamp") != NULL;
    pod->finished = strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
    pod->running = strcmp(phase, "Running") == 0;
    pod->has_status = cJSON_GetArraySize(json_at(object, "status", "containerStatuses", NULL)) > 0;
    pod->ready = pod_is_ready(object);
}

enum cluster_change cluster_put_pod(struct cluster *cluster, const cJSON *object, const struct cluster_arrival *arrival)
{
    const cJSON *metadata = json_get(object, "metadata");
    const char *uid = json_string(metadata, "uid");
    if (!uid || !pod_matters(object))
        return CLUSTER_SAME;
    struct cluster_pod *pod = index_find(&cluster->pod_index, uid);
    uint64_t version = strtoull(json_string_or(metadata, "resourceVersion", "0"), NULL, 10);
    bool same_source = pod && pod->source == arrival->source;
    if (same_source)
        pod->round = arrival->round;
    if (pod && (version < pod->version || (version == pod->version && same_source)))
        return CLUSTER_SAME;
    cleanup_json cJSON *reduced = pod_reduce(object);
    cleanup_free char *packed = reduced ? packed_text(reduced) : NULL;
    if (packed && !pod)
        pod = pod_add(cluster, uid, metadata);
    if (!packed || !pod)
        return CLUSTER_SAME;
    const char *before = cluster_pod_stands_on(pod);
    cleanup_free char *stood_on = before ? strdup(before) : NULL;
    pod_take(pod, object, steal_ptr(packed));
    pod->source = arrival->source;
    pod->round = arrival->round;
    pod->version = version;
    /* What a pod does on its own is not the hubs' concern; on which one it counts is. */
    return text_is_same(stood_on, cluster_pod_stands_on(pod)) ? CLUSTER_CHANGED : CLUSTER_HUBS_CHANGED;
}

enum cluster_change cluster_refresh_pod(struct cluster *cluster, const cJSON *object)
{
    const char *uid = json_string(json_get(object, "metadata"), "uid");
    const struct cluster_pod *pod = uid ? index_find(&cluster->pod_index, uid) : NULL;
    if (!pod)
        return CLUSTER_SAME;
    struct cluster_arrival arrival = {.source = pod->source, .round = pod->round};
    return cluster_put_pod(cluster, object, &arrival);
}

enum cluster_change cluster_remove_pod(struct cluster *cluster, const cJSON *object,
                                       const struct cluster_arrival *arrival)
{
    const char *uid = json_string(json_get(object, "metadata"), "uid");
    struct cluster_pod *pod = uid ? index_find(&cluster->pod_index, uid) : NULL;
    /* A pod that was bound leaves the watch of the unbound ones; another watch has it by now. */
    if (!pod || pod->source != arrival->source)
        return CLUSTER_SAME;
    bool stood = cluster_pod_stands_on(pod) != NULL;
    cluster_drop_pod(cluster, pod);
    return stood ? CLUSTER_HUBS_CHANGED : CLUSTER_CHANGED;
}

struct cluster_deployment *cluster_pod_deployment(const struct cluster *cluster, const struct cluster_pod *pod,
                                                  bool *ret_current)
{
    const struct cluster_replica_set *set =
        pod->owner_uid ? index_find(&cluster->replica_set_index, pod->owner_uid) : NULL;
    if (!set)
        return NULL;
    struct cluster_deployment *deployment = cluster_find_deployment(cluster, set->namespace, set->deployment_name);
    if (!deployment || !deployment->uid || strcmp(deployment->uid, set->deployment_uid) != 0)
        return NULL;
    if (ret_current)
        *ret_current = strcmp(set->template_digest, deployment->template_digest) == 0;
    return deployment;
}
