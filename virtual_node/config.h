/* The part of the connector's configuration file that the virtual node reads: hubs (their names), kubeconfig, lease
 * (where the connector publishes the hubs' health), log, and a section of its own, node. */
#ifndef VIRTUAL_NODE_CONFIG_H
#define VIRTUAL_NODE_CONFIG_H

#include "common/error.h"
#include "common/hubs.h"
#include "common/log.h"

struct node_config {
    char *kubeconfig;           /* `kubeconfig`; NULL: as kube_access_load looks for it */
    struct hubs hubs;           /* `hubs`, at least one */
    char *lease_namespace;      /* `lease.namespace`; NULL: the pod's own, else "default" */
    char *lease_name;           /* `lease.name`, "iot-edge-connector" */
    char *capacity_pods;        /* `node.capacityPods`, 110; of each node, as text */
    char *capacity_cpu;         /* `node.capacityCpu`, "1000" */
    char *capacity_memory;      /* `node.capacityMemory`, "4Ti" */
    char *address;              /* `node.address`: the nodes' InternalIP; NULL: the host's first one */
    enum log_level log_level;   /* `log.level`, info */
    enum log_format log_format; /* `log.format`, text */
};

#define NODE_CONFIG_INIT                                                                                               \
    {                                                                                                                  \
        .hubs = HUBS_INIT, .log_level = LOG_LEVEL_INFO, .log_format = LOG_FORMAT_TEXT                                  \
    }

/* Reads and checks the file; every error names the key. Sections of the connector alone are not looked into, an unknown
 * key is an error. *config must be NODE_CONFIG_INIT before and is released by the caller, also after a failure. */
int node_config_load(const char *path, struct node_config *config, struct error *error);

/* The same from a text in memory. */
int node_config_parse(const char *text, size_t length, struct node_config *config, struct error *error);

void node_config_release(struct node_config *config);

#define cleanup_node_config __attribute__((cleanup(node_config_release)))

#endif
