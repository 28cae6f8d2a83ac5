#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/clock.h"

static void test_clocks_agree_with_the_kernel(void **state)
{
    struct timespec before, after;
    int64_t ns, ms;

    (void)state;
    clock_gettime(CLOCK_BOOTTIME, &before);
    ns = clock_now_ns();
    ms = clock_now_ms();
    clock_gettime(CLOCK_BOOTTIME, &after);
    assert_true(before.tv_sec * INT64_C(1000000000) + before.tv_nsec <= ns);
    assert_true(ns / 1000000 <= ms);
    assert_true(ms <= after.tv_sec * INT64_C(1000) + after.tv_nsec / 1000000);
    clock_gettime(CLOCK_REALTIME, &before);
    assert_true(clock_wall_s() >= before.tv_sec);
    assert_true(clock_wall_ms() >= before.tv_sec * INT64_C(1000));
}

static void check_format(int64_t seconds, const char *expected)
{
    char text[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(seconds, text);
    assert_string_equal(text, expected);
}

static void test_format(void **state)
{
    (void)state;
    check_format(0, "1970-01-01T00:00:00Z");
    check_format(1795451963, "2026-11-23T16:39:23Z");
    check_format(951782400, "2000-02-29T00:00:00Z");
    check_format(-1, "1969-12-31T23:59:59Z");
    check_format(-62135596800, "0001-01-01T00:00:00Z");
    check_format(INT64_MAX, "9999-12-31T23:59:59Z");
    check_format(INT64_MIN, "0000-01-01T00:00:00Z");
}

static void test_format_micro(void **state)
{
    char text[CLOCK_RFC3339_SIZE];

    (void)state;
    clock_format_rfc3339_micro(INT64_C(1795451963123456), text);
    assert_string_equal(text, "2026-11-23T16:39:23.123456Z");
    clock_format_rfc3339_micro(7, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000007Z");
    clock_format_rfc3339_micro(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
}

static void check_time(const char *text, int64_t expected)
{
    int64_t ms = 0;

    assert_true(clock_parse_rfc3339(text, &ms));
    assert_int_equal(ms, expected);
}

static void test_parse_time(void **state)
{
    (void)state;
    check_time("1970-01-01T00:00:00Z", 0);
    check_time("2026-11-23T16:39:23Z", INT64_C(1795451963000));
    check_time("2026-11-23t16:39:23z", INT64_C(1795451963000));
    check_time("2026-11-23T16:39:23.1234567Z", INT64_C(1795451963123));
    check_time("2026-11-23T16:39:23.5Z", INT64_C(1795451963500));
    check_time("2026-11-23T16:39:23.123456789012345678901234567890Z", INT64_C(1795451963123));
    check_time("2026-11-23T18:39:23+02:00", INT64_C(1795451963000));
    check_time("2026-11-23T11:09:23-05:30", INT64_C(1795451963000));
    check_time("0001-01-01T00:00:00Z", INT64_C(-62135596800000));
    check_time("0000-02-29T00:00:00Z", INT64_C(-62162121600000));
    check_time("9999-12-31T23:59:59.999Z", INT64_C(253402300799999));
    check_time("1969-12-31T23:59:59.250Z", -750);
    check_time("2016-12-31T23:59:60Z", INT64_C(1483228800000));
}

static void test_parse_reads_what_format_writes(void **state)
{
    char text[CLOCK_RFC3339_SIZE];

    (void)state;
    for (int64_t day = -719528; day < 2932897; day += 61) {
        clock_format_rfc3339(day * 86400 + 12345, text);
        check_time(text, (day * 86400 + 12345) * 1000);
    }
}

static void test_parse_refuses_what_is_no_time(void **state)
{
    static const char *const texts[] = {
        "",
        "2026-11-23",
        "2026-11-23T16:39:23",
        "2026-11-23 16:39:23Z",
        "2026-11-23T16:39Z",
        "2026-11-23T16:39:23.Z",
        "2026-11-23T16:39:23Zx",
        "2026-11-23T16:39:23+0200",
        "2026-11-23T16:39:23+24:00",
        "2026-11-23T24:00:00Z",
        "2026-11-23T16:60:00Z",
        "2026-11-23T16:39:61Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "26-01-01T00:00:00Z",
        "-026-01-01T00:00:00Z",
        "+2026-01-01T00:00:00Z",
        " 2026-11-23T16:39:23Z",
    };

    (void)state;
    for (size_t i = 0; i < array_length(texts); i++) {
        int64_t ms = 42;

        if (clock_parse_rfc3339(texts[i], &ms))
            fail_msg("\"%s\" was taken as a time", texts[i]);
        assert_int_equal(ms, 42);
    }
}

static void check_duration(const char *text, int64_t expected)
{
    int64_t ms = -1;

    assert_true(clock_parse_duration(text, &ms));
    assert_int_equal(ms, expected);
}

static void test_parse_duration(void **state)
{
    (void)state;
    check_duration("250ms", 250);
    check_duration("2s", 2000);
    check_duration("15m", 900000);
    check_duration("1h", 3600000);
    check_duration("1m30s", 90000);
    check_duration("1h0m0s", 3600000);
    check_duration("1m5ms", 60005);
    check_duration("1.5s", 1500);
    check_duration(".5h", 1800000);
    check_duration("2.s", 2000);
    check_duration("0", 0);
    check_duration("0s", 0);
    check_duration("999999999h", INT64_C(3599999996400000));
}

static void test_parse_duration_refuses(void **state)
{
    static const char *const texts[] = {"",   "5",  "s",      "-1s", "+1s",   "1 s",     "1s ",         "1d",
                                        "1S", ".s", "1.2.3s", "1us", "1.5ms", "0.0001s", "1000000000s", "1s1",
                                        "ms", "00", "1e3s"};

    (void)state;
    for (size_t i = 0; i < array_length(texts); i++) {
        int64_t ms = 42;

        if (clock_parse_duration(texts[i], &ms))
            fail_msg("\"%s\" was taken as a duration", texts[i]);
        assert_int_equal(ms, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clocks_agree_with_the_kernel),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_micro),
        cmocka_unit_test(test_parse_time),
        cmocka_unit_test(test_parse_reads_what_format_writes),
        cmocka_unit_test(test_parse_refuses_what_is_no_time),
        cmocka_unit_test(test_parse_duration),
        cmocka_unit_test(test_parse_duration_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
