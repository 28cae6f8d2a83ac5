/* The labels of a hub's virtual node: written by its heartbeat, and judged by whoever decides whether a template admits
 * the node. */
#ifndef COMMON_NODE_LABELS_H
#define COMMON_NODE_LABELS_H

#include <cjson/cJSON.h>
#include <stddef.h>

struct node_label {
    const char *name;
    const char *value;
};

/* The label of that number, from 0, for a node of that name; {NULL, NULL} after the last one. */
struct node_label node_label_at(size_t number, const char *node_name);

/* All of them as a JSON object, for the caller to delete; NULL without memory. */
cJSON *node_labels_object(const char *node_name);

#endif
