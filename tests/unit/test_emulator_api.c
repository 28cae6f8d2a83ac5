/* The service and the admin interface over HTTP: tokens, versions, headers, throttling, faults, history. */
#include "tests/unit/emulator_http.h"

#include <sched.h>

static void error_is(struct world *world, const char *path, const char *key, int status, const char *code)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_free char *prefix = emulator_text_format("{\"Message\":\"ErrorCode:%s;", code);

    assert_int_equal(exchange(world->service_client, "GET", path, key, NULL, NULL, &answer), 0);
    assert_int_equal(answer.status, status);
    cleanup_free char *header = http_client_answer_header(&answer, "iothub-errorcode");
    assert_string_equal(header ? header : "none", code);
    assert_memory_equal(answer.body, prefix, strlen(prefix));
    assert_non_null(strstr(answer.body, "\"ExceptionMessage\":\"Tracking ID:"));
}

static void test_admission(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    error_is(world, "/configurations" VERSION_QUERY, NULL, 401, "IotHubUnauthorized");
    error_is(world, "/configurations" VERSION_QUERY, "b3RoZXI=", 401, "IotHubUnauthorizedAccess");
    error_is(world, "/configurations", first_key, 400, "InvalidProtocolVersion");
    error_is(world, "/configurations?api-version=2016-01-01", first_key, 400, "InvalidProtocolVersion");
    error_is(world, "/nothing" VERSION_QUERY, first_key, 404, "GenericNotFound");
    error_is(world, "/configurations/a" VERSION_QUERY, first_key, 404, "ConfigurationNotFound");
    error_is(world, "/twins/none" VERSION_QUERY, first_key, 404, "DeviceNotFound");
    error_is(world, "/twins/device01/modules/none" VERSION_QUERY, first_key, 404, "DeviceNotFound");
    world_free(world);
}

static void test_keys_change(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    assert_int_equal(call(world, "GET", "/configurations", NULL, NULL, NULL), 200);
    assert_int_equal(admin(world, "POST", "/keys", "{\"primary\":\"b3RoZXI=\"}", NULL), 204);
    assert_int_equal(call(world, "GET", "/configurations", NULL, NULL, NULL), 401);
    assert_int_equal(admin(world, "POST", "/keys", "{\"primary\":\"b3RoZXI=\",\"secondary\":\"Zmlyc3Q=\"}", NULL), 204);
    assert_int_equal(call(world, "GET", "/configurations", NULL, NULL, NULL), 200);
    assert_int_equal(admin(world, "POST", "/keys", "{\"primary\":\"not base64\"}", NULL), 400);
    assert_int_equal(call(world, "GET", "/configurations", NULL, NULL, NULL), 200);
    world_free(world);
}

static void test_configuration_calls(void **state)
{
    struct world *world = world_new(0);
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_json cJSON *list = NULL;
    cleanup_json cJSON *slash = NULL;

    (void)state;
    assert_int_equal(
        exchange(world->service_client, "PUT", "/configurations/a" VERSION_QUERY, first_key, NULL, body_text, &answer),
        0);
    assert_int_equal(answer.status, 200);
    cleanup_free char *etag = http_client_answer_header(&answer, "ETag");
    assert_string_equal(etag, "\"MQ==\"");
    cleanup_free char *type = http_client_answer_header(&answer, "Content-Type");
    assert_string_equal(type, "application/json; charset=utf-8");
    assert_int_equal(call(world, "PUT", "/configurations/a", NULL, body_text, NULL), 409);
    assert_int_equal(call(world, "PUT", "/configurations/a", "If-Match: MQ==", body_text, NULL), 409);
    assert_int_equal(call(world, "PUT", "/configurations/a", "If-Match: \"MQ==\"", body_text, NULL), 200);
    assert_int_equal(call(world, "PUT", "/configurations/a", "If-Match: \"MQ==\"", body_text, NULL), 412);
    assert_int_equal(call(world, "PUT", "/configurations/a", "If-Match: *", "{", NULL), 400);
    assert_int_equal(call(world, "PUT", "/configurations/A", NULL, body_text, NULL), 400);
    assert_int_equal(call(world, "GET", "/configurations", NULL, NULL, &list), 200);
    assert_int_equal(cJSON_GetArraySize(list), 1);
    assert_int_equal(call(world, "GET", "/configurations/", NULL, NULL, &slash), 200);
    assert_true(json_equal(list, slash));
    assert_int_equal(call(world, "POST", "/configurations/a", NULL, body_text, NULL), 405);
    assert_int_equal(call(world, "DELETE", "/configurations/a", "If-Match: \"MQ==\"", NULL, NULL), 412);
    assert_int_equal(call(world, "DELETE", "/configurations/a", "If-Match: \"Mg==\"", NULL, NULL), 204);
    assert_int_equal(call(world, "DELETE", "/configurations/a", NULL, NULL, NULL), 404);
    world_free(world);
}

