/* What a device follows, what it keeps, and what it says: priorities, layers, versions, metrics, failures, gaps. */
#include "tests/unit/emulator_world.h"

#include "emulator/manifest_check.h"

static struct emulator_device *device(struct emulator_hub_state *state, const char *id)
{
    return emulator_fleet_find(&state->fleet, id);
}

static int64_t desired_version(struct emulator_hub_state *state, const char *id, const char *module)
{
    return emulator_device_module(device(state, id), module)->desired.version;
}

/* "Applied", "Targeted" or "-". */
static const char *status_of(struct emulator_hub_state *state, const char *id, const struct emulator_configuration *of)
{
    const struct emulator_assignment *assignment = emulator_device_assignment(device(state, id), of->order);

    if (!assignment)
        return "-";
    return assignment->applied ? "Applied" : "Targeted";
}

static void image_is(struct emulator_hub_state *state, const char *id, const char *image)
{
    const char *reported = world_reported(state, id, "m");

    if (!image)
        assert_null(reported);
    else
        assert_string_equal(reported ? reported : "none", image);
}

static void test_follows_what_matches(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    struct emulator_configuration *a = world_base_put(&state, "a", "tags.testtag='A'", 10, "x:1");
    assert_false(a->evaluated);
    image_is(&state, "device01", NULL);
    emulator_evaluate(&state, 0, 0);
    image_is(&state, "device01", "x:1");
    image_is(&state, "device02", NULL);
    image_is(&state, "device03", "x:1");
    assert_true(a->evaluated);
    assert_int_equal(a->counts.targeted, 2);
    assert_int_equal(a->counts.applied, 2);
    assert_int_equal(a->counts.succeeded, 2);
    assert_int_equal(a->counts.failed, 0);
    world_release(&state);
}

static void test_priority_then_age(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    struct emulator_configuration *low = world_base_put(&state, "low", "*", 9, "x:low");
    struct emulator_configuration *old = world_base_put(&state, "old", "*", 10, "x:old");
    struct emulator_configuration *new = world_base_put(&state, "new", "deviceId='device01'", 10, "x:new");
    emulator_evaluate(&state, 0, 0);
    image_is(&state, "device01", "x:new");
    image_is(&state, "device02", "x:old");
    assert_string_equal(status_of(&state, "device01", new), "Applied");
    assert_string_equal(status_of(&state, "device01", old), "Targeted");
    assert_string_equal(status_of(&state, "device01", low), "Targeted");
    assert_string_equal(status_of(&state, "device02", new), "-");
    assert_int_equal(low->counts.targeted, 3);
    assert_int_equal(low->counts.applied, 0);
    /* An update does not make a configuration newer. */
    world_base_put(&state, "old", "*", 10, "x:old");
    emulator_evaluate(&state, 0, 0);
    image_is(&state, "device01", "x:new");
    world_base_put(&state, "old", "*", 11, "x:old");
    emulator_evaluate(&state, 0, 0);
    image_is(&state, "device01", "x:old");
    world_release(&state);
}

static void test_versions_move_with_content_only(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    assert_int_equal(desired_version(&state, "device01", "$edgeAgent"), 1);
    world_base_put(&state, "a", "*", 10, "x:1");
    emulator_evaluate(&state, 0, 0);
    emulator_evaluate(&state, 0, 0);
    assert_int_equal(desired_version(&state, "device01", "$edgeAgent"), 2);
    assert_int_equal(desired_version(&state, "device01", "m"), 2);
    const struct emulator_twin *agent = emulator_device_module(device(&state, "device01"), "$edgeAgent");
    assert_int_equal(agent->reported.version, 2);
    /* Another configuration of equal content. */
    world_base_put(&state, "b", "*", 10, "x:1");
    emulator_evaluate(&state, 0, 0);
    assert_int_equal(desired_version(&state, "device01", "$edgeAgent"), 2);
    /* Only one module's twin differs between the two. */
    world_base_put(&state, "c", "*", 10, "x:2");
    emulator_evaluate(&state, 0, 0);
    assert_int_equal(desired_version(&state, "device01", "$edgeAgent"), 3);
    assert_int_equal(desired_version(&state, "device01", "$edgeHub"), 2);
    assert_int_equal(desired_version(&state, "device01", "m"), 2);
    world_release(&state);
}

