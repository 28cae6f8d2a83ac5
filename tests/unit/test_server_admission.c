/* The webhook's answers, over HTTP as the API server asks for them. */
#include "server_http.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "server/admission.h"
#include "server/arena.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define UID "28e06115-525e-4b19-99f4-6b4ec27c2161"

static struct http_server *server;
/* Places of the codes in the metrics. */
enum { CODE_200, CODE_422, CODE_400 };

static struct metrics metrics;
static struct namespaces listed = NAMESPACES_INIT;
static struct admission admission = {.metrics = &metrics, .secrets_from = &listed};

/* A good edge Deployment that lacks nothing. */
#define METADATA "\"metadata\":{\"name\":\"d\",\"namespace\":\"default\"}"
#define SPEC_LOGGING(LOGGING, ANNOTATIONS, IMAGE)                                                                      \
    "\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"app\":\"a\"}},\"progressDeadlineSeconds\":3600,"        \
    "\"strategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxSurge\":0,\"maxUnavailable\":\"100%\"}},"        \
    "\"template\":{\"metadata\":{\"labels\":{\"app\":\"a\"},\"annotations\":{\"isEdgeDeployment\":\"true\","           \
    "\"loggingOptions\":\"" LOGGING "\",\"sidecar.istio.io/inject\":\"false\"" ANNOTATIONS "}},"                       \
    "\"spec\":{\"containers\":[{\"name\":\"module01\",\"image\":\"" IMAGE "\",\"resources\":{},"                       \
    "\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\","                       \
    "\"imagePullPolicy\":\"IfNotPresent\"}],\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,"        \
    "\"dnsPolicy\":\"ClusterFirst\",\"nodeSelector\":{\"type\":\"virtual-kubelet\"},\"securityContext\":{},"           \
    "\"affinity\":{\"podAntiAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":[{\"labelSelector\":"       \
    "{\"matchLabels\":{\"app\":\"a\"}},\"topologyKey\":\"kubernetes.io/hostname\"}]}},"                                \
    "\"schedulerName\":\"default-scheduler\",\"schedulingGates\":[{\"name\":\"iot-edge-connector/placement\"}],"       \
    "\"tolerations\":["                                                                                                \
    "{\"key\":\"virtual-kubelet.io/"                                                                                   \
    "provider\",\"operator\":\"Equal\",\"value\":\"iotedge\",\"effect\":\"NoSchedule\"},"                              \
    "{\"key\":\"iot-edge-connector/edge\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"},"                         \
    "{\"key\":\"node.kubernetes.io/network-unavailable\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"},"          \
    "{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\"},"                                              \
    "{\"key\":\"node.kubernetes.io/unreachable\",\"operator\":\"Exists\"}]}}}"
#define SPEC_WITH(ANNOTATIONS, IMAGE) SPEC_LOGGING("", ANNOTATIONS, IMAGE)
#define CONDITION                     ",\"targetCondition\":\"tags.testtag='A'\""
#define PRIORITY                      ",\"priority\":\"15\""
#define IMAGE                         "registry.example/m:1"
#define GOOD_SPEC                     SPEC_WITH(CONDITION PRIORITY, IMAGE)
#define DEPLOYMENT                    "{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\"," METADATA ","
#define GOOD                          DEPLOYMENT GOOD_SPEC "}"
#define NO_PRIORITY                   DEPLOYMENT SPEC_WITH(CONDITION, IMAGE) "}"
#define NO_CONDITION                  DEPLOYMENT SPEC_WITH(PRIORITY, IMAGE) "}"
#define BAD_PRIORITY                  DEPLOYMENT SPEC_WITH(",\"priority\":\"-1\"", IMAGE) "}"
#define LOGGED_SPEC                   SPEC_LOGGING("{\\\"Type\\\":\\\"local\\\"}", CONDITION PRIORITY, IMAGE)
#define OTHER_IMAGE                   DEPLOYMENT SPEC_WITH(PRIORITY, "registry.example/m:2") "}"

/* Reads a Secret. */
#define WITH_SECRET                                                                                                    \
    DEPLOYMENT SPEC_WITH(CONDITION PRIORITY,                                                                           \
                         IMAGE "\",\"env\":[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"login\","      \
                               "\"key\":\"a\"}}}],\"command\":[\"run\"],\"workingDir\":\"/") "}"

struct ask {
    const char *path;      /* "/mutate" when NULL */
    const char *group;     /* "apps" when NULL */
    const char *kind;      /* "Deployment" when NULL */
    const char *operation; /* "CREATE" when NULL */
    const char *object;    /* JSON; null when NULL */
    const char *old;       /* JSON; null when NULL */
    const char *more;      /* further members of the request, each behind a comma */
    const char *namespace; /* "default" when NULL */
};

static const char * or (const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static char *review_text(const struct ask *ask)
{
    char *text;
    const char *kind = or (ask->kind, "Deployment");
    const char *group = or (ask->group, "apps");
    if (asprintf(&text,
                 "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"" UID
                 "\","
                 "\"kind\":{\"group\":\"%s\",\"version\":\"v1\",\"kind\":\"%s\"},"
                 "\"name\":\"d\",\"namespace\":\"%s\",\"operation\":\"%s\",\"object\":%s,\"oldObject\":%s%s}}\n",
                 group, kind, or (ask->namespace, "default"), or (ask->operation, "CREATE"), or (ask->object, "null"),
                 or (ask->old, "null"), or (ask->more, "")) < 0)
        abort();
    return text;
}

/* Posts a text and returns the answer's status and body (for the caller to free). */
static int post(const char *path, const char *text, size_t length, char **ret_body)
{
    struct http_client_answer answer = exchange(server, "POST", path, "application/json", text, length);
    int status = answer.status;
    *ret_body = answer.body;
    answer.body = NULL;
    http_client_answer_release(&answer);
    return status;
}

/* The `response` of an answer with status 200, and its review as *ret_review for the caller to delete. */
static cJSON *ask_webhook(const struct ask *ask, cJSON **ret_review)
{
    cleanup_free char *text = review_text(ask);
    cleanup_free char *body = NULL;
    cleanup_error struct error error = {0};
    int status = post(or (ask->path, "/mutate"), text, strlen(text), &body);
    if (status != 200)
        fail_msg("status %d: %s", status, body);
    if (json_parse(body, strlen(body), ret_review, &error) < 0)
        fail_msg("%s in %s", error_message(&error), body);
    assert_string_equal(json_string(*ret_review, "kind"), "AdmissionReview");
    assert_string_equal(json_string(*ret_review, "apiVersion"), "admission.k8s.io/v1");
    cJSON *response = json_get(*ret_review, "response");
    assert_string_equal(json_string(response, "uid"), UID);
    return response;
}

static void assert_plainly_allowed(const struct ask *ask)
{
    cleanup_json cJSON *review = NULL;
    cJSON *response = ask_webhook(ask, &review);
    assert_true(json_bool(response, "allowed", false));
    assert_int_equal(cJSON_GetArraySize(response), 2); /* uid and allowed: no patch, no status, no warnings */
}

static cJSON *patch_of(const cJSON *response)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *text = json_string(response, "patch");
    cleanup_strbuf struct strbuf patch = STRBUF_INIT;
    cJSON *operations = NULL;
    unsigned bits = 0, held = 0;
    assert_string_equal(json_string(response, "patchType"), "JSONPatch");
    assert_non_null(text);
    assert_int_equal(strlen(text) % 4, 0);
    for (; *text && *text != '='; text++) {
        bits = bits << 6 | (unsigned)(strchr(alphabet, *text) - alphabet);
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        strbuf_add_char(&patch, (char)(bits >> held));
    }
    cleanup_error struct error error = {0};
    if (json_parse(strbuf_string(&patch), patch.length, &operations, &error) < 0)
        fail_msg("%s in %s", error_message(&error), strbuf_string(&patch));
    return operations;
}

static void test_mutate_completes(void **state)
{
    (void)state;
    cleanup_json cJSON *review = NULL;
    cJSON *response = ask_webhook(&(struct ask){.object = NO_PRIORITY}, &review);
    assert_true(json_bool(response, "allowed", false));
    assert_int_equal(cJSON_GetArraySize(response), 4);
    cleanup_json cJSON *patch = patch_of(response);
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    json_add_value(&writer, patch);
    assert_string_equal(
        strbuf_string(&text),
        "[{\"op\":\"add\",\"path\":\"/spec/template/metadata/annotations/priority\",\"value\":\"10\"}]");
}

static void test_mutate_leaves_alone(void **state)
{
    (void)state;
    assert_plainly_allowed(&(struct ask){.object = GOOD});
    assert_plainly_allowed(&(struct ask){.operation = "UPDATE", .object = NO_PRIORITY, .old = NO_PRIORITY});
    assert_plainly_allowed(&(struct ask){.operation = "DELETE", .old = NO_PRIORITY});
    assert_plainly_allowed(&(struct ask){.operation = "CONNECT"});
    assert_plainly_allowed(&(struct ask){.object = NO_PRIORITY, .more = ",\"subResource\":\"status\""});
    assert_plainly_allowed(&(struct ask){.kind = "StatefulSet", .object = NO_PRIORITY});
    assert_plainly_allowed(&(struct ask){.group = "apps.example", .object = NO_PRIORITY});
    assert_plainly_allowed(&(struct ask){.group = "", .kind = "ConfigMap", .object = "{}"});
    assert_plainly_allowed(&(struct ask){.object = "{}"});
    assert_plainly_allowed(&(struct ask){
        .object = "{\"metadata\":{\"deletionTimestamp\":\"2026-11-23T07:47:42Z\"}," SPEC_WITH(CONDITION, IMAGE) "}"});
}

/* Who compares the cluster with a file sees what was added to a list of the file's. */
static void test_mutate_warns_of_lists_given_in_part(void **state)
{
    static const char part[] =
        "{\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"a\"}},\"template\":{\"metadata\":{\"annotations\":{"
        "\"isEdgeDeployment\":\"true\"}},\"spec\":{\"tolerations\":[{\"key\":\"x\",\"operator\":\"Exists\"}]}}}}";
    static const char none[] = "{\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"a\"}},\"template\":{\"metadata\":{"
                               "\"annotations\":{\"isEdgeDeployment\":\"true\"}},\"spec\":{}}}}";
    cleanup_json cJSON *review = NULL;
    cleanup_json cJSON *silent = NULL;
    const cJSON *warnings = json_get(ask_webhook(&(struct ask){.object = part}, &review), "warnings");

    (void)state;
    assert_int_equal(cJSON_GetArraySize(warnings), 1);
    assert_string_equal(warnings->child->valuestring,
                        "completed in the cluster, not in the file: tolerations; a diff against the file shows it");
    assert_null(json_get(ask_webhook(&(struct ask){.object = none}, &silent), "warnings"));
}

static void test_mutate_completes_an_update_that_changes_the_spec(void **state)
{
    (void)state;
    cleanup_json cJSON *review = NULL;
    cJSON *response = ask_webhook(&(struct ask){.operation = "UPDATE", .object = NO_PRIORITY, .old = GOOD}, &review);
    assert_non_null(json_string(response, "patch"));
}

static void test_validate_allows(void **state)
{
    (void)state;
    const char *const v = "/validate";
    assert_plainly_allowed(&(struct ask){.path = v, .object = GOOD});
    assert_plainly_allowed(&(struct ask){.path = v, .object = "{\"spec\":{\"template\":{\"spec\":{}}}}"});
    assert_plainly_allowed(&(struct ask){.path = v, .operation = "DELETE", .old = NO_CONDITION});
    assert_plainly_allowed(
        &(struct ask){.path = v, .operation = "UPDATE", .object = NO_CONDITION, .old = NO_CONDITION});
    assert_plainly_allowed(&(struct ask){.path = v, .kind = "DaemonSet", .object = NO_CONDITION});
    assert_plainly_allowed(&(struct ask){
        .path = v,
        .object = "{\"metadata\":{\"deletionTimestamp\":\"2026-11-23T07:47:42Z\"}," SPEC_WITH(PRIORITY, IMAGE) "}"});
}

static void assert_has_cause(const cJSON *causes, const char *field, const char *reason)
{
    const cJSON *cause;
    cJSON_ArrayForEach(cause, causes)
    {
        if (strcmp(json_string_or(cause, "field", ""), field) != 0)
            continue;
        assert_string_equal(json_string(cause, "reason"), reason);
        assert_true(strlen(json_string_or(cause, "message", "")) > 0);
        return;
    }
    fail_msg("no cause names %s", field);
}

/* All errors at once, in the form from which kubectl makes what it prints for its own validation. */
static void test_validate_denies(void **state)
{
    (void)state;
    cleanup_json cJSON *review = NULL;
    cJSON *response = ask_webhook(&(struct ask){.path = "/validate", .object = BAD_PRIORITY}, &review);
    assert_false(json_bool(response, "allowed", true));
    assert_null(json_get(response, "patch"));
    assert_null(json_get(response, "patchType"));

    const cJSON *status = json_get(response, "status");
    int64_t code = 0;
    assert_true(json_int64(status, "code", &code));
    assert_int_equal(code, 422);
    assert_string_equal(json_string(status, "status"), "Failure");
    assert_string_equal(json_string(status, "reason"), "Invalid");
    const char *message = json_string(status, "message");
    static const char beginning[] = "Deployment.apps \"d\" is invalid: [spec.template.metadata.annotations[";
    assert_int_equal(strncmp(message, beginning, sizeof beginning - 1), 0);

    const cJSON *details = json_get(status, "details");
    assert_string_equal(json_string(details, "name"), "d");
    assert_string_equal(json_string(details, "group"), "apps");
    assert_string_equal(json_string(details, "kind"), "Deployment");
    const cJSON *causes = json_get(details, "causes");
    assert_int_equal(cJSON_GetArraySize(causes), 2);
    assert_has_cause(causes, "spec.template.metadata.annotations[targetCondition]", "FieldValueRequired");
    assert_has_cause(causes, "spec.template.metadata.annotations[priority]", "FieldValueInvalid");
}

/* By the namespace of the request: that of the object may be left out, or say something else. */
static void test_secrets_are_judged_by_the_namespace(void **state)
{
    (void)state;
    static const char *const others[] = {NULL, "other", "listed-2"};
    cleanup_json cJSON *allowed = NULL;
    const cJSON *response =
        ask_webhook(&(struct ask){.path = "/validate", .object = WITH_SECRET, .namespace = "listed"}, &allowed);
    assert_true(json_bool(response, "allowed", false));
    const cJSON *warnings = json_get(response, "warnings");
    assert_int_equal(cJSON_GetArraySize(warnings), 1);
    assert_non_null(strstr(warnings->child->valuestring, "values of Secrets leave the cluster"));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        cleanup_json cJSON *denied = NULL;
        response =
            ask_webhook(&(struct ask){.path = "/validate", .object = WITH_SECRET, .namespace = others[i]}, &denied);
        assert_false(json_bool(response, "allowed", true));
        const cJSON *causes = json_at(response, "status", "details", "causes", NULL);
        assert_int_equal(cJSON_GetArraySize(causes), 1);
        assert_has_cause(causes, "spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef",
                         "FieldValueForbidden");
    }
}

static void test_validate_denies_an_update_that_changes_the_spec(void **state)
{
    (void)state;
    cleanup_json cJSON *review = NULL;
    cJSON *response = ask_webhook(
        &(struct ask){.path = "/validate", .operation = "UPDATE", .object = OTHER_IMAGE, .old = NO_CONDITION}, &review);
    assert_false(json_bool(response, "allowed", true));
}

#define OWN(KEY, VALUE) "\"iot-edge-connector/" KEY "\":\"" VALUE "\""
/* With these annotations of its own, and what has always been wrong with its spec: no condition. */
#define ANNOTATED(ANNOTATIONS)                                                                                         \
    "{\"metadata\":{\"name\":\"d\",\"annotations\":{" ANNOTATIONS "}}," SPEC_WITH(PRIORITY, IMAGE) "}"

static cJSON *ask_update(const char *object, const char *old, cJSON **ret_review)
{
    return ask_webhook(&(struct ask){.path = "/validate", .operation = "UPDATE", .object = object, .old = old},
                       ret_review);
}

/* A label on a Deployment whose spec stays is allowed; what has always been wrong with our own annotations is told. */
static void test_an_unchanged_spec_gives_warnings_about_annotations(void **state)
{
    (void)state;
    static const char now[] = "{\"metadata\":{\"name\":\"d\",\"labels\":{\"a\":\"b\"},\"annotations\":{" OWN(
        "ready-percent", "101") "}}," SPEC_WITH(PRIORITY, IMAGE) "}";
    cleanup_json cJSON *review = NULL;
    cJSON *response = ask_update(now, ANNOTATED(OWN("ready-percent", "101")), &review);
    assert_true(json_bool(response, "allowed", false));
    const cJSON *warnings = json_get(response, "warnings");
    assert_int_equal(cJSON_GetArraySize(warnings), 1);
    assert_non_null(strstr(warnings->child->valuestring, "ready-percent"));
}

struct annotated {
    const char *now, *old;
    const char *field; /* the one cause */
    size_t warnings;
};

#define AT_OWN(KEY) "metadata.annotations[iot-edge-connector/" KEY "]"

/* Each is brought by the update itself: new, or changed from one wrong value to another. */
static const struct annotated annotateds[] = {
    {ANNOTATED(OWN("redy-percent", "50")), NO_CONDITION, AT_OWN("redy-percent"), 0},
    {ANNOTATED(OWN("ready-percent", "101")), ANNOTATED(OWN("ready-percent", "50")), AT_OWN("ready-percent"), 0},
    {ANNOTATED(OWN("redy-percent", "60")), ANNOTATED(OWN("redy-percent", "50")), AT_OWN("redy-percent"), 0},
    {ANNOTATED(OWN("redy-percent", "50") "," OWN("layered", "yes")), ANNOTATED(OWN("redy-percent", "50")),
     AT_OWN("layered"), 1},
    /* A good value of an annotation may be what makes the spec wrong. */
    {"{\"metadata\":{\"name\":\"d\",\"annotations\":{" OWN("layered", "true") "}}," LOGGED_SPEC "}",
     DEPLOYMENT LOGGED_SPEC "}", "spec.template.metadata.annotations[loggingOptions]", 0},
};

static void test_an_annotation_that_is_wrong_is_denied_though_the_spec_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(annotateds); i++) {
        const struct annotated *a = &annotateds[i];
        cleanup_json cJSON *review = NULL;
        cJSON *response = ask_update(a->now, a->old, &review);
        if (json_bool(response, "allowed", true))
            fail_msg("%s was allowed", a->now);
        const cJSON *causes = json_at(response, "status", "details", "causes", NULL);
        assert_int_equal(cJSON_GetArraySize(causes), 1);
        assert_string_equal(json_string(causes->child, "field"), a->field);
        assert_int_equal(cJSON_GetArraySize(json_get(response, "warnings")), a->warnings);
    }
}

