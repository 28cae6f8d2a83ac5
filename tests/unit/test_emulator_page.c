/* The page and what it is told. */
#include "emulator/admin.h"
#include "emulator/page.h"
#include "emulator_world.h"

/* The overview, for the caller to delete. */
static cJSON *overview(const struct emulator_hub_state *state, const struct emulator_page_view *view)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer json = {.out = &text};
    cJSON *tree = NULL;

    json_begin_object(&json);
    emulator_page_overview_write(&json, state, view);
    json_end_object(&json);
    assert_int_equal(json_parse(strbuf_string(&text), text.length, &tree, NULL), 0);
    return tree;
}

static void json_is(const cJSON *value, const char *expected)
{
    cleanup_free char *text = cJSON_PrintUnformatted(value);

    assert_string_equal(text, expected);
}

static void test_overview(void **unused)
{
    struct emulator_hub_state state;
    static const struct emulator_page_view all = {NULL, false, 0, 50};

    (void)unused;
    world_init(&state);
    world_base_put(&state, "sample", "tags.testtag='A'", 10, "registry/x:1");
    emulator_evaluate(&state, 0, 0);
    world_put(&state, "later", "*", 1000,
              "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired.modules.m.env.A\":{\"value\":\"1\"}}}}");
    struct emulator_device *one = emulator_fleet_find(&state.fleet, "device01");
    emulator_agent_fail(one, emulator_agent_container(one, "m"), "backoff", 3, "it \"fell\"");
    cleanup_json cJSON *tree = overview(&state, &all);

    assert_int_equal(json_get(tree, "devices")->valueint, 3);
    assert_int_equal(json_get(tree, "matching")->valueint, 3);
    assert_int_equal(json_get(tree, "inTrouble")->valueint, 1);
    json_is(json_get(tree, "modules"),
            "{\"running\":5,\"unhealthy\":0,\"backoff\":1,\"stopped\":0,\"failed\":0,\"dead\":0,\"unknown\":0}");
    json_is(
        cJSON_GetArrayItem(json_get(tree, "shown"), 0),
        "{\"id\":\"device01\",\"edge\":true,\"held\":false,\"tags\":{\"testtag\":\"A\"},\"layers\":[],\"follows\":"
        "\"sample\",\"pending\":false,\"code\":200,\"description\":null,\"modules\":["
        "{\"name\":\"edgeAgent\",\"system\":true,\"status\":\"running\",\"description\":null,\"image\":\"agent:1.5\","
        "\"exitCode\":0,\"restarts\":0},"
        "{\"name\":\"edgeHub\",\"system\":true,\"status\":\"running\",\"description\":null,\"image\":\"hub:1.5\","
        "\"exitCode\":0,\"restarts\":0},"
        "{\"name\":\"m\",\"system\":false,\"status\":\"backoff\",\"description\":\"it \\\"fell\\\"\",\"image\":"
        "\"registry/x:1\",\"exitCode\":3,\"restarts\":1}]}");
    json_is(cJSON_GetArrayItem(json_get(tree, "shown"), 1),
            "{\"id\":\"device02\",\"edge\":true,\"held\":false,\"tags\":{\"testtag\":\"B\"},\"layers\":[],\"follows\":"
            "null,\"pending\":false,\"code\":0,\"description\":null,\"modules\":[]}");
    /* The strongest first. */
    json_is(
        json_get(tree, "configurations"),
        "[{\"id\":\"later\",\"kind\":\"layer\",\"priority\":1000,\"targetCondition\":\"*\",\"evaluated\":false,"
        "\"targeted\":0,\"applied\":0,\"succeeded\":0,\"failed\":0},"
        "{\"id\":\"sample\",\"kind\":\"base\",\"priority\":10,\"targetCondition\":\"tags.testtag='A'\",\"evaluated\":"
        "true,\"targeted\":2,\"applied\":2,\"succeeded\":2,\"failed\":0}]");
    world_release(&state);
}

