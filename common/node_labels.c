#include "common/node_labels.h"

#include "common/cleanup.h"
#include "common/json.h"

#define NODE_NAME NULL

struct node_label node_label_at(size_t number, const char *node_name)
{
    /* By these, charts and controllers that know virtual nodes leave this one alone. */
    static const struct node_label labels[] = {
        {"type", "virtual-kubelet"},
        {"kubernetes.io/role", "agent"},
        {"kubernetes.io/hostname", NODE_NAME},
        {"kubernetes.io/os", "linux"},
        {"beta.kubernetes.io/os", "linux"},
        {"alpha.service-controller.kubernetes.io/exclude-balancer", "true"},
        {"node.kubernetes.io/exclude-from-external-load-balancers", "true"},
        {"node.kubernetes.io/exclude-disruption", "true"},
        {"kubernetes.azure.com/managed", "false"},
    };

    if (number >= array_length(labels))
        return (struct node_label){NULL, NULL};
    const struct node_label *label = &labels[number];
    return (struct node_label){label->name, label->value == NODE_NAME ? node_name : label->value};
}

cJSON *node_labels_object(const char *node_name)
{
    cleanup_json cJSON *labels = cJSON_CreateObject();
    struct node_label label;

    for (size_t i = 0; (label = node_label_at(i, node_name)).name; i++)
        if (!cJSON_AddStringToObject(labels, label.name, label.value))
            return NULL;
    return steal_ptr(labels);
}