static void test_throttling(void **state)
{
    struct world *world = world_new(2);
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;

    (void)state;
    assert_int_equal(call(world, "PUT", "/configurations/a", NULL, body_text, NULL), 200);
    assert_int_equal(call(world, "GET", "/configurations/a", NULL, NULL, NULL), 200);
    assert_int_equal(
        exchange(world->service_client, "GET", "/configurations" VERSION_QUERY, first_key, NULL, NULL, &answer), 0);
    assert_int_equal(answer.status, 429);
    assert_non_null(strstr(answer.body, "ErrorCode:ThrottlingBacklogTimeout;"));
    assert_non_null(strstr(answer.body, "Operation type: ConfigurationRead"));
    assert_null(http_client_answer_header(&answer, "Retry-After"));
    cleanup_free char *connection = http_client_answer_header(&answer, "Connection");
    assert_non_null(connection);
    assert_int_equal(strcasecmp(connection, "close"), 0);
    /* Twins are throttled elsewhere. */
    assert_int_equal(call(world, "GET", "/twins/device01", NULL, NULL, NULL), 200);
    world_free(world);
}

static void test_query_pages(void **state)
{
    static const char query[] = "{\"query\":\"SELECT deviceId FROM devices\"}";
    struct world *world = world_new(0);
    cleanup_http_client_answer struct http_client_answer first = HTTP_CLIENT_ANSWER_INIT;
    cleanup_http_client_answer struct http_client_answer second = HTTP_CLIENT_ANSWER_INIT;

    (void)state;
    assert_int_equal(exchange(world->service_client, "POST", "/devices/query" VERSION_QUERY, first_key,
                              "x-ms-max-item-count: 2", query, &first),
                     0);
    assert_string_equal(first.body, "[{\"deviceId\":\"device01\"},{\"deviceId\":\"device02\"}]");
    cleanup_free char *type = http_client_answer_header(&first, "x-ms-item-type");
    assert_string_equal(type, "Raw");
    cleanup_free char *token = http_client_answer_header(&first, "x-ms-continuation");
    assert_non_null(token);
    cleanup_free char *header = emulator_text_format("x-ms-continuation: %s", token);
    assert_int_equal(
        exchange(world->service_client, "POST", "/devices/query" VERSION_QUERY, first_key, header, query, &second), 0);
    assert_string_equal(second.body, "[{\"deviceId\":\"device03\"}]");
    assert_null(http_client_answer_header(&second, "x-ms-continuation"));
    assert_int_equal(call(world, "POST", "/devices/query", header, "{\"query\":\"SELECT * FROM devices\"}", NULL), 400);
    assert_int_equal(call(world, "POST", "/devices/query", "x-ms-max-item-count: x", query, NULL), 400);
    assert_int_equal(call(world, "POST", "/devices/query", NULL, "{\"query\":\"SELECT\"}", NULL), 400);
    world_free(world);
}

static void test_twins(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *raw = NULL;
    cleanup_json cJSON *escaped = NULL;
    cleanup_json cJSON *patched = NULL;

    (void)state;
    assert_int_equal(call(world, "GET", "/twins/device01/modules/$edgeAgent", NULL, NULL, &raw), 200);
    assert_int_equal(call(world, "GET", "/twins/device01/modules/%24edgeAgent", NULL, NULL, &escaped), 200);
    assert_true(json_equal(raw, escaped));
    assert_string_equal(json_string(raw, "moduleId"), "$edgeAgent");
    assert_int_equal(call(world, "PATCH", "/twins/device01/modules/$edgeAgent", NULL, "{}", NULL), 401);
    assert_int_equal(call(world, "PATCH", "/twins/device01", "If-Match: \"AAAAAAAAAAk=\"", "{}", NULL), 412);
    assert_int_equal(call(world, "PATCH", "/twins/device01", "If-Match: \"*\"", "{\"tags\":{\"a\":\"b\"}}", &patched),
                     200);
    assert_string_equal(json_string(json_get(patched, "tags"), "a"), "b");
    assert_string_equal(json_string(json_get(patched, "tags"), "testtag"), "A");
    assert_int_equal(call(world, "PATCH", "/twins/device01", NULL, "{\"tags\":5}", NULL), 400);
    world_free(world);
}

