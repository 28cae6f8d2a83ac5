#include "common/cleanup.h"
#include "common/json.h"
#include "sync/placement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MANY 100
#define HUB(name, admits, holds)                                                                                       \
    {                                                                                                                  \
        name, "node-" name, admits, holds                                                                              \
    }

static const struct placement_pod gated = {"g", false, true, -1};

static void expect(const struct placement_decision *decision, enum placement_action action, int hub)
{
    assert_int_equal(decision->action, action);
    assert_int_equal(decision->hub, hub);
}

static void test_a_new_deployment_takes_the_first_hub(void **state)
{
    const struct placement_hub hubs[] = {{"a", "node-a", true, false}, {"b", "node-b", true, false}};
    struct placement_decision decision;

    (void)state;
    placement_decide(hubs, 2, &gated, 1, MANY, &decision);
    expect(&decision, PLACEMENT_PIN, 0);
}

/* A rollout: the old pod still terminates, the new one goes where the workload is. */
static void test_a_successor_stays_on_its_hub(void **state)
{
    const struct placement_hub hubs[] = {{"a", "node-a", true, false}, {"b", "node-b", true, true}};
    const struct placement_pod pods[] = {{"old", true, false, 1}, gated};
    struct placement_decision decisions[2];

    (void)state;
    placement_decide(hubs, 2, pods, 2, MANY, decisions);
    expect(&decisions[0], PLACEMENT_KEEP, 1);
    expect(&decisions[1], PLACEMENT_PIN, 1);
}

static void test_one_pod_a_hub(void **state)
{
    const struct placement_hub hubs[] = {
        {"a", "node-a", true, true}, {"b", "node-b", true, false}, {"c", "node-c", true, true}};
    const struct placement_pod pods[] = {gated, gated, gated, gated};
    struct placement_decision decisions[4];

    (void)state;
    placement_decide(hubs, 3, pods, 4, MANY, decisions);
    expect(&decisions[0], PLACEMENT_PIN, 0);
    expect(&decisions[1], PLACEMENT_PIN, 2);
    expect(&decisions[2], PLACEMENT_PIN, 1);
    expect(&decisions[3], PLACEMENT_RELEASE, -1);
}

/* The living pod comes after the gated one in the list; its hub is taken all the same. */
static void test_a_living_pod_keeps_its_hub(void **state)
{
    const struct placement_hub hubs[] = {{"a", "node-a", true, true}};
    const struct placement_pod pods[] = {gated, {"living", false, false, 0}};
    struct placement_decision decisions[2];

    (void)state;
    placement_decide(hubs, 1, pods, 2, MANY, decisions);
    expect(&decisions[0], PLACEMENT_RELEASE, -1);
    expect(&decisions[1], PLACEMENT_KEEP, 0);
}

static void test_a_hub_that_is_not_admitted_is_not_taken(void **state)
{
    const struct placement_hub hubs[] = {{"a", "node-a", false, true}, {"b", "node-b", true, false}};
    struct placement_decision decision;

    (void)state;
    placement_decide(hubs, 2, &gated, 1, MANY, &decision);
    expect(&decision, PLACEMENT_PIN, 1);
    placement_decide(hubs, 1, &gated, 1, MANY, &decision);
    expect(&decision, PLACEMENT_RELEASE, -1);
}

static void test_released_and_dying_pods_are_left_alone(void **state)
{
    const struct placement_hub hubs[] = {{"a", "node-a", true, true}};
    const struct placement_pod pods[] = {{"released", false, false, -1}, {"dying", true, true, -1}};
    struct placement_decision decisions[2];

    (void)state;
    placement_decide(hubs, 1, pods, 2, MANY, decisions);
    expect(&decisions[0], PLACEMENT_KEEP, -1);
    expect(&decisions[1], PLACEMENT_KEEP, -1);
}

#define NODE "{\"type\":\"virtual-kubelet\",\"kubernetes.io/hostname\":\"iot-edge-connector-hub0\",\"zone\":\"7\"}"

