/* Queries: columns, counting, paging. */
#include "tests/unit/emulator_world.h"

#include "emulator/query.h"

/* Runs a page and returns its text, for the caller to free. */
static char *page(const struct emulator_hub_state *state, const char *text, size_t size,
                  struct emulator_query_place *place, bool *ret_more)
{
    cleanup_query struct emulator_query query = EMULATOR_QUERY_INIT;
    cleanup_error struct error error = {NULL};
    struct strbuf out = STRBUF_INIT;
    struct json_writer json = {.out = &out};

    if (emulator_query_parse(text, &query, &error) < 0)
        fail_msg("%s: %s", text, error_message(&error));
    *ret_more = emulator_query_run(&query, &state->fleet, size, place, &json);
    return strbuf_steal(&out);
}

static void result_is(const struct emulator_hub_state *state, const char *text, const char *expected)
{
    cleanup_query_place struct emulator_query_place place = EMULATOR_QUERY_PLACE_INIT;
    bool more = true;
    cleanup_free char *result = page(state, text, 100, &place, &more);

    assert_string_equal(result, expected);
    assert_false(more);
}

static void test_columns(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    world_base_put(&state, "c-1", "tags.testtag = 'A'", 10, "x:1");
    emulator_evaluate(&state, 0, 0);
    result_is(&state, "SELECT deviceId FROM devices",
              "[{\"deviceId\":\"device01\"},{\"deviceId\":\"device02\"},{\"deviceId\":\"device03\"}]");
    result_is(&state, "select deviceId as d, tags.testtag from devices where tags.testtag = 'B'",
              "[{\"d\":\"device02\",\"testtag\":\"B\"}]");
    result_is(&state, "SELECT deviceId, moduleId FROM devices.modules WHERE deviceId = 'device02'",
              "[{\"deviceId\":\"device02\",\"moduleId\":\"$edgeAgent\"},{\"deviceId\":\"device02\",\"moduleId\":"
              "\"$edgeHub\"}]");
    result_is(
        &state,
        "SELECT deviceId, properties.reported.lastDesiredStatus FROM devices.modules WHERE moduleId = '$edgeAgent' "
        "AND configurations.[[c-1]].status = 'Applied' and properties.desired.$version = "
        "properties.reported.lastDesiredVersion",
        "[{\"deviceId\":\"device01\",\"lastDesiredStatus\":{\"code\":200,\"description\":\"\"}},{\"deviceId\":"
        "\"device03\",\"lastDesiredStatus\":{\"code\":200,\"description\":\"\"}}]");
    /* What a row lacks is left out. */
    result_is(&state, "SELECT tags.none, moduleId FROM devices WHERE deviceId = 'device01'", "[{}]");
    result_is(&state, "SELECT COUNT() AS number FROM devices WHERE tags.testtag = 'A'", "[{\"number\":2}]");
    result_is(&state, "SELECT count() FROM devices.modules", "[{\"$1\":8}]");
    result_is(&state, "SELECT tags.testtag AS tag, COUNT() AS number FROM devices GROUP BY tags.testtag",
              "[{\"tag\":\"A\",\"number\":2},{\"tag\":\"B\",\"number\":1}]");
    result_is(&state, "SELECT tags.none, COUNT() AS number FROM devices GROUP BY tags.none", "[{\"number\":3}]");
    result_is(&state,
              "SELECT TOP 1 COUNT() AS n, tags.testtag FROM devices WHERE deviceId != 'x' GROUP BY tags.testtag",
              "[{\"testtag\":\"A\",\"n\":2}]");
    result_is(&state, "SELECT TOP 2 deviceId FROM devices",
              "[{\"deviceId\":\"device01\"},{\"deviceId\":\"device02\"}]");
    result_is(&state, "SELECT deviceId FROM devices WHERE deviceId IN ['device03', 'x']",
              "[{\"deviceId\":\"device03\"}]");
    world_release(&state);
}

static void test_star_is_the_twin(void **unused)
{
    struct emulator_hub_state state;
    cleanup_query_place struct emulator_query_place place = EMULATOR_QUERY_PLACE_INIT;
    bool more = true;
    cleanup_json cJSON *rows = NULL;

    (void)unused;
    world_init(&state);
    cleanup_free char *result = page(&state, "SELECT * FROM devices WHERE deviceId='device02'", 100, &place, &more);
    assert_int_equal(json_parse(result, strlen(result), &rows, NULL), 0);
    assert_int_equal(cJSON_GetArraySize(rows), 1);
    const cJSON *twin = cJSON_GetArrayItem(rows, 0);
    assert_string_equal(json_string(twin, "etag"), "AAAAAAAAAAE=");
    assert_string_equal(json_string(json_get(twin, "tags"), "testtag"), "B");
    assert_true(json_bool(json_get(twin, "capabilities"), "iotEdge", false));
    assert_non_null(json_at(twin, "properties", "desired", "$metadata", "$lastUpdated", NULL));
    world_release(&state);
}