static void test_devices_and_orders(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *held = NULL;
    cleanup_json cJSON *devices = NULL;

    (void)state;
    assert_int_equal(call(world, "PUT", "/configurations/a", NULL, body_text, NULL), 200);
    assert_int_equal(admin(world, "GET", "/devices", NULL, &devices), 200);
    assert_int_equal(cJSON_GetArraySize(devices), 3);
    const cJSON *first = cJSON_GetArrayItem(devices, 0);
    assert_string_equal(cJSON_GetArrayItem(json_get(first, "matching"), 0)->valuestring, "a");
    assert_null(json_string(first, "applied"));
    assert_int_equal(admin(world, "POST", "/devices/device01/hold", NULL, &held), 200);
    assert_true(json_bool(held, "held", false));
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    cleanup_json cJSON *one = NULL;
    assert_int_equal(admin(world, "GET", "/devices/device01", NULL, &one), 200);
    assert_string_equal(json_string(one, "applied"), "a");
    assert_int_equal(admin(world, "POST", "/devices/device01/release", NULL, NULL), 200);
    assert_int_equal(admin(world, "POST", "/devices/device09/hold", NULL, NULL), 404);
    assert_int_equal(admin(world, "POST", "/devices/device01/fly", NULL, NULL), 404);
    assert_int_equal(admin(world, "GET", "/devices/device01/hold", NULL, NULL), 405);
    assert_int_equal(admin(world, "POST", "/devices/device01/modules/x/fail", NULL, NULL), 404);
    assert_int_equal(admin(world, "PUT", "/devices", NULL, NULL), 405);
    assert_int_equal(admin(world, "GET", "/evaluate", NULL, NULL), 405);
    assert_int_equal(admin(world, "GET", "/nothing", NULL, NULL), 404);
    world_free(world);
}

/* The last record of the history. */
static void last_is(struct world *world, int status, bool committed, bool answered)
{
    cleanup_json cJSON *history = NULL;
    int64_t number = 0;

    assert_int_equal(admin(world, "GET", "/history", NULL, &history), 200);
    const cJSON *calls = json_get(history, "calls");
    const cJSON *last = cJSON_GetArrayItem(calls, cJSON_GetArraySize(calls) - 1);
    assert_true(json_int64(last, "status", &number));
    assert_int_equal(number, status);
    assert_int_equal(json_bool(last, "committed", !committed), committed);
    assert_int_equal(json_bool(last, "answered", !answered), answered);
}

static void test_history(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *all = NULL;
    cleanup_json cJSON *since = NULL;
    cleanup_json cJSON *cleared = NULL;
    int64_t number = 0;

    (void)state;
    call(world, "PUT", "/configurations/a", NULL, body_text, NULL);
    call(world, "GET", "/configurations", NULL, NULL, NULL);
    call(world, "DELETE", "/configurations/a", "If-Match: \"MQ==\"", NULL, NULL);
    last_is(world, 204, true, true);
    assert_int_equal(admin(world, "GET", "/history", NULL, &all), 200);
    const cJSON *calls = json_get(all, "calls");
    assert_int_equal(cJSON_GetArraySize(calls), 3);
    const cJSON *first = cJSON_GetArrayItem(calls, 0);
    assert_string_equal(json_string(first, "method"), "PUT");
    assert_string_equal(json_string(first, "path"), "/configurations/a");
    assert_string_equal(json_string(first, "configuration"), "a");
    assert_true(json_bool(first, "committed", false));
    assert_true(cJSON_IsNull(json_get(first, "ifMatch")));
    assert_string_equal(json_string(cJSON_GetArrayItem(calls, 2), "ifMatch"), "\"MQ==\"");
    assert_false(json_bool(cJSON_GetArrayItem(calls, 1), "committed", true));
    assert_int_equal(admin(world, "GET", "/history?since=2", NULL, &since), 200);
    assert_int_equal(cJSON_GetArraySize(json_get(since, "calls")), 1);
    assert_int_equal(admin(world, "DELETE", "/history", NULL, NULL), 204);
    assert_int_equal(admin(world, "GET", "/history", NULL, &cleared), 200);
    assert_int_equal(cJSON_GetArraySize(json_get(cleared, "calls")), 0);
    assert_true(json_int64(cleared, "last", &number));
    assert_int_equal(number, 3);
    world_free(world);
}

