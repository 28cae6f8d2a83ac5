/* A hub that is not as everybody expects: faults, quirks, a foreigner, and whether devices stayed covered. */
#include "emulator/agent.h"
#include "emulator/changes.h"
#include "emulator/foreigner.h"
#include "emulator/quirks.h"
#include "emulator/twin.h"
#include "tests/unit/emulator_http.h"

static const char module[] = "{\"type\":\"docker\",\"status\":\"running\",\"settings\":{\"image\":\"i:1\"}}";

/* The body of a base with these modules (JSON members). */
static char *base_body(const char *modules, int priority)
{
    return emulator_text_format(
        "{\"targetCondition\":\"tags.testtag='A'\",\"priority\":%d,\"labels\":{\"l\":\"1\"},\"content\":{"
        "\"modulesContent\":{"
        "\"$edgeAgent\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"runtime\":{\"type\":\"docker\"},"
        "\"systemModules\":{\"edgeAgent\":%s,\"edgeHub\":%s},\"modules\":{%s}}}}}}",
        priority, module, module, modules);
}

static void base_put(struct world *world, const char *id, const char *name, int priority)
{
    cleanup_free char *modules = emulator_text_format("\"%s\":%s", name, module);
    cleanup_free char *body = base_body(modules, priority);
    cleanup_free char *path = emulator_text_format("/configurations/%s", id);

    assert_int_equal(call(world, "PUT", path, NULL, body, NULL), 200);
}

static void layer_put(struct world *world, const char *id, const char *name, int priority)
{
    cleanup_free char *path = emulator_text_format("/configurations/%s", id);
    cleanup_free char *body = emulator_text_format(
        "{\"targetCondition\":\"*\",\"priority\":%d,\"content\":{\"modulesContent\":{\"$edgeAgent\":{"
        "\"properties.desired.modules.%s\":%s}}}}",
        priority, name, module);

    assert_int_equal(call(world, "PUT", path, NULL, body, NULL), 200);
}

/* The names of the modules that device01 runs, in their order. */
static char *modules_of(struct world *world)
{
    struct strbuf names = STRBUF_INIT;
    cleanup_json cJSON *device = NULL;
    const cJSON *one;

    assert_int_equal(admin(world, "GET", "/devices/device01", NULL, &device), 200);
    cJSON_ArrayForEach(one, json_get(device, "modules"))
    {
        if (!json_bool(one, "system", false))
            strbuf_add_format(&names, "%s%s", names.length ? " " : "", json_string(one, "name"));
    }
    return strbuf_steal(&names);
}

static void modules_are(struct world *world, const char *expected)
{
    cleanup_free char *names = modules_of(world);

    assert_string_equal(names, expected);
}

static void fault_order(struct world *world, const char *method, const char *when, const char *action)
{
    cleanup_free char *body =
        emulator_text_format("{\"method\":\"%s\",\"pathPrefix\":\"/configurations\",\"when\":\"%s\",\"action\":\"%s\"}",
                             method, when, action);

    assert_int_equal(admin(world, "POST", "/faults", body, NULL), 201);
}

static int list_ids(struct world *world, char **ret_ids)
{
    struct strbuf ids = STRBUF_INIT;
    cleanup_json cJSON *list = NULL;
    const cJSON *one;
    int status = call(world, "GET", "/configurations", NULL, NULL, &list);

    if (status == 200)
        cJSON_ArrayForEach(one, list) strbuf_add_format(&ids, "%s ", json_string(one, "id"));
    *ret_ids = emulator_text_copy(strbuf_string(&ids));
    strbuf_release(&ids);
    return status;
}

static void list_is(struct world *world, const char *expected)
{
    cleanup_free char *ids = NULL;

    assert_int_equal(list_ids(world, &ids), 200);
    assert_string_equal(ids, expected);
}

