#include "common/banned.h"
#include "server/absence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define APART 60000

struct taken {
    unsigned count;
    char last[64];
};

static void take(void *context, const char *namespace, const char *name)
{
    struct taken *taken = context;
    taken->count++;
    snprintf(taken->last, sizeof(taken->last), "%s/%s", namespace, name);
}

static void see(struct absences *absences, const char *name, int64_t listed_ms)
{
    absences_begin(absences);
    absences_add(absences, "default", name, listed_ms);
    absences_end(absences);
}

static void a_second_list_is_needed(void **state)
{
    (void)state;
    struct absences absences;
    absences_init(&absences);
    see(&absences, "a", 1000);
    assert_null(absences_to_ask(&absences, 1000, APART));
    assert_int_equal(absences_list_due(&absences, 1000, APART), 61000);
    /* A list that came too early proves nothing, however often it is looked at. */
    see(&absences, "a", 60999);
    assert_null(absences_to_ask(&absences, 60999, APART));
    see(&absences, "a", 61000);
    assert_non_null(absences_to_ask(&absences, 61000, APART));
    assert_int_equal(absences_list_due(&absences, 61000, APART), 0);
    absences_release(&absences);
}

static void what_came_back_starts_anew(void **state)
{
    (void)state;
    struct absences absences;
    absences_init(&absences);
    see(&absences, "a", 1000);
    absences_begin(&absences);
    absences_end(&absences);
    see(&absences, "a", 61000);
    assert_null(absences_to_ask(&absences, 61000, APART));
    absences_release(&absences);
}

static void only_the_certain_are_carried_out_and_counted(void **state)
{
    (void)state;
    struct absences absences;
    struct taken taken = {0};
    absences_init(&absences);
    absences_begin(&absences);
    absences_add(&absences, "default", "a", 1000);
    absences_add(&absences, "default", "b", 1000);
    absences_end(&absences);
    absences_to_ask(&absences, 61000, APART)->certain = true;
    assert_int_equal(absences_count(&absences, 61000), 1);
    absences_carry_out(&absences, 61000, take, &taken);
    assert_int_equal(taken.count, 1);
    assert_string_equal(taken.last, "default/a");
    /* It counts for ten minutes. */
    assert_int_equal(absences_count(&absences, 61000 + 599999), 1);
    assert_int_equal(absences_count(&absences, 61000 + 600000), 0);
    absences_release(&absences);
}

static void the_brake(void **state)
{
    (void)state;
    assert_false(absences_need_confirmation(1, 2));
    assert_true(absences_need_confirmation(1, 1)); /* all of them */
    assert_true(absences_need_confirmation(2, 2));
    assert_false(absences_need_confirmation(2, 3));
    assert_true(absences_need_confirmation(3, 29));
    assert_false(absences_need_confirmation(3, 30)); /* not more than 10 % */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_list_is_needed),
        cmocka_unit_test(what_came_back_starts_anew),
        cmocka_unit_test(only_the_certain_are_carried_out_and_counted),
        cmocka_unit_test(the_brake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