/* Taking a wrong annotation away, or mending it, is no reason for a refusal. */
static void test_mending_an_annotation_is_allowed(void **state)
{
    (void)state;
    static const char old[] = ANNOTATED(OWN("redy-percent", "50"));
    assert_plainly_allowed(
        &(struct ask){.path = "/validate", .operation = "UPDATE", .object = NO_CONDITION, .old = old});
    assert_plainly_allowed(&(struct ask){
        .path = "/validate", .operation = "UPDATE", .object = ANNOTATED(OWN("ready-percent", "50")), .old = old});
}

#define NO_LONGER_EDGE(GATES, SELECTOR, TOLERATIONS)                                                                   \
    DEPLOYMENT "\"spec\":{\"template\":{\"metadata\":{\"annotations\":{}},\"spec\":{" GATES SELECTOR TOLERATIONS       \
               "\"containers\":[]}}}}"
#define GATES       "\"schedulingGates\":[{\"name\":\"theirs\"},{\"name\":\"iot-edge-connector/placement\"}],"
#define SELECTOR    "\"nodeSelector\":{\"disk\":\"ssd\",\"type\":\"virtual-kubelet\"},"
#define TOLERATIONS "\"tolerations\":[{\"key\":\"iot-edge-connector/edge\",\"operator\":\"Exists\"}],"