static bool admits(const char *template)
{
    cleanup_json cJSON *tree = NULL, *labels = NULL;

    assert_int_equal(json_parse(template, strlen(template), &tree, NULL), 0);
    assert_int_equal(json_parse(NODE, strlen(NODE), &labels, NULL), 0);
    return placement_admits(tree, labels);
}

static void test_node_selector(void **state)
{
    (void)state;
    assert_true(admits("{\"spec\":{}}"));
    assert_true(admits("{\"spec\":{\"nodeSelector\":{\"type\":\"virtual-kubelet\",\"zone\":\"7\"}}}"));
    assert_false(admits("{\"spec\":{\"nodeSelector\":{\"type\":\"virtual-kubelet\",\"zone\":\"8\"}}}"));
    assert_false(admits("{\"spec\":{\"nodeSelector\":{\"missing\":\"x\"}}}"));
    assert_false(admits("{\"spec\":{\"nodeSelector\":{\"Type\":\"virtual-kubelet\"}}}"));
}

static bool term_admits(const char *terms)
{
    char template[1024];

    (void)snprintf(template, sizeof template,
                   "{\"spec\":{\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":"
                   "{\"nodeSelectorTerms\":[%s]}}}}}",
                   terms);
    return admits(template);
}

static bool requirement_admits(const char *requirement)
{
    char term[512];

    (void)snprintf(term, sizeof term, "{\"matchExpressions\":[%s]}", requirement);
    return term_admits(term);
}

static void test_operators_of_node_affinity(void **state)
{
    (void)state;
    assert_true(requirement_admits("{\"key\":\"type\",\"operator\":\"In\",\"values\":[\"a\",\"virtual-kubelet\"]}"));
    assert_false(requirement_admits("{\"key\":\"type\",\"operator\":\"In\",\"values\":[\"a\"]}"));
    assert_false(requirement_admits("{\"key\":\"none\",\"operator\":\"In\",\"values\":[\"a\"]}"));
    assert_false(requirement_admits("{\"key\":\"type\",\"operator\":\"NotIn\",\"values\":[\"virtual-kubelet\"]}"));
    assert_true(requirement_admits("{\"key\":\"type\",\"operator\":\"NotIn\",\"values\":[\"a\"]}"));
    assert_true(requirement_admits("{\"key\":\"none\",\"operator\":\"NotIn\",\"values\":[\"a\"]}"));
    assert_true(requirement_admits("{\"key\":\"type\",\"operator\":\"Exists\"}"));
    assert_false(requirement_admits("{\"key\":\"none\",\"operator\":\"Exists\"}"));
    assert_true(requirement_admits("{\"key\":\"none\",\"operator\":\"DoesNotExist\"}"));
    assert_false(requirement_admits("{\"key\":\"type\",\"operator\":\"DoesNotExist\"}"));
    assert_true(requirement_admits("{\"key\":\"zone\",\"operator\":\"Gt\",\"values\":[\"6\"]}"));
    assert_false(requirement_admits("{\"key\":\"zone\",\"operator\":\"Gt\",\"values\":[\"7\"]}"));
    assert_true(requirement_admits("{\"key\":\"zone\",\"operator\":\"Lt\",\"values\":[\"8\"]}"));
    assert_false(requirement_admits("{\"key\":\"zone\",\"operator\":\"Lt\",\"values\":[\"8\",\"9\"]}"));
    assert_false(requirement_admits("{\"key\":\"type\",\"operator\":\"Lt\",\"values\":[\"8\"]}"));
    assert_false(requirement_admits("{\"key\":\"type\",\"operator\":\"in\",\"values\":[\"virtual-kubelet\"]}"));
}

