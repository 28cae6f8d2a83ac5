#include "tests/unit/translate_objects.h"
#include "translate/defaults.h"
#include "translate/validate.h"

#define SURGE "  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}\n"
#define BARE  "        isEdgeDeployment: 'true'\n        targetCondition: tags.site='north'\n"

/* Asserts the patch, that applying it in place leaves nothing to patch or to complain about, and returns the outcome.
 */
static cJSON *assert_patch(const char *yaml, size_t count, const char *expected)
{
    cleanup_json cJSON *deployment = object_from(yaml);
    cleanup_strbuf struct strbuf patch = STRBUF_INIT;
    cleanup_strbuf struct strbuf again = STRBUF_INIT;
    cleanup_error struct error error = {NULL};

    assert_int_equal(defaults_patch(deployment, &patch), count);
    assert_string_equal(strbuf_string(&patch), expected);
    if (defaults_apply(deployment, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_int_equal(defaults_patch(deployment, &again), 0);
    assert_int_equal(again.length, 0);
    return steal_ptr(deployment);
}

static void assert_valid(const cJSON *deployment)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;

    validate_deployment(deployment, &findings);
    assert_errors(&findings, "");
}

#define ANNOTATION "{\"op\":\"add\",\"path\":\"/spec/template/metadata/annotations/"
#define POD        "{\"op\":\"add\",\"path\":\"/spec/template/spec/"
#define ADD_NOTES                                                                                                      \
    ANNOTATION "priority\",\"value\":\"10\"}," ANNOTATION "loggingOptions\",\"value\":\"\"}," ANNOTATION               \
               "sidecar.istio.io~1inject\",\"value\":\"false\"}"
#define PROVIDER                                                                                                       \
    "{\"key\":\"virtual-kubelet.io/provider\",\"operator\":\"Equal\",\"value\":\"iotedge\",\"effect\":\"NoSchedule\"}"
#define EDGE         "{\"key\":\"iot-edge-connector/edge\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"}"
#define NETWORK      "{\"key\":\"node.kubernetes.io/network-unavailable\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"}"
#define NOT_READY    "{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\"}"
#define LOST         "{\"key\":\"node.kubernetes.io/unreachable\",\"operator\":\"Exists\"}"
#define TERM(labels) "{\"labelSelector\":" labels ",\"topologyKey\":\"kubernetes.io/hostname\"}"
#define REQUIRED     "requiredDuringSchedulingIgnoredDuringExecution"

static void test_all_that_is_missing_is_added(void **state)
{
    cleanup_json cJSON *deployment = assert_patch(
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  selector: {matchLabels: {app: web}, matchExpressions: [{key: "
        "tier, "
        "operator: In, values: [x]}]}\n  progressDeadlineSeconds: 600\n" SURGE
        "  template:\n    metadata:\n      labels: {app: web, tier: x}\n      annotations:\n" BARE
        "    spec:\n" EDGE_CONTAINERS EDGE_FILLED_IN,
        9,
        "[" ADD_NOTES "," POD "nodeSelector\",\"value\":{\"type\":\"virtual-kubelet\"}}," POD
        "tolerations\",\"value\":[" PROVIDER "," EDGE "," NETWORK "," NOT_READY "," LOST "]}," POD
        "affinity\",\"value\":{\"podAntiAffinity\":{"
        "\"" REQUIRED "\":[" TERM(
            "{\"matchLabels\":{\"app\":\"web\"},\"matchExpressions\":[{\"key\":\"tier\",\"operator\":\"In\","
            "\"values\":[\"x\"]}]}") "]}}}," POD
                                     "schedulingGates\",\"value\":[{\"name\":\"iot-edge-connector/placement\"}]},"
                                     "{\"op\":\"replace\",\"path\":\"/spec/strategy/"
                                     "rollingUpdate\",\"value\":{\"maxSurge\":0,\"maxUnavailable\":"
                                     "\"100%\"}},"
                                     "{\"op\":\"replace\",\"path\":\"/spec/progressDeadlineSeconds\",\"value\":3600}]");

    (void)state;
    assert_valid(deployment);
}

static void test_without_the_api_servers_defaults(void **state)
{
    cleanup_json cJSON *deployment = assert_patch(
        "spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"
        "      annotations:\n" EDGE_ANNOTATIONS "    spec:\n" EDGE_PLACEMENT EDGE_CONTAINERS,
        2,
        "[{\"op\":\"add\",\"path\":\"/spec/strategy\",\"value\":{\"type\":\"RollingUpdate\","
        "\"rollingUpdate\":{\"maxSurge\":0,\"maxUnavailable\":\"100%\"}}},"
        "{\"op\":\"add\",\"path\":\"/spec/progressDeadlineSeconds\",\"value\":3600}]");

    (void)state;
    assert_valid(deployment);
}

static void test_nothing_is_missing(void **state)
{
    cJSON_Delete(assert_patch(EDGE_COMPLETE, 0, ""));
    (void)state;
}

static void test_what_is_no_edge_deployment_gets_nothing(void **state)
{
    static const char *const others[] = {
        "spec: {template: {metadata: {}, spec: {containers: []}}}",
        "spec: {template: {metadata: {annotations: {isEdgeDeployment: 'false'}}}}",
        "metadata: {annotations: {isEdgeDeployment: 'true'}}\nspec: {template: {}}",
        "[]",
        "kind: Pod",
    };

    (void)state;
    for (size_t i = 0; i < array_length(others); i++)
        cJSON_Delete(assert_patch(others[i], 0, ""));
}

static void test_lists_and_objects_that_are_there_grow(void **state)
{
    cleanup_json cJSON *deployment = assert_patch(
        EDGE_DEPLOYMENT(EDGE_METADATA, EDGE_STRATEGY, EDGE_ANNOTATIONS,
                        "      nodeSelector: {zone: a}\n"
                        "      tolerations: [{key: azure.com/iotedge, operator: Exists}]\n"
                        "      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
                        "[{labelSelector: {matchLabels: {app: web}}, topologyKey: topology.kubernetes.io/zone}]}}\n"
                        "      schedulingGates: [{name: example.com/gate}]\n" EDGE_CONTAINERS),
        8,
        "[" POD "nodeSelector/type\",\"value\":\"virtual-kubelet\"}," POD "tolerations/-\",\"value\":" PROVIDER "}," POD
        "tolerations/-\",\"value\":" EDGE "}," POD "tolerations/-\",\"value\":" NETWORK "}," POD
        "tolerations/-\",\"value\":" NOT_READY "}," POD "tolerations/-\",\"value\":" LOST "}," POD
        "affinity/podAntiAffinity/" REQUIRED "/-\",\"value\":" TERM(
            "{\"matchLabels\":{\"app\":\"web\"}}") "}," POD
                                                   "schedulingGates/-\",\"value\":{\"name\":\"iot-edge-connector/"
                                                   "placement\"}}]");

    (void)state;
    assert_int_equal(cJSON_GetArraySize(json_at(deployment, "spec", "template", "spec", "tolerations", NULL)), 6);
    assert_valid(deployment);
}

static void test_affinity_of_each_depth(void **state)
{
#define WITH(affinity)                                                                                                 \
    EDGE_DEPLOYMENT(EDGE_METADATA, EDGE_STRATEGY, EDGE_ANNOTATIONS,                                                    \
                    EDGE_SELECTOR EDGE_TOLERATIONS affinity EDGE_GATES EDGE_CONTAINERS)
#define ONE_TERM "[" TERM("{\"matchLabels\":{\"app\":\"web\"}}") "]"
    (void)state;
    cJSON_Delete(assert_patch(WITH("      affinity: null\n"), 1,
                              "[" POD "affinity\",\"value\":{\"podAntiAffinity\":{\"" REQUIRED "\":" ONE_TERM "}}}]"));
    cJSON_Delete(assert_patch(WITH("      affinity: {nodeAffinity: {}}\n"), 1,
                              "[" POD "affinity/podAntiAffinity\",\"value\":{\"" REQUIRED "\":" ONE_TERM "}}]"));
    cJSON_Delete(
        assert_patch(WITH("      affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "
                          "[]}}\n"),
                     1, "[" POD "affinity/podAntiAffinity/" REQUIRED "\",\"value\":" ONE_TERM "}]"));
}

/* The complete Deployment with another list of tolerations. */
static void assert_tolerations_patch(const char *list, const char *expected)
{
    cleanup_json cJSON *deployment = object_from(EDGE_COMPLETE);
    cleanup_strbuf struct strbuf patch = STRBUF_INIT;

    cJSON_ReplaceItemInObjectCaseSensitive(json_at(deployment, "spec", "template", "spec", NULL), "tolerations",
                                           object_from(list));
    (void)defaults_patch(deployment, &patch);
    assert_string_equal(strbuf_string(&patch), expected);
}

/* A toleration is added only when none covers the taint. */
static void test_tolerations_that_cover(void **state)
{
#define REST                                                                                                           \
    "{key: iot-edge-connector/edge}, {key: node.kubernetes.io/network-unavailable, operator: Equal, value: ''}, "      \
    "{key: node.kubernetes.io/not-ready, operator: Exists}, {key: node.kubernetes.io/unreachable, operator: Exists}]"
    static const char *const covering[] = {
        "[{operator: Exists}]",
        "[{key: virtual-kubelet.io/provider, operator: Exists}, " REST,
        "[{key: virtual-kubelet.io/provider, value: iotedge}, " REST,
        "[{key: virtual-kubelet.io/provider, operator: Exists, effect: NoSchedule}, " REST,
    };
    static const char *const others[] = {
        "[{key: virtual-kubelet.io/provider, operator: Exists, effect: NoExecute}, " REST,
        "[{key: virtual-kubelet.io/provider, value: azure}, " REST,
        "[{key: virtual-kubelet.io/provider}, " REST,
        "[{key: virtual-kubelet.io/provider, operator: Gt, value: iotedge}, " REST,
        "[{key: '', operator: Equal, value: iotedge}, " REST,
        "[" REST,
    };

    (void)state;
    for (size_t i = 0; i < array_length(covering); i++)
        assert_tolerations_patch(covering[i], "");
    for (size_t i = 0; i < array_length(others); i++)
        assert_tolerations_patch(others[i], "[" POD "tolerations/-\",\"value\":" PROVIDER "}]");
}

/* A time limit or a single effect would let a lost heartbeat evict what runs on devices, or hold up a rollout. */
static void test_lost_nodes_are_tolerated_without_limit(void **state)
{
#define ALL_BUT_LOST                                                                                                   \
    "[{key: virtual-kubelet.io/provider, operator: Exists}, {key: iot-edge-connector/edge, operator: Exists}, "        \
    "{key: node.kubernetes.io/network-unavailable, operator: Exists}, "                                                \
    "{key: node.kubernetes.io/unreachable, operator: Exists}, "
#define ADDED "[" POD "tolerations/-\",\"value\":" NOT_READY "}]"
    (void)state;
    assert_tolerations_patch(ALL_BUT_LOST "{key: node.kubernetes.io/not-ready, operator: Exists}]", "");
    assert_tolerations_patch(ALL_BUT_LOST "{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute}]",
                             ADDED);
    assert_tolerations_patch(
        ALL_BUT_LOST "{key: node.kubernetes.io/not-ready, operator: Exists, tolerationSeconds: 300}]", ADDED);
}

/* The complete Deployment with another member at a place: the patch it gets. */
static void assert_patch_with(const char *parent, const char *name, const char *yaml, const char *expected)
{
    cleanup_json cJSON *deployment = object_from(EDGE_COMPLETE);
    cleanup_strbuf struct strbuf patch = STRBUF_INIT;
    cJSON *spec = json_get(deployment, "spec");
    cJSON *at = strcmp(parent, "pod") == 0 ? json_at(spec, "template", "spec", NULL) : spec;

    cJSON_DeleteItemFromObjectCaseSensitive(at, name);
    if (yaml)
        cJSON_AddItemToObject(at, name, object_from(yaml));
    (void)defaults_patch(deployment, &patch);
    assert_string_equal(strbuf_string(&patch), expected);
}

static void test_what_the_user_chose_stays(void **state)
{
    (void)state;
    assert_patch_with("pod", "nodeSelector", "{type: linux}", "");
    assert_patch_with("pod", "nodeSelector", "{kubernetes.io/hostname: iot-edge-connector-hub0}", "");
    assert_patch_with("spec", "strategy", "{type: Recreate}", "");
    assert_patch_with("spec", "strategy", "{type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 1}}",
                      "");
    assert_patch_with("spec", "strategy", "{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}",
                      "");
    assert_patch_with("spec", "progressDeadlineSeconds", "601", "");
    assert_patch_with(
        "pod", "affinity",
        "{podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: "
        "{app: other}}, topologyKey: kubernetes.io/hostname}]}}",
        "");
}

static void test_wrong_shapes_are_left_to_validation(void **state)
{
    (void)state;
    assert_patch_with("pod", "nodeSelector", "[]", "");
    assert_patch_with("pod", "tolerations", "{}", "");
    assert_patch_with("pod", "affinity", "[]", "");
    assert_patch_with("pod", "affinity", "{podAntiAffinity: 5}", "");
    assert_patch_with("pod", "affinity", "{podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}}", "");
    assert_patch_with("pod", "schedulingGates", "x", "");
    assert_patch_with("spec", "strategy", "RollingUpdate", "");
    assert_patch_with("spec", "progressDeadlineSeconds", "'600'", "");
}

static void test_a_layered_deployment_gets_its_own_priority(void **state)
{
    cleanup_json cJSON *deployment =
        object_from("metadata: {annotations: {iot-edge-connector/layered: 'true'}}\n"
                    "spec: {template: {metadata: {annotations: {isEdgeDeployment: 'true'}}}}");
    cleanup_strbuf struct strbuf patch = STRBUF_INIT;

    (void)state;
    defaults_patch(deployment, &patch);
    assert_non_null(strstr(strbuf_string(&patch), "annotations/priority\",\"value\":\"1000\"}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_is_missing_is_added),
        cmocka_unit_test(test_without_the_api_servers_defaults),
        cmocka_unit_test(test_nothing_is_missing),
        cmocka_unit_test(test_what_is_no_edge_deployment_gets_nothing),
        cmocka_unit_test(test_lists_and_objects_that_are_there_grow),
        cmocka_unit_test(test_affinity_of_each_depth),
        cmocka_unit_test(test_tolerations_that_cover),
        cmocka_unit_test(test_lost_nodes_are_tolerated_without_limit),
        cmocka_unit_test(test_what_the_user_chose_stays),
        cmocka_unit_test(test_wrong_shapes_are_left_to_validation),
        cmocka_unit_test(test_a_layered_deployment_gets_its_own_priority),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