/* What was completed stays when isEdgeDeployment goes, and would keep the pods from ever running. */
static void test_what_is_left_of_an_edge_deployment_is_told(void **state)
{
    (void)state;
    cleanup_json cJSON *review = NULL;
    cJSON *response = ask_update(NO_LONGER_EDGE(GATES, SELECTOR, TOLERATIONS), GOOD, &review);
    static const char *const expected[] = {
        "spec.template.spec.schedulingGates: remove iot-edge-connector/placement, or its pods are never scheduled",
        "spec.template.spec.nodeSelector: remove type: virtual-kubelet, or only hubs can take its pods",
        ("spec.template.spec.tolerations: remove virtual-kubelet.io/provider and iot-edge-connector/edge: they let "
         "pods "
         "onto hubs"),
    };
    assert_true(json_bool(response, "allowed", false));
    const cJSON *warnings = json_get(response, "warnings");
    assert_int_equal(cJSON_GetArraySize(warnings), array_length(expected));
    const cJSON *warning = warnings->child;
    for (size_t i = 0; i < array_length(expected); i++, warning = warning->next)
        assert_string_equal(warning->valuestring, expected[i]);
}

static void test_an_edge_deployment_that_is_none_any_more_and_left_nothing(void **state)
{
    (void)state;
    assert_plainly_allowed(
        &(struct ask){.path = "/validate", .operation = "UPDATE", .object = NO_LONGER_EDGE("", "", ""), .old = GOOD});
    /* It never was one: its gates are its own. */
    assert_plainly_allowed(&(struct ask){.path = "/validate",
                                         .operation = "UPDATE",
                                         .object = NO_LONGER_EDGE(GATES, SELECTOR, TOLERATIONS),
                                         .old = NO_LONGER_EDGE("", "", "")});
}

