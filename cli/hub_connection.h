/* A hub that the user has a key to, and whose configurations there are the connector's. */
#ifndef CLI_HUB_CONNECTION_H
#define CLI_HUB_CONNECTION_H

#include "cli/cluster.h"
#include "iothub/client.h"

struct hub_connection {
    struct iothub_client *client;
    char *owner;                      /* that the connector's configurations carry */
    int connection_string_descriptor; /* -1: none */
};

#define HUB_CONNECTION_INIT                                                                                            \
    {                                                                                                                  \
        NULL, NULL, -1                                                                                                 \
    }

void hub_connection_release(struct hub_connection *hub);

#define cleanup_hub_connection __attribute__((cleanup(hub_connection_release)))

/* --connection-string-file, else the variable HUB_CONNECTION_STRING; --owner, else the uid of the namespace
 * kube-system, for which the cluster is asked. */
int hub_connect(const struct options *options, struct cluster_connection *cluster, struct hub_connection *hub,
                struct error *error);

#endif
