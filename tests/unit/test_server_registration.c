/* Registration against a stand-in for the API server that keeps two objects and counts what was written. */
#include "server_http.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "server/registration.h"
#include "server/registration_objects.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define API "/apis/admissionregistration.k8s.io/v1/"

static const char *const collections[2] = {API "mutatingwebhookconfigurations", API "validatingwebhookconfigurations"};
static const char ca_text[] = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
static const char ca_base64[] = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=";

struct fake {
    cJSON *stored[2]; /* mutating, validating */
    unsigned posts, puts;
    unsigned conflicts; /* that are still to be answered to PUTs */
};

static struct http_server *server;
static struct fake fake;
static char folder[] = "/tmp/test_server_registration.XXXXXX";
static char kubeconfig[64], ca_file[64];

static void answer(struct http_response *response, int status, const cJSON *object)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    if (object)
        json_add_value(&writer, object);
    else
        strbuf_add_format(&text, "{\"kind\":\"Status\",\"message\":\"status %d\",\"code\":%d}", status, status);
    response->status = status;
    response->content_type = "application/json";
    response->body_length = text.length;
    response->body = strbuf_steal(&text);
}

/* Keeps an object as the API server would: with a uid and a new resourceVersion. */
static void store(size_t which, const struct http_request *request, struct http_response *response, int status)
{
    cJSON *object = NULL;
    if (json_parse(request->body, request->body_length, &object, NULL) < 0) {
        answer(response, 400, NULL);
        return;
    }
    char version[16];
    snprintf(version, sizeof version, "%u", fake.posts + fake.puts);
    cJSON *metadata = json_get(object, "metadata");
    cJSON_DeleteItemFromObjectCaseSensitive(metadata, "resourceVersion");
    cJSON_AddStringToObject(metadata, "resourceVersion", version);
    cJSON_Delete(fake.stored[which]);
    fake.stored[which] = object;
    answer(response, status, object);
}

static void handle(void *context, const struct http_request *request, struct http_response *response)
{
    (void)context;
    size_t which = strncmp(request->path, collections[0], strlen(collections[0])) == 0 ? 0 : 1;
    const char *rest = request->path + strlen(collections[which]);
    if (strcmp(request->method, "POST") == 0 && *rest == '\0' && !fake.stored[which]) {
        fake.posts++;
        store(which, request, response, 201);
    } else if (strcmp(rest, "/iot-edge-connector") != 0 || !fake.stored[which]) {
        answer(response, 404, NULL);
    } else if (strcmp(request->method, "GET") == 0) {
        answer(response, 200, fake.stored[which]);
    } else if (fake.conflicts > 0) {
        fake.conflicts--;
        answer(response, 409, NULL);
    } else {
        fake.puts++;
        store(which, request, response, 200);
    }
}

static struct registration by_url(void)
{
    return (struct registration){.kubeconfig = kubeconfig, .ca_file = ca_file, .url = "https://127.0.0.1:8443"};
}

