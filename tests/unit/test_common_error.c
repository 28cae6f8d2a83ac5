#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/error.h"

#include <errno.h>

static void test_set_fills_the_sentence(void **state)
{
    cleanup_error struct error error = {NULL};

    (void)state;
    assert_string_equal(error_message(&error), "unknown error");
    assert_int_equal(error_set(&error, "port %d is taken", 8443), -1);
    assert_string_equal(error_message(&error), "port 8443 is taken");
}

static void test_set_may_use_the_old_sentence(void **state)
{
    cleanup_error struct error error = {NULL};

    (void)state;
    error_set(&error, "first");
    assert_int_equal(error_set(&error, "second after %s", error.message), -1);
    assert_string_equal(error_message(&error), "second after first");
}

static void test_wrap_puts_context_before(void **state)
{
    cleanup_error struct error error = {NULL};

    (void)state;
    error_set(&error, "must be a number");
    assert_int_equal(error_wrap(&error, "hubs[%d]", 1), -1);
    assert_string_equal(error_message(&error), "hubs[1]: must be a number");
    error_release(&error);
    assert_int_equal(error_wrap(&error, "hub"), -1);
    assert_string_equal(error_message(&error), "hub: unknown error");
}

static void test_errno_is_told_in_words(void **state)
{
    cleanup_error struct error error = {NULL};

    (void)state;
    assert_int_equal(error_set_errno(&error, ENOENT, "cannot read %s", "/x"), -1);
    assert_string_equal(error_message(&error), "cannot read /x: No such file or directory");
}

static void test_nobody_has_to_listen(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, "x"), -1);
    assert_int_equal(error_set_errno(NULL, ENOENT, "x"), -1);
    assert_int_equal(error_wrap(NULL, "x"), -1);
    assert_string_equal(error_message(NULL), "unknown error");
}

static void test_release_leaves_no_error(void **state)
{
    struct error error = {NULL};

    (void)state;
    error_set(&error, "x");
    error_release(&error);
    assert_null(error.message);
    error_release(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_fills_the_sentence),   cmocka_unit_test(test_set_may_use_the_old_sentence),
        cmocka_unit_test(test_wrap_puts_context_before), cmocka_unit_test(test_errno_is_told_in_words),
        cmocka_unit_test(test_nobody_has_to_listen),     cmocka_unit_test(test_release_leaves_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
