#include "server/cluster_private.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <string.h>

static void replica_set_free_parts(struct cluster_replica_set *set)
{
    free(set->key);
    free(set->deployment_uid);
    free(set->deployment_name);
    free(set->namespace);
    free(set);
}

void cluster_drop_replica_set(struct cluster *cluster, struct cluster_replica_set *set)
{
    index_remove(&cluster->replica_set_index, set->key);
    TAILQ_REMOVE(&cluster->replica_sets, set, link);
    replica_set_free_parts(set);
}

static struct cluster_replica_set *replica_set_add(struct cluster *cluster, const cJSON *object)
{
    struct cluster_replica_set *added = calloc(1, sizeof(*added));
    if (!added)
        return NULL;
    const cJSON *owner = cluster_object_controller(object);
    added->key = cluster_object_copy(json_get(object, "metadata"), "uid");
    added->deployment_uid = cluster_object_copy(owner, "uid");
    added->deployment_name = cluster_object_copy(owner, "name");
    added->namespace = cluster_object_copy(json_get(object, "metadata"), "namespace");
    if (!added->key || !added->deployment_uid || !added->deployment_name || !added->namespace ||
        index_add(&cluster->replica_set_index, added->key, added) < 0) {
        replica_set_free_parts(added);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&cluster->replica_sets, added, link);
    return added;
}

enum cluster_change cluster_put_replica_set(struct cluster *cluster, const cJSON *object,
                                            const struct cluster_arrival *arrival)
{
    const char *uid = json_string(json_get(object, "metadata"), "uid");
    bool of_deployment = cluster_object_controller_uid(object, "Deployment") != NULL;
    if (!uid)
        return CLUSTER_SAME;
    struct cluster_replica_set *set = index_find(&cluster->replica_set_index, uid);
    if (!of_deployment || !deployment_is_edge(object)) {
        if (set)
            cluster_drop_replica_set(cluster, set);
        return set ? CLUSTER_HUBS_CHANGED : CLUSTER_SAME;
    }
    if (set) {
        set->round = arrival->round; /* its template never changes */
        return CLUSTER_SAME;
    }
    set = replica_set_add(cluster, object);
    if (!set)
        return CLUSTER_SAME;
    set->round = arrival->round;
    cluster_template_digest(json_at(object, "spec", "template", NULL), set->template_digest);
    return CLUSTER_HUBS_CHANGED; /* it tells whose the pods are that came before it */
}

enum cluster_change cluster_remove_replica_set(struct cluster *cluster, const cJSON *object,
                                               const struct cluster_arrival *arrival)
{
    (void)arrival;
    const char *uid = json_string(json_get(object, "metadata"), "uid");
    struct cluster_replica_set *set = uid ? index_find(&cluster->replica_set_index, uid) : NULL;
    if (!set)
        return CLUSTER_SAME;
    cluster_drop_replica_set(cluster, set);
    return CLUSTER_HUBS_CHANGED;
}