static void test_no_match_keeps_modules(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    struct emulator_configuration *a = world_base_put(&state, "a", "*", 10, "x:1");
    emulator_evaluate(&state, 0, 0);
    assert_string_equal(status_of(&state, "device01", a), "Applied");
    world_delete(&state, "a");
    emulator_evaluate(&state, 0, 0);
    image_is(&state, "device01", "x:1");
    assert_int_equal(device(&state, "device01")->assignment_count, 0);
    assert_int_equal(desired_version(&state, "device01", "$edgeAgent"), 2);
    world_release(&state);
}

static void test_removed_module_disappears(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    world_base_put(&state, "a", "*", 10, "x:1");
    emulator_evaluate(&state, 0, 0);
    assert_non_null(emulator_device_module(device(&state, "device01"), "m"));
    world_base_put(&state, "b", "*", 10, NULL);
    emulator_evaluate(&state, 0, 0);
    image_is(&state, "device01", NULL);
    assert_null(emulator_device_module(device(&state, "device01"), "m"));
    assert_null(emulator_agent_container(device(&state, "device01"), "m"));
    assert_non_null(emulator_agent_container(device(&state, "device01"), "edgeHub"));
    world_release(&state);
}

#define LAYER(name, image)                                                                                             \
    "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired.modules." name                                          \
    "\":{\"type\":\"docker\",\"status\":\"running\",\"settings\":{\"image\":\"" image                                  \
    "\"}}},\"$edgeHub\":{\"properties.desired.routes." name                                                            \
    "\":\"FROM /* INTO $upstream\"},\"m\":{\"properties.desired.a.c\":2}}}"

static void test_layers(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    struct emulator_configuration *below = world_put(&state, "below", "*", 10, LAYER("n", "n:below"));
    world_base_put(&state, "base", "*", 10, "x:1");
    struct emulator_configuration *high = world_put(&state, "high", "*", 30, LAYER("n", "n:high"));
    struct emulator_configuration *first = world_put(&state, "first", "*", 20, LAYER("n", "n:first"));
    world_put(&state, "second", "*", 20, LAYER("o", "o:second"));
    world_put(&state, "third", "*", 20, LAYER("o", "o:third"));
    struct emulator_configuration *empty =
        world_put(&state, "empty", "*", 40, "{\"modulesContent\":{\"$edgeAgent\":{}}}");
    emulator_evaluate(&state, 0, 0);
    assert_string_equal(world_reported(&state, "device01", "m"), "x:1");
    assert_string_equal(world_reported(&state, "device01", "n"), "n:high");
    assert_string_equal(world_reported(&state, "device01", "o"), "o:third");
    /* Only what lies strictly above the base is laid on it; an empty layer is never applied. */
    assert_string_equal(status_of(&state, "device01", below), "Targeted");
    assert_string_equal(status_of(&state, "device01", first), "Applied");
    assert_string_equal(status_of(&state, "device01", high), "Applied");
    assert_string_equal(status_of(&state, "device01", empty), "Targeted");
    const struct emulator_device *one = device(&state, "device01");
    cleanup_free char *m = cJSON_PrintUnformatted(emulator_device_module(one, "m")->desired.document->tree);
    assert_string_equal(m, "{\"a\":{\"b\":1,\"c\":2}}");
    const cJSON *routes = json_get(emulator_device_module(one, "$edgeHub")->desired.document->tree, "routes");
    assert_int_equal(cJSON_GetArraySize(routes), 2);

    world_delete(&state, "high");
    emulator_evaluate(&state, 0, 0);
    assert_string_equal(world_reported(&state, "device01", "n"), "n:first");
    world_delete(&state, "first");
    emulator_evaluate(&state, 0, 0);
    assert_null(world_reported(&state, "device01", "n"));
    world_release(&state);
}

static void test_layer_without_base(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    struct emulator_configuration *layer = world_put(&state, "layer", "*", 20, LAYER("n", "n:1"));
    emulator_evaluate(&state, 0, 0);
    assert_string_equal(status_of(&state, "device01", layer), "Targeted");
    assert_int_equal(desired_version(&state, "device01", "$edgeAgent"), 1);
    assert_int_equal(layer->counts.targeted, 3);
    assert_int_equal(layer->counts.applied, 0);
    world_release(&state);
}

