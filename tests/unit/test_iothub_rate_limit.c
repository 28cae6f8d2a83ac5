#include "iothub/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* 20 a minute is one in 3000 ms. */
static void test_starts_with_one_token(void **state)
{
    struct rate_limit limit;

    (void)state;
    rate_limit_init(&limit, 20, 5, 1000);
    assert_int_equal(rate_limit_take(&limit, 1000), 0);
    assert_int_equal(rate_limit_take(&limit, 1000), 3000);
    assert_int_equal(rate_limit_take(&limit, 2500), 1500);
    assert_int_equal(rate_limit_take(&limit, 4000), 0);
    assert_int_equal(rate_limit_take(&limit, 4000), 3000);
}

static void test_the_announced_time_is_enough(void **state)
{
    (void)state;
    for (unsigned per_minute = 1; per_minute <= 200; per_minute++) {
        struct rate_limit limit;
        int64_t now = 0;

        rate_limit_init(&limit, per_minute, 3, now);
        for (unsigned i = 0; i < 50; i++) {
            int64_t wait = rate_limit_take(&limit, now);

            assert_true(wait >= 0);
            if (wait == 0)
                continue;
            now += wait - 1;
            assert_true(rate_limit_take(&limit, now) > 0);
            now += 1;
            assert_int_equal(rate_limit_take(&limit, now), 0);
        }
    }
}

static void test_a_burst_is_capped(void **state)
{
    struct rate_limit limit;

    (void)state;
    rate_limit_init(&limit, 20, 3, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(rate_limit_take(&limit, 3600000), 0);
    assert_int_equal(rate_limit_take(&limit, 3600000), 3000);
}

/* Never more than the rate and the burst, over any length of time. */
static void test_no_more_than_the_rate(void **state)
{
    struct rate_limit limit;
    unsigned taken = 0;

    (void)state;
    rate_limit_init(&limit, 20, 4, 0);
    for (int64_t now = 0; now < 600000; now += 7)
        taken += rate_limit_take(&limit, now) == 0;
    assert_true(taken <= 200 + 4);
    assert_true(taken >= 199);
}

static void test_a_pause(void **state)
{
    struct rate_limit limit;

    (void)state;
    rate_limit_init(&limit, 60, 10, 0);
    assert_int_equal(rate_limit_take(&limit, 60000), 0);
    rate_limit_empty(&limit, 60000, 10000);
    assert_int_equal(rate_limit_take(&limit, 60000), 10000);
    assert_int_equal(rate_limit_take(&limit, 69999), 1);
    assert_int_equal(rate_limit_take(&limit, 70000), 0);
    assert_int_equal(rate_limit_take(&limit, 70000), 1000);
    /* A shorter pause within a longer one does not end it. */
    rate_limit_empty(&limit, 70000, 10000);
    rate_limit_empty(&limit, 70000, 10);
    assert_int_equal(rate_limit_take(&limit, 79999), 1);
}

static void test_backoff_stays_in_its_bounds(void **state)
{
    static const struct {
        unsigned attempt;
        int64_t base, cap, bound;
    } cases[] = {{0, 100, 60000, 100},       {1, 100, 60000, 200}, {3, 100, 60000, 800}, {10, 100, 60000, 60000},
                 {4000000, 1, 60000, 60000}, {0, 100, 50, 50},     {0, 0, 0, 1},         {62, 1, INT64_MAX, INT64_MAX}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (unsigned try = 0; try < 200; try++) {
            int64_t delay = backoff_ms(cases[i].attempt, cases[i].base, cases[i].cap);

            assert_true(delay >= 1);
            assert_true(delay <= cases[i].bound);
        }
}

/* 200 delays in 0 … 60000 that were all the same would be no jitter. */
static void test_backoff_varies(void **state)
{
    int64_t first = backoff_ms(20, 1000, 60000);
    unsigned others = 0;

    (void)state;
    for (unsigned try = 0; try < 200; try++)
        others += backoff_ms(20, 1000, 60000) != first;
    assert_true(others > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_with_one_token),
        cmocka_unit_test(test_the_announced_time_is_enough),
        cmocka_unit_test(test_a_burst_is_capped),
        cmocka_unit_test(test_no_more_than_the_rate),
        cmocka_unit_test(test_a_pause),
        cmocka_unit_test(test_backoff_stays_in_its_bounds),
        cmocka_unit_test(test_backoff_varies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
