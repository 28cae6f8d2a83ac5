/* The emulator's fleet file, its command line and its throttle. */
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "emulator/fleet.h"
#include "emulator/options.h"
#include "emulator/throttle.h"
#include "emulator/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int load(const char *text, struct emulator_fleet *fleet, struct error *error)
{
    char path[] = "/tmp/test_emulator_fleet.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
    int result = emulator_fleet_load(fleet, path, error);
    unlink(path);
    return result;
}

static void test_file(void **state)
{
    static const char *const texts[] = {
        "devices:\n- id: b\n  tags: {testtag: A}\n  reported: {model: x}\n- id: a\n  edge: false\n- id: c\n  held: "
        "true\n",
        "[{\"id\":\"b\",\"tags\":{\"testtag\":\"A\"},\"reported\":{\"model\":\"x\"}},{\"id\":\"a\",\"edge\":false},"
        "{\"id\":\"c\",\"held\":true}]",
    };

    (void)state;
    for (size_t i = 0; i < array_length(texts); i++) {
        struct emulator_fleet fleet = {.devices = NULL};
        cleanup_error struct error error = {NULL};
        if (load(texts[i], &fleet, &error) < 0)
            fail_msg("%s", error_message(&error));
        assert_int_equal(fleet.count, 3);
        assert_string_equal(fleet.devices[0]->id, "a");
        assert_int_equal(fleet.devices[0]->module_count, 0);
        assert_string_equal(json_string(fleet.devices[1]->twin.tags, "testtag"), "A");
        assert_string_equal(json_string(fleet.devices[1]->twin.reported.document->tree, "model"), "x");
        assert_non_null(emulator_device_module(fleet.devices[1], "$edgeHub"));
        assert_true(fleet.devices[2]->held);
        assert_ptr_equal(emulator_fleet_find(&fleet, "c"), fleet.devices[2]);
        assert_null(emulator_fleet_find(&fleet, "d"));
        emulator_fleet_release(&fleet);
    }
}

static void test_bad_files(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"devices: 5", "one list of devices is expected"},
        {"- tags: {}", "devices[0].id: a device needs an id"},
        {"- id: a\n- id: a", "devices[1].id: there is another device a"},
        {"- id: a\n  tag: {}", "devices[0].tag: unknown"},
        {"- id: a\n  tags: x", "devices[0]: tags and reported must be objects"},
        {"- id: [", NULL},
        {"", "one list of devices is expected"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct emulator_fleet fleet = {.devices = NULL};
        cleanup_error struct error error = {NULL};
        assert_int_equal(load(cases[i].text, &fleet, &error), -1);
        if (cases[i].message && !strstr(error_message(&error), cases[i].message))
            fail_msg("\"%s\" does not say \"%s\"", error_message(&error), cases[i].message);
        emulator_fleet_release(&fleet);
    }
}

static int parse(struct emulator_options *options, struct error *error, const char *first, const char *second)
{
    const char *arguments[] = {"iothub-emulator", "--folder", "f", first, second, NULL};
    int count = 3 + (first != NULL) + (second != NULL);

    return emulator_options_parse(count, (char **)arguments, options, error);
}

static void test_options(void **state)
{
    struct emulator_options options;

    (void)state;
    assert_int_equal(parse(&options, NULL, NULL, NULL), EMULATOR_OPTIONS_RUN);
    assert_int_equal(options.evaluation_period_ms, 300000);
    assert_int_equal(options.pull_delay_ms, 500);
    assert_int_equal(options.configuration_calls_per_minute, 20);
    assert_int_equal(options.limit, 100);
    assert_false(options.refuse_changed_content);
    assert_int_equal(parse(&options, NULL, "--evaluation-period", "100ms"), EMULATOR_OPTIONS_RUN);
    assert_int_equal(options.evaluation_period_ms, 100);
    assert_int_equal(parse(&options, NULL, "--immutable-content=refuse", NULL), EMULATOR_OPTIONS_RUN);
    assert_true(options.refuse_changed_content);
    assert_int_equal(parse(&options, NULL, "--port", "8443"), EMULATOR_OPTIONS_RUN);
    assert_int_equal(options.port, 8443);
    assert_int_equal(parse(&options, NULL, "--help", NULL), EMULATOR_OPTIONS_HELP);
    assert_int_equal(parse(&options, NULL, "--version", NULL), EMULATOR_OPTIONS_VERSION);
}

static void test_bad_options(void **state)
{
    static const struct {
        const char *first, *second, *message;
    } cases[] = {
        {"--port", "70000", "--port: 70000 is no number from 0 to 65535"},
        {"--port", "", "--port"},
        {"--pull-delay", "5", "--pull-delay: 5 is no duration"},
        {"--immutable-content", "maybe", "neither keep nor refuse"},
        {"--cert", "x", "--cert and --key belong together"},
        {"--units", "0", "--units must be 1 or more"},
        {"--fly", NULL, "there is no option --fly"},
        {"away", NULL, "\"away\" is too much"},
        {"--port", NULL, "--port needs a value"},
        {"--immutable", "keep", "there is no option --immutable"},
    };
    struct emulator_options options;

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_error struct error error = {NULL};
        assert_int_equal(parse(&options, &error, cases[i].first, cases[i].second), -1);
        if (!strstr(error_message(&error), cases[i].message))
            fail_msg("\"%s\" does not say \"%s\"", error_message(&error), cases[i].message);
    }
}

static void test_throttle(void **state)
{
    struct emulator_throttle throttle;

    (void)state;
    emulator_throttle_init(&throttle, 2);
    assert_true(emulator_throttle_take(&throttle, 0));
    assert_true(emulator_throttle_take(&throttle, 30000));
    assert_false(emulator_throttle_take(&throttle, 59999));
    assert_true(emulator_throttle_take(&throttle, 60000));
    assert_false(emulator_throttle_take(&throttle, 89999));
    assert_true(emulator_throttle_take(&throttle, 90000));
    emulator_throttle_release(&throttle);
    emulator_throttle_init(&throttle, 0);
    for (int i = 0; i < 100; i++)
        assert_true(emulator_throttle_take(&throttle, 0));
    emulator_throttle_release(&throttle);
}

static void test_times(void **state)
{
    static const struct {
        int64_t ticks;
        const char *text;
    } cases[] = {
        {0, "0001-01-01T00:00:00Z"},
        {15979611265193839, "2020-08-20T22:05:26.5193839Z"},
        {15979611265100000, "2020-08-20T22:05:26.51Z"},
        {15979611260000000, "2020-08-20T22:05:26Z"},
        {15979611260000001, "2020-08-20T22:05:26.0000001Z"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char text[EMULATOR_TIMESTAMP_SIZE];
        emulator_ticks_format(cases[i].ticks, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),        cmocka_unit_test(test_bad_files), cmocka_unit_test(test_options),
        cmocka_unit_test(test_bad_options), cmocka_unit_test(test_throttle),  cmocka_unit_test(test_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