static void test_error_codes(void **state)
{
    struct world *world = world_new(0);
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;

    (void)state;
    fault_order(world, "GET", "before", "error:413101");
    assert_int_equal(
        exchange(world->service_client, "GET", "/configurations" VERSION_QUERY, first_key, NULL, NULL, &answer), 0);
    assert_int_equal(answer.status, 413);
    cleanup_free char *code = http_client_answer_header(&answer, "iothub-errorcode");
    assert_string_equal(code, "ConfigurationCountLimitExceeded");
    world_free(world);
}

static void test_cuts(void **state)
{
    static const char *const actions[] = {"close", "reset", "tls-close", "truncate:3"};
    struct world *world = world_new(0);

    (void)state;
    for (size_t i = 0; i < array_length(actions); i++) {
        cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
        cleanup_free char *path = emulator_text_format("/configurations/c%zu", i);
        cleanup_free char *url = emulator_text_format("%s" VERSION_QUERY, path);
        fault_order(world, "PUT", "after", actions[i]);
        assert_int_equal(exchange(world->service_client, "PUT", url, first_key, NULL, body_text, &answer),
                         HTTP_CLIENT_FAILED);
        /* It took effect all the same. */
        assert_int_equal(call(world, "GET", path, NULL, NULL, NULL), 200);
    }
    world_free(world);
}

static void test_slow(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    fault_order(world, "GET", "before", "slow:1ms");
    list_is(world, "");
    fault_order(world, "GET", "after", "slow:1ms");
    list_is(world, "");
    world_free(world);
}

static void test_stale_list(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    base_put(world, "a", "m", 1);
    base_put(world, "b", "m", 1);
    fault_order(world, "GET", "before", "stale");
    list_is(world, "a ");
    list_is(world, "a b ");
    assert_int_equal(call(world, "DELETE", "/configurations/a", NULL, NULL, NULL), 204);
    fault_order(world, "GET", "before", "stale");
    list_is(world, "a b ");
    list_is(world, "b ");
    world_free(world);
}

static void test_bad_orders(void **state)
{
    static const char *const faults[] = {
        "{\"action\":\"slow\"}",
        "{\"action\":\"slow:x\"}",
        "{\"action\":\"error:5\"}",
        "{\"action\":\"truncate:0\"}",
        "{\"action\":\"foreigner\"}",
        "{\"action\":\"hold\",\"script\":[]}",
        "{\"action\":\"foreigner\",\"script\":[{\"do\":\"sing\"}]}",
    };
    static const char *const scripts[] = {
        "[{\"do\":\"edit\"}]",
        "[{\"do\":\"create\",\"id\":\"x\"}]",
        "[{\"do\":\"edit\",\"id\":\"x\",\"colour\":1}]",
        "[{\"do\":\"edit\",\"id\":\"x\"}]", /* there is none */
        "[{\"do\":\"add-base\",\"id\":\"X\"}]",
    };
    static const char *const quirks[] = {
        "[]", "{\"x\":1}", "{\"throttling\":\"no\"}", "{\"clockSkew\":\"1h\"}", "{\"deleteFirst\":1}", "{\"layers\":1}",
    };
    struct world *world = world_new(0);

    (void)state;
    for (size_t i = 0; i < array_length(faults); i++)
        assert_int_equal(admin(world, "POST", "/faults", faults[i], NULL), 400);
    for (size_t i = 0; i < array_length(scripts); i++)
        assert_int_equal(admin(world, "POST", "/foreigner", scripts[i], NULL), 400);
    for (size_t i = 0; i < array_length(quirks); i++)
        assert_int_equal(admin(world, "PATCH", "/quirks", quirks[i], NULL), 400);
    assert_int_equal(admin(world, "PUT", "/images", "{\"missing\":1}", NULL), 400);
    world_free(world);
}