static void test_our_config_map_is_denied(void **state)
{
    (void)state;
    static const char object[] =
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"edgehub\"},\"data\":{\"desiredProperties\":\"{\"}}";
    cleanup_json cJSON *review = NULL;
    cJSON *response =
        ask_webhook(&(struct ask){.path = "/validate", .group = "", .kind = "ConfigMap", .object = object}, &review);
    assert_false(json_bool(response, "allowed", true));
    const cJSON *status = json_get(response, "status");
    assert_int_equal(strncmp(json_string(status, "message"),
                             "ConfigMap \"edgehub\" is invalid: data[desiredProperties]: ",
                             strlen("ConfigMap \"edgehub\" is invalid: data[desiredProperties]: ")),
                     0);
    assert_string_equal(json_string(json_get(status, "details"), "group"), "");
    assert_string_equal(json_string(json_get(status, "details"), "kind"), "ConfigMap");
    assert_has_cause(json_at(status, "details", "causes", NULL), "data[desiredProperties]", "FieldValueInvalid");
}

static void test_another_teams_config_map_is_only_warned_about(void **state)
{
    (void)state;
    static const char object[] = "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"theirs\"},"
                                 "\"data\":{\"desiredProperties\":\"{\",\"other\":\"x\"}}";
    cleanup_json cJSON *review = NULL;
    cJSON *response =
        ask_webhook(&(struct ask){.path = "/validate", .group = "", .kind = "ConfigMap", .object = object}, &review);
    assert_true(json_bool(response, "allowed", false));
    assert_null(json_get(response, "status"));
    const cJSON *warnings = json_get(response, "warnings");
    assert_int_equal(cJSON_GetArraySize(warnings), 2);
    assert_non_null(strstr(warnings->child->valuestring, "\"other\""));
    assert_int_equal(strncmp(warnings->child->next->valuestring, "data[desiredProperties]: ", 25), 0);
}

