/* Keeps a Node for each hub: makes it when it is missing, and reports its status on every change and each minute. */
#ifndef VIRTUAL_NODE_KEEPER_H
#define VIRTUAL_NODE_KEEPER_H

#include "kube/client.h"
#include "virtual_node/config.h"

struct node_keeper;

/* config and access must outlive it. */
int node_keeper_new(const struct node_config *config, const struct kube_access *access, struct node_keeper **ret_keeper,
                    struct error *error);

/* Starts its thread, and that of the heartbeats. */
int node_keeper_start(struct node_keeper *keeper, struct error *error);

/* Ends the threads at once and frees. The Nodes stay: their pods go on running on devices. keeper may be NULL, or not
 * started. */
void node_keeper_stop(struct node_keeper *keeper);

#endif
