#include "virtual_node/object.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#define NOW_S 1795451963 /* 2026-11-23T16:39:23Z */

static const struct node_facts facts = {
    .name = "iot-edge-connector-hub0",
    .hub = "hub0",
    .address = "10.1.2.3",
    .kubelet_version = "v1.36.3-iot-edge-connector-0.1.0",
    .pods = "110",
    .cpu = "1000",
    .memory = "4Ti",
};

static void judge(struct node_condition conditions[NODE_CONDITION_COUNT], bool reachable)
{
    static char message[] = "so it is";
    struct node_memory memory = {0};
    const struct node_hub_view view = {
        .sight = NODE_SIGHT_FRESH,
        .health = {.reachable = reachable, .ever_reachable = true, .message = message},
    };
    node_status_judge(&view, NULL, &memory, conditions);
}

static cJSON *parse(const char *text)
{
    cJSON *tree = NULL;
    assert_int_equal(json_parse(text, strlen(text), &tree, NULL), 0);
    return tree;
}

static cJSON *created(void)
{
    struct node_condition conditions[NODE_CONDITION_COUNT];
    judge(conditions, true);
    cleanup_free char *text = node_object_text(&facts, conditions, NOW_S);
    return parse(text);
}

static void assert_json(const cJSON *value, const char *expected)
{
    cleanup_json cJSON *tree = parse(expected);
    assert_true(json_equal(value, tree));
}

static void a_new_node_is_complete(void **state)
{
    (void)state;
    cleanup_json cJSON *node = created();
    assert_json(json_get(node, "metadata"),
                "{\"name\":\"iot-edge-connector-hub0\",\"labels\":{\"type\":\"virtual-kubelet\","
                "\"kubernetes.io/role\":\"agent\",\"kubernetes.io/hostname\":\"iot-edge-connector-hub0\","
                "\"kubernetes.io/os\":\"linux\",\"beta.kubernetes.io/os\":\"linux\","
                "\"alpha.service-controller.kubernetes.io/exclude-balancer\":\"true\","
                "\"node.kubernetes.io/exclude-from-external-load-balancers\":\"true\","
                "\"node.kubernetes.io/exclude-disruption\":\"true\",\"kubernetes.azure.com/managed\":\"false\"}}");
    assert_json(json_get(node, "spec"),
                "{\"providerID\":\"iot-edge://hub0\",\"taints\":[{\"key\":\"virtual-kubelet.io/provider\","
                "\"value\":\"iotedge\",\"effect\":\"NoSchedule\"},{\"key\":\"iot-edge-connector/edge\","
                "\"effect\":\"NoSchedule\"}]}");
    assert_json(json_at(node, "status", "capacity", NULL), "{\"cpu\":\"1000\",\"memory\":\"4Ti\",\"pods\":\"110\"}");
    assert_json(json_at(node, "status", "allocatable", NULL), "{\"cpu\":\"1000\",\"memory\":\"4Ti\",\"pods\":\"110\"}");
    assert_json(json_at(node, "status", "addresses", NULL), "[{\"type\":\"InternalIP\",\"address\":\"10.1.2.3\"}]");
    assert_json(json_at(node, "status", "nodeInfo", NULL),
                "{\"machineID\":\"\",\"systemUUID\":\"\",\"bootID\":\"\",\"kernelVersion\":\"\","
                "\"osImage\":\"Azure IoT Edge\",\"containerRuntimeVersion\":\"\",\"kubeletVersion\":"
                "\"v1.36.3-iot-edge-connector-0.1.0\",\"kubeProxyVersion\":\"\",\"operatingSystem\":\"linux\","
                "\"architecture\":\"\"}");
    assert_null(json_at(node, "status", "daemonEndpoints", NULL));
    assert_json(node_status_condition(node, "HubReachable"),
                "{\"type\":\"HubReachable\",\"status\":\"True\",\"reason\":\"HubAnswers\",\"message\":\"so it is\","
                "\"lastHeartbeatTime\":\"2026-11-23T16:39:23Z\",\"lastTransitionTime\":\"2026-11-23T16:39:23Z\"}");
    assert_int_equal(cJSON_GetArraySize(json_at(node, "status", "conditions", NULL)), NODE_CONDITION_COUNT);
}