static void ids_are(const struct emulator_hub_state *state, struct emulator_page_view view, const char *expected,
                    int matching)
{
    cleanup_json cJSON *tree = overview(state, &view);
    cleanup_strbuf struct strbuf ids = STRBUF_INIT;
    const cJSON *device;

    cJSON_ArrayForEach(device, json_get(tree, "shown")) strbuf_add_format(&ids, "%s ", json_string(device, "id"));
    assert_string_equal(strbuf_string(&ids), expected);
    assert_int_equal(json_get(tree, "matching")->valueint, matching);
}

static void test_what_is_shown(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    world_base_put(&state, "sample", "deviceId='device01'", 10, "x:1");
    world_put(&state, "bad", "deviceId='device02'", 10,
              "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"schemaVersion\":\"1.1\"}}}}");
    emulator_evaluate(&state, 0, 0);
    ids_are(&state, (struct emulator_page_view){NULL, false, 0, 2}, "device01 device02 ", 3);
    ids_are(&state, (struct emulator_page_view){NULL, false, 2, 2}, "device03 ", 3);
    ids_are(&state, (struct emulator_page_view){NULL, false, 7, 2}, "", 3);
    ids_are(&state, (struct emulator_page_view){"E03", false, 0, 2}, "device03 ", 1);
    ids_are(&state, (struct emulator_page_view){"", false, 1, 1}, "device02 ", 3);
    /* One that refused what it got, and one that is held. */
    ids_are(&state, (struct emulator_page_view){NULL, true, 0, 9}, "device02 ", 1);
    emulator_agent_hold(emulator_fleet_find(&state.fleet, "device03"));
    ids_are(&state, (struct emulator_page_view){NULL, true, 0, 9}, "device02 device03 ", 2);
    world_release(&state);
}

static const char *header(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    return NULL;
}

/* Asks the admin interface; release with emulator_response_reset. */
static struct http_response ask(struct emulator *emulator, const char *method, const char *path, const char *query)
{
    struct http_request request = {.method = method, .path = path, .query = query, .body = ""};
    struct http_response response = {.status = 0};

    emulator_admin_handle(emulator, &request, &response);
    return response;
}

static void test_over_the_admin_interface(void **unused)
{
    struct emulator emulator;
    struct emulator_options options = {.limit = 100, .units = 1, .policy = "iothubowner"};
    struct emulator_keys keys = {.policy = (char *)"iothubowner", .primary = (char *)"Zmlyc3Q="};
    cleanup_json cJSON *tree = NULL;

    (void)unused;
    assert_int_equal(emulator_init(&emulator, &options, &keys, NULL), 0);
    struct http_response page = ask(&emulator, "GET", "/", "");
    assert_int_equal(page.status, 200);
    assert_string_equal(page.content_type, "text/html; charset=utf-8");
    assert_int_equal(strncmp(page.body, "<!DOCTYPE html>\n", 16), 0);
    assert_string_equal(page.body + page.body_length - 8, "</html>\n");
    const char *policy = header(&page, "Content-Security-Policy");
    assert_int_equal(strncmp(policy, "default-src 'none'; style-src 'sha256-", 38), 0);
    assert_null(strstr(policy, "unsafe"));
    assert_null(strstr(policy, "http"));
    emulator_response_reset(&page);

    struct http_response data = ask(&emulator, "GET", "/overview", "first=1&count=1&search=DEVICE&trouble=false");
    assert_int_equal(data.status, 200);
    assert_int_equal(json_parse(data.body, data.body_length, &tree, NULL), 0);
    assert_string_equal(json_string(tree, "hub"), "localhost");
    assert_true(cJSON_IsNull(json_get(tree, "evaluationInMs")));
    assert_int_equal(cJSON_GetArraySize(json_get(tree, "shown")), 1);
    assert_string_equal(json_string(cJSON_GetArrayItem(json_get(tree, "shown"), 0), "id"), "device02");
    emulator_response_reset(&data);

    struct http_response refused = ask(&emulator, "POST", "/overview", "");
    assert_int_equal(refused.status, 405);
    emulator_response_reset(&refused);
    emulator_release(&emulator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overview),
        cmocka_unit_test(test_what_is_shown),
        cmocka_unit_test(test_over_the_admin_interface),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