static void test_quirks_are_shown(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *shown = NULL;

    (void)state;
    assert_int_equal(admin(world, "PATCH", "/quirks", "{\"throttling\":\"queue\",\"layers\":\"newest\"}", NULL), 200);
    assert_int_equal(admin(world, "GET", "/quirks", NULL, &shown), 200);
    cleanup_free char *text = cJSON_PrintUnformatted(shown);
    assert_string_equal(text,
                        "{\"throttling\":\"queue\",\"clockSkew\":0,\"deleteFirst\":false,\"resendOnDelete\":false,"
                        "\"normaliseContent\":false,\"layers\":\"newest\",\"connectionState\":\"true\"}");
    world_free(world);
}

static void test_queue(void **state)
{
    struct emulator_throttle throttle;

    (void)state;
    emulator_throttle_init(&throttle, 20);
    assert_int_equal(emulator_throttle_queue(&throttle, 1000), 0); /* one call every 3 s */
    assert_int_equal(emulator_throttle_queue(&throttle, 1000), 3000);
    assert_int_equal(emulator_throttle_queue(&throttle, 2000), 5000);
    assert_int_equal(emulator_throttle_queue(&throttle, 2000), 8000);
    assert_int_equal(emulator_throttle_queue(&throttle, 2999), -1); /* it would wait for more than 10 s */
    assert_int_equal(emulator_throttle_queue(&throttle, 3000), 10000);
    assert_int_equal(emulator_throttle_queue(&throttle, 90000), 0);
    emulator_throttle_release(&throttle);
    emulator_throttle_init(&throttle, 0);
    assert_int_equal(emulator_throttle_queue(&throttle, 5), 0);
    emulator_throttle_release(&throttle);
}

static void test_normalised_content(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *shown = NULL;

    (void)state;
    assert_int_equal(admin(world, "PATCH", "/quirks", "{\"normaliseContent\":true}", NULL), 200);
    assert_int_equal(
        call(world, "PUT", "/configurations/a", NULL,
             "{\"content\":{\"modulesContent\":{\"b\":{\"properties.desired\":{\"z\":1,\"n\":null,\"a\":2}},"
             "\"$edgeAgent\":{}}}}",
             &shown),
        200);
    cleanup_free char *content = cJSON_PrintUnformatted(json_get(shown, "content"));
    assert_string_equal(content,
                        "{\"modulesContent\":{\"$edgeAgent\":{},\"b\":{\"properties.desired\":{\"a\":2,\"z\":1}}}}");
    world_free(world);
}

static void test_layers_in_both_readings(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    base_put(world, "base", "m", 1);
    layer_put(world, "old", "x", 9);
    layer_put(world, "new", "y", 5);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    modules_are(world, "m y x");
    assert_int_equal(admin(world, "PATCH", "/quirks", "{\"layers\":\"newest\"}", NULL), 200);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    modules_are(world, "m y");
    world_free(world);
}

static int64_t desired_version(struct world *world)
{
    cleanup_json cJSON *device = NULL;
    int64_t version = 0;

    assert_int_equal(admin(world, "GET", "/devices/device01", NULL, &device), 200);
    assert_true(json_int64(device, "desiredVersion", &version));
    return version;
}

static void test_resent_twins(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    base_put(world, "a", "m", 5);
    base_put(world, "b", "m", 1);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    int64_t version = desired_version(world);
    assert_int_equal(admin(world, "PATCH", "/quirks", "{\"resendOnDelete\":true}", NULL), 200);
    assert_int_equal(call(world, "DELETE", "/configurations/a", NULL, NULL, NULL), 204);
    assert_int_equal(desired_version(world), version + 1);
    modules_are(world, "m");
    world_free(world);
}

static void coverage_is(struct world *world, const char *question, bool covered, int losses)
{
    cleanup_free char *path = emulator_text_format("/coverage%s", question);
    cleanup_json cJSON *answer = NULL;

    assert_int_equal(admin(world, "GET", path, NULL, &answer), 200);
    assert_int_equal(json_bool(answer, "covered", !covered), covered);
    assert_int_equal(cJSON_GetArraySize(json_get(answer, "losses")), losses);
}