static void test_coverage(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *gaps = NULL;
    cleanup_json cJSON *later = NULL;
    int64_t sequence = 0;

    (void)state;
    call(world, "PUT", "/configurations/a", NULL, "{}", NULL);
    assert_int_equal(
        call(world, "PUT", "/configurations/a", NULL,
             "{\"targetCondition\":\"deviceId='device02'\",\"content\":{\"modulesContent\":{\"$edgeAgent\":{"
             "\"properties.desired\":{\"modules\":{\"m\":{}}}}}}}",
             NULL),
        200);
    assert_int_equal(call(world, "DELETE", "/configurations/a", NULL, NULL, NULL), 204);
    assert_int_equal(admin(world, "GET", "/coverage", NULL, &gaps), 200);
    assert_int_equal(cJSON_GetArraySize(json_get(gaps, "gaps")), 1);
    const cJSON *gap = cJSON_GetArrayItem(json_get(gaps, "gaps"), 0);
    assert_string_equal(json_string(gap, "device"), "device02");
    assert_string_equal(json_string(gap, "configuration"), "a");
    assert_true(json_int64(gap, "sequence", &sequence));
    assert_int_equal(sequence, 3);
    assert_int_equal(admin(world, "GET", "/coverage?since=3", NULL, &later), 200);
    assert_int_equal(cJSON_GetArraySize(json_get(later, "gaps")), 0);
    world_free(world);
}

static void test_status_faults(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *faults = NULL;

    (void)state;
    assert_int_equal(admin(world, "POST", "/faults",
                           "{\"method\":\"PUT\",\"pathPrefix\":\"/configurations/\",\"when\":\"before\",\"action\":"
                           "\"status:503\",\"count\":2}",
                           NULL),
                     201);
    assert_int_equal(call(world, "GET", "/configurations", NULL, NULL, NULL), 200);
    assert_int_equal(call(world, "PUT", "/configurations/a", NULL, body_text, NULL), 503);
    last_is(world, 503, false, true);
    assert_int_equal(admin(world, "GET", "/faults", NULL, &faults), 200);
    assert_int_equal(cJSON_GetArraySize(json_get(faults, "pending")), 1);
    assert_int_equal(call(world, "PUT", "/configurations/a", NULL, body_text, NULL), 503);
    assert_int_equal(call(world, "PUT", "/configurations/a", NULL, body_text, NULL), 200);
    assert_int_equal(
        admin(world, "POST", "/faults", "{\"method\":\"DELETE\",\"when\":\"after\",\"action\":\"status:500\"}", NULL),
        201);
    assert_int_equal(call(world, "DELETE", "/configurations/a", NULL, NULL, NULL), 500);
    last_is(world, 500, true, true);
    assert_int_equal(call(world, "DELETE", "/configurations/a", NULL, NULL, NULL), 404);
    world_free(world);
}

static void test_close_faults(void **state)
{
    struct world *world = world_new(0);
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    const char *path = "/configurations/a" VERSION_QUERY;

    (void)state;
    assert_int_equal(admin(world, "POST", "/faults", "{\"action\":\"close\"}", NULL), 201);
    assert_true(exchange(world->service_client, "PUT", path, first_key, NULL, body_text, &answer) < 0);
    last_is(world, 0, false, false);
    assert_int_equal(admin(world, "POST", "/faults", "{\"action\":\"close\",\"when\":\"after\"}", NULL), 201);
    assert_true(exchange(world->service_client, "PUT", path, first_key, NULL, body_text, &answer) < 0);
    last_is(world, 0, true, false);
    assert_int_equal(call(world, "GET", "/configurations/a", NULL, NULL, NULL), 200);
    world_free(world);
}

static void test_bad_faults(void **state)
{
    static const char *const orders[] = {
        "[]",
        "{}",
        "{\"action\":\"explode\"}",
        "{\"action\":\"status:200\"}",
        "{\"action\":\"status:503x\"}",
        "{\"action\":\"hold\",\"when\":\"later\"}",
        "{\"action\":\"hold\",\"count\":-1}",
        "{\"action\":\"hold\",\"a\":1}",
        "{",
    };
    struct world *world = world_new(0);

    (void)state;
    for (size_t i = 0; i < array_length(orders); i++)
        assert_int_equal(admin(world, "POST", "/faults", orders[i], NULL), 400);
    world_free(world);
}

/* A PUT in a thread and a connection of its own. */
struct caller {
    struct world *world;
    pthread_t thread;
    int status; /* -1: no answer */
};

