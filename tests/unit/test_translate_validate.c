#include "tests/unit/translate_objects.h"
#include "translate/validate.h"

#define POD            "spec.template.spec"
#define ANTI_AFFINITY  POD ".affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"
#define NOT_FILLED_IN  " was not filled in, since the webhook that completes was not reached: apply again"
#define AT_ANNOTATIONS "spec.template.metadata.annotations"

/* The errors, and the warnings joined by newlines. */
static void assert_judged(const cJSON *deployment, const char *errors, const char *warnings)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_strbuf struct strbuf joined = STRBUF_INIT;

    validate_deployment(deployment, &findings);
    assert_errors(&findings, errors);
    for (size_t i = 0; i < findings.warning_count; i++)
        strbuf_add_format(&joined, "%s%s", i ? "\n" : "", findings.warnings[i]);
    assert_string_equal(strbuf_string(&joined), warnings);
}

static void assert_text_judged(const char *yaml, const char *errors, const char *warnings)
{
    cleanup_json cJSON *deployment = object_from(yaml);

    assert_judged(deployment, errors, warnings);
}

/* The complete Deployment with one member of the pod's or its own spec replaced (or removed, with NULL). */
static void assert_changed(const char *parent, const char *name, const char *yaml, const char *errors,
                           const char *warnings)
{
    cleanup_json cJSON *deployment = object_from(EDGE_COMPLETE);
    cJSON *spec = json_get(deployment, "spec");
    cJSON *at = strcmp(parent, "pod") == 0           ? json_at(spec, "template", "spec", NULL)
                : strcmp(parent, "annotations") == 0 ? json_at(spec, "template", "metadata", "annotations", NULL)
                                                     : spec;

    cJSON_DeleteItemFromObjectCaseSensitive(at, name);
    if (yaml)
        cJSON_AddItemToObject(at, name, object_from(yaml));
    assert_judged(deployment, errors, warnings);
}

static void test_a_complete_one_is_fine(void **state)
{
    (void)state;
    assert_text_judged(EDGE_COMPLETE, "", "");
}

static void test_what_is_no_edge_deployment_has_no_errors(void **state)
{
    (void)state;
    assert_text_judged("spec: {template: {spec: {containers: [{name: x, image: ':'}], initContainers: [{}]}}}", "", "");
    assert_text_judged("spec: {template: {metadata: {annotations: {isEdgeDeployment: 'false'}}}}", "", "");
    assert_text_judged("spec: {template: {metadata: {annotations: {isEdgeDeployment: 'yes'}}}}", "",
                       AT_ANNOTATIONS "[isEdgeDeployment] is not \"true\": this is no edge deployment");
    assert_text_judged("spec: {template: {metadata: {annotations: {isEdgeDeployment: true}}}}", "",
                       AT_ANNOTATIONS "[isEdgeDeployment] is not \"true\": this is no edge deployment");
    assert_text_judged(
        "metadata: {annotations: {isEdgeDeployment: 'true'}}\nspec: {template: {}}", "",
        "isEdgeDeployment stands in metadata.annotations and does nothing there: write it in " AT_ANNOTATIONS);
    assert_text_judged("[]", "", "");
}

/* The four mistakes that the README shows. */
static void test_all_errors_at_once(void **state)
{
    (void)state;
    assert_text_judged(
        EDGE_DEPLOYMENT(
            EDGE_METADATA, EDGE_STRATEGY,
            "        isEdgeDeployment: 'true'\n        targetCondition: tags.site=north\n"
            "        priority: high\n        loggingOptions: ''\n        sidecar.istio.io/inject: 'false'\n",
            "      nodeSelector: {type: linux}\n" EDGE_TOLERATIONS EDGE_AFFINITY EDGE_GATES
            "      containers: [{name: s, image: 'registry.example/Sensor:1'}]\n"),
        "[" AT_ANNOTATIONS
        "[priority]: Invalid value: \"high\": must be a whole number from 0 to 2147483647; the highest wins on a "
        "device, " AT_ANNOTATIONS
        "[targetCondition]: Invalid value: \"tags.site=north\": north at character 11 is no value: a "
        "string stands in single quotes, as in 'north', " POD
        ".containers[0].image: Invalid value: \"registry.example/Sensor:1\": the name of a repository has "
        "lower-case letters only, " POD
        ".containers[0].name: Invalid value: \"s\": must have at least 2 characters: Docker refuses a shorter name for "
        "a module, " POD
        ".nodeSelector[type]: Invalid value: \"linux\": must be \"virtual-kubelet\": only the nodes of the hubs take "
        "edge deployments]",
        "");
}

