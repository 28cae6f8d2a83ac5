/* Direct methods, applyConfigurationContent and the writing of twins, over HTTP. */
#include "emulator/agent.h"
#include "emulator/twin.h"
#include "tests/unit/emulator_http.h"

#include <sched.h>
#include <stdatomic.h>

#define AGENT "/twins/device01/modules/%24edgeAgent/methods"

static const char module[] = "{\"type\":\"docker\",\"status\":\"running\",\"settings\":{\"image\":\"i:1\"}}";

static char *modules_content(void)
{
    return emulator_text_format(
        "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"runtime\":{\"type\":"
        "\"docker\"},\"systemModules\":{\"edgeAgent\":%s,\"edgeHub\":%s},\"modules\":{\"web\":%s,\"webcam\":%s}}},"
        "\"web\":{\"properties.desired\":{\"k\":\"v\"}}}}",
        module, module, module, module);
}

/* A hub whose device01 runs web and webcam. */
static struct world *world_deployed(void)
{
    struct world *world = world_new(0);
    cleanup_free char *content = modules_content();

    assert_int_equal(call(world, "POST", "/devices/device01/applyConfigurationContent", NULL, content, NULL), 204);
    return world;
}

static void method_is(struct world *world, const char *body, int status, const char *payload)
{
    cleanup_json cJSON *answer = NULL;
    int64_t found = 0;

    assert_int_equal(call(world, "POST", AGENT, NULL, body, &answer), 200);
    assert_true(json_int64(answer, "status", &found));
    cleanup_free char *text = cJSON_PrintUnformatted(json_get(answer, "payload"));
    if (found != status || (payload && strcmp(text, payload) != 0))
        fail_msg("%s: %d %s", body, (int)found, text);
}

static void test_agent_methods(void **state)
{
    struct world *world = world_deployed();

    (void)state;
    method_is(world, "{\"methodName\":\"ping\",\"payload\":null}", 200, "null");
    method_is(world, "{\"methodName\":\"PING\",\"payload\":\"\",\"responseTimeoutInSeconds\":30}", 200, "null");
    method_is(world, "{\"methodName\":\"dance\"}", 400,
              "{\"message\":\"Command 'dance' not found. The supported commands are - ping, GetModuleLogs, "
              "RestartModule\"}");
    method_is(world, "{\"methodName\":\"RestartModule\",\"payload\":{\"schemaVersion\":\"1.0\",\"id\":\"web\"}}", 200,
              "null");
    method_is(world, "{\"methodName\":\"RestartModule\",\"payload\":{\"schemaVersion\":\"1.0\",\"id\":\"Web\"}}", 500,
              "{\"message\":\"Module Web not found in the current environment\"}");
    method_is(world, "{\"methodName\":\"RestartModule\",\"payload\":{\"schemaVersion\":\"2.0\",\"id\":\"web\"}}", 400,
              NULL);
    cleanup_json cJSON *other = NULL;
    assert_int_equal(call(world, "POST", "/twins/device01/modules/web/methods", NULL, "{\"methodName\":\"x\"}", &other),
                     200);
    assert_int_equal(json_get(other, "status")->valueint, 501);
    world_free(world);
}

static void test_bad_method_calls(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{\"methodName\":\"\"}",
        "{\"methodName\":\"ping\",\"responseTimeoutInSeconds\":4}",
        "{\"methodName\":\"ping\",\"responseTimeoutInSeconds\":301}",
        "{\"methodName\":\"ping\",\"connectTimeoutInSeconds\":-1}",
        "{\"methodName\":\"ping\",\"responseTimeoutInSeconds\":10,\"connectTimeoutInSeconds\":20}",
    };
    struct world *world = world_deployed();

    (void)state;
    for (size_t i = 0; i < array_length(bodies); i++)
        assert_int_equal(call(world, "POST", AGENT, NULL, bodies[i], NULL), 400);
    assert_int_equal(call(world, "GET", AGENT, NULL, NULL, NULL), 405);
    assert_int_equal(call(world, "POST", "/twins/device09/modules/x/methods", NULL, "{}", NULL), 404);
    assert_int_equal(call(world, "POST", "/twins/device01/modules/x/methods", NULL, "{}", NULL), 404);
    world_free(world);
}