static void *caller_run(void *context)
{
    struct caller *caller = context;
    cleanup_http_client struct http_client *client = client_new(caller->world->service);
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    int result = exchange(client, "PUT", "/configurations/a" VERSION_QUERY, first_key, NULL, body_text, &answer);

    caller->status = result == 0 ? answer.status : -1;
    return NULL;
}

/* Starts the call and returns when the emulator holds it. */
static void caller_start(struct caller *caller, struct world *world)
{
    int64_t held = 0, deadline = clock_now_ms() + WAIT_MS;

    *caller = (struct caller){.world = world};
    assert_int_equal(pthread_create(&caller->thread, NULL, caller_run, caller), 0);
    while (held == 0) {
        cleanup_json cJSON *faults = NULL;
        assert_int_equal(admin(world, "GET", "/faults", NULL, &faults), 200);
        assert_true(json_int64(faults, "held", &held));
        assert_true(clock_now_ms() < deadline);
        sched_yield();
    }
}

static int caller_end(struct caller *caller, const char *release)
{
    assert_int_equal(admin(caller->world, "DELETE", release, NULL, NULL), 204);
    pthread_join(caller->thread, NULL);
    return caller->status;
}

static void hold_order(struct world *world, const char *when)
{
    cleanup_free char *order = emulator_text_format("{\"method\":\"PUT\",\"when\":\"%s\",\"action\":\"hold\"}", when);

    assert_int_equal(admin(world, "POST", "/faults", order, NULL), 201);
}

static void test_held_before(void **state)
{
    struct world *world = world_new(0);
    struct caller caller;

    (void)state;
    hold_order(world, "before");
    caller_start(&caller, world);
    assert_int_equal(call(world, "GET", "/configurations/a", NULL, NULL, NULL), 404);
    assert_int_equal(caller_end(&caller, "/faults"), 200);
    assert_int_equal(call(world, "GET", "/configurations/a", NULL, NULL, NULL), 200);
    world_free(world);
}

static void test_held_before_and_dropped(void **state)
{
    struct world *world = world_new(0);
    struct caller caller;

    (void)state;
    hold_order(world, "before");
    caller_start(&caller, world);
    assert_int_equal(caller_end(&caller, "/faults?drop=true"), -1);
    last_is(world, 0, false, false);
    assert_int_equal(call(world, "GET", "/configurations/a", NULL, NULL, NULL), 404);
    world_free(world);
}

static void test_held_after(void **state)
{
    struct world *world = world_new(0);
    struct caller caller;

    (void)state;
    hold_order(world, "after");
    caller_start(&caller, world);
    last_is(world, 200, true, false);
    assert_int_equal(call(world, "GET", "/configurations/a", NULL, NULL, NULL), 200);
    assert_int_equal(caller_end(&caller, "/faults?drop=true"), -1);
    assert_int_equal(call(world, "GET", "/configurations/a", NULL, NULL, NULL), 200);
    world_free(world);
}

static void test_worker_evaluates(void **state)
{
    struct world *world = world_new(0);
    int64_t deadline = clock_now_ms() + WAIT_MS;
    bool evaluated = false;
    pthread_t worker;

    (void)state;
    /* A period of a day: the pass that is seen is the one that a create brings about. */
    world->emulator.options.evaluation_period_ms = 86400000;
    world->emulator.evaluate_at_ms = clock_now_ms() + 86400000;
    world->emulator.options.first_evaluation_ms = 1;
    assert_int_equal(pthread_create(&worker, NULL, emulator_worker, &world->emulator), 0);
    assert_int_equal(call(world, "PUT", "/configurations/a", NULL, body_text, NULL), 200);
    while (!evaluated) {
        cleanup_json cJSON *configuration = NULL;
        assert_int_equal(call(world, "GET", "/configurations/a", NULL, NULL, &configuration), 200);
        evaluated = json_at(configuration, "systemMetrics", "results", "targetedCount", NULL) != NULL;
        assert_true(clock_now_ms() < deadline);
    }
    emulator_stop(&world->emulator);
    pthread_join(worker, NULL);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admission),
        cmocka_unit_test(test_keys_change),
        cmocka_unit_test(test_configuration_calls),
        cmocka_unit_test(test_throttling),
        cmocka_unit_test(test_query_pages),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_devices_and_orders),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_status_faults),
        cmocka_unit_test(test_close_faults),
        cmocka_unit_test(test_bad_faults),
        cmocka_unit_test(test_held_before),
        cmocka_unit_test(test_held_before_and_dropped),
        cmocka_unit_test(test_held_after),
        cmocka_unit_test(test_worker_evaluates),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
