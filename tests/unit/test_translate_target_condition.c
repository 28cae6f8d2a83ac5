#include "tests/unit/case_file.h"
#include "translate/target_condition.h"

/* {"condition": …, "error": …} or {"condition": …, "warnings": […]} */
static void assert_case(const cJSON *item)
{
    const char *text = json_string(item, "condition");
    const char *expected = json_string(item, "error");
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_error struct error error = {NULL};

    if (target_condition_check(text, &error) < 0) {
        if (!expected || strcmp(error_message(&error), expected) != 0)
            fail_msg("%s: %s\nis not %s", text, error_message(&error), expected ? expected : "taken");
        return;
    }
    if (expected)
        fail_msg("%s was accepted", text);
    target_condition_warn(text, &findings);
    assert_int_equal(findings.error_count, 0);
    case_assert_warnings(&findings, json_get(item, "warnings"), text);
}

static void test_every_case(void **state)
{
    cleanup_json cJSON *cases = case_file_read("target_conditions.json");
    const cJSON *item;

    (void)state;
    cJSON_ArrayForEach(item, cases) assert_case(item);
}

static void nest(char *text, size_t depth)
{
    memset(text, '(', depth);
    memcpy(text + depth, "tags.a=1", 8);
    memset(text + depth + 8, ')', depth);
    text[2 * depth + 8] = '\0';
}

static void test_nesting_is_bounded(void **state)
{
    cleanup_error struct error error = {NULL};
    static char text[300000];

    (void)state;
    nest(text, 32);
    assert_int_equal(target_condition_check(text, &error), 0);
    nest(text, 33);
    assert_int_equal(target_condition_check(text, &error), -1);
    assert_string_equal(error_message(&error), "more than 32 parentheses within each other");
    nest(text, 100000);
    assert_int_equal(target_condition_check(text, &error), -1);
}

static void test_many_comparisons_are_no_nesting(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_error struct error error = {NULL};

    (void)state;
    strbuf_add_string(&text, "(tags.a=1)");
    for (int i = 0; i < 1000; i++)
        strbuf_add_string(&text, " OR (deviceId='x')");
    assert_int_equal(target_condition_check(strbuf_string(&text), &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_many_comparisons_are_no_nesting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
