#include "tests/unit/translate_objects.h"
#include "translate/module_state.h"

#define MINUTE INT64_C(60000)
#define NOW    INT64_C(1795452000000) /* 2026-11-23T16:40:00Z */

static char *modules[] = {(char *)"sensor", (char *)"filter"};
static char *images[] = {(char *)"registry.example/sensor:1.2", (char *)"filter"};
static const struct manifest manifest = {.modules = modules, .images = images, .module_count = 2};

static const struct module_state_input input = {
    .configuration_id = "shop-web-0123",
    .manifest = &manifest,
    .now_wall_ms = NOW,
    .offline_after_ms = 15 * MINUTE,
    .configuration_since_wall_ms = NOW - 5 * MINUTE,
};

#define APPLIED  "configurations: {other: {status: Targeted}, shop-web-0123: {status: Applied}}"
#define TARGETED "configurations: {shop-web-0123: {status: Targeted}}"
#define LATEST   "desired: {$version: 7, $metadata: {$lastUpdated: '2026-11-23T16:38:00Z'}}"
#define SENSOR(status)                                                                                                 \
    "sensor: {runtimeStatus: " status ", statusDescription: it is " status ", exitCode: 3, restartCount: 2, "          \
    "lastStartTimeUtc: '2026-11-23T16:39:00.5Z', settings: {image: 'registry.example/sensor:1.2'}}"
#define FILTER(status)                                                                                                 \
    "filter: {runtimeStatus: " status ", statusDescription: '', exitCode: 0, restartCount: 0, lastStartTimeUtc: "      \
    "'0001-01-01T00:00:00Z', settings: {image: 'filter:latest'}}"
#define REPORTED(version, code, list)                                                                                  \
    "reported: {lastDesiredVersion: " version ", lastDesiredStatus: {code: " code ", description: what it says}, "     \
    "modules: {" list "}}"
#define TWIN(device, configurations, desired, reported)                                                                \
    "{deviceId: " device ", moduleId: $edgeAgent, " configurations ", properties: {" desired ", " reported "}}"
#define GOOD(device) TWIN(device, APPLIED, LATEST, REPORTED("7", "200", SENSOR("running") ", " FILTER("running")))

static void judge(struct module_states *states, const char *const *twins, size_t count)
{
    assert_int_equal(module_states_begin(&input, states), 0);
    for (size_t i = 0; i < count; i++) {
        cleanup_json cJSON *twin = object_from(twins[i]);

        module_states_add_twin(&input, states, twin);
    }
}

#define JUDGE(...)                                                                                                     \
    struct module_states states;                                                                                       \
    static const char *const twins[] = {__VA_ARGS__};                                                                  \
    judge(&states, twins, array_length(twins))

static void assert_message(const struct module_states *states, const char *expected)
{
    cleanup_free char *message = module_states_message(states);

    assert_string_equal(message, expected);
}

static void test_no_device(void **state)
{
    struct module_states states;

    (void)state;
    judge(&states, NULL, 0);
    assert_message(&states, "the target condition matches no device");
    assert_false(module_states_ready(&states, 0, 1));
    assert_int_equal(states.modules[0].phase, MODULE_WAITING);
    module_states_release(&states);
    assert_null(states.modules);
}

static void test_all_is_well(void **state)
{
    JUDGE(GOOD("device01"), GOOD("device03"));

    (void)state;
    assert_message(&states, "2 devices targeted, 2 applied, 2 succeeded, 0 failed");
    assert_true(module_states_ready(&states, 0, 100));
    assert_true(module_states_ready(&states, 1, 100));
    assert_false(module_states_ready(&states, 2, 1));
    assert_int_equal(states.modules[0].running, 2);
    assert_int_equal(states.modules[0].phase, MODULE_RUNNING);
    assert_int_equal(states.modules[0].restarts, 2);
    assert_int_equal(states.modules[0].exit_code, 0);
    assert_true(states.modules[0].started_wall_ms == NOW - MINUTE + 500);
    assert_true(states.modules[1].started_wall_ms == 0);
    assert_null(states.worst);
    module_states_release(&states);
}

static void test_twins_of_others_do_not_count(void **state)
{
    JUDGE("{deviceId: a, moduleId: $edgeAgent, configurations: {shop-web-9999: {status: Applied}}}",
          "{deviceId: b, moduleId: $edgeAgent}", "{deviceId: c, moduleId: $edgeHub, " APPLIED "}",
          "{deviceId: d, moduleId: $edgeAgent, configurations: {shop-web-0123: {status: Gone}}}", "[]", "5",
          GOOD("device01"));

    (void)state;
    assert_message(&states, "1 device targeted, 1 applied, 1 succeeded, 0 failed");
    module_states_release(&states);
}

