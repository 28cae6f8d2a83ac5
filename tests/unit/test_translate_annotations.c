#include "tests/unit/translate_objects.h"
#include "translate/annotations.h"

#define WITH_TEMPLATE(annotations)                                                                                     \
    "spec: {template: {metadata: {annotations: {isEdgeDeployment: 'true', " annotations "}}}}"
#define WITH_OWN(annotations)                                                                                          \
    "{metadata: {annotations: {" annotations "}}, spec: {template: {metadata: {annotations: "                          \
    "{isEdgeDeployment: 'true', targetCondition: '*'}}}}}"
#define AT_TEMPLATE "spec.template.metadata.annotations"

static struct edge_annotations assert_read(const char *yaml, const char *expected)
{
    cleanup_json cJSON *deployment = object_from(yaml);
    cleanup_findings struct findings findings = FINDINGS_INIT;
    struct edge_annotations annotations, silent;

    edge_annotations_read(deployment, &annotations, &findings);
    assert_errors(&findings, expected);
    edge_annotations_read(deployment, &silent, NULL);
    assert_ptr_equal(annotations.target_condition, silent.target_condition);
    assert_ptr_equal(annotations.logging_options, silent.logging_options);
    assert_int_equal(annotations.priority, silent.priority);
    assert_int_equal(annotations.ready_percent, silent.ready_percent);
    assert_int_equal(annotations.reconcile_policy, silent.reconcile_policy);
    annotations.target_condition = annotations.logging_options = NULL; /* they go with the tree */
    return annotations;
}

static void test_what_makes_a_deployment_an_edge_deployment(void **state)
{
    static const struct {
        const char *yaml;
        bool is_edge;
    } cases[] = {
        {"spec: {template: {metadata: {annotations: {isEdgeDeployment: 'true'}}}}", true},
        {"spec: {template: {metadata: {annotations: {isEdgeDeployment: true}}}}", false},
        {"spec: {template: {metadata: {annotations: {isEdgeDeployment: 'True'}}}}", false},
        {"spec: {template: {metadata: {annotations: {isedgedeployment: 'true'}}}}", false},
        {"spec: {template: {metadata: {annotations: null}}}", false},
        {"metadata: {annotations: {isEdgeDeployment: 'true'}}", false},
        {"[]", false},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_json cJSON *deployment = object_from(cases[i].yaml);

        assert_int_equal(deployment_is_edge(deployment), cases[i].is_edge);
    }
}

static void test_values_are_read(void **state)
{
    cleanup_json cJSON *deployment = object_from(WITH_TEMPLATE("targetCondition: '*', loggingOptions: x"));
    struct edge_annotations annotations;

    (void)state;
    edge_annotations_read(deployment, &annotations, NULL);
    assert_string_equal(annotations.target_condition, "*");
    assert_string_equal(annotations.logging_options, "x");
    annotations = assert_read(WITH_TEMPLATE("targetCondition: '*'"), "");
    assert_int_equal(annotations.priority, 10);
    assert_int_equal(annotations.ready_percent, 100);
    assert_int_equal(annotations.reconcile_policy, RECONCILE_MANAGE);
    assert_int_equal(assert_read(WITH_TEMPLATE("targetCondition: '*', priority: '0'"), "").priority, 0);
    assert_int_equal(assert_read(WITH_TEMPLATE("targetCondition: '*', priority: '2147483647'"), "").priority,
                     2147483647);
    assert_int_equal(assert_read(WITH_OWN("iot-edge-connector/ready-percent: '1'"), "").ready_percent, 1);
    assert_int_equal(assert_read(WITH_OWN("iot-edge-connector/reconcile-policy: manage"), "").reconcile_policy,
                     RECONCILE_MANAGE);
    assert_int_equal(assert_read(WITH_OWN("iot-edge-connector/reconcile-policy: skip"), "").reconcile_policy,
                     RECONCILE_SKIP);
    assert_int_equal(
        assert_read(WITH_OWN("iot-edge-connector/reconcile-policy: detach-on-delete"), "").reconcile_policy,
        RECONCILE_DETACH_ON_DELETE);
    assert_true(assert_read(WITH_OWN("iot-edge-connector/layered: 'true'"), "").layered);
    assert_false(assert_read(WITH_OWN("iot-edge-connector/layered: 'false'"), "").layered);
    assert_true(assert_read(WITH_OWN("iot-edge-connector/allow-pvc: 'true'"), "").allow_pvc);
    assert_true(assert_read(WITH_OWN("iot-edge-connector/allow-gap: 'true'"), "").allow_gap);
    assert_read(WITH_OWN("iot-edge-connector/configmap-prefix: line-1.a-"), "");
    assert_read(WITH_OWN("example.com/iot-edge-connector: x, deployment.kubernetes.io/revision: '1'"), "");
}

