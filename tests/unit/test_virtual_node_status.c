#include "virtual_node/status.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

/* A Node with these two conditions; reason NULL leaves HubReachable out. */
static cJSON *node(const char *ready, const char *reason)
{
    cleanup_free char *text = NULL;
    cJSON *tree = NULL;
    int length = asprintf(&text,
                          "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\"},{\"type\":\"%s\","
                          "\"status\":\"False\",\"reason\":\"%s\"}]}}",
                          ready, reason ? "HubReachable" : "Other", reason ? reason : "x");
    assert_true(length > 0);
    assert_int_equal(json_parse(text, (size_t)length, &tree, NULL), 0);
    return tree;
}

static struct node_hub_view view(enum node_sight sight, bool reachable, bool ever_reachable)
{
    static char message[] = "so it is";
    return (struct node_hub_view){
        .sight = sight,
        .health = {.reachable = reachable, .ever_reachable = ever_reachable, .message = message},
    };
}

static const struct node_hub_view none = {.sight = NODE_SIGHT_NONE};

/* "True VirtualNodeReady, Unknown ConnectorSilent": Ready and HubReachable. */
static void assert_judgement(const struct node_hub_view *hub, cJSON *live, struct node_memory *memory,
                             const char *expected)
{
    struct node_condition conditions[NODE_CONDITION_COUNT];
    char text[128];
    node_status_judge(hub, live, memory, conditions);
    assert_string_equal(conditions[0].type, "Ready");
    assert_string_equal(conditions[1].type, "HubReachable");
    snprintf(text, sizeof(text), "%s %s, %s %s", node_condition_status_text(conditions[0].status), conditions[0].reason,
             node_condition_status_text(conditions[1].status), conditions[1].reason);
    assert_string_equal(text, expected);
    cJSON_Delete(live);
}

static void not_ready_before_a_connector_was_seen(void **state)
{
    (void)state;
    struct node_memory memory = {0};
    assert_judgement(&none, NULL, &memory, "False ConnectorNeverSeen, Unknown ConnectorNeverSeen");
    assert_judgement(&none, node("False", "ConnectorNeverSeen"), &memory,
                     "False ConnectorNeverSeen, Unknown ConnectorNeverSeen");
}

static void not_ready_while_the_hub_has_never_answered(void **state)
{
    (void)state;
    struct node_memory memory = {0};
    struct node_condition conditions[NODE_CONDITION_COUNT];
    struct node_hub_view hub = view(NODE_SIGHT_FRESH, false, false);
    assert_judgement(&hub, NULL, &memory, "False HubNeverReachable, False HubNeverReachable");
    node_status_judge(&hub, NULL, &memory, conditions);
    assert_string_equal(conditions[0].message, "so it is");
    hub.sight = NODE_SIGHT_SILENT;
    assert_judgement(&hub, node("False", "HubNeverReachable"), &memory,
                     "False HubNeverReachable, False HubNeverReachable");
}

/* Also when the Node was adopted from a program that always said Ready. */
static void a_report_wins_over_the_node(void **state)
{
    (void)state;
    struct node_memory memory = {0};
    struct node_hub_view hub = view(NODE_SIGHT_FRESH, false, false);
    assert_judgement(&hub, node("True", NULL), &memory, "False HubNeverReachable, False HubNeverReachable");
    assert_judgement(&none, node("False", "HubNeverReachable"), &memory,
                     "False ConnectorNeverSeen, Unknown ConnectorNeverSeen");
}

static void ready_when_the_hub_answers(void **state)
{
    (void)state;
    struct node_memory memory = {0};
    struct node_hub_view hub = view(NODE_SIGHT_FRESH, true, true);
    assert_judgement(&hub, NULL, &memory, "True VirtualNodeReady, True HubAnswers");
}

static void an_outage_leaves_it_ready(void **state)
{
    (void)state;
    struct node_memory memory = {0};
    struct node_hub_view hub = view(NODE_SIGHT_FRESH, false, true);
    assert_judgement(&hub, NULL, &memory, "True VirtualNodeReady, False HubUnreachable");
    hub.sight = NODE_SIGHT_SILENT;
    assert_judgement(&hub, NULL, &memory, "True VirtualNodeReady, Unknown ConnectorSilent");
}

/* The connector's Lease was lost, and its next leader has not reached the hub: the Node remembers that it once
 * answered. */
static void the_node_remembers_that_the_hub_answered(void **state)
{
    (void)state;
    static const char *const reasons[] = {"HubAnswers", "HubUnreachable", "ConnectorSilent"};
    struct node_hub_view hub = view(NODE_SIGHT_FRESH, false, false);
    for (size_t i = 0; i < array_length(reasons); i++) {
        struct node_memory memory = {0};
        /* Unknown is what the node controller writes when no heartbeat came. */
        assert_judgement(&hub, node("Unknown", reasons[i]), &memory, "True VirtualNodeReady, False HubUnreachable");
        memory = (struct node_memory){0};
        assert_judgement(&none, node("Unknown", reasons[i]), &memory, "True VirtualNodeReady, Unknown ConnectorSilent");
    }
}

static void a_node_made_anew_is_as_ready_as_before(void **state)
{
    (void)state;
    struct node_memory memory = {0};
    struct node_hub_view hub = view(NODE_SIGHT_FRESH, true, true);
    assert_judgement(&hub, NULL, &memory, "True VirtualNodeReady, True HubAnswers");
    assert_judgement(&none, NULL, &memory, "True VirtualNodeReady, Unknown ConnectorSilent");
}

static void an_adopted_node_stays_ready_without_a_report(void **state)
{
    (void)state;
    struct node_memory memory = {0};
    assert_judgement(&none, node("True", NULL), &memory, "True VirtualNodeReady, Unknown ConnectorNeverSeen");
    assert_judgement(&none, node("Unknown", "ConnectorNeverSeen"), &memory,
                     "True VirtualNodeReady, Unknown ConnectorNeverSeen");
    struct node_memory fresh = {0};
    assert_judgement(&none, node("Unknown", NULL), &fresh, "False ConnectorNeverSeen, Unknown ConnectorNeverSeen");
}

static void nothing_presses_on_a_node_without_a_machine(void **state)
{
    (void)state;
    static const char *const types[] = {"MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"};
    struct node_memory memory = {0};
    struct node_condition conditions[NODE_CONDITION_COUNT];
    node_status_judge(&none, NULL, &memory, conditions);
    for (size_t i = 0; i < array_length(types); i++) {
        assert_string_equal(conditions[i + 2].type, types[i]);
        assert_int_equal(conditions[i + 2].status, NODE_CONDITION_FALSE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_ready_before_a_connector_was_seen),
        cmocka_unit_test(not_ready_while_the_hub_has_never_answered),
        cmocka_unit_test(a_report_wins_over_the_node),
        cmocka_unit_test(ready_when_the_hub_answers),
        cmocka_unit_test(an_outage_leaves_it_ready),
        cmocka_unit_test(the_node_remembers_that_the_hub_answered),
        cmocka_unit_test(a_node_made_anew_is_as_ready_as_before),
        cmocka_unit_test(an_adopted_node_stays_ready_without_a_report),
        cmocka_unit_test(nothing_presses_on_a_node_without_a_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
