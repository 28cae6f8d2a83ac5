/* What the engine watches of the cluster. */
#ifndef SERVER_CLUSTER_KIND_H
#define SERVER_CLUSTER_KIND_H

enum cluster_kind {
    CLUSTER_DEPLOYMENTS,
    CLUSTER_REPLICA_SETS,
    CLUSTER_CONFIG_MAPS,
    CLUSTER_SECRETS,
    CLUSTER_PODS,
    CLUSTER_KINDS
};

#endif