static void test_a_config_map_whose_data_stays_is_allowed(void **state)
{
    (void)state;
    static const char object[] = "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"edgehub\",\"labels\":{\"a\":\"b\"}},"
                                 "\"data\":{\"desiredProperties\":\"{\"}}";
    static const char old[] =
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"edgehub\"},\"data\":{\"desiredProperties\":\"{\"}}";
    cleanup_json cJSON *review = NULL;
    cJSON *response = ask_webhook(
        &(struct ask){
            .path = "/validate", .group = "", .kind = "ConfigMap", .operation = "UPDATE", .object = object, .old = old},
        &review);
    assert_true(json_bool(response, "allowed", false));
    assert_int_equal(cJSON_GetArraySize(json_get(response, "warnings")), 1);
}

static void test_the_version_is_echoed(void **state)
{
    (void)state;
    static const char text[] = "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\","
                               "\"request\":{\"uid\":\"\\u00fc \\\"1\\\"\"}}";
    cleanup_free char *body = NULL;
    assert_int_equal(post("/mutate?timeout=5s", text, strlen(text), &body), 200);
    assert_string_equal(body, "{\"apiVersion\":\"admission.k8s.io/v1beta1\",\"kind\":\"AdmissionReview\","
                              "\"response\":{\"uid\":\"ü \\\"1\\\"\",\"allowed\":true}}");
}