static void test_offline(void **state)
{
    struct world *world = world_deployed();
    cleanup_json cJSON *answer = NULL, *inner = NULL;

    (void)state;
    assert_int_equal(admin(world, "POST", "/devices/device01/offline", NULL, NULL), 200);
    assert_int_equal(call(world, "POST", AGENT, NULL, "{\"methodName\":\"ping\"}", &answer), 404);
    const char *message = json_string(answer, "Message");
    assert_int_equal(json_parse(message, strlen(message), &inner, NULL), 0);
    assert_int_equal(json_get(inner, "errorCode")->valueint, 404103);
    assert_int_equal(admin(world, "POST", "/devices/device01/online", NULL, NULL), 200);
    method_is(world, "{\"methodName\":\"ping\"}", 200, "null");
    /* A device's own program, which the simulated ones lack, is never there. */
    assert_int_equal(call(world, "POST", "/twins/device01/methods", NULL, "{\"methodName\":\"x\"}", NULL), 404);
    assert_int_equal(admin(world, "POST", "/devices/device01/offline", "{\"for\":\"1d\"}", NULL), 400);
    world_free(world);
}

struct waiting {
    struct world *world;
    const char *body;
    int status;
    atomic_bool done;
};

static void *wait_for_answer(void *context)
{
    struct waiting *waiting = context;
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    struct http_client *client = client_new(waiting->world->service);

    if (exchange(client, "POST", AGENT VERSION_QUERY, first_key, NULL, waiting->body, &answer) == 0)
        waiting->status = answer.status;
    http_client_free(client);
    atomic_store(&waiting->done, true);
    return NULL;
}

/* The call waits for the order, and is then answered. */
static void waits_for(const char *before, const char *body, const char *order)
{
    struct world *world = world_deployed();
    struct waiting waiting = {.world = world, .body = body};
    pthread_t thread;

    assert_true(admin(world, "POST", before, NULL, NULL) < 300);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_answer, &waiting), 0);
    /* It has reached the hub when its request is counted; it may then only wait. */
    for (struct http_server_counts counts = {0}; counts.requests < 2; sched_yield())
        http_server_count(world->service, &counts);
    assert_false(atomic_load(&waiting.done));
    assert_true(admin(world, "POST", order, NULL, NULL) < 300);
    pthread_join(thread, NULL);
    assert_int_equal(waiting.status, 200);
    world_free(world);
}

static void test_waits_for_the_connection(void **state)
{
    (void)state;
    waits_for("/devices/device01/offline",
              "{\"methodName\":\"ping\",\"responseTimeoutInSeconds\":300,\"connectTimeoutInSeconds\":300}",
              "/devices/device01/online");
}

static void test_waits_for_the_answer(void **state)
{
    (void)state;
    waits_for("/devices/device01/mute", "{\"methodName\":\"ping\",\"responseTimeoutInSeconds\":300}",
              "/devices/device01/unmute");
}

static void log_write(struct world *world, const char *name, const char *text)
{
    cleanup_free char *path = emulator_text_format("/devices/device01/modules/%s/log", name);
    cleanup_free char *body = emulator_text_format("{\"text\":\"%s\"}", text);

    assert_int_equal(admin(world, "POST", path, body, NULL), 204);
}

static void logs_are(struct world *world, const char *items, const char *type, const char *expected)
{
    cleanup_free char *body =
        emulator_text_format("{\"methodName\":\"GetModuleLogs\",\"payload\":{\"schemaVersion\":"
                             "\"1.0\",\"items\":%s,\"encoding\":\"none\",\"contentType\":\"%s\"}}",
                             items, type);

    method_is(world, body, 200, expected);
}

