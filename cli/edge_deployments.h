/* Which edge Deployments the cluster has. */
#ifndef CLI_EDGE_DEPLOYMENTS_H
#define CLI_EDGE_DEPLOYMENTS_H

#include "cli/cluster.h"

#include <stdbool.h>

struct edge_deployments {
    char **keys; /* "namespace/name", owned */
    size_t count;
};

#define EDGE_DEPLOYMENTS_INIT                                                                                          \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

void edge_deployments_release(struct edge_deployments *deployments);

#define cleanup_edge_deployments __attribute__((cleanup(edge_deployments_release)))

/* Of one namespace, or with NULL of all. */
int edge_deployments_list(struct cluster_connection *cluster, const char *namespace,
                          struct edge_deployments *deployments, struct error *error);

bool edge_deployments_have(const struct edge_deployments *deployments, const char *namespace, const char *name);

/* The first one of that name in any namespace, as "namespace/name", or NULL. */
const char *edge_deployments_named(const struct edge_deployments *deployments, const char *name);

#endif