static void test_pull_takes_time(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    struct emulator_configuration *a = world_base_put(&state, "a", "deviceId='device01'", 10, "x:1");
    emulator_evaluate(&state, 1000, 500);
    assert_int_equal(device(&state, "device01")->pull_at_ms, 1500);
    assert_int_equal(device(&state, "device02")->pull_at_ms, -1);
    image_is(&state, "device01", NULL);
    assert_int_equal(a->counts.applied, 1);
    assert_int_equal(a->counts.succeeded, 0);
    emulator_agent_take(device(&state, "device01"), 1);
    image_is(&state, "device01", "x:1");
    assert_int_equal(device(&state, "device01")->pull_at_ms, -1);
    emulator_evaluate(&state, 2000, 500);
    assert_int_equal(a->counts.succeeded, 1);
    world_release(&state);
}

static void test_held_device(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    world_base_put(&state, "a", "*", 10, "x:1");
    emulator_evaluate(&state, 0, 0);
    emulator_agent_hold(device(&state, "device01"));
    struct emulator_configuration *b = world_base_put(&state, "b", "*", 10, "x:2");
    emulator_evaluate(&state, 0, 0);
    image_is(&state, "device01", "x:1");
    image_is(&state, "device02", "x:2");
    assert_int_equal(b->counts.applied, 3);
    assert_int_equal(b->counts.succeeded, 2);
    struct emulator_container *m = emulator_agent_container(device(&state, "device01"), "m");
    emulator_agent_fail(device(&state, "device01"), m, "failed", 3, NULL);
    const cJSON *report = world_report(&state, "device01");
    assert_string_equal(json_string(json_at(report, "modules", "m", NULL), "runtimeStatus"), "running");
    emulator_agent_release(device(&state, "device01"), 0, 0);
    image_is(&state, "device01", "x:2");
    world_release(&state);
}

static const cJSON *module_report(struct emulator_hub_state *state)
{
    return json_at(world_report(state, "device01"), "modules", "m", NULL);
}

static void test_failures(void **unused)
{
    struct emulator_hub_state state;
    int64_t number = 0;

    (void)unused;
    world_init(&state);
    world_base_put(&state, "a", "*", 10, "x:1");
    emulator_evaluate(&state, 0, 0);
    struct emulator_device *one = device(&state, "device01");
    assert_string_equal(json_string(module_report(&state), "runtimeStatus"), "running");
    assert_string_equal(json_string(module_report(&state), "lastExitTimeUtc"), "0001-01-01T00:00:00Z");

    emulator_agent_fail(one, emulator_agent_container(one, "m"), "backoff", 3, NULL);
    assert_string_equal(json_string(module_report(&state), "runtimeStatus"), "backoff");
    assert_string_equal(json_string(module_report(&state), "statusDescription"), "Exited (3)");
    assert_true(json_int64(module_report(&state), "exitCode", &number) && number == 3);
    assert_true(json_int64(module_report(&state), "restartCount", &number) && number == 1);
    assert_string_not_equal(json_string(module_report(&state), "lastExitTimeUtc"), "0001-01-01T00:00:00Z");

    emulator_agent_recover(one, emulator_agent_container(one, "m"));
    assert_string_equal(json_string(module_report(&state), "runtimeStatus"), "running");
    assert_true(json_int64(module_report(&state), "restartCount", &number) && number == 1);

    /* A new image is a new container. */
    emulator_agent_fail(one, emulator_agent_container(one, "m"), "failed", 1, "no such file");
    assert_string_equal(json_string(module_report(&state), "statusDescription"), "no such file");
    world_base_put(&state, "b", "*", 10, "x:2");
    emulator_evaluate(&state, 0, 0);
    assert_string_equal(json_string(module_report(&state), "runtimeStatus"), "running");
    assert_true(json_int64(module_report(&state), "restartCount", &number) && number == 0);
    world_release(&state);
}

static void test_unchanged_module_is_not_restarted(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    world_base_put(&state, "a", "*", 10, "x:1");
    emulator_evaluate(&state, 0, 0);
    struct emulator_device *one = device(&state, "device01");
    emulator_agent_container(one, "m")->started = 42;
    world_put(&state, "layer", "*", 20, LAYER("n", "n:1"));
    emulator_evaluate(&state, 0, 0);
    assert_int_equal(emulator_agent_container(one, "m")->started, 42);
    assert_int_not_equal(emulator_agent_container(one, "n")->started, 42);
    world_release(&state);
}

