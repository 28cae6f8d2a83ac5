/* The user's cluster, and the connector in it, which is asked through the API server. */
#ifndef CLI_CLUSTER_H
#define CLI_CLUSTER_H

#include "cli/options.h"
#include "common/error.h"
#include "kube/client.h"

#include <cjson/cJSON.h>

struct cluster_connection {
    struct kube_access *access;
    struct kube_client *kube;
    const char *namespace;             /* that is asked about; NULL: all */
    char *service_namespace, *service; /* the connector's, once it was asked */
    char *leader_path;                 /* of the pod that leads, once it was asked itself; or NULL */
};

#define CLUSTER_CONNECTION_INIT                                                                                        \
    {                                                                                                                  \
        .access = NULL                                                                                                 \
    }

void cluster_connection_release(struct cluster_connection *cluster);

#define cleanup_cluster_connection __attribute__((cleanup(cluster_connection_release)))

/* Finds the way to the API server; does not call it. The namespace is --namespace, else the context's, else
 * "default". */
int cluster_connect(const struct options *options, struct cluster_connection *cluster, struct error *error);

/* What the leading replica answers to a GET: path with its query. 0, or -1 with a sentence. */
int cluster_ask_connector(struct cluster_connection *cluster, const struct options *options, const char *path,
                          cJSON **ret_answer, struct error *error);

/* "/api/v1/status?namespace=…&name=…", either of which may be NULL; for the caller to free. */
char *cluster_connector_path(const char *what, const char *namespace, const char *name);

#endif
