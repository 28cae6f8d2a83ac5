#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/hub_health.h"

#include <string.h>

static void test_writes_and_reads(void **state)
{
    cleanup_hub_health struct hub_health read = HUB_HEALTH_INIT;
    cleanup_error struct error error = {NULL};
    cleanup_free char *text = NULL;
    char message[] = "401 Unauthorized: \"x\"";
    struct hub_health written = {.ever_reachable = true, .message = message, .time_s = 1795451963};

    (void)state;
    text = hub_health_write(&written);
    assert_string_equal(text, "{\"reachable\":false,\"everReachable\":true,"
                              "\"message\":\"401 Unauthorized: \\\"x\\\"\",\"time\":\"2026-11-23T16:39:23Z\"}");
    assert_int_equal(hub_health_read(text, &read, &error), 0);
    assert_null(error.message);
    assert_false(read.reachable);
    assert_true(read.ever_reachable);
    assert_string_equal(read.message, message);
    assert_int_equal(read.time_s, 1795451963);
}

static void test_no_message_is_an_empty_one(void **state)
{
    cleanup_hub_health struct hub_health read = HUB_HEALTH_INIT;
    cleanup_free char *text = hub_health_write(&(struct hub_health){.reachable = true, .ever_reachable = true});

    (void)state;
    assert_string_equal(text, "{\"reachable\":true,\"everReachable\":true,\"message\":\"\","
                              "\"time\":\"1970-01-01T00:00:00Z\"}");
    assert_int_equal(hub_health_read("{\"reachable\":true,\"everReachable\":true,\"time\":\"2026-11-23T16:39:23.9Z\","
                                     "\"later\":1}",
                                     &read, NULL),
                     0);
    assert_true(read.reachable);
    assert_string_equal(read.message, "");
    assert_int_equal(read.time_s, 1795451963);
}

/* 1023 letters, then one of two bytes that does not fit any more. */
static void test_a_long_message_is_cut_between_characters(void **state)
{
    cleanup_hub_health struct hub_health read = HUB_HEALTH_INIT;
    cleanup_free char *text = NULL;
    char message[2001];
    struct hub_health written = {.message = message};

    (void)state;
    memset(message, 'x', 2000);
    message[2000] = '\0';
    memcpy(message + 1023, "\xc3\xa4", 2);
    text = hub_health_write(&written);
    assert_int_equal(hub_health_read(text, &read, NULL), 0);
    assert_int_equal(strlen(read.message), 1023);
    message[1024] = '\0';
    message[1023] = 'x';
    free(text);
    text = hub_health_write(&written);
    assert_int_equal(hub_health_read(text, &read, NULL), 0);
    assert_string_equal(read.message, message);
}

static void check_refused(const char *text, const char *sentence)
{
    cleanup_error struct error error = {NULL};
    struct hub_health health = {.reachable = true, .time_s = 7};

    assert_int_equal(hub_health_read(text, &health, &error), -1);
    assert_string_equal(error_message(&error), sentence);
    assert_true(health.reachable);
    assert_null(health.message);
    assert_int_equal(health.time_s, 7);
}

static void test_refuses_other_texts(void **state)
{
    (void)state;
    check_refused("{", "not valid JSON: no name in quotes at byte 1");
    check_refused("[]", "reachable and everReachable must be true or false");
    check_refused("{\"reachable\":true,\"everReachable\":\"true\"}",
                  "reachable and everReachable must be true or false");
    check_refused("{\"reachable\":true,\"everReachable\":true}", "time: \"\" is no RFC 3339 time");
    check_refused("{\"reachable\":true,\"everReachable\":true,\"time\":\"now\"}", "time: \"now\" is no RFC 3339 time");
}

static void test_annotation(void **state)
{
    cleanup_free char *name = hub_health_annotation("hub0");

    (void)state;
    assert_string_equal(name, "iot-edge-connector/hub-hub0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_and_reads),
        cmocka_unit_test(test_no_message_is_an_empty_one),
        cmocka_unit_test(test_a_long_message_is_cut_between_characters),
        cmocka_unit_test(test_refuses_other_texts),
        cmocka_unit_test(test_annotation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