static void test_wrong_values_of_the_template(void **state)
{
#define CONDITION AT_TEMPLATE "[targetCondition]: "
#define MISSING   CONDITION "Required value: say which devices, as in tags.building='b43'; * means all of them"
#define PRIORITY  AT_TEMPLATE "[priority]: Invalid value: "
#define RANGE     ": must be a whole number from 0 to 2147483647; the highest wins on a device"
    static const struct {
        const char *yaml;
        const char *errors;
    } cases[] = {
        {WITH_TEMPLATE(""), MISSING},
        {WITH_TEMPLATE("targetCondition: ''"), MISSING},
        {WITH_TEMPLATE("targetCondition: ' '"), MISSING},
        {WITH_TEMPLATE("targetCondition: null"), MISSING},
        {WITH_TEMPLATE("targetCondition: 5"),
         CONDITION "Invalid value: \"number\": must be a string: put it in quotes"},
        {WITH_TEMPLATE("targetCondition: 'tags.testtag=A'"), CONDITION
         "Invalid value: \"tags.testtag=A\": A at character 14 is no value: a string stands in single quotes, as "
         "in 'A'"},
        {WITH_TEMPLATE("targetCondition: '*', priority: high"), PRIORITY "\"high\"" RANGE},
        {WITH_TEMPLATE("targetCondition: '*', priority: '-1'"), PRIORITY "\"-1\"" RANGE},
        {WITH_TEMPLATE("targetCondition: '*', priority: '1.5'"), PRIORITY "\"1.5\"" RANGE},
        {WITH_TEMPLATE("targetCondition: '*', priority: ''"), PRIORITY "\"\"" RANGE},
        {WITH_TEMPLATE("targetCondition: '*', priority: ' 1'"), PRIORITY "\" 1\"" RANGE},
        {WITH_TEMPLATE("targetCondition: '*', priority: '2147483648'"), PRIORITY "\"2147483648\"" RANGE},
        {WITH_TEMPLATE("targetCondition: '*', priority: '99999999999999999999'"),
         PRIORITY "\"99999999999999999999\"" RANGE},
        {WITH_TEMPLATE("targetCondition: '*', priority: 15"),
         PRIORITY "\"number\": must be a string: put it in quotes"},
        {WITH_TEMPLATE("targetCondition: '*', loggingOptions: {}"),
         AT_TEMPLATE "[loggingOptions]: Invalid value: \"object\": must be a string: put it in quotes"},
        {WITH_TEMPLATE("targetCondition: '*', iot-edge-connector/ready-percent: '50'"),
         AT_TEMPLATE "[iot-edge-connector/ready-percent]: Forbidden: it belongs to the Deployment itself: write it in "
                     "metadata.annotations"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        assert_int_equal(assert_read(cases[i].yaml, cases[i].errors).priority, 10);
}

static void test_wrong_values_of_our_own(void **state)
{
#define OWN "metadata.annotations[iot-edge-connector/"
    static const struct {
        const char *yaml;
        const char *errors;
    } cases[] = {
        {WITH_OWN("iot-edge-connector/ready-percent: '0'"),
         OWN "ready-percent]: Invalid value: \"0\": must be a whole number from 1 to 100"},
        {WITH_OWN("iot-edge-connector/ready-percent: '101'"),
         OWN "ready-percent]: Invalid value: \"101\": must be a whole number from 1 to 100"},
        {WITH_OWN("iot-edge-connector/ready-percent: 50%"),
         OWN "ready-percent]: Invalid value: \"50%\": must be a whole number from 1 to 100"},
        {WITH_OWN("iot-edge-connector/reconcile-policy: Skip"),
         OWN "reconcile-policy]: Unsupported value: \"Skip\": supported values: \"manage\", \"skip\", "
             "\"detach-on-delete\""},
        {WITH_OWN("iot-edge-connector/redy-percent: '50'"),
         OWN "redy-percent]: Unsupported value: \"redy-percent\": supported values: \"ready-percent\", "
             "\"reconcile-policy\", \"adopt\", \"layered\", \"allow-pvc\", \"allow-gap\", \"replace-system-modules\", "
             "\"configmap-prefix\"; did you mean \"ready-percent\"?"},
        {WITH_OWN("iot-edge-connector/layered: 'yes'"),
         OWN "layered]: Unsupported value: \"yes\": supported values: \"true\", \"false\""},
        {WITH_OWN("iot-edge-connector/adopt: 'yes'"),
         OWN "adopt]: Unsupported value: \"yes\": supported values: \"true\", \"false\""},
        {WITH_OWN("iot-edge-connector/allow-pvc: 'True'"),
         OWN "allow-pvc]: Unsupported value: \"True\": supported values: \"true\", \"false\""},
        {WITH_OWN("iot-edge-connector/allow-gap: true"),
         OWN "allow-gap]: Unsupported value: \"\": supported values: \"true\", \"false\""},
        {WITH_OWN("iot-edge-connector/replace-system-modules: 'yes'"),
         OWN "replace-system-modules]: Unsupported value: \"yes\": supported values: \"true\", \"false\""},
        {WITH_OWN("iot-edge-connector/configmap-prefix: Line1-"),
         OWN "configmap-prefix]: Invalid value: \"Line1-\": must be the beginning of ConfigMap names, such as line1-: "
             "lower-case letters, digits, - and ., at most 180"},
        {WITH_OWN("iot-edge-connector/configmap-prefix: ''"),
         OWN "configmap-prefix]: Invalid value: \"\": must be the beginning of ConfigMap names, such as line1-: "
             "lower-case letters, digits, - and ., at most 180"},
        {WITH_OWN("iot-edge-connector/logs-device: x"),
         OWN "logs-device]: Forbidden: choosing a device for logs is not supported by this version"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct edge_annotations annotations = assert_read(cases[i].yaml, cases[i].errors);

        assert_int_equal(annotations.ready_percent, 100);
        assert_int_equal(annotations.reconcile_policy, RECONCILE_MANAGE);
    }
}

static void test_layered_deployments_have_a_higher_default_priority(void **state)
{
    cleanup_json cJSON *layered = object_from(WITH_OWN("iot-edge-connector/layered: 'true'"));
    cleanup_json cJSON *not_layered = object_from(WITH_OWN("iot-edge-connector/layered: 'false'"));

    (void)state;
    assert_int_equal(edge_annotations_default_priority(layered), 1000);
    assert_int_equal(edge_annotations_default_priority(not_layered), 10);
}

static void test_names_of_policies(void **state)
{
    (void)state;
    assert_string_equal(reconcile_policy_name(RECONCILE_MANAGE), "manage");
    assert_string_equal(reconcile_policy_name(RECONCILE_SKIP), "skip");
    assert_string_equal(reconcile_policy_name(RECONCILE_DETACH_ON_DELETE), "detach-on-delete");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_makes_a_deployment_an_edge_deployment),
        cmocka_unit_test(test_values_are_read),
        cmocka_unit_test(test_wrong_values_of_the_template),
        cmocka_unit_test(test_wrong_values_of_our_own),
        cmocka_unit_test(test_layered_deployments_have_a_higher_default_priority),
        cmocka_unit_test(test_names_of_policies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
