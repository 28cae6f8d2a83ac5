/* Which pod goes to which hub. Pure: from the pods and what the hubs hold to a list of pins. Design, "Placement". */
#ifndef SYNC_PLACEMENT_H
#define SYNC_PLACEMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* A hub's node, as far as a template can choose by it. */
struct placement_hub {
    const char *name; /* of the hub */
    const char *node_name;
    bool admits; /* the Deployment's template admits the node: placement_admits */
    bool holds;  /* the hub has a configuration of this Deployment */
};

struct placement_pod {
    const char *uid;
    bool terminating; /* has a deletionTimestamp, or is finished */
    bool gated;       /* carries our scheduling gate */
    int hub;          /* index of the hub it is pinned to (nodeSelector hostname, gate removed) or bound to; -1: none */
};

enum placement_action {
    PLACEMENT_KEEP,    /* nothing to do */
    PLACEMENT_PIN,     /* to .hub: one PATCH with uid, nodeSelector hostname and without the gate */
    PLACEMENT_RELEASE, /* surplus: remove the gate, unpinned; it stays Pending */
};

struct placement_decision {
    enum placement_action action;
    int hub;
};

/* How many pods of this Deployment live at once at most: its replicas, and what maxSurge adds to them. */
size_t placement_most_pods(const cJSON *deployment);

/* Decides for every pod (decisions[i] for pods[i]). A gated pod goes to a hub that holds the Deployment and on which no
 * living pod of it is, else to a free one that admits it, in the order of the hubs; when none is left it is released.
 * While more than most seem to live, one of them is on its way out and has not been seen to go, since each node's pods
 * are watched on their own: then a pod that finds no hub that holds the Deployment is kept, for its predecessor's place
 * is about to be free. */
void placement_decide(const struct placement_hub *hubs, size_t hub_count, const struct placement_pod *pods,
                      size_t pod_count, size_t most, struct placement_decision *decisions);

/* Whether a pod template's nodeSelector and required node affinity admit a node with these labels (a JSON object). */
bool placement_admits(const cJSON *template, const cJSON *node_labels);

#endif