static void test_bad_manifest_is_reported(void **unused)
{
    struct emulator_hub_state state;
    int64_t code = 0;

    (void)unused;
    world_init(&state);
    world_base_put(&state, "a", "*", 10, "x:1");
    emulator_evaluate(&state, 0, 0);
    struct emulator_configuration *b =
        world_put(&state, "b", "*", 10,
                  "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"schemaVersion\":\"1.1\"}}}}");
    emulator_evaluate(&state, 0, 0);
    const cJSON *report = world_report(&state, "device01");
    const cJSON *status = json_get(report, "lastDesiredStatus");
    assert_true(json_int64(status, "code", &code));
    assert_int_equal(code, 400);
    assert_string_equal(json_string(status, "description"), "runtime.type must be docker");
    image_is(&state, "device01", "x:1");
    assert_int_equal(b->counts.succeeded, 0);
    assert_int_equal(b->counts.failed, 3);
    world_release(&state);
}

static int agent_code(const char *text)
{
    cleanup_json cJSON *desired = NULL;
    cleanup_error struct error error = {NULL};

    assert_int_equal(json_parse(text, strlen(text), &desired, NULL), 0);
    int code = emulator_manifest_check_agent(desired, &error);
    assert_true((code == 200) == (error.message == NULL));
    return code;
}

#define SYSTEM                                                                                                         \
    "\"runtime\":{\"type\":\"docker\"},\"systemModules\":{\"edgeAgent\":{\"type\":\"docker\",\"settings\":{\"image\":" \
    "\"a\"}},\"edgeHub\":{\"type\":\"docker\",\"status\":\"running\",\"settings\":{\"image\":\"h\"}}}"

static void test_manifest_codes(void **unused)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"{}", 417},
        {"{" SYSTEM "}", 400},
        {"{\"schemaVersion\":\"1.1\"," SYSTEM "}", 200},
        {"{\"schemaVersion\":\"1.0\"," SYSTEM "}", 200},
        {"{\"schemaVersion\":\"1.0.5\"," SYSTEM "}", 200},
        {"{\"schemaVersion\":\"1.1.0\"," SYSTEM "}", 200},
        {"{\"schemaVersion\":\"1.1.1\"," SYSTEM "}", 412},
        {"{\"schemaVersion\":\"1\"," SYSTEM "}", 412},
        {"{\"schemaVersion\":\"1.2\"," SYSTEM "}", 412},
        {"{\"schemaVersion\":\"2.0\"," SYSTEM "}", 412},
        {"{\"schemaVersion\":\"1.1\"," SYSTEM ",\"modules\":{\"m\":{\"type\":\"docker\",\"status\":\"running\","
         "\"settings\":{\"image\":\" \"}}}}",
         400},
        {"{\"schemaVersion\":\"1.1\"," SYSTEM ",\"modules\":{\"m\":{\"type\":\"docker\",\"status\":\"unknown\","
         "\"settings\":{\"image\":\"x\"}}}}",
         200},
        {"{\"schemaVersion\":\"1.1\"," SYSTEM ",\"modules\":{\"m\":{\"type\":\"docker\",\"status\":\"paused\","
         "\"settings\":{\"image\":\"x\"}}}}",
         400},
        {"{\"schemaVersion\":\"1.1\"," SYSTEM ",\"modules\":{\"m\":{\"type\":\"docker\",\"status\":\"running\","
         "\"settings\":{\"image\":\"$upstream:443/x:1\"}}}}",
         200},
        {"{\"schemaVersion\":\"1.1\"," SYSTEM ",\"modules\":{\"m\":{\"type\":\"docker\",\"status\":\"running\","
         "\"settings\":{\"image\":\"$upstream/x:1\"}}}}",
         400},
        {"{\"schemaVersion\":\"1.1\"," SYSTEM ",\"modules\":{\"m\":{\"type\":\"docker\",\"status\":\"running\","
         "\"restartPolicy\":null,\"settings\":{\"image\":\"x\"}}}}",
         400},
        {"{\"schemaVersion\":\"1.1\"," SYSTEM ",\"modules\":{\"m\":{\"type\":\"docker\",\"status\":\"stopped\","
         "\"restartPolicy\":\"never\",\"settings\":{\"image\":\"x\"}}}}",
         200},
    };

    (void)unused;
    for (size_t i = 0; i < array_length(cases); i++)
        if (agent_code(cases[i].text) != cases[i].code)
            fail_msg("%s: %d, not %d", cases[i].text, agent_code(cases[i].text), cases[i].code);
}

