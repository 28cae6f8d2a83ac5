#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/warnings.h"

#include <stdio.h>
#include <string.h>

static void test_field_and_message(void **state)
{
    (void)state;
    cleanup_warnings struct warnings warnings = WARNINGS_INIT;
    warnings_add(&warnings, "data[x]", "is odd");
    warnings_add(&warnings, NULL, "is odd as well");
    warnings_finish(&warnings);
    assert_int_equal(warnings.count, 2);
    assert_string_equal(warnings.texts[0], "data[x]: is odd");
    assert_string_equal(warnings.texts[1], "is odd as well");
}

static void test_control_characters_become_spaces(void **state)
{
    (void)state;
    cleanup_warnings struct warnings warnings = WARNINGS_INIT;
    warnings_add(&warnings, NULL,
                 "a\nb\tc\x7f"
                 "d");
    assert_string_equal(warnings.texts[0], "a b c d");
}

/* 120 characters stay, of 121 the first 117 do; a character of several bytes is never cut. */
static void test_cut_at_characters(void **state)
{
    (void)state;
    char exact[240 + 1] = "", longer[242 + 1] = "", expected[234 + 3 + 1] = "";
    for (size_t i = 0; i < 120; i++)
        memcpy(exact + 2 * i, "ä", 3);
    for (size_t i = 0; i < 121; i++)
        memcpy(longer + 2 * i, "ä", 3);
    memcpy(expected, exact, 234);
    memcpy(expected + 234, "...", 4);

    cleanup_warnings struct warnings warnings = WARNINGS_INIT;
    warnings_add(&warnings, NULL, exact);
    warnings_add(&warnings, NULL, longer);
    assert_string_equal(warnings.texts[0], exact);
    assert_string_equal(warnings.texts[1], expected);
}

static void test_all_together_are_capped(void **state)
{
    (void)state;
    char text[101];
    memset(text, 'x', 100);
    text[100] = '\0';
    cleanup_warnings struct warnings warnings = WARNINGS_INIT;
    for (size_t i = 0; i < 20; i++)
        warnings_add(&warnings, NULL, text);
    warnings_finish(&warnings);
    assert_int_equal(warnings.count, 10); /* 9 × 100 fit into 1024 - 64, and the last word */
    assert_string_equal(warnings.texts[9], "11 more: kubectl iotedge validate shows all");
    assert_true(warnings.bytes <= WARNINGS_LIMIT);
}

static void test_many_short_ones(void **state)
{
    (void)state;
    cleanup_warnings struct warnings warnings = WARNINGS_INIT;
    for (size_t i = 0; i < 100; i++)
        warnings_add(&warnings, NULL, "x");
    warnings_finish(&warnings);
    assert_int_equal(warnings.count, WARNINGS_MOST);
    assert_string_equal(warnings.texts[WARNINGS_MOST - 1], "69 more: kubectl iotedge validate shows all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field_and_message), cmocka_unit_test(test_control_characters_become_spaces),
        cmocka_unit_test(test_cut_at_characters), cmocka_unit_test(test_all_together_are_capped),
        cmocka_unit_test(test_many_short_ones),
    };
    return cmocka_run_group_tests_name("server_warnings", tests, NULL, NULL);
}
