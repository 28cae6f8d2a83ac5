#include "server/cluster_private.h"

void cluster_init(struct cluster *cluster, size_t hub_count, int64_t settle_ms)
{
    *cluster = (struct cluster){.hub_count = hub_count, .settle_ms = settle_ms};
    TAILQ_INIT(&cluster->deployments);
    TAILQ_INIT(&cluster->replica_sets);
    for (int kind = 0; kind < CLUSTER_SOURCE_KINDS; kind++)
        TAILQ_INIT(&cluster->stores[kind].list);
    TAILQ_INIT(&cluster->pods);
    TAILQ_INIT(&cluster->gones);
}

static bool sweep_deployments(struct cluster *cluster, const struct cluster_arrival *arrival)
{
    bool swept = false;
    struct cluster_deployment *deployment = NULL, *next = NULL;
    FOREACH_REMOVABLE(deployment, next, &cluster->deployments)
    {
        if (deployment->round != arrival->round) {
            cluster_drop_deployment(cluster, deployment);
            swept = true;
        }
    }
    return swept;
}

static bool sweep_replica_sets(struct cluster *cluster, const struct cluster_arrival *arrival)
{
    bool swept = false;
    struct cluster_replica_set *set = NULL, *next = NULL;
    FOREACH_REMOVABLE(set, next, &cluster->replica_sets)
    {
        if (set->round != arrival->round) {
            cluster_drop_replica_set(cluster, set);
            swept = true;
        }
    }
    return swept;
}

static bool sweep_config_maps(struct cluster *cluster, const struct cluster_arrival *arrival)
{
    return cluster_sweep_sources(cluster, CLUSTER_CONFIG_MAP, arrival);
}

static bool sweep_secrets(struct cluster *cluster, const struct cluster_arrival *arrival)
{
    return cluster_sweep_sources(cluster, CLUSTER_SECRET, arrival);
}

static bool sweep_pods(struct cluster *cluster, const struct cluster_arrival *arrival)
{
    bool swept = false;
    struct cluster_pod *pod = NULL, *next = NULL;
    FOREACH_REMOVABLE(pod, next, &cluster->pods)
    {
        if (pod->source == arrival->source && pod->round != arrival->round) {
            cluster_drop_pod(cluster, pod);
            swept = true;
        }
    }
    return swept;
}

enum cluster_change cluster_sweep(struct cluster *cluster, enum cluster_kind kind,
                                  const struct cluster_arrival *arrival)
{
    static bool (*const sweeps[CLUSTER_KINDS])(struct cluster *, const struct cluster_arrival *) = {
        [CLUSTER_DEPLOYMENTS] = sweep_deployments,
        [CLUSTER_REPLICA_SETS] = sweep_replica_sets,
        [CLUSTER_CONFIG_MAPS] = sweep_config_maps,
        [CLUSTER_SECRETS] = sweep_secrets,
        [CLUSTER_PODS] = sweep_pods,
    };
    return sweeps[kind](cluster, arrival) ? CLUSTER_HUBS_CHANGED : CLUSTER_SAME;
}

void cluster_release(struct cluster *cluster)
{
    while (!TAILQ_EMPTY(&cluster->deployments))
        cluster_drop_deployment(cluster, TAILQ_FIRST(&cluster->deployments));
    while (!TAILQ_EMPTY(&cluster->replica_sets))
        cluster_drop_replica_set(cluster, TAILQ_FIRST(&cluster->replica_sets));
    cluster_release_sources(cluster);
    while (!TAILQ_EMPTY(&cluster->pods))
        cluster_drop_pod(cluster, TAILQ_FIRST(&cluster->pods));
    cluster_release_gones(cluster);
}