static void test_module_logs(void **state)
{
    struct world *world = world_deployed();

    (void)state;
    log_write(world, "web", "<3> an error");
    log_write(world, "web", "hello");
    log_write(world, "web", "<6> bye");
    log_write(world, "webcam", "click");
    logs_are(world, "{\"id\":\"^web$\"}", "text",
             "[{\"id\":\"web\",\"payload\":\"<3> an error\\nhello\\n<6> bye\\n\",\"payloadBytes\":null}]");
    /* An expression finds a name that contains it, in any letter case. */
    logs_are(world, "{\"id\":\"EB\",\"filter\":{\"tail\":1}}", "text",
             "[{\"id\":\"web\",\"payload\":\"<6> bye\\n\",\"payloadBytes\":null},"
             "{\"id\":\"webcam\",\"payload\":\"click\\n\",\"payloadBytes\":null}]");
    logs_are(world, "{\"id\":\"nobody\"}", "text", "[]");
    /* The first item that finds a module decides. */
    logs_are(world, "[{\"id\":\"cam\",\"filter\":{\"tail\":0}},{\"id\":\"webcam\"}]", "text",
             "[{\"id\":\"webcam\",\"payload\":\"\",\"payloadBytes\":null}]");
    /* A level is compared for equality, and lines without one have 6. */
    logs_are(world, "{\"id\":\"^web$\",\"filter\":{\"loglevel\":6}}", "text",
             "[{\"id\":\"web\",\"payload\":\"hello\\n<6> bye\\n\",\"payloadBytes\":null}]");
    /* The filter sees no more than the last lines. */
    logs_are(world, "{\"id\":\"^web$\",\"filter\":{\"tail\":2,\"regex\":\"error\"}}", "text",
             "[{\"id\":\"web\",\"payload\":\"\",\"payloadBytes\":null}]");
    logs_are(world, "{\"id\":\"^web$\",\"filter\":{\"until\":\"1 day\"}}", "text",
             "[{\"id\":\"web\",\"payload\":\"\",\"payloadBytes\":null}]");
    logs_are(world, "{\"id\":\"^web$\",\"filter\":{\"since\":\"1 day\",\"tail\":1}}", "text",
             "[{\"id\":\"web\",\"payload\":\"<6> bye\\n\",\"payloadBytes\":null}]");
    logs_are(world, "{\"id\":\"^edgeHub$\"}", "json",
             "[{\"id\":\"edgeHub\",\"payload\":\"[]\",\"payloadBytes\":null}]");
    world_free(world);
}

static void test_logs_as_json(void **state)
{
    struct world *world = world_deployed();
    cleanup_json cJSON *answer = NULL, *lines = NULL;

    (void)state;
    log_write(world, "web", "<3> an error");
    assert_int_equal(call(world, "POST", AGENT, NULL,
                          "{\"methodName\":\"GetModuleLogs\",\"payload\":{\"schemaVersion\":\"1.0\",\"items\":{\"id\":"
                          "\"^web$\"}}}",
                          &answer),
                     200);
    const char *payload = json_string(cJSON_GetArrayItem(json_get(answer, "payload"), 0), "payload");
    assert_int_equal(json_parse(payload, strlen(payload), &lines, NULL), 0);
    const cJSON *line = cJSON_GetArrayItem(lines, 0);
    assert_string_equal(json_string(line, "iothub"), "localhost");
    assert_string_equal(json_string(line, "device"), "device01");
    assert_string_equal(json_string(line, "id"), "web");
    assert_string_equal(json_string(line, "stream"), "stdout");
    assert_string_equal(json_string(line, "text"), "an error");
    assert_int_equal(json_get(line, "loglevel")->valueint, 3);
    assert_non_null(json_string(line, "timestamp"));
    world_free(world);
}

