/* What a virtual node says about itself: pure, from what is known of its hub and what the Node says already. */
#ifndef VIRTUAL_NODE_STATUS_H
#define VIRTUAL_NODE_STATUS_H

#include "common/hub_health.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* What is known of a hub by the connector's Lease. */
enum node_sight {
    NODE_SIGHT_NONE,   /* no Lease or no annotation, ever since we look */
    NODE_SIGHT_FRESH,  /* an annotation, and the Lease is being renewed */
    NODE_SIGHT_SILENT, /* an annotation, but nobody renews the Lease */
};

struct node_hub_view {
    enum node_sight sight;
    struct hub_health health; /* unless NODE_SIGHT_NONE */
};

/* What this process said of a node before; zero at the beginning. It outlives the Node, when that is deleted and made
 * anew. */
struct node_memory {
    bool judged;        /* `ready` holds */
    bool ready;         /* the last judgement */
    bool ever_answered; /* the hub answered once */
};

enum node_condition_status { NODE_CONDITION_FALSE, NODE_CONDITION_TRUE, NODE_CONDITION_UNKNOWN };

struct node_condition {
    const char *type;
    enum node_condition_status status;
    const char *reason;
    const char *message; /* static, or owned by the view */
};

enum { NODE_CONDITION_COUNT = 6 };

/* Fills the six conditions, Ready first and HubReachable second. live is the Node as it is, NULL when it is not there.
 * Ready is False only while the hub has never answered, as far as the connector, the Node or our memory can tell. The
 * texts live as long as the view. */
void node_status_judge(const struct node_hub_view *view, const cJSON *live, struct node_memory *memory,
                       struct node_condition conditions[NODE_CONDITION_COUNT]);

/* "True", "False", "Unknown". */
const char *node_condition_status_text(enum node_condition_status status);

/* The condition of that type in a Node, or NULL. */
const cJSON *node_status_condition(const cJSON *live, const char *type);

#endif