static void test_custom_metrics(void **unused)
{
    struct emulator_hub_state state;
    int64_t number = 0;

    (void)unused;
    world_init(&state);
    struct emulator_configuration *a = world_base_put(&state, "a", "*", 10, "x:1");
    cJSON_AddStringToObject(a->settings.metric_queries, "b", "select * from devices where tags.testtag = 'B'");
    emulator_evaluate(&state, 0, 0);
    assert_true(json_int64(a->metric_results, "b", &number));
    assert_int_equal(number, 1);
    world_release(&state);
}

static void test_gaps(void **unused)
{
    struct emulator_hub_state state;
    struct emulator_coverage coverage = {.gaps = NULL};

    (void)unused;
    world_init(&state);
    /* A new one before the old one goes: no gap. */
    world_base_put(&state, "a", "tags.testtag='A'", 10, "x:1");
    emulator_coverage_update(&coverage, &state, 1);
    world_base_put(&state, "b", "tags.testtag='A'", 10, "x:2");
    emulator_coverage_update(&coverage, &state, 2);
    world_delete(&state, "a");
    emulator_coverage_update(&coverage, &state, 3);
    assert_int_equal(coverage.count, 0);
    /* One without modules of its own covers nothing. */
    world_base_put(&state, "empty", "*", 1, NULL);
    emulator_coverage_update(&coverage, &state, 4);
    world_delete(&state, "b");
    emulator_coverage_update(&coverage, &state, 5);
    assert_int_equal(coverage.count, 2);
    assert_string_equal(coverage.gaps[0].device_id, "device01");
    assert_string_equal(coverage.gaps[1].device_id, "device03");
    assert_string_equal(coverage.gaps[0].configuration_id, "b");
    assert_int_equal(coverage.gaps[0].sequence, 5);
    /* Being without is no new gap. */
    emulator_coverage_update(&coverage, &state, 6);
    assert_int_equal(coverage.count, 2);
    /* A condition that leaves a device out is one. */
    world_base_put(&state, "c", "*", 10, "x:3");
    emulator_coverage_update(&coverage, &state, 7);
    world_base_put(&state, "c", "deviceId != 'device02'", 10, "x:3");
    emulator_coverage_update(&coverage, &state, 8);
    assert_int_equal(coverage.count, 3);
    assert_string_equal(coverage.gaps[2].device_id, "device02");
    emulator_coverage_clear(&coverage);
    world_release(&state);
}

/* A base deployment of so many modules. */
static char *wide_base(int modules)
{
    struct strbuf text = STRBUF_INIT;

    strbuf_add_string(&text, "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"modules\":{\"m\":{}");
    for (int i = 1; i < modules; i++)
        strbuf_add_format(&text, ",\"m%d\":{}", i);
    strbuf_add_string(&text, "}}}}}");
    return strbuf_steal(&text);
}

/* Of more losses than are kept the oldest tenth goes. */
static void test_losses_in_a_large_fleet(void **unused)
{
    cleanup_free char *wide = wide_base(100), *narrow = wide_base(1);
    struct emulator_coverage coverage = {.gaps = NULL};
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    assert_int_equal(emulator_fleet_generate(&state.fleet, 1200, NULL, 0, NULL), 0);
    world_put(&state, "narrow", "*", 1, narrow);
    world_put(&state, "wide", "deviceId != 'device01'", 2, wide);
    emulator_coverage_update(&coverage, &state, 1);
    assert_int_equal(coverage.loss_count, 0);
    world_delete(&state, "wide");
    emulator_coverage_update(&coverage, &state, 2);
    assert_int_equal(coverage.count, 0);
    assert_int_equal(coverage.loss_count, 1202 * 99 - 20000);
    world_delete(&state, "narrow");
    emulator_coverage_update(&coverage, &state, 3);
    assert_int_equal(coverage.count, 1203);
    emulator_coverage_clear(&coverage);
    world_release(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_follows_what_matches),
        cmocka_unit_test(test_priority_then_age),
        cmocka_unit_test(test_versions_move_with_content_only),
        cmocka_unit_test(test_no_match_keeps_modules),
        cmocka_unit_test(test_removed_module_disappears),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_layer_without_base),
        cmocka_unit_test(test_pull_takes_time),
        cmocka_unit_test(test_held_device),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_unchanged_module_is_not_restarted),
        cmocka_unit_test(test_bad_manifest_is_reported),
        cmocka_unit_test(test_losses_in_a_large_fleet),
        cmocka_unit_test(test_manifest_codes),
        cmocka_unit_test(test_custom_metrics),
        cmocka_unit_test(test_gaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
