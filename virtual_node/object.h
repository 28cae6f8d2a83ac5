/* The Node object's texts: pure. */
#ifndef VIRTUAL_NODE_OBJECT_H
#define VIRTUAL_NODE_OBJECT_H

#include "virtual_node/status.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* What is the same in every report of a node. Owned by others. */
struct node_facts {
    const char *name; /* "iot-edge-connector-hub0" */
    const char *hub;
    const char *address; /* InternalIP */
    const char *kubelet_version;
    const char *pods, *cpu, *memory; /* quantities */
};

/* The Node to create, with taints, labels and status. The text belongs to the caller; NULL without memory. */
char *node_object_text(const struct node_facts *facts, const struct node_condition conditions[NODE_CONDITION_COUNT],
                       int64_t now_s);

/* A strategic merge patch for nodes/status: our labels, and all of the status; what others put there stays. A condition
 * whose status is as in live keeps its lastTransitionTime. The text belongs to the caller; NULL without memory. */
char *node_object_patch(const struct node_facts *facts, const struct node_condition conditions[NODE_CONDITION_COUNT],
                        const cJSON *live, int64_t now_s);

/* Whether the Node says already what a patch would say, times and quantities (which the server writes in its own way)
 * aside. */
bool node_object_is_current(const struct node_facts *facts,
                            const struct node_condition conditions[NODE_CONDITION_COUNT], const cJSON *live);

/* "v1.36.3-iot-edge-connector-0.1.0" from the API server's gitVersion, which may be NULL. For the caller to free. */
char *node_object_kubelet_version(const char *git_version, const char *own_version);

#endif