/* The new configuration is there before the old one goes, but the hub looks at the delete first: a third one wins. */
static void test_delete_before_evaluation(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    base_put(world, "lowest", "other", 0);
    base_put(world, "old", "m", 5);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    modules_are(world, "m");
    assert_int_equal(admin(world, "PATCH", "/quirks", "{\"deleteFirst\":true}", NULL), 200);
    base_put(world, "new", "m", 5);
    assert_int_equal(call(world, "DELETE", "/configurations/old", NULL, NULL, NULL), 204);
    modules_are(world, "other");
    coverage_is(world, "?module=m", false, 2); /* device01 and device03 */
    coverage_is(world, "?module=m&device=device01", false, 1);
    coverage_is(world, "?module=m&device=device02", true, 0);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    modules_are(world, "m");
    /* Whoever waits for the evaluation before he deletes loses nothing. */
    assert_int_equal(admin(world, "DELETE", "/coverage", NULL, NULL), 204);
    base_put(world, "newest", "m", 5);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    assert_int_equal(call(world, "DELETE", "/configurations/new", NULL, NULL, NULL), 204);
    coverage_is(world, "?module=m", true, 0);
    world_free(world);
}

static void test_coverage_of_modules(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    base_put(world, "a", "m", 5);
    layer_put(world, "l", "x", 9);
    coverage_is(world, "", true, 0);
    assert_int_equal(call(world, "DELETE", "/configurations/l", NULL, NULL, NULL), 204);
    coverage_is(world, "?module=x", false, 2);
    coverage_is(world, "?module=m", true, 0);
    coverage_is(world, "?since=3", true, 0);
    /* A base above it without m takes it away. */
    base_put(world, "b", "n", 6);
    coverage_is(world, "?module=m", false, 2);
    world_free(world);
}

static void test_connection_lies(void **state)
{
    static const struct {
        const char *quirk, *shown;
    } cases[] = {{"true", "Connected"},
                 {"disconnected", "Disconnected"},
                 {"inverted", "Disconnected"},
                 {"connected", "Connected"}};
    struct world *world = world_new(0);

    (void)state;
    base_put(world, "a", "m", 5);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_free char *body = emulator_text_format("{\"connectionState\":\"%s\"}", cases[i].quirk);
        cleanup_json cJSON *twin = NULL;
        assert_int_equal(admin(world, "PATCH", "/quirks", body, NULL), 200);
        assert_int_equal(call(world, "GET", "/twins/device01/modules/%24edgeAgent", NULL, NULL, &twin), 200);
        assert_string_equal(json_string(twin, "connectionState"), cases[i].shown);
    }
    world_free(world);
}

static void test_foreigner(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *edited = NULL, *again = NULL, *history = NULL, *changes = NULL;
    int64_t priority = 0;

    (void)state;
    base_put(world, "ours-1", "m", 5);
    assert_int_equal(admin(world, "POST", "/foreigner",
                           "[{\"do\":\"edit\",\"id\":\"ours-*\",\"priority\":3,\"targetCondition\":\"*\"},"
                           "{\"do\":\"remove-labels\",\"id\":\"ours-1\"}]",
                           &changes),
                     200);
    assert_int_equal(json_get(changes, "changes")->valueint, 2);
    assert_int_equal(call(world, "GET", "/configurations/ours-1", NULL, NULL, &edited), 200);
    assert_true(json_int64(edited, "priority", &priority));
    assert_int_equal(priority, 3);
    assert_string_equal(json_string(edited, "targetCondition"), "*");
    assert_true(cJSON_IsNull(json_get(edited, "labels")));
    assert_string_equal(json_string(edited, "etag"), "Mw==");
    assert_int_equal(
        admin(world, "POST", "/foreigner",
              "[{\"do\":\"recreate\",\"id\":\"ours-1\",\"labels\":{\"x\":\"y\"}},{\"do\":\"add-base\",\"id\":\"b\"},"
              "{\"do\":\"add-device-configuration\",\"id\":\"d\"}]",
              NULL),
        200);
    list_is(world, "ours-1 b d ");
    assert_int_equal(call(world, "GET", "/configurations/ours-1", NULL, NULL, &again), 200);
    assert_string_equal(json_string(again, "etag"), "MQ==");
    assert_string_equal(json_string(json_get(again, "labels"), "x"), "y");
    assert_int_equal(admin(world, "GET", "/history", NULL, &history), 200);
    const cJSON *record = cJSON_GetArrayItem(json_get(history, "calls"), 1);
    assert_string_equal(json_string(record, "principal"), "foreigner");
    assert_string_equal(json_string(record, "effect"), "updated");
    assert_string_equal(json_string(cJSON_GetArrayItem(json_get(history, "calls"), 0), "principal"), "iothubowner");
    assert_string_equal(json_string(cJSON_GetArrayItem(json_get(history, "calls"), 0), "effect"), "created");
    world_free(world);
}