/* Judged are modules only when the device has acted on what it should. */
static void test_devices_that_are_pending(void **state)
{
    JUDGE(TWIN("device02", APPLIED, LATEST, REPORTED("6", "200", SENSOR("failed") ", " FILTER("running"))),
          TWIN("device03", TARGETED, LATEST, REPORTED("7", "200", SENSOR("running") ", " FILTER("running"))),
          GOOD("device01"));

    (void)state;
    assert_message(&states,
                   "3 devices targeted, 2 applied, 1 succeeded, 0 failed; device02: has not reported on the latest "
                   "version yet");
    assert_int_equal(states.modules[0].running, 1);
    assert_int_equal(states.modules[0].phase, MODULE_WAITING);
    assert_string_equal(states.modules[0].device, "device02");
    assert_false(module_states_ready(&states, 0, 100));
    assert_false(module_states_ready(&states, 0, 34));
    assert_true(module_states_ready(&states, 0, 33));
    module_states_release(&states);
}

static void test_targeted_only(void **state)
{
    JUDGE(TWIN("device01", TARGETED, LATEST, REPORTED("7", "200", SENSOR("running"))));

    (void)state;
    assert_message(&states,
                   "1 device targeted, 0 applied, 0 succeeded, 0 failed; device01: targeted, not applied yet, or "
                   "another deployment of higher priority wins");
    module_states_release(&states);
}

static void test_offline_devices_are_not_counted(void **state)
{
#define OLD(seconds) "desired: {$version: 7, $metadata: {$lastUpdated: '2026-11-23T16:24:" seconds "Z'}}"
    JUDGE(TWIN("device02", APPLIED, OLD("59"), REPORTED("6", "200", "")), GOOD("device01"));

    (void)state;
    assert_message(&states, "2 devices targeted, 2 applied, 1 succeeded, 0 failed, 1 offline");
    assert_true(module_states_ready(&states, 0, 100));
    assert_int_equal(states.modules[0].phase, MODULE_RUNNING);
    module_states_release(&states);
}

static void test_pending_for_just_so_long_is_not_offline(void **state)
{
    JUDGE(TWIN("device02", APPLIED, "desired: {$version: 7, $metadata: {$lastUpdated: '2026-11-23T16:25:00Z'}}",
               REPORTED("6", "200", "")));

    (void)state;
    assert_int_equal(states.offline, 0);
    module_states_release(&states);
}

static void test_at_least_one_device_must_be_judged(void **state)
{
    JUDGE(TWIN("device02", APPLIED, OLD("00"), REPORTED("6", "200", "")));

    (void)state;
    assert_message(&states, "1 device targeted, 1 applied, 0 succeeded, 0 failed, 1 offline");
    assert_false(module_states_ready(&states, 0, 1));
    module_states_release(&states);
}

/* Who is only targeted waits since the configuration came to the hub, whatever its twin says of older ones. */
static void test_targeted_devices_go_offline_with_the_configuration(void **state)
{
    struct module_state_input late = input;
    cleanup_json cJSON *twin = object_from(TWIN("device01", TARGETED, LATEST, REPORTED("7", "200", "")));
    struct module_states states;

    (void)state;
    late.configuration_since_wall_ms = NOW - 15 * MINUTE - 1;
    assert_int_equal(module_states_begin(&late, &states), 0);
    module_states_add_twin(&late, &states, twin);
    assert_int_equal(states.offline, 1);
    module_states_release(&states);
}

static void test_a_device_that_refuses(void **state)
{
    JUDGE(GOOD("device01"),
          TWIN("device02", APPLIED, LATEST, REPORTED("7", "400", SENSOR("running") ", " FILTER("running"))));

    (void)state;
    assert_message(&states, "2 devices targeted, 2 applied, 1 succeeded, 1 failed; device02: code 400: what it says");
    assert_int_equal(states.modules[0].running, 1);
    assert_false(module_states_ready(&states, 0, 100));
    assert_true(module_states_ready(&states, 0, 50));
    module_states_release(&states);
}

static void test_phases_of_modules(void **state)
{
    static const struct {
        const char *twin;
        enum module_phase phase;
        unsigned failed;
    } cases[] = {
#define ONE(list) TWIN("device01", APPLIED, LATEST, REPORTED("7", "200", list))
        {ONE(SENSOR("backoff") ", " FILTER("running")), MODULE_BACKOFF, 1},
        {ONE(SENSOR("failed") ", " FILTER("running")), MODULE_FAILED, 1},
        {ONE(SENSOR("dead") ", " FILTER("running")), MODULE_FAILED, 1},
        {ONE(SENSOR("stopped") ", " FILTER("running")), MODULE_STOPPED, 1},
        {ONE(SENSOR("unhealthy") ", " FILTER("running")), MODULE_WAITING, 0},
        {ONE(SENSOR("unknown") ", " FILTER("running")), MODULE_WAITING, 0},
        {ONE(FILTER("running")), MODULE_WAITING, 0},
        {ONE("sensor: {runtimeStatus: failed, settings: {image: 'registry.example/sensor:1.1'}}, " FILTER("running")),
         MODULE_WAITING, 0},
        {ONE("sensor: {runtimeStatus: running}, " FILTER("running")), MODULE_WAITING, 0},
        {ONE("sensor: 5, " FILTER("running")), MODULE_WAITING, 0},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct module_states states;

        judge(&states, &cases[i].twin, 1);
        assert_int_equal(states.modules[0].phase, cases[i].phase);
        assert_int_equal(states.modules[0].running, 0);
        assert_int_equal(states.modules[1].phase, MODULE_RUNNING);
        assert_int_equal(states.failed, cases[i].failed);
        assert_int_equal(states.succeeded, 0);
        assert_non_null(states.worst);
        module_states_release(&states);
    }
}

