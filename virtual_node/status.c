#include "virtual_node/status.h"

#include "common/json.h"

#include <string.h>

/* HubReachable's reasons. The first three say that the hub has answered once: a later process reads that from the Node.
 */
#define REASON_ANSWERS     "HubAnswers"
#define REASON_UNREACHABLE "HubUnreachable"
#define REASON_SILENT      "ConnectorSilent"
#define REASON_NEVER       "HubNeverReachable"
#define REASON_UNSEEN      "ConnectorNeverSeen"

#define MESSAGE_UNSEEN "no connector has reported on this hub yet"

const char *node_condition_status_text(enum node_condition_status status)
{
    static const char *const texts[] = {"False", "True", "Unknown"};
    return texts[status];
}

const cJSON *node_status_condition(const cJSON *live, const char *type)
{
    const cJSON *condition = NULL;
    cJSON_ArrayForEach(condition, json_at(live, "status", "conditions", NULL))
    {
        if (!strcmp(json_string_or(condition, "type", ""), type))
            return condition;
    }
    return NULL;
}

static bool node_says_answered(const cJSON *live)
{
    const char *reason = json_string_or(node_status_condition(live, "HubReachable"), "reason", "");
    return !strcmp(reason, REASON_ANSWERS) || !strcmp(reason, REASON_UNREACHABLE) || !strcmp(reason, REASON_SILENT);
}

static bool node_says_ready(const cJSON *live)
{
    return !strcmp(json_string_or(node_status_condition(live, "Ready"), "status", ""), "True");
}

static const char *health_message(const struct node_hub_view *view, const char *otherwise)
{
    return view->health.message && view->health.message[0] ? view->health.message : otherwise;
}

static struct node_condition judge_reachable(const struct node_hub_view *view, bool answered)
{
    struct node_condition condition = {.type = "HubReachable", .status = NODE_CONDITION_FALSE};
    if (view->sight == NODE_SIGHT_FRESH && view->health.reachable) {
        condition.status = NODE_CONDITION_TRUE;
        condition.reason = REASON_ANSWERS;
        condition.message = health_message(view, "the hub answers");
    } else if (view->sight == NODE_SIGHT_FRESH && answered) {
        condition.reason = REASON_UNREACHABLE;
        condition.message = health_message(view, "the hub does not answer");
    } else if (answered) {
        condition.status = NODE_CONDITION_UNKNOWN;
        condition.reason = REASON_SILENT;
        condition.message = "no connector reports on this hub at present";
    } else if (view->sight == NODE_SIGHT_NONE) {
        condition.status = NODE_CONDITION_UNKNOWN;
        condition.reason = REASON_UNSEEN;
        condition.message = MESSAGE_UNSEEN;
    } else {
        condition.reason = REASON_NEVER;
        condition.message = health_message(view, "the hub has not answered yet");
    }
    return condition;
}

/* What runs on devices goes on running when a hub can't be reached: only a hub that never answered makes a node unfit.
 */
static struct node_condition judge_ready(const struct node_hub_view *view, bool answered, bool ready_before)
{
    struct node_condition condition = {.type = "Ready", .status = NODE_CONDITION_FALSE};
    if (answered || (view->sight == NODE_SIGHT_NONE && ready_before)) {
        condition.status = NODE_CONDITION_TRUE;
        condition.reason = "VirtualNodeReady";
        condition.message = "the virtual node takes edge deployments for its hub";
    } else if (view->sight == NODE_SIGHT_NONE) {
        condition.reason = REASON_UNSEEN;
        condition.message = MESSAGE_UNSEEN;
    } else {
        condition.reason = REASON_NEVER;
        condition.message = health_message(view, "the hub has not answered yet");
    }
    return condition;
}

void node_status_judge(const struct node_hub_view *view, const cJSON *live, struct node_memory *memory,
                       struct node_condition conditions[NODE_CONDITION_COUNT])
{
    bool reported = view->sight != NODE_SIGHT_NONE && (view->health.ever_reachable || view->health.reachable);
    memory->ever_answered = memory->ever_answered || reported || node_says_answered(live);
    bool ready_before = memory->judged ? memory->ready : node_says_ready(live);
    conditions[0] = judge_ready(view, memory->ever_answered, ready_before);
    conditions[1] = judge_reachable(view, memory->ever_answered);
    conditions[2] = (struct node_condition){"MemoryPressure", NODE_CONDITION_FALSE, "NoLocalResources",
                                            "containers run on devices, not on this node"};
    conditions[3] = (struct node_condition){"DiskPressure", NODE_CONDITION_FALSE, "NoLocalResources",
                                            "images are on devices, not on this node"};
    conditions[4] = (struct node_condition){"PIDPressure", NODE_CONDITION_FALSE, "NoLocalResources",
                                            "processes run on devices, not on this node"};
    conditions[5] = (struct node_condition){"NetworkUnavailable", NODE_CONDITION_FALSE, "NoPodNetwork",
                                            "edge modules use their devices' network, this node needs no route"};
    memory->judged = true;
    memory->ready = conditions[0].status == NODE_CONDITION_TRUE;
}