/* He edits between our GET and our PUT. */
static void test_foreigner_in_a_race(void **state)
{
    struct world *world = world_new(0);
    cleanup_free char *modules = emulator_text_format("\"m\":%s", module);
    cleanup_free char *body = base_body(modules, 7);

    (void)state;
    base_put(world, "a", "m", 5);
    assert_int_equal(
        admin(world, "POST", "/faults",
              "{\"method\":\"PUT\",\"action\":\"foreigner\",\"script\":{\"do\":\"edit\",\"id\":\"a\",\"priority\":1}}",
              NULL),
        201);
    assert_int_equal(call(world, "PUT", "/configurations/a", "If-Match: \"MQ==\"", body, NULL), 412);
    assert_int_equal(call(world, "PUT", "/configurations/a", "If-Match: \"Mg==\"", body, NULL), 200);
    world_free(world);
}

static void test_configurations_of_twins(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *device = NULL, *other = NULL, *web = NULL, *counted = NULL;

    (void)state;
    base_put(world, "base", "m", 5);
    assert_int_equal(call(world, "PUT", "/configurations/low", NULL,
                          "{\"targetCondition\":\"*\",\"priority\":1,\"content\":{\"deviceContent\":{"
                          "\"properties.desired.a\":1,\"properties.desired.b\":1}}}",
                          NULL),
                     200);
    assert_int_equal(call(world, "PUT", "/configurations/high", NULL,
                          "{\"targetCondition\":\"tags.testtag='A'\",\"priority\":2,\"content\":{\"deviceContent\":{"
                          "\"properties.desired.b\":2}}}",
                          NULL),
                     200);
    assert_int_equal(
        call(world, "PUT", "/configurations/mod", NULL,
             "{\"targetCondition\":\"FROM devices.modules WHERE moduleId='m'\",\"content\":{\"moduleContent\":{"
             "\"properties.desired.c\":3}}}",
             NULL),
        200);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    assert_int_equal(call(world, "GET", "/twins/device01", NULL, NULL, &device), 200);
    const cJSON *desired = json_at(device, "properties", "desired", NULL);
    assert_int_equal(json_get(desired, "a")->valueint, 1);
    assert_int_equal(json_get(desired, "b")->valueint, 2);
    assert_string_equal(json_string(json_at(device, "configurations", "high", NULL), "status"), "Applied");
    assert_int_equal(call(world, "GET", "/twins/device02", NULL, NULL, &other), 200);
    assert_int_equal(json_at(other, "properties", "desired", "b", NULL)->valueint, 1);
    assert_int_equal(call(world, "GET", "/twins/device01/modules/m", NULL, NULL, &web), 200);
    assert_int_equal(json_at(web, "properties", "desired", "c", NULL)->valueint, 3);
    assert_int_equal(call(world, "GET", "/configurations/high", NULL, NULL, &counted), 200);
    cleanup_free char *results = cJSON_PrintUnformatted(json_at(counted, "systemMetrics", "results", NULL));
    assert_string_equal(results, "{\"targetedCount\":2,\"appliedCount\":2}");
    world_free(world);
}