struct refused {
    const char *text;
    const char *sentence; /* its beginning */
};

#define ENVELOPE "\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\""

static const struct refused refuseds[] = {
    {"", "not valid JSON"},
    {"{\"kind\":", "not valid JSON"},
    {"{} x", "not valid JSON"},
    {"[]", "the body is array, not an AdmissionReview object"},
    {"{}", "kind must be AdmissionReview"},
    {"{\"kind\":\"Deployment\",\"apiVersion\":\"admission.k8s.io/v1\"}", "kind must be AdmissionReview"},
    {"{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v2\"}", "apiVersion must be"},
    {"{\"kind\":\"AdmissionReview\",\"apiVersion\":\"example.org/v1\"}", "apiVersion must be"},
    {"{\"kind\":\"AdmissionReview\",\"ApiVersion\":\"admission.k8s.io/v1\"}", "apiVersion must be"},
    {"{" ENVELOPE "}", "request must be an object"},
    {"{" ENVELOPE ",\"request\":[]}", "request must be an object"},
    {"{" ENVELOPE ",\"request\":{}}", "request.uid is missing"},
    {"{" ENVELOPE ",\"request\":{\"uid\":7}}", "request.uid is missing"},
    {"{" ENVELOPE ",\"request\":{\"uid\":\"\"}}", "request.uid is missing"},
    {"{" ENVELOPE ",\"request\":{\"uid\":\"a\\u0000b\"}}", "the escape \\u0000"},
    {"{" ENVELOPE
     ",\"request\":{\"uid\":\"1\",\"operation\":\"CREATE\",\"kind\":{\"group\":\"apps\",\"version\":\"v1\","
     "\"kind\":\"Deployment\"},\"object\":null}}",
     "request.object must be an object"},
};