static void apply(const struct registration *registration, const char *expected_report)
{
    cleanup_error struct error error = {0};
    cleanup_strbuf struct strbuf report = STRBUF_INIT;
    if (registration_apply(registration, &report, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_string_equal(strbuf_string(&report), expected_report);
}

static const char created[] = "mutatingwebhookconfigurations/iot-edge-connector created\n"
                              "validatingwebhookconfigurations/iot-edge-connector created\n";
static const char unchanged[] = "mutatingwebhookconfigurations/iot-edge-connector unchanged\n"
                                "validatingwebhookconfigurations/iot-edge-connector unchanged\n";

static void test_creates_then_leaves_alone(void **state)
{
    (void)state;
    struct registration registration = by_url();
    apply(&registration, created);
    assert_int_equal(fake.posts, 2);
    apply(&registration, unchanged);
    assert_int_equal(fake.posts + fake.puts, 2);

    const cJSON *config = json_get(json_get(fake.stored[0], "webhooks")->child, "clientConfig");
    assert_string_equal(json_string(config, "url"), "https://127.0.0.1:8443/mutate");
    assert_string_equal(json_string(config, "caBundle"), ca_base64);
    assert_null(json_get(config, "service"));
}

static void test_writes_only_what_differs(void **state)
{
    (void)state;
    struct registration registration = by_url();
    apply(&registration, created);
    cJSON *metadata = json_get(fake.stored[1], "metadata");
    cJSON *webhook = json_get(fake.stored[1], "webhooks")->child;
    cJSON_AddStringToObject(json_get(metadata, "labels"), "theirs", "kept");
    cJSON_DeleteItemFromObjectCaseSensitive(webhook, "failurePolicy");
    cJSON_AddStringToObject(webhook, "failurePolicy", "Ignore");
    apply(&registration, "mutatingwebhookconfigurations/iot-edge-connector unchanged\n"
                         "validatingwebhookconfigurations/iot-edge-connector configured\n");
    assert_int_equal(fake.puts, 1);
    metadata = json_get(fake.stored[1], "metadata");
    assert_string_equal(json_string(json_get(metadata, "labels"), "theirs"), "kept");
    assert_string_equal(json_string(json_get(fake.stored[1], "webhooks")->child, "failurePolicy"), "Fail");
}

static void test_looks_again_after_a_conflict(void **state)
{
    (void)state;
    struct registration registration = by_url();
    apply(&registration, created);
    cJSON_DeleteItemFromObjectCaseSensitive(json_at(fake.stored[0], "metadata", NULL), "labels");
    fake.conflicts = 3;
    apply(&registration, "mutatingwebhookconfigurations/iot-edge-connector configured\n"
                         "validatingwebhookconfigurations/iot-edge-connector unchanged\n");
    assert_int_equal(fake.conflicts, 0);
    assert_string_equal(json_string(json_at(fake.stored[0], "metadata", "labels", NULL), "app.kubernetes.io/name"),
                        "iot-edge-connector");
}

static void test_gives_up_after_many_conflicts(void **state)
{
    (void)state;
    struct registration registration = by_url();
    apply(&registration, created);
    cJSON_DeleteItemFromObjectCaseSensitive(json_at(fake.stored[0], "metadata", NULL), "labels");
    fake.conflicts = 100;
    cleanup_error struct error error = {0};
    cleanup_strbuf struct strbuf report = STRBUF_INIT;
    assert_int_equal(registration_apply(&registration, &report, &error), -1);
    assert_non_null(strstr(error_message(&error), "mutatingwebhookconfigurations/iot-edge-connector: "));
    assert_non_null(strstr(error_message(&error), "status 409"));
}

static void test_by_service(void **state)
{
    (void)state;
    struct registration registration = {.service_namespace = "edge", .service_name = "hook", .service_port = 8443};
    cleanup_json cJSON *objects = NULL;
    cleanup_error struct error error = {0};
    if (registration_objects_make(&registration, ca_text, &objects, &error) < 0)
        fail_msg("%s", error_message(&error));
    const cJSON *webhook = cJSON_GetArrayItem(json_get(cJSON_GetArrayItem(objects, 1), "webhooks"), 1);
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    json_add_value(&writer, json_at(webhook, "clientConfig", "service", NULL));
    assert_string_equal(strbuf_string(&text),
                        "{\"namespace\":\"edge\",\"name\":\"hook\",\"path\":\"/validate\",\"port\":8443}");
}

struct expected_webhook {
    const char *name, *failure_policy, *resource, *path;
};

/* What the design promises, and every field that the API server would fill in. */
static void test_the_manifest(void **state)
{
    (void)state;
    static const struct expected_webhook expected[] = {
        {"deployments.mutate.iot-edge-connector.io", "Ignore", "deployments", "https://h/mutate"},
        {"deployments.validate.iot-edge-connector.io", "Fail", "deployments", "https://h/validate"},
        {"configmaps.validate.iot-edge-connector.io", "Ignore", "configmaps", "https://h/validate"},
    };
    struct registration registration = {.url = "https://h"};
    cleanup_json cJSON *objects = NULL;
    assert_int_equal(registration_objects_make(&registration, ca_text, &objects, NULL), 0);
    assert_int_equal(cJSON_GetArraySize(objects), 2);
    size_t seen = 0;
    const cJSON *object;
    cJSON_ArrayForEach(object, objects)
    {
        const cJSON *webhook;
        cJSON_ArrayForEach(webhook, json_get(object, "webhooks"))
        {
            assert_true(seen < array_length(expected));
            const struct expected_webhook *e = &expected[seen++];
            assert_string_equal(json_string(webhook, "name"), e->name);
            assert_string_equal(json_string(webhook, "failurePolicy"), e->failure_policy);
            assert_string_equal(json_string(webhook, "sideEffects"), "None");
            assert_string_equal(json_string(webhook, "matchPolicy"), "Equivalent");
            assert_string_equal(json_string(json_get(webhook, "clientConfig"), "url"), e->path);
            int64_t seconds = 0;
            assert_true(json_int64(webhook, "timeoutSeconds", &seconds));
            assert_int_equal(seconds, 5);
            assert_non_null(json_get(webhook, "objectSelector"));
            assert_non_null(json_get(webhook, "namespaceSelector"));
            const cJSON *rules = json_get(webhook, "rules");
            assert_int_equal(cJSON_GetArraySize(rules), 1);
            assert_string_equal(json_string(rules->child, "scope"), "Namespaced");
            assert_string_equal(json_get(rules->child, "resources")->child->valuestring, e->resource);
            assert_int_equal(cJSON_GetArraySize(json_get(webhook, "matchConditions")), 1);
        }
    }
    assert_int_equal(seen, array_length(expected));
}

static const char *expression(const cJSON *objects, int object, int webhook)
{
    const cJSON *it = cJSON_GetArrayItem(json_get(cJSON_GetArrayItem(objects, object), "webhooks"), webhook);
    return json_string_or(json_get(it, "matchConditions")->child, "expression", "");
}

/* Both guards matter: see the comment in the manifest. */
static void test_the_expressions(void **state)
{
    (void)state;
    struct registration registration = {.url = "https://h"};
    cleanup_json cJSON *objects = NULL;
    assert_int_equal(registration_objects_make(&registration, ca_text, &objects, NULL), 0);
    const char *mutating = expression(objects, 0, 0);
    assert_string_equal(mutating, "!has(object.metadata.deletionTimestamp) && ("
                                  " 'isEdgeDeployment' in object.spec.template.metadata.?annotations.orValue({}) ||"
                                  " 'isEdgeDeployment' in object.metadata.?annotations.orValue({}) ||"
                                  " (oldObject != null && ("
                                  " 'isEdgeDeployment' in oldObject.spec.template.metadata.?annotations.orValue({}) ||"
                                  " 'isEdgeDeployment' in oldObject.metadata.?annotations.orValue({}))))");
    assert_string_equal(expression(objects, 1, 0), mutating);
    assert_string_equal(expression(objects, 1, 1),
                        "object.metadata.name in ['edgehub', 'edgeagent'] ||"
                        " object.?data.orValue({}).exists(k, k in ['createOptions', 'desiredProperties'])");
}

static void write_file(const char *path, const char *text)
{
    cleanup_error struct error error = {0};
    if (file_write(path, text, strlen(text), 0600, &error) < 0)
        fail_msg("%s", error_message(&error));
}

static void test_wrong_ca_files(void **state)
{
    (void)state;
    char wrong[64];
    snprintf(wrong, sizeof wrong, "%s/wrong", folder);
    struct registration registration = by_url();
    cleanup_strbuf struct strbuf report = STRBUF_INIT;
    cleanup_error struct error error = {0};
    registration.ca_file = wrong;

    assert_int_equal(registration_apply(&registration, &report, &error), -1);
    assert_non_null(strstr(error_message(&error), wrong));
    write_file(wrong, "hello\n");
    assert_int_equal(registration_apply(&registration, &report, &error), -1);
    assert_non_null(strstr(error_message(&error), "there is no PEM certificate in it"));
    write_file(wrong, "-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n");
    assert_int_equal(registration_apply(&registration, &report, &error), -1);
    assert_non_null(strstr(error_message(&error), "there is a private key in it"));
    unlink(wrong);
    assert_int_equal(fake.posts, 0);
}

static int reset(void **state)
{
    (void)state;
    cJSON_Delete(fake.stored[0]);
    cJSON_Delete(fake.stored[1]);
    fake = (struct fake){0};
    return 0;
}

static int start(void **state)
{
    (void)state;
    char config[512];
    http_client_global_init();
    server = serve(handle, NULL);
    if (!mkdtemp(folder))
        return -1;
    snprintf(kubeconfig, sizeof kubeconfig, "%s/kubeconfig", folder);
    snprintf(ca_file, sizeof ca_file, "%s/ca.crt", folder);
    snprintf(config, sizeof config,
             "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
             "clusters: [{name: k, cluster: {server: 'http://127.0.0.1:%u'}}]\n"
             "users: [{name: u, user: {token: t}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n",
             http_server_port(server));
    write_file(kubeconfig, config);
    write_file(ca_file, ca_text);
    return 0;
}

static int stop(void **state)
{
    reset(state);
    http_server_stop(server);
    unlink(kubeconfig);
    unlink(ca_file);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_creates_then_leaves_alone, reset),
        cmocka_unit_test_setup(test_writes_only_what_differs, reset),
        cmocka_unit_test_setup(test_looks_again_after_a_conflict, reset),
        cmocka_unit_test_setup(test_gives_up_after_many_conflicts, reset),
        cmocka_unit_test_setup(test_by_service, reset),
        cmocka_unit_test_setup(test_the_manifest, reset),
        cmocka_unit_test_setup(test_the_expressions, reset),
        cmocka_unit_test_setup(test_wrong_ca_files, reset),
    };
    return cmocka_run_group_tests_name("server_registration", tests, start, stop);
}