static void test_paging(void **unused)
{
    static const char text[] = "SELECT deviceId, moduleId FROM devices.modules WHERE moduleId = '$edgeHub'";
    struct emulator_hub_state state;
    cleanup_query_place struct emulator_query_place place = EMULATOR_QUERY_PLACE_INIT;
    bool more = false;

    (void)unused;
    world_init(&state);
    cleanup_free char *first = page(&state, text, 2, &place, &more);
    assert_string_equal(first, "[{\"deviceId\":\"device01\",\"moduleId\":\"$edgeHub\"},{\"deviceId\":\"device02\","
                               "\"moduleId\":\"$edgeHub\"}]");
    assert_true(more);
    /* A device that comes between the pages moves no row to another page. */
    assert_non_null(emulator_fleet_add(&state.fleet, "device00", true, NULL, NULL));
    cleanup_free char *second = page(&state, text, 2, &place, &more);
    assert_string_equal(second, "[{\"deviceId\":\"device03\",\"moduleId\":\"$edgeHub\"}]");
    assert_false(more);
    world_release(&state);
}

static void test_full_last_page(void **unused)
{
    struct emulator_hub_state state;
    cleanup_query_place struct emulator_query_place place = EMULATOR_QUERY_PLACE_INIT;
    bool more = true;

    (void)unused;
    world_init(&state);
    cleanup_free char *all = page(&state, "SELECT deviceId FROM devices", 3, &place, &more);
    assert_string_equal(all, "[{\"deviceId\":\"device01\"},{\"deviceId\":\"device02\"},{\"deviceId\":\"device03\"}]");
    assert_false(more);
    world_release(&state);
}

static void test_many_pages(void **unused)
{
    struct emulator_hub_state state = {.fleet = {.devices = NULL}};
    cleanup_query_place struct emulator_query_place place = EMULATOR_QUERY_PLACE_INIT;
    bool more = true;
    int rows = 0, pages = 0;

    (void)unused;
    for (int i = 0; i < 250; i++) {
        char id[16];
        snprintf(id, sizeof(id), "d%d", (i * 7) % 250);
        assert_non_null(emulator_fleet_add(&state.fleet, id, true, NULL, NULL));
    }
    assert_null(emulator_fleet_add(&state.fleet, "d17", true, NULL, NULL));
    for (; more; pages++) {
        cleanup_json cJSON *array = NULL;
        cleanup_free char *text = page(&state, "SELECT moduleId FROM devices.modules", 99, &place, &more);
        assert_int_equal(json_parse(text, strlen(text), &array, NULL), 0);
        rows += cJSON_GetArraySize(array);
    }
    assert_int_equal(rows, 500);
    assert_int_equal(pages, 6);
    world_release(&state);
}

static void test_refusals(void **unused)
{
    static const char *const queries[] = {
        "",
        "SELECT",
        "SELECT * FROM",
        "SELECT * FROM things",
        "SELECT * FROM devices.jobs",
        "SELECT FROM devices",
        "SELECT deviceId, FROM devices",
        "SELECT * FROM devices WHERE",
        "SELECT * FROM devices WHERE tags.a = 1 ORDER BY deviceId",
        "SELECT tags.a, COUNT() AS n FROM devices",
        "SELECT tags.b, COUNT() AS n FROM devices GROUP BY tags.a",
        "SELECT * FROM devices GROUP BY tags.a",
        "SELECT COUNT() FROM devices GROUP tags.a",
        "SELECT TOP x * FROM devices",
        "SELECT TOP 0 * FROM devices",
        "SELECT COUNT(*) FROM devices",
        "SELECT deviceId AS FROM devices",
    };

    (void)unused;
    for (size_t i = 0; i < array_length(queries); i++) {
        struct emulator_query query = EMULATOR_QUERY_INIT;
        cleanup_error struct error error = {NULL};
        if (emulator_query_parse(queries[i], &query, &error) == 0)
            fail_msg("accepted: %s", queries[i]);
        assert_non_null(error.message);
    }
}

static void test_patch(void **unused)
{
    struct emulator_hub_state state;
    cleanup_json cJSON *patch = NULL;
    static const char text[] =
        "{\"tags\":{\"testtag\":null,\"site\":{\"floor\":[1]}},\"properties\":{\"desired\":{\"a\":1,"
        "\"$version\":99,\"$metadata\":{}}}}";

    (void)unused;
    world_init(&state);
    assert_int_equal(json_parse(text, strlen(text), &patch, NULL), 0);
    struct emulator_device *one = emulator_fleet_find(&state.fleet, "device01");
    assert_int_equal(emulator_twin_patch(&one->twin, patch, 5, NULL), 0);
    cleanup_free char *tags = cJSON_PrintUnformatted(one->twin.tags);
    assert_string_equal(tags, "{\"site\":{\"floor\":[1]}}");
    cleanup_free char *desired = cJSON_PrintUnformatted(one->twin.desired.document->tree);
    assert_string_equal(desired, "{\"a\":1}");
    assert_int_equal(one->twin.desired.version, 2);
    cleanup_free char *etag = emulator_twin_etag(&one->twin);
    assert_string_equal(etag, "AAAAAAAAAAI=");
    world_release(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),        cmocka_unit_test(test_star_is_the_twin), cmocka_unit_test(test_paging),
        cmocka_unit_test(test_full_last_page), cmocka_unit_test(test_many_pages),       cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_patch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
