#include "iothub/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A test's own: begun at that time; 20 a minute is one in 3000 ms. */
static void begin(struct rate_limit *limit, unsigned per_minute, unsigned burst, int64_t now_ms)
{
    assert_int_equal(rate_limit_init(limit, per_minute, burst), 0);
    rate_limit_begin(limit, now_ms);
}

/* As begin, long ago: the bucket is full. */
static void begin_full(struct rate_limit *limit, unsigned per_minute, unsigned burst)
{
    begin(limit, per_minute, burst, -3600000);
    assert_int_equal(rate_limit_take(limit, -3600000), 0);
}

static void test_begins_with_one_call_and_a_debt(void **state)
{
    struct rate_limit limit;

    (void)state;
    begin(&limit, 20, 3, 1000);
    assert_int_equal(rate_limit_wait(&limit, 1000), 0);
    assert_int_equal(rate_limit_take(&limit, 1000), 0);
    assert_int_equal(rate_limit_take(&limit, 1000), 12000);
    assert_int_equal(rate_limit_take(&limit, 2500), 10500);
    assert_int_equal(rate_limit_take(&limit, 13000), 0);
    assert_int_equal(rate_limit_take(&limit, 13000), 3000);
    rate_limit_release(&limit);
}

static void test_the_announced_time_is_enough(void **state)
{
    (void)state;
    for (unsigned per_minute = 1; per_minute <= 200; per_minute++) {
        struct rate_limit limit;
        int64_t now = 0;

        begin(&limit, per_minute, 3, now);
        for (unsigned i = 0; i < 50; i++) {
            int64_t wait = rate_limit_take(&limit, now);

            assert_true(wait >= 0);
            if (wait == 0)
                continue;
            now += wait - 1;
            assert_true(rate_limit_take(&limit, now) > 0);
            now += 1;
            assert_int_equal(rate_limit_wait(&limit, now), 0);
            assert_int_equal(rate_limit_take(&limit, now), 0);
        }
        rate_limit_release(&limit);
    }
}

static void test_a_burst_is_capped(void **state)
{
    struct rate_limit limit;

    (void)state;
    begin_full(&limit, 20, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(rate_limit_take(&limit, 0), 0);
    assert_int_equal(rate_limit_take(&limit, 0), 3000);
    rate_limit_release(&limit);
}

static void test_asking_costs_nothing(void **state)
{
    struct rate_limit limit;

    (void)state;
    begin_full(&limit, 20, 1);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(rate_limit_wait(&limit, 0), 0);
    assert_int_equal(rate_limit_take(&limit, 0), 0);
    assert_int_equal(rate_limit_wait(&limit, 0), 3000);
    rate_limit_release(&limit);
}

#define MOST_CALLS 1000

/* The times of calls: of a process that calls whenever it may, or now and then. */
struct calls {
    int64_t ms[MOST_CALLS];
    size_t count;
};

static unsigned in_the_worst_minute(const struct calls *calls)
{
    unsigned worst = 0;

    for (size_t i = 0; i < calls->count; i++) {
        unsigned count = 0;

        for (size_t k = i; k < calls->count && calls->ms[k] < calls->ms[i] + 60000; k++)
            count++;
        worst = count > worst ? count : worst;
    }
    return worst;
}

/* Calls as a busy worker does, after a rest of so long, until that time. */
static void call_until(struct rate_limit *limit, struct calls *calls, int64_t from_ms, int64_t until_ms,
                       int64_t latency_ms)
{
    for (int64_t now = from_ms; now < until_ms; now++) {
        if (rate_limit_take(limit, now) > 0)
            continue;
        assert_true(calls->count < MOST_CALLS);
        now += latency_ms;
        calls->ms[calls->count++] = now;
        rate_limit_ended(limit, now);
    }
}

/* However it begins, with its burst too. */
static void test_no_minute_has_more_than_it_may(void **state)
{
    (void)state;
    for (int64_t rest = 0; rest < 70000; rest += 6999) {
        struct rate_limit limit;
        struct calls calls = {.count = 0};

        begin(&limit, 19, 3, 0);
        call_until(&limit, &calls, 0, 20000, 7);
        call_until(&limit, &calls, 20000 + rest, 400000, 7);
        assert_true(in_the_worst_minute(&calls) <= 19);
        rate_limit_release(&limit);
    }
}

/* And it makes use of what it may. */
static void test_ninety_calls_take_less_than_five_minutes(void **state)
{
    struct rate_limit limit;
    struct calls calls = {.count = 0};

    (void)state;
    begin_full(&limit, 19, 3);
    call_until(&limit, &calls, 0, 300000, 100);
    assert_true(calls.count >= 92);
    rate_limit_release(&limit);
}

/* A call is as late as its answer: the hub may have counted it then, and a quicker one afterwards does not come early.
 */
static void test_a_slow_call_counts_from_its_end(void **state)
{
    struct rate_limit limit;

    (void)state;
    begin_full(&limit, 2, 2);
    assert_int_equal(rate_limit_take(&limit, 0), 0);
    rate_limit_ended(&limit, 25000);
    assert_int_equal(rate_limit_take(&limit, 25000), 0);
    assert_int_equal(rate_limit_take(&limit, 60000), 25000);
    assert_int_equal(rate_limit_take(&limit, 85000), 0);
    rate_limit_release(&limit);
}

static void test_two_processes_one_after_the_other_keep_the_limit_of_the_hub(void **state)
{
    (void)state;
    for (int64_t change = 60000; change < 130000; change += 777) {
        struct rate_limit first, second;
        struct calls calls = {.count = 0};

        begin_full(&first, 19, 3);
        call_until(&first, &calls, 0, change, 5);
        begin(&second, 19, 3, change + 1);
        call_until(&second, &calls, change + 1, change + 120000, 5);
        assert_true(in_the_worst_minute(&calls) <= 20);
        rate_limit_release(&first);
        rate_limit_release(&second);
    }
}

static void test_what_was_sent_twice_is_paid_twice(void **state)
{
    struct rate_limit limit;

    (void)state;
    begin_full(&limit, 20, 3);
    assert_int_equal(rate_limit_take(&limit, 0), 0);
    rate_limit_charge(&limit, 0);
    assert_int_equal(rate_limit_take(&limit, 0), 0);
    assert_int_equal(rate_limit_take(&limit, 0), 3000);
    rate_limit_release(&limit);
}

static void test_a_pause(void **state)
{
    struct rate_limit limit;

    (void)state;
    begin_full(&limit, 60, 10);
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
    rate_limit_release(&limit);
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
        cmocka_unit_test(test_begins_with_one_call_and_a_debt),
        cmocka_unit_test(test_the_announced_time_is_enough),
        cmocka_unit_test(test_a_burst_is_capped),
        cmocka_unit_test(test_asking_costs_nothing),
        cmocka_unit_test(test_no_minute_has_more_than_it_may),
        cmocka_unit_test(test_ninety_calls_take_less_than_five_minutes),
        cmocka_unit_test(test_a_slow_call_counts_from_its_end),
        cmocka_unit_test(test_two_processes_one_after_the_other_keep_the_limit_of_the_hub),
        cmocka_unit_test(test_what_was_sent_twice_is_paid_twice),
        cmocka_unit_test(test_a_pause),
        cmocka_unit_test(test_backoff_stays_in_its_bounds),
        cmocka_unit_test(test_backoff_varies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