static void test_the_worst_is_told_in_any_order(void **state)
{
#define FAILING(device, status)                                                                                        \
    TWIN(device, APPLIED, LATEST, REPORTED("7", "200", SENSOR(status) ", " FILTER("running")))
    static const char *const twins[] = {FAILING("device05", "failed"), FAILING("device04", "backoff"), GOOD("device01"),
                                        FAILING("device03", "failed"), FAILING("device02", "stopped")};

    (void)state;
    for (size_t first = 0; first < array_length(twins); first++) {
        const char *turned[array_length(twins)];
        struct module_states states;

        for (size_t i = 0; i < array_length(twins); i++)
            turned[i] = twins[(first + i) % array_length(twins)];
        judge(&states, turned, array_length(turned));
        assert_message(&states,
                       "5 devices targeted, 5 applied, 1 succeeded, 4 failed; device03: module sensor: it is failed");
        assert_int_equal(states.modules[0].phase, MODULE_FAILED);
        assert_string_equal(states.modules[0].device, "device03");
        assert_string_equal(states.modules[0].detail, "it is failed");
        assert_int_equal(states.modules[0].exit_code, 3);
        module_states_release(&states);
    }
}

static void test_what_devices_write_is_made_harmless(void **state)
{
    cleanup_json cJSON *twin = object_from(FAILING("device01", "failed"));
    struct module_states states;
    char long_text[1000];

    (void)state;
    memset(long_text, 'x', sizeof(long_text));
    long_text[0] = '\n';
    long_text[sizeof(long_text) - 1] = '\0';
    cJSON_ReplaceItemInObjectCaseSensitive(json_at(twin, "properties", "reported", "modules", "sensor", NULL),
                                           "statusDescription", cJSON_CreateString(long_text));
    assert_int_equal(module_states_begin(&input, &states), 0);
    module_states_add_twin(&input, &states, twin);
    assert_int_equal(strlen(states.modules[0].detail), 160 + 3);
    assert_int_equal(states.modules[0].detail[0], ' ');
    assert_null(strchr(states.worst, '\n'));
    module_states_release(&states);
}

static void test_images_are_compared_as_the_agent_writes_them(void **state)
{
    static const struct {
        const char *expected, *reported;
        bool same;
    } cases[] = {
        {"nginx", "nginx:latest", true},
        {"nginx", "nginx", true},
        {"nginx:1", "nginx:1", true},
        {"nginx:1", "nginx:10", false},
        {"nginx", "nginx:1", false},
        {"nginx:1", "nginx", false},
        {"$upstream:443/a:1", "parent.example:443/a:1", true},
        {"$upstream:443/a:1", "parent.example:443/b:1", false},
        {"$upstream:443/a:1", "a", false},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char *names[] = {(char *)"sensor"};
        char *expected[] = {(char *)cases[i].expected};
        const struct manifest one = {.modules = names, .images = expected, .module_count = 1};
        struct module_state_input with_image = input;
        cleanup_json cJSON *twin = object_from(ONE(SENSOR("running")));
        struct module_states states;

        with_image.manifest = &one;
        cJSON_ReplaceItemInObjectCaseSensitive(
            json_at(twin, "properties", "reported", "modules", "sensor", "settings", NULL), "image",
            cJSON_CreateString(cases[i].reported));
        assert_int_equal(module_states_begin(&with_image, &states), 0);
        module_states_add_twin(&with_image, &states, twin);
        assert_int_equal(states.modules[0].running, cases[i].same);
        module_states_release(&states);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_device),
        cmocka_unit_test(test_all_is_well),
        cmocka_unit_test(test_twins_of_others_do_not_count),
        cmocka_unit_test(test_devices_that_are_pending),
        cmocka_unit_test(test_targeted_only),
        cmocka_unit_test(test_offline_devices_are_not_counted),
        cmocka_unit_test(test_pending_for_just_so_long_is_not_offline),
        cmocka_unit_test(test_at_least_one_device_must_be_judged),
        cmocka_unit_test(test_targeted_devices_go_offline_with_the_configuration),
        cmocka_unit_test(test_a_device_that_refuses),
        cmocka_unit_test(test_phases_of_modules),
        cmocka_unit_test(test_the_worst_is_told_in_any_order),
        cmocka_unit_test(test_what_devices_write_is_made_harmless),
        cmocka_unit_test(test_images_are_compared_as_the_agent_writes_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
