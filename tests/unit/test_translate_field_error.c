#include "tests/unit/translate_objects.h"

static void test_messages_are_those_of_kubernetes(void **state)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)state;
    findings_add_error(&findings, FIELD_REQUIRED, "a", NULL, "say %d", 1);
    findings_add_error(&findings, FIELD_INVALID, "b", "x\"y\\\n", "wrong");
    findings_add_error(&findings, FIELD_NOT_SUPPORTED, "c", "z", "supported values: \"a\", \"b\"");
    findings_add_error(&findings, FIELD_FORBIDDEN, "d", NULL, "no");
    findings_add_error(&findings, FIELD_DUPLICATE, "e", "twice", "%s", "");
    findings_add_error(&findings, FIELD_TOO_LONG, "f", NULL, "at most 3");
    assert_int_equal(findings.error_count, 6);
    assert_string_equal(findings.errors[0].message, "Required value: say 1");
    assert_string_equal(findings.errors[1].message, "Invalid value: \"x\\\"y\\\\\\n\": wrong");
    assert_string_equal(findings.errors[2].message, "Unsupported value: \"z\": supported values: \"a\", \"b\"");
    assert_string_equal(findings.errors[3].message, "Forbidden: no");
    assert_string_equal(findings.errors[4].message, "Duplicate value: \"twice\"");
    assert_string_equal(findings.errors[5].message, "Too long: at most 3");
}

static void test_reasons_are_those_of_kubernetes(void **state)
{
    (void)state;
    assert_string_equal(field_error_reason(FIELD_REQUIRED), "FieldValueRequired");
    assert_string_equal(field_error_reason(FIELD_INVALID), "FieldValueInvalid");
    assert_string_equal(field_error_reason(FIELD_NOT_SUPPORTED), "FieldValueNotSupported");
    assert_string_equal(field_error_reason(FIELD_FORBIDDEN), "FieldValueForbidden");
    assert_string_equal(field_error_reason(FIELD_DUPLICATE), "FieldValueDuplicate");
    assert_string_equal(field_error_reason(FIELD_TOO_LONG), "FieldValueTooLong");
}

static void test_summary_joins_as_kubernetes_does(void **state)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)state;
    assert_errors(&findings, "");
    findings_add_error(&findings, FIELD_FORBIDDEN, "a", NULL, "no");
    assert_errors(&findings, "a: Forbidden: no");
    findings_add_error(&findings, FIELD_REQUIRED, "b", NULL, "yes");
    assert_errors(&findings, "[a: Forbidden: no, b: Required value: yes]");
}

static void test_foreign_text_is_cut_and_made_harmless(void **state)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    char value[400];

    (void)state;
    memset(value, 'v', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    findings_add_error(&findings, FIELD_INVALID, "a\nb", value, "x\x1b[31m\xff\xc2\x85y");
    assert_string_equal(findings.errors[0].field, "a b");
    assert_int_equal(strspn(strchr(findings.errors[0].message, '"') + 1, "v"), 120);
    assert_string_equal(strchr(findings.errors[0].message, '\xe2'), "\xe2\x80\xa6\": x [31m? y");
    findings_add_error(&findings, FIELD_INVALID, "a", "\x01\xfe\xc2\x85", "%s", "");
    assert_string_equal(findings.errors[1].message, "Invalid value: \"\\x01\\xfe\\u0085\"");
}

static void test_warnings_have_120_characters_at_most(void **state)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    char text[400] = "";

    (void)state;
    for (int i = 0; i < 120; i++)
        memcpy(text + 2 * i, "\xc3\xa9", 3);
    findings_add_warning(&findings, "%s", text);
    assert_string_equal(findings.warnings[0], text);
    findings_add_warning(&findings, "%s%s", text, "z");
    assert_int_equal(strlen(findings.warnings[1]), 119 * 2 + 3);
    assert_memory_equal(findings.warnings[1], text, 119 * 2);
    assert_string_equal(findings.warnings[1] + 119 * 2, "\xe2\x80\xa6");
    findings_add_warning(&findings, "a\tb");
    assert_string_equal(findings.warnings[2], "a b");
}

static void test_lists_are_bounded_and_say_so(void **state)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)state;
    for (int i = 0; i < 500; i++) {
        findings_add_error(&findings, FIELD_FORBIDDEN, "a", NULL, "%d", i);
        findings_add_warning(&findings, "%d", i);
    }
    assert_int_equal(findings.error_count, 100);
    assert_string_equal(findings.errors[98].message, "Forbidden: 98");
    assert_string_equal(findings.errors[99].message, "Forbidden: there are more findings than are listed here");
    assert_int_equal(findings.warning_count, 32);
    assert_string_equal(findings.warnings[30], "30");
    assert_string_equal(findings.warnings[31], "there are more warnings than are listed here");
    assert_false(findings.failed);
}

static void test_path_is_cut(void **state)
{
    char path[FIELD_PATH_SIZE];
    char name[FIELD_PATH_SIZE * 2];

    (void)state;
    assert_string_equal(field_path(path, "spec[%d].%s", 3, "image"), "spec[3].image");
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(strlen(field_path(path, "%s", name)), FIELD_PATH_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_those_of_kubernetes),
        cmocka_unit_test(test_reasons_are_those_of_kubernetes),
        cmocka_unit_test(test_summary_joins_as_kubernetes_does),
        cmocka_unit_test(test_foreign_text_is_cut_and_made_harmless),
        cmocka_unit_test(test_warnings_have_120_characters_at_most),
        cmocka_unit_test(test_lists_are_bounded_and_say_so),
        cmocka_unit_test(test_path_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