static void a_patch_keeps_the_time_of_what_did_not_change(void **state)
{
    (void)state;
    struct node_condition conditions[NODE_CONDITION_COUNT];
    cleanup_json cJSON *live = created();
    judge(conditions, false);
    cleanup_free char *text = node_object_patch(&facts, conditions, live, NOW_S + 60);
    cleanup_json cJSON *patch = parse(text);
    const cJSON *ready = node_status_condition(patch, "Ready");
    const cJSON *reachable = node_status_condition(patch, "HubReachable");
    assert_string_equal(json_string(ready, "lastHeartbeatTime"), "2026-11-23T16:40:23Z");
    assert_string_equal(json_string(ready, "lastTransitionTime"), "2026-11-23T16:39:23Z");
    assert_string_equal(json_string(reachable, "status"), "False");
    assert_string_equal(json_string(reachable, "lastTransitionTime"), "2026-11-23T16:40:23Z");
    assert_null(json_get(patch, "spec"));
    assert_null(json_get(json_get(patch, "metadata"), "name"));
    assert_true(json_equal(json_at(patch, "metadata", "labels", NULL), json_at(live, "metadata", "labels", NULL)));
}

/* Sets a text deep in the node, and says whether the node is still as it shall be. */
static bool is_current_with(const char *section, const char *object, const char *name, const char *value)
{
    struct node_condition conditions[NODE_CONDITION_COUNT];
    cleanup_json cJSON *live = created();
    cJSON *target = json_at(live, section, object, NULL);
    judge(conditions, true);
    if (cJSON_IsArray(target))
        target = cJSON_GetArrayItem(target, 0);
    assert_true(cJSON_ReplaceItemInObjectCaseSensitive(target, name, cJSON_CreateString(value)));
    return node_object_is_current(&facts, conditions, live);
}

static void only_a_difference_calls_for_a_patch(void **state)
{
    (void)state;
    struct node_condition conditions[NODE_CONDITION_COUNT];
    cleanup_json cJSON *live = created();
    judge(conditions, true);
    assert_true(node_object_is_current(&facts, conditions, live));
    judge(conditions, false);
    assert_false(node_object_is_current(&facts, conditions, live));
    /* As the API server writes the quantity 1000, and a time, which is no news. */
    assert_true(is_current_with("status", "capacity", "cpu", "1k"));
    assert_true(is_current_with("status", "conditions", "lastHeartbeatTime", "2020-01-01T00:00:00Z"));
    assert_false(is_current_with("status", "conditions", "status", "Unknown"));
    assert_false(is_current_with("status", "conditions", "message", "other"));
    assert_false(is_current_with("status", "addresses", "address", "10.9.9.9"));
    assert_false(is_current_with("status", "nodeInfo", "kubeletVersion", "v1.35.0-iot-edge-connector-0.1.0"));
    assert_false(is_current_with("metadata", "labels", "type", "other"));
}

static void the_kubelet_version_follows_the_api_server(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"v1.36.3", "v1.36.3-iot-edge-connector-0.1.0"},
        {"v1.28.5+k3s1", "v1.28.5-iot-edge-connector-0.1.0"},
        {"v1.29.4-gke.100", "v1.29.4-iot-edge-connector-0.1.0"},
        {"strange", "v0.0.0-iot-edge-connector-0.1.0"},
        {NULL, "v0.0.0-iot-edge-connector-0.1.0"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_free char *text = node_object_kubelet_version(cases[i][0], "0.1.0");
        assert_string_equal(text, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_node_is_complete),
        cmocka_unit_test(a_patch_keeps_the_time_of_what_did_not_change),
        cmocka_unit_test(only_a_difference_calls_for_a_patch),
        cmocka_unit_test(the_kubelet_version_follows_the_api_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