static void test_logs_too_large(void **state)
{
    struct world *world = world_deployed();
    cleanup_free char *text = emulator_allocate(1001);
    static const char gzip[] =
        "{\"methodName\":\"GetModuleLogs\",\"payload\":{\"schemaVersion\":\"1.0\",\"items\":{\"id\":"
        "\"^web$\"},\"encoding\":\"gzip\",\"contentType\":\"text\"}}";

    (void)state;
    memset(text, 'x', 1000);
    for (int i = 0; i < 127; i++)
        log_write(world, "web", text);
    /* 127 lines of 1001 characters. */
    method_is(world,
              "{\"methodName\":\"GetModuleLogs\",\"payload\":{\"schemaVersion\":\"1.0\",\"items\":{\"id\":\"^web$\"},"
              "\"encoding\":\"none\",\"contentType\":\"text\"}}",
              400, NULL);
    method_is(world,
              "{\"methodName\":\"GetModuleLogs\",\"payload\":{\"schemaVersion\":\"1.0\",\"items\":{\"id\":\"^web$\","
              "\"filter\":{\"tail\":126}},\"encoding\":\"none\",\"contentType\":\"text\"}}",
              200, NULL);
    cleanup_json cJSON *answer = NULL;
    assert_int_equal(call(world, "POST", AGENT, NULL, gzip, &answer), 200);
    const cJSON *entry = cJSON_GetArrayItem(json_get(answer, "payload"), 0);
    assert_null(json_string(entry, "payload"));
    /* The magic number of gzip. */
    assert_memory_equal(json_string(entry, "payloadBytes"), "H4sI", 4);
    world_free(world);
}

static void test_bad_log_requests(void **state)
{
    static const char *const payloads[] = {
        "{\"items\":{\"id\":\"a\"}}",
        "{\"schemaVersion\":\"2.0\",\"items\":{\"id\":\"a\"}}",
        "{\"schemaVersion\":\"1.0\"}",
        "{\"schemaVersion\":\"1.0\",\"items\":{\"id\":\"(\"}}",
        "{\"schemaVersion\":\"1.0\",\"items\":{\"id\":\"web\",\"filter\":{\"since\":\"soon\"}}}",
        "{\"schemaVersion\":\"1.0\",\"items\":{\"id\":\"web\"},\"encoding\":\"zip\"}",
        "{\"schemaVersion\":\"1.0\",\"items\":{\"id\":\"web\"},\"contentType\":\"xml\"}",
    };
    struct world *world = world_deployed();

    (void)state;
    for (size_t i = 0; i < array_length(payloads); i++) {
        cleanup_free char *body =
            emulator_text_format("{\"methodName\":\"GetModuleLogs\",\"payload\":%s}", payloads[i]);
        method_is(world, body, 400, NULL);
    }
    world_free(world);
}

static void test_apply(void **state)
{
    struct world *world = world_deployed();
    cleanup_json cJSON *twin = NULL, *web = NULL;

    (void)state;
    assert_int_equal(call(world, "GET", "/twins/device01/modules/web", NULL, NULL, &web), 200);
    assert_string_equal(json_string(json_at(web, "properties", "desired", NULL), "k"), "v");
    /* A dotted path adds to what is there. */
    cleanup_free char *more = emulator_text_format("{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired.modules."
                                                   "third\":%s},\"web\":{\"properties.desired.k2\":1}}}",
                                                   module);
    assert_int_equal(call(world, "POST", "/devices/device01/applyConfigurationContent", NULL, more, NULL), 204);
    assert_int_equal(call(world, "GET", "/twins/device01/modules/%24edgeAgent", NULL, NULL, &twin), 200);
    assert_int_equal(cJSON_GetArraySize(json_at(twin, "properties", "reported", "modules", NULL)), 3);
    cleanup_free char *content = modules_content();
    assert_int_equal(call(world, "POST", "/devices/device09/applyConfigurationContent", NULL, content, NULL), 404);
    assert_int_equal(call(world, "GET", "/devices/device01/applyConfigurationContent", NULL, NULL, NULL), 405);
    assert_int_equal(call(world, "POST", "/devices/device01/applyConfigurationContent", NULL, "{}", NULL), 400);
    emulator_fleet_add(&world->emulator.state.fleet, "plain", false, NULL, NULL);
    cleanup_json cJSON *refusal = NULL;
    assert_int_equal(call(world, "POST", "/devices/plain/applyConfigurationContent", NULL, content, &refusal), 400);
    assert_non_null(strstr(json_string(refusal, "Message"), "Not an Azure IoT Edge device"));
    world_free(world);
}