/* One sentence with status 400, and the server goes on. */
static void test_what_is_no_review(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(refuseds); i++) {
        cleanup_free char *body = NULL;
        uint64_t before = metrics.requests[WEBHOOK_VALIDATE][CODE_400];
        int status = post("/validate", refuseds[i].text, strlen(refuseds[i].text), &body);
        if (status != 400 || strncmp(body, refuseds[i].sentence, strlen(refuseds[i].sentence)) != 0)
            fail_msg("%s: %d %s", refuseds[i].text, status, body);
        assert_ptr_equal(strchr(body, '\n'), body + strlen(body) - 1);
        assert_int_equal(metrics.requests[WEBHOOK_VALIDATE][CODE_400], before + 1);
    }
    assert_plainly_allowed(&(struct ask){.object = GOOD});
}

/* The object of a review, nested so deep that the whole review has that many levels. */
static int post_nested(size_t levels, char **ret_body)
{
    cleanup_strbuf struct strbuf object = STRBUF_INIT;
    strbuf_add_string(&object, "{\"x\":");
    for (size_t i = 3; i < levels; i++)
        strbuf_add_char(&object, '[');
    for (size_t i = 3; i < levels; i++)
        strbuf_add_char(&object, ']');
    strbuf_add_char(&object, '}');
    cleanup_free char *text = review_text(&(struct ask){.object = strbuf_string(&object)});
    return post("/mutate", text, strlen(text), ret_body);
}

static void test_depth_ends_at_64(void **state)
{
    (void)state;
    cleanup_free char *allowed = NULL;
    cleanup_free char *refused = NULL;
    assert_int_equal(post_nested(64, &allowed), 200);
    assert_int_equal(post_nested(65, &refused), 400);
    assert_string_equal(refused, "the JSON is nested deeper than 64 levels\n");
}

static void test_methods_paths_and_types(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *type;
        int status;
    } cases[] = {
        {"GET", "/mutate", NULL, 405},
        {"PUT", "/validate", "application/json", 405},
        {"POST", "/", "application/json", 404},
        {"POST", "/mutate/", "application/json", 404},
        {"POST", "/Mutate", "application/json", 404},
        {"POST", "/mutate", "text/plain", 415},
        {"POST", "/mutate", "application/jsonx", 415},
        {"POST", "/mutate", "application/json; charset=utf-8", 200},
        {"POST", "/mutate", "Application/JSON;charset=utf-8", 200},
        {"POST", "/validate", "application/json", 200},
    };
    cleanup_free char *text = review_text(&(struct ask){.object = GOOD});
    for (size_t i = 0; i < array_length(cases); i++) {
        bool body = strcmp(cases[i].method, "GET") != 0;
        struct http_client_answer answer = exchange(server, cases[i].method, cases[i].path, cases[i].type,
                                                    body ? text : NULL, body ? strlen(text) : 0);
        if (answer.status != cases[i].status)
            fail_msg("%s %s %s: %d", cases[i].method, cases[i].path, cases[i].type, answer.status);
        http_client_answer_release(&answer);
    }
}

static void test_a_memory_bomb_is_refused(void **state)
{
    (void)state;
    cleanup_strbuf struct strbuf object = STRBUF_INIT;
    strbuf_add_string(&object, "{\"x\":[");
    for (size_t i = 0; i < 1100000; i++)
        strbuf_add_string(&object, "-1234,"); /* no more values than are read, and yet 70 MB of them */
    strbuf_add_string(&object, "0]}");
    cleanup_free char *text = review_text(&(struct ask){.object = strbuf_string(&object)});
    cleanup_free char *body = NULL;
    int status = post("/mutate", text, strlen(text), &body);
#if defined(__SANITIZE_ADDRESS__)
    assert_int_equal(status, 200); /* the arena with its cap is not there: see server/arena.h */
#else
    assert_int_equal(status, 400);
    assert_non_null(strstr(body, "memory"));
#endif
}