static void test_terms_of_node_affinity(void **state)
{
#define YES "{\"matchExpressions\":[{\"key\":\"type\",\"operator\":\"Exists\"}]}"
#define NO  "{\"matchExpressions\":[{\"key\":\"none\",\"operator\":\"Exists\"}]}"
#define BOTH                                                                                                           \
    "{\"matchExpressions\":[{\"key\":\"type\",\"operator\":\"Exists\"},{\"key\":\"none\",\"operator\":\"Exists\"}]}"
    (void)state;
    assert_true(term_admits(YES));
    assert_true(term_admits(NO "," YES));
    assert_false(term_admits(NO));
    assert_false(term_admits(BOTH));
    assert_false(term_admits("{}"));
    assert_false(term_admits(""));
    assert_true(term_admits("{\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"In\","
                            "\"values\":[\"iot-edge-connector-hub0\"]}]}"));
    assert_false(term_admits("{\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"x\"]}]}"));
    assert_false(term_admits("{\"matchFields\":[{\"key\":\"metadata.uid\",\"operator\":\"Exists\"}]}"));
}

/* The pod that was replaced is seen to go later than its successor is seen to come. */
static void test_a_successor_waits_for_the_place_of_its_predecessor(void **state)
{
    const struct placement_hub hubs[] = {HUB("hub0", true, true), HUB("hub1", true, false)};
    const struct placement_hub empty[] = {HUB("hub0", true, false), HUB("hub1", true, false)};
    struct placement_pod pods[] = {{"old", false, false, 0}, {"new", false, true, -1}};
    struct placement_decision decisions[2];

    (void)state;
    placement_decide(hubs, 2, pods, 2, 1, decisions);
    assert_int_equal(decisions[1].action, PLACEMENT_KEEP);
    placement_decide(hubs, 2, pods, 2, 2, decisions); /* both may live */
    assert_int_equal(decisions[1].action, PLACEMENT_PIN);
    assert_int_equal(decisions[1].hub, 1);
    placement_decide(empty, 2, pods, 2, 1, decisions); /* there is nothing to keep together */
    assert_int_equal(decisions[1].action, PLACEMENT_PIN);
    assert_int_equal(decisions[1].hub, 1);
    pods[0].terminating = true;
    placement_decide(hubs, 2, pods, 2, 1, decisions);
    assert_int_equal(decisions[1].action, PLACEMENT_PIN);
    assert_int_equal(decisions[1].hub, 0);
}

static void assert_most(const char *json, size_t most)
{
    cleanup_json cJSON *deployment = cJSON_Parse(json);

    assert_int_equal(placement_most_pods(deployment), most);
}

static void test_how_many_pods_may_live(void **state)
{
    (void)state;
    assert_most("{\"spec\":{\"replicas\":3,\"strategy\":{\"rollingUpdate\":{\"maxSurge\":0}}}}", 3);
    assert_most("{\"spec\":{\"replicas\":3,\"strategy\":{\"rollingUpdate\":{\"maxSurge\":2}}}}", 5);
    assert_most("{\"spec\":{\"replicas\":3,\"strategy\":{\"rollingUpdate\":{\"maxSurge\":\"50%\"}}}}", 5);
    assert_most("{\"spec\":{\"replicas\":3,\"strategy\":{\"rollingUpdate\":{\"maxSurge\":\"0%\"}}}}", 3);
    assert_most("{\"spec\":{\"replicas\":3,\"strategy\":{\"type\":\"Recreate\"}}}", 3);
    assert_most("{\"spec\":{\"strategy\":{\"type\":\"RollingUpdate\"}}}", 2);
    assert_most("{}", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_deployment_takes_the_first_hub),
        cmocka_unit_test(test_a_successor_stays_on_its_hub),
        cmocka_unit_test(test_one_pod_a_hub),
        cmocka_unit_test(test_a_living_pod_keeps_its_hub),
        cmocka_unit_test(test_a_hub_that_is_not_admitted_is_not_taken),
        cmocka_unit_test(test_released_and_dying_pods_are_left_alone),
        cmocka_unit_test(test_node_selector),
        cmocka_unit_test(test_operators_of_node_affinity),
        cmocka_unit_test(test_terms_of_node_affinity),
        cmocka_unit_test(test_a_successor_waits_for_the_place_of_its_predecessor),
        cmocka_unit_test(test_how_many_pods_may_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