static void test_too_much_for_a_twin(void **state)
{
    struct world *world = world_new(0);
    cleanup_free char *text = emulator_allocate(4097);
    cleanup_json cJSON *shown = NULL;

    (void)state;
    memset(text, 'x', 4096);
    base_put(world, "base", "m", 1);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    for (int i = 0; i < 8; i++) {
        cleanup_free char *path = emulator_text_format("/configurations/l%d", i);
        cleanup_free char *body = emulator_text_format(
            "{\"targetCondition\":\"*\",\"priority\":5,\"content\":{\"modulesContent\":{\"$edgeAgent\":{"
            "\"properties.desired.modules.m%d\":{\"type\":\"docker\",\"status\":\"running\",\"settings\":{\"image\":"
            "\"i\"},"
            "\"env\":{\"A\":{\"value\":\"%s\"}}}}}}}",
            i, text);
        assert_int_equal(call(world, "PUT", path, NULL, body, NULL), 200);
    }
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    modules_are(world, "m");
    assert_int_equal(call(world, "GET", "/configurations/base", NULL, NULL, &shown), 200);
    assert_int_equal(json_at(shown, "systemMetrics", "results", "appliedCount", NULL)->valueint, 0);
    world_free(world);
}

static void test_messages_over_http(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *sent = NULL, *upstream = NULL;

    (void)state;
    base_put(world, "a", "m", 5);
    assert_int_equal(admin(world, "POST", "/devices/device01/modules/m/messages", "{}", NULL), 404);
    assert_int_equal(admin(world, "POST", "/evaluate", NULL, NULL), 200);
    assert_int_equal(admin(world, "POST", "/devices/device01/modules/m/messages", "{\"body\":{\"a\":1}}", &sent), 200);
    assert_int_equal(cJSON_GetArraySize(json_get(sent, "delivered")), 0);
    assert_int_equal(admin(world, "POST", "/devices/device01/modules/edgeHub/messages", "{}", NULL), 409);
    assert_int_equal(admin(world, "POST", "/devices/device01/modules/m/crash", "{\"exitCode\":2}", NULL), 204);
    assert_int_equal(admin(world, "POST", "/devices/device01/modules/m/messages", "{}", NULL), 409);
    assert_int_equal(admin(world, "POST", "/devices/device01/modules/m/crash", "{\"exitCode\":300}", NULL), 400);
    assert_int_equal(admin(world, "POST", "/devices/device01/modules/m/log", "{}", NULL), 400);
    assert_int_equal(admin(world, "GET", "/devices/device01/messages", NULL, &upstream), 200);
    assert_int_equal(cJSON_GetArraySize(upstream), 0);
    assert_int_equal(admin(world, "GET", "/devices/device01/modules/m/log", NULL, NULL), 200);
    assert_int_equal(admin(world, "GET", "/devices/device01/modules/m/crash", NULL, NULL), 405);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_codes),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_stale_list),
        cmocka_unit_test(test_bad_orders),
        cmocka_unit_test(test_quirks_are_shown),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_normalised_content),
        cmocka_unit_test(test_layers_in_both_readings),
        cmocka_unit_test(test_resent_twins),
        cmocka_unit_test(test_delete_before_evaluation),
        cmocka_unit_test(test_coverage_of_modules),
        cmocka_unit_test(test_connection_lies),
        cmocka_unit_test(test_foreigner),
        cmocka_unit_test(test_foreigner_in_a_race),
        cmocka_unit_test(test_configurations_of_twins),
        cmocka_unit_test(test_too_much_for_a_twin),
        cmocka_unit_test(test_messages_over_http),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