static void test_twins_are_written(void **state)
{
    struct world *world = world_deployed();
    cleanup_json cJSON *put = NULL, *patched = NULL, *tags = NULL;

    (void)state;
    assert_int_equal(
        call(world, "PUT", "/twins/device01/modules/web", NULL, "{\"properties\":{\"desired\":{\"only\":1}}}", &put),
        200);
    assert_null(json_get(json_at(put, "properties", "desired", NULL), "k"));
    assert_int_equal(json_at(put, "properties", "desired", "only", NULL)->valueint, 1);
    /* Java's client has no PATCH. */
    assert_int_equal(call(world, "POST", "/twins/device01/modules/web", "X-HTTP-Method-Override: PATCH",
                          "{\"properties\":{\"desired\":{\"more\":2}}}", &patched),
                     200);
    assert_int_equal(json_at(patched, "properties", "desired", "only", NULL)->valueint, 1);
    assert_int_equal(call(world, "PUT", "/twins/device01", NULL, "{\"tags\":{\"a\":\"b\"}}", &tags), 200);
    assert_null(json_get(json_get(tags, "tags"), "testtag"));
    assert_int_equal(call(world, "PUT", "/twins/device01/modules/%24edgeHub", NULL, "{}", NULL), 401);
    assert_int_equal(call(world, "PATCH", "/twins/device01/modules/web", NULL, "{\"tags\":{}}", NULL), 200);
    assert_int_equal(call(world, "PATCH", "/twins/device01/modules/web", NULL, "{\"tags\":{\"a\":1}}", NULL), 400);
    assert_int_equal(call(world, "POST", "/twins/device01/modules/web", NULL, "{}", NULL), 405);
    world_free(world);
}

static void test_twin_limits(void **state)
{
    cleanup_free char *long_text = emulator_allocate(4098);
    struct world *world = world_deployed();
    static const char deep[] = "{\"properties\":{\"desired\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
                               "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}";
    static const char *const bad[] = {
        "{\"properties\":{\"desired\":{\"a.b\":1}}}",
        "{\"properties\":{\"desired\":{\"a b\":1}}}",
        "{\"properties\":{\"desired\":{\"$a\":1}}}",
        "{\"properties\":{\"desired\":{\"\":1}}}",
        "{\"properties\":{\"desired\":{\"a\":[null]}}}",
        "{\"properties\":{\"desired\":{\"a\":4503599627370496}}}",
        deep,
    };

    (void)state;
    for (size_t i = 0; i < array_length(bad); i++)
        if (call(world, "PATCH", "/twins/device01/modules/web", NULL, bad[i], NULL) != 400)
            fail_msg("%s was taken", bad[i]);
    memset(long_text, 'x', 4097);
    cleanup_free char *long_value = emulator_text_format("{\"properties\":{\"desired\":{\"a\":\"%s\"}}}", long_text);
    assert_int_equal(call(world, "PATCH", "/twins/device01/modules/web", NULL, long_value, NULL), 400);
    long_text[4096] = '\0';
    for (int i = 0; i < 9; i++) {
        cleanup_free char *value =
            emulator_text_format("{\"properties\":{\"desired\":{\"a%d\":\"%s\"}}}", i, long_text);
        int status = call(world, "PATCH", "/twins/device01/modules/web", NULL, value, NULL);
        /* Seven of 4 KB fit into 32 KB, names and what was there counted. */
        assert_int_equal(status, i < 7 ? 200 : 400);
    }
    cleanup_free char *tags = emulator_text_format("{\"tags\":{\"a\":\"%s\",\"b\":\"%s\"}}", long_text, long_text);
    assert_int_equal(call(world, "PATCH", "/twins/device01", NULL, tags, NULL), 400);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agent_methods),
        cmocka_unit_test(test_bad_method_calls),
        cmocka_unit_test(test_offline),
        cmocka_unit_test(test_waits_for_the_connection),
        cmocka_unit_test(test_waits_for_the_answer),
        cmocka_unit_test(test_module_logs),
        cmocka_unit_test(test_logs_as_json),
        cmocka_unit_test(test_logs_too_large),
        cmocka_unit_test(test_bad_log_requests),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_twins_are_written),
        cmocka_unit_test(test_twin_limits),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
