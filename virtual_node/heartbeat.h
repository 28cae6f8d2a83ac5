/* The nodes' heartbeats: a Lease in kube-node-lease for each, renewed every 10 s. In a thread and over a connection of
 * their own, for nothing else that is slow or broken may let a node look dead: 50 s without a renewal, and the node
 * controller declares all pods on it not ready. */
#ifndef VIRTUAL_NODE_HEARTBEAT_H
#define VIRTUAL_NODE_HEARTBEAT_H

#include "kube/client.h"

struct node_heartbeat;

/* For nodes of these names. Nothing is copied of access, which must outlive it. */
int node_heartbeat_new(const struct kube_access *access, char *const *names, size_t count,
                       struct node_heartbeat **ret_heartbeat, struct error *error);
int node_heartbeat_start(struct node_heartbeat *heartbeat, struct error *error);

/* The Node of that index is there, with this uid. Before, it has no heartbeat; another uid means that it was made anew.
 */
void node_heartbeat_set_uid(struct node_heartbeat *heartbeat, size_t index, const char *uid);

/* Ends the thread at once and frees. heartbeat may be NULL, or not started. */
void node_heartbeat_stop(struct node_heartbeat *heartbeat);

#endif