static void test_each_missing_completion_is_named(void **state)
{
    (void)state;
    assert_changed("annotations", "priority", NULL,
                   AT_ANNOTATIONS "[priority]: Required value: the default" NOT_FILLED_IN, "");
    assert_changed("annotations", "loggingOptions", NULL,
                   AT_ANNOTATIONS "[loggingOptions]: Required value: the default" NOT_FILLED_IN, "");
    assert_changed("annotations", "sidecar.istio.io/inject", NULL,
                   AT_ANNOTATIONS "[sidecar.istio.io/inject]: Required value: \"false\"" NOT_FILLED_IN, "");
    assert_changed("pod", "nodeSelector", NULL,
                   POD ".nodeSelector: Required value: type: virtual-kubelet" NOT_FILLED_IN, "");
    assert_changed(
        "pod", "tolerations",
        "[{key: virtual-kubelet.io/provider, operator: Exists}, {key: node.kubernetes.io/not-ready, operator: "
        "Exists}, {key: node.kubernetes.io/unreachable, operator: Exists}]",
        POD ".tolerations: Required value: the toleration of iot-edge-connector/edge, "
            "node.kubernetes.io/network-unavailable" NOT_FILLED_IN,
        "");
    assert_changed("pod", "affinity", NULL,
                   ANTI_AFFINITY ": Required value: a term with topologyKey kubernetes.io/hostname" NOT_FILLED_IN, "");
    assert_changed("pod", "schedulingGates", NULL,
                   POD ".schedulingGates: Required value: iot-edge-connector/placement" NOT_FILLED_IN, "");
    assert_changed("spec", "strategy", "{type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}",
                   "spec.strategy.rollingUpdate: Required value: maxSurge 0 and maxUnavailable 100%" NOT_FILLED_IN, "");
    assert_changed("spec", "progressDeadlineSeconds", "600",
                   "spec.progressDeadlineSeconds: Required value: 3600" NOT_FILLED_IN, "");
}

static void test_anti_affinity_must_keep_the_own_pods_apart(void **state)
{
#define TERMS(selector)                                                                                                \
    "{podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: " selector                    \
    ", topologyKey: kubernetes.io/hostname}]}}"
#define NOT_OWN                                                                                                        \
    ANTI_AFFINITY                                                                                                      \
    ": Invalid value: \"kubernetes.io/hostname\": must select the labels of this Deployment's own pods: "              \
    "one copy a hub"
    static const char *const own[] = {
        TERMS("{}"),
        TERMS("{matchLabels: {app: web}}"),
        TERMS("{matchExpressions: [{key: app, operator: In, values: [api, web]}]}"),
        TERMS("{matchExpressions: [{key: app, operator: NotIn, values: [api]}]}"),
        TERMS("{matchExpressions: [{key: app, operator: Exists}, {key: tier, operator: DoesNotExist}]}"),
        TERMS("{matchLabels: {app: x}}, topologyKey: kubernetes.io/hostname}, {labelSelector: {}"),
    };
    static const char *const others[] = {
        TERMS("null"),
        TERMS("{matchLabels: {app: api}}"),
        TERMS("{matchLabels: {app: web, tier: x}}"),
        TERMS("{matchExpressions: [{key: app, operator: In, values: [api]}]}"),
        TERMS("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}"),
        TERMS("{matchExpressions: [{key: app, operator: DoesNotExist}]}"),
        TERMS("{matchExpressions: [{key: tier, operator: Exists}]}"),
        TERMS("{matchExpressions: [{key: app, operator: Like}]}"),
    };

    (void)state;
    for (size_t i = 0; i < array_length(own); i++)
        assert_changed("pod", "affinity", own[i], "", "");
    for (size_t i = 0; i < array_length(others); i++)
        assert_changed("pod", "affinity", others[i], NOT_OWN, "");
}

