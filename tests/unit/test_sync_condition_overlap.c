#include "common/cleanup.h"
#include "sync/condition_overlap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_what_covers(void **state)
{
    static const char *const covers[][2] = {
        {"*", "tags.a='1'"},
        {" * ", "tags.a='1' OR tags.b='2'"},
        {"*", "*"},
        {"tags.a='1'", "tags.a='1'"},
        {"tags.a = '1'", "  tags.a='1' "},
        {"tags.a='1'", "tags.a='1' AND tags.b='2'"},
        {"tags.b='2'", "tags.a='1' and tags.b = '2'"},
        {"tags.b='2' AND tags.a='1'", "tags.a='1' AND tags.c!='3' AND tags.b='2'"},
        {"tags.a='1' OR tags.b='2'", "tags.a='1' OR tags.b='2'"},
        {"NOT tags.a='1' AND tags.b='2'", "not tags.a='1' AND tags.b='2'"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(covers) - 1; i++) {
        if (!condition_covers(covers[i][0], covers[i][1]))
            fail_msg("%s does not cover %s", covers[i][0], covers[i][1]);
        assert_true(condition_overlaps(covers[i][1], covers[i][0]));
    }
    /* One demand as a whole is compared with its case. */
    assert_false(condition_covers(covers[array_length(covers) - 1][0], covers[array_length(covers) - 1][1]));
}

static void test_what_is_not_certain(void **state)
{
    static const char *const apart[][2] = {
        {"tags.a='1'", "tags.a='2'"},
        {"tags.a='1'", "tags.b='1'"},
        {"tags.a='1'", "tags.a='1 '"},
        {"tags.a='1'", "tags.a='1' OR tags.b='2'"},
        {"tags.a='1'", "(tags.a='1')"},
        {"tags.a='1'", "NOT tags.a='1' AND tags.b='2'"},
        {"tags.a='x and y'", "tags.a='x' and y"},
        {"tags.band='1'", "tags.b"},
        {"", "tags.a='1'"},
        {"", ""},
        {NULL, "*"},
        {"*", NULL},
        {"*", "  "},
    };

    (void)state;
    for (size_t i = 0; i < array_length(apart); i++)
        if (condition_overlaps(apart[i][0], apart[i][1]))
            fail_msg("%s and %s overlap", apart[i][0], apart[i][1]);
}

static void test_a_narrow_one_covers_no_wide_one(void **state)
{
    (void)state;
    assert_false(condition_covers("tags.a='1' AND tags.b='2'", "tags.a='1'"));
    assert_false(condition_covers("tags.a='1'", "*"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_covers),
        cmocka_unit_test(test_what_is_not_certain),
        cmocka_unit_test(test_a_narrow_one_covers_no_wide_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