static void test_counts(void **state)
{
    (void)state;
    uint64_t allowed = metrics.requests[WEBHOOK_VALIDATE][CODE_200],
             denied = metrics.requests[WEBHOOK_VALIDATE][CODE_422];
    assert_plainly_allowed(&(struct ask){.path = "/validate", .object = GOOD});
    cleanup_json cJSON *review = NULL;
    ask_webhook(&(struct ask){.path = "/validate", .object = NO_CONDITION}, &review);
    assert_int_equal(metrics.requests[WEBHOOK_VALIDATE][CODE_200], allowed + 1);
    assert_int_equal(metrics.requests[WEBHOOK_VALIDATE][CODE_422], denied + 1);
}

/* What one of many clients does; failures are counted, since only the main thread may assert. */
static void *ask_often(void *argument)
{
    unsigned *wrong = argument;
    cleanup_free char *good = review_text(&(struct ask){.object = GOOD});
    cleanup_free char *bad = review_text(&(struct ask){.object = BAD_PRIORITY});
    char base_url[64];
    snprintf(base_url, sizeof base_url, "http://127.0.0.1:%u", http_server_port(server));
    for (unsigned i = 0; i < 50; i++) {
        const char *body = i % 2 ? good : bad;
        struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
        struct exchange one = {base_url, NULL, "POST", "/validate", "application/json", body, strlen(body)};
        if (exchange_try(&one, &answer, NULL) < 0 || answer.status != 200 ||
            !strstr(answer.body, i % 2 ? "\"allowed\":true" : "\"allowed\":false"))
            (*wrong)++;
        http_client_answer_release(&answer);
    }
    return NULL;
}

static void test_many_at_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    unsigned wrong[4] = {0};
    uint64_t allowed = metrics.requests[WEBHOOK_VALIDATE][CODE_200],
             denied = metrics.requests[WEBHOOK_VALIDATE][CODE_422];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &wrong[i]), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(wrong[i], 0);
    assert_int_equal(metrics.requests[WEBHOOK_VALIDATE][CODE_200], allowed + 100);
    assert_int_equal(metrics.requests[WEBHOOK_VALIDATE][CODE_422], denied + 100);
}

static int start(void **state)
{
    (void)state;
    http_client_global_init();
    metrics_init(&metrics, NULL, 0);
    cleanup_error struct error error = {NULL};
    assert_int_equal(namespaces_add(&listed, "listed", &error), 0);
    server = serve(admission_handle, &admission);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_server_stop(server);
    metrics_release(&metrics);
    namespaces_release(&listed);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutate_completes),
        cmocka_unit_test(test_mutate_leaves_alone),
        cmocka_unit_test(test_mutate_completes_an_update_that_changes_the_spec),
        cmocka_unit_test(test_mutate_warns_of_lists_given_in_part),
        cmocka_unit_test(test_validate_allows),
        cmocka_unit_test(test_validate_denies),
        cmocka_unit_test(test_secrets_are_judged_by_the_namespace),
        cmocka_unit_test(test_validate_denies_an_update_that_changes_the_spec),
        cmocka_unit_test(test_an_unchanged_spec_gives_warnings_about_annotations),
        cmocka_unit_test(test_an_annotation_that_is_wrong_is_denied_though_the_spec_stays),
        cmocka_unit_test(test_mending_an_annotation_is_allowed),
        cmocka_unit_test(test_what_is_left_of_an_edge_deployment_is_told),
        cmocka_unit_test(test_an_edge_deployment_that_is_none_any_more_and_left_nothing),
        cmocka_unit_test(test_our_config_map_is_denied),
        cmocka_unit_test(test_another_teams_config_map_is_only_warned_about),
        cmocka_unit_test(test_a_config_map_whose_data_stays_is_allowed),
        cmocka_unit_test(test_the_version_is_echoed),
        cmocka_unit_test(test_what_is_no_review),
        cmocka_unit_test(test_depth_ends_at_64),
        cmocka_unit_test(test_methods_paths_and_types),
        cmocka_unit_test(test_a_memory_bomb_is_refused),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_many_at_once),
    };
    arena_install();
    return cmocka_run_group_tests_name("server_admission", tests, start, stop);
}