static void test_node_is_the_connectors_choice(void **state)
{
    (void)state;
    assert_changed("pod", "nodeSelector", "{kubernetes.io/hostname: iot-edge-connector-hub0}", "", "");
    assert_changed("pod", "nodeSelector", "{type: 5}",
                   POD
                   ".nodeSelector[type]: Invalid value: \"number\": must be \"virtual-kubelet\": only the nodes of the "
                   "hubs take edge deployments",
                   "");
    assert_changed("pod", "nodeName", "iot-edge-connector-hub0",
                   POD ".nodeName: Forbidden: the connector places the pod; choose a hub with nodeSelector "
                       "kubernetes.io/hostname",
                   "");
}

static void test_containers(void **state)
{
    static const struct {
        const char *containers;
        const char *errors;
    } cases[] = {
        {"[{name: edgehub, image: x}]",
         POD ".containers[0].name: Invalid value: \"edgehub\": is reserved for a module of the IoT Edge runtime"},
        {"[{name: ok, image: x}, {name: edgeagent, image: x}]",
         POD ".containers[1].name: Invalid value: \"edgeagent\": is reserved for a module of the IoT Edge runtime"},
        {"[{image: x}]", POD ".containers[0].name: Required value"},
        {"[{name: ok, image: y}]",
         POD ".containers[0].image: Invalid value: \"boolean\": must be a string: put it in quotes"},
        {"[{name: 5, image: x}]",
         POD ".containers[0].name: Invalid value: \"number\": must be a string: put it in quotes"},
        {"[{name: ok}]", POD ".containers[0].image: Required value: the module's container image"},
        {"[{name: ok, image: ''}]", POD ".containers[0].image: Invalid value: \"\": must not be empty"},
        {"[{name: '$edgeHub', image: x}]", POD
         ".containers[0].name: Invalid value: \"$edgeHub\": must have lower-case letters, digits and - only, at most "
         "63, and begin and end with a letter or digit"},
        {"[{name: ok, image: "
         "'registry.example/x:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}]",
         ""},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        assert_changed("pod", "containers", cases[i].containers, cases[i].errors,
                       strstr(cases[i].containers, "@sha256")
                           ? "container ok: the image's tag is left out: a device takes the digest alone"
                           : "");
    assert_changed("pod", "initContainers", "[]", "", "");
    assert_changed("pod", "initContainers", "[{name: setup, image: x}]",
                   POD ".initContainers: Forbidden: IoT Edge starts all modules at once and has nothing like an init "
                       "container",
                   "");
}

static void test_number_of_modules(void **state)
{
    cleanup_strbuf struct strbuf list = STRBUF_INIT;

    (void)state;
    strbuf_add_char(&list, '[');
    for (int i = 0; i < 50; i++)
        strbuf_add_format(&list, "{name: m%d, image: x}, ", i);
    strbuf_add_char(&list, ']');
    assert_changed("pod", "containers", strbuf_string(&list), "", "");
    list.data[list.length - 1] = ' ';
    strbuf_add_string(&list, "{name: m50, image: x}]");
    assert_changed("pod", "containers", strbuf_string(&list),
                   POD ".containers: Forbidden: 51 containers; IoT Edge takes at most 50 modules in a deployment", "");
}

/* What the API server fills in is no wish, and what Kubernetes learns later is not dropped in silence. The fields that
 * are known are in tests/unit/cases. */
static void test_what_does_not_reach_the_device_is_told(void **state)
{
#define CONTAINER(more) "[{name: sensor, image: x, " more "}]"
    (void)state;
    assert_changed("pod", "containers",
                   CONTAINER("resources: {}, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: "
                             "File, imagePullPolicy: Always, env: [], securityContext: {}, stdin: false, workingDir: "
                             "'', futureList: [], futureSwitch: false"),
                   "", "");
    assert_changed("pod", "containers", CONTAINER("futureOne: 1, futureTwo: {a: b}"), "",
                   "not sent to the device: futureOne, futureTwo of container sensor; use createOptions");
    assert_changed("pod", "containers",
                   CONTAINER("fieldOfTheFutureOne: 1, fieldOfTheFutureTwo: 2, fieldOfTheFutureThree: 3, four: 4"), "",
                   "not sent to the device: fieldOfTheFutureOne, fieldOfTheFutureTwo… of container sensor; use "
                   "createOptions");
    assert_changed("pod", "someFieldOfTheFuture", "1", "",
                   "not sent to the device: someFieldOfTheFuture of the pod; use createOptions");
}

static void test_a_rollout_that_waits_for_a_free_hub(void **state)
{
#define WAITS "spec.strategy: with maxUnavailable 0 a rollout waits for a free hub; use maxSurge 0, maxUnavailable 100%"
    (void)state;
    assert_changed("spec", "strategy", "{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}", "",
                   WAITS);
    assert_changed("spec", "strategy", "{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0%}}", "",
                   WAITS);
    assert_changed("spec", "strategy", "{type: Recreate}", "", "");
}

/* Whatever comes, no crash; the sanitizers watch. */
static void test_wrong_shapes(void **state)
{
    static const char *const shapes[] = {"5", "x", "[]", "{}", "null", "[[]]", "[5]", "[null]", "true"};
    static const char *const members[] = {"containers",
                                          "initContainers",
                                          "nodeSelector",
                                          "tolerations",
                                          "affinity",
                                          "volumes",
                                          "nodeName",
                                          "schedulingGates",
                                          "dnsConfig",
                                          "hostAliases",
                                          "hostname",
                                          "securityContext",
                                          "dnsPolicy",
                                          "restartPolicy",
                                          "os",
                                          "imagePullSecrets",
                                          "terminationGracePeriodSeconds",
                                          "resources",
                                          "activeDeadlineSeconds"};

    (void)state;
    for (size_t m = 0; m < array_length(members); m++) {
        for (size_t s = 0; s < array_length(shapes); s++) {
            cleanup_json cJSON *deployment = object_from(EDGE_COMPLETE);
            cJSON *pod = json_at(deployment, "spec", "template", "spec", NULL);
            cleanup_findings struct findings findings = FINDINGS_INIT;

            cJSON_DeleteItemFromObjectCaseSensitive(pod, members[m]);
            cJSON_AddItemToObject(pod, members[m], object_from(shapes[s]));
            validate_deployment(deployment, &findings);
            assert_false(findings.failed);
        }
    }
    assert_text_judged("5", "", "");
}

static void test_wrong_shapes_in_a_container(void **state)
{
    static const char *const shapes[] = {"5", "x", "[]", "{}", "null", "[[]]", "[5]", "[null]", "true", "{a: b}"};
    static const char *const members[] = {
        "command",         "args",          "env",   "envFrom",         "ports",
        "resources",       "volumeMounts",  "tty",   "workingDir",      "lifecycle",
        "livenessProbe",   "startupProbe",  "stdin", "stdinOnce",       "volumeDevices",
        "securityContext", "restartPolicy", "image", "imagePullPolicy", "terminationMessagePath"};

    (void)state;
    for (size_t m = 0; m < array_length(members); m++) {
        for (size_t s = 0; s < array_length(shapes); s++) {
            cleanup_json cJSON *deployment = object_from(EDGE_COMPLETE);
            cJSON *container = json_at(deployment, "spec", "template", "spec", "containers", NULL)->child;
            cleanup_findings struct findings findings = FINDINGS_INIT;

            cJSON_DeleteItemFromObjectCaseSensitive(container, members[m]);
            cJSON_AddItemToObject(container, members[m], object_from(shapes[s]));
            validate_deployment(deployment, &findings);
            assert_false(findings.failed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_complete_one_is_fine),
        cmocka_unit_test(test_what_is_no_edge_deployment_has_no_errors),
        cmocka_unit_test(test_all_errors_at_once),
        cmocka_unit_test(test_each_missing_completion_is_named),
        cmocka_unit_test(test_anti_affinity_must_keep_the_own_pods_apart),
        cmocka_unit_test(test_node_is_the_connectors_choice),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_number_of_modules),
        cmocka_unit_test(test_what_does_not_reach_the_device_is_told),
        cmocka_unit_test(test_a_rollout_that_waits_for_a_free_hub),
        cmocka_unit_test(test_wrong_shapes),
        cmocka_unit_test(test_wrong_shapes_in_a_container),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
