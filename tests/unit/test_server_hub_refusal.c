#include "common/cleanup.h"
#include "server/hub_refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define LITERAL(text) ((char *)(uintptr_t)(text))

#define CALL(call_id, call_body, call_name)                                                                            \
    {                                                                                                                  \
        .action = PLAN_CREATE, .id = LITERAL(call_id), .body = LITERAL(call_body), .namespace = LITERAL("ns"),         \
        .name = LITERAL(call_name)                                                                                     \
    }

static void test_what_went_wrong_comes_last(void **state)
{
    struct plan_call calls[] = {CALL("a", "1", "web"), CALL("b", "1", "api")};
    const struct plan plan = {.calls = calls, .call_count = 2};
    struct hub_refusals refusals;

    (void)state;
    hub_refusals_init(&refusals);
    assert_ptr_equal(hub_refusals_choose(&refusals, &plan, 0), &calls[0]);
    hub_refusal_add(&refusals, &calls[0])->retry_ms = 10;
    /* Also when it may be tried again. */
    assert_ptr_equal(hub_refusals_choose(&refusals, &plan, 10), &calls[1]);
    hub_refusal_add(&refusals, &calls[1])->retry_ms = 20;
    assert_null(hub_refusals_choose(&refusals, &plan, 9));
    assert_ptr_equal(hub_refusals_choose(&refusals, &plan, 10), &calls[0]);
    assert_int_equal(hub_refusals_due(&refusals), 10);
    assert_true(hub_refusals_concern(&refusals, "ns/web"));
    hub_refusals_release(&refusals);
    assert_int_equal(hub_refusals_due(&refusals), INT64_MAX);
}

static void test_times_are_counted(void **state)
{
    struct plan_call call = CALL("a", "1", "web");
    struct hub_refusals refusals;

    (void)state;
    hub_refusals_init(&refusals);
    assert_int_equal(hub_refusal_add(&refusals, &call)->times, 1);
    call.etag = LITERAL("another");
    assert_int_equal(hub_refusal_add(&refusals, &call)->times, 2);
    call.body = LITERAL("2");
    assert_int_equal(hub_refusal_add(&refusals, &call)->times, 1);
    hub_refusals_release(&refusals);
}

static void test_what_is_not_wanted_any_more_is_forgotten(void **state)
{
    struct plan_call calls[] = {CALL("a", "1", "web"), CALL("b", "1", "api")};
    const struct plan plan = {.calls = &calls[1], .call_count = 1};
    struct hub_refusals refusals;

    (void)state;
    hub_refusals_init(&refusals);
    hub_refusal_add(&refusals, &calls[0]);
    hub_refusal_add(&refusals, &calls[1]);
    hub_refusals_prune(&refusals, &plan, 5000);
    assert_false(hub_refusals_concern(&refusals, "ns/web"));
    /* For a moment it may come back as it was … */
    assert_int_equal(hub_refusal_add(&refusals, &calls[0])->times, 2);
    hub_refusals_prune(&refusals, &(struct plan){.calls = calls, .call_count = 2}, 5999);
    assert_true(hub_refusals_concern(&refusals, "ns/web"));
    hub_refusals_prune(&refusals, &plan, 6000);
    hub_refusals_prune(&refusals, &plan, 6999);
    assert_int_equal(hub_refusal_add(&refusals, &calls[0])->times, 3);
    /* … and then not. */
    hub_refusals_prune(&refusals, &plan, 7000);
    assert_int_equal(hub_refusal_add(&refusals, &calls[0])->times, 1);
    assert_true(hub_refusals_concern(&refusals, "ns/api"));
    hub_refusals_release(&refusals);
}

static void test_some_wait_for_the_next_list(void **state)
{
    struct plan_call call = CALL("a", "1", "web");
    const struct plan plan = {.calls = &call, .call_count = 1};
    struct hub_refusals refusals;

    (void)state;
    hub_refusals_init(&refusals);
    hub_refusal_add(&refusals, &call)->retry_ms = INT64_MAX;
    assert_null(hub_refusals_choose(&refusals, &plan, INT64_MAX - 1));
    hub_refusals_relisted(&refusals);
    assert_ptr_equal(hub_refusals_choose(&refusals, &plan, 0), &call);
    hub_refusals_release(&refusals);
}

/* The older content would come later, and win on the devices. */
static void test_another_content_waits_for_a_create_without_an_answer(void **state)
{
    struct plan_call lost = CALL("a", "1", "web");
    struct plan_call calls[] = {CALL("b", "2", "web"), CALL("c", "1", "api")};
    const struct plan plan = {.calls = calls, .call_count = 2}, alone = {.calls = calls, .call_count = 1};
    struct hub_refusals refusals;

    (void)state;
    hub_refusals_init(&refusals);
    hub_refusal_add(&refusals, &lost)->retry_ms = 10;
    hub_refusal_add(&refusals, &lost)->fence_ms = 5000;
    hub_refusals_prune(&refusals, &plan, 1000);
    hub_refusals_prune(&refusals, &plan, 4000);
    assert_ptr_equal(hub_refusals_choose(&refusals, &plan, 4999), &calls[1]);
    assert_null(hub_refusals_choose(&refusals, &alone, 4999));
    assert_int_equal(hub_refusals_due(&refusals), 5000);
    assert_ptr_equal(hub_refusals_choose(&refusals, &alone, 5000), &calls[0]);
    /* The same one may be tried again: when it takes effect, the first cannot any more. */
    assert_ptr_equal(hub_refusals_choose(&refusals, &(struct plan){.calls = &lost, .call_count = 1}, 10), &lost);
    hub_refusals_prune(&refusals, &plan, 5000);
    hub_refusals_forget(&refusals, &lost);
    assert_int_equal(hub_refusals_due(&refusals), INT64_MAX);
    hub_refusals_release(&refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_went_wrong_comes_last),
        cmocka_unit_test(test_times_are_counted),
        cmocka_unit_test(test_what_is_not_wanted_any_more_is_forgotten),
        cmocka_unit_test(test_some_wait_for_the_next_list),
        cmocka_unit_test(test_another_content_waits_for_a_create_without_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
