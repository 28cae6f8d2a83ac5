#include "tests/unit/case_file.h"
#include "translate/route.h"

#define NAME "route up"

static void assert_refused(const cJSON *item, const struct route_position *position, const char *sentence)
{
    const char *text = json_string(item, "route");
    int64_t line = 0, column = 0;

    assert_true(json_int64(item, "line", &line) && json_int64(item, "column", &column));
    if (strcmp(sentence, json_string_or(item, "error", "")) != 0)
        fail_msg("%s: %s\nis not %s", text, sentence, json_string_or(item, "error", "expected"));
    if (position->line != (size_t)line || position->column != (size_t)column)
        fail_msg("%s: at %zu:%zu", text, position->line, position->column);
    assert_true(position->offset <= strlen(text));
}

static void assert_same(const char *text, const char *what, const char *read, const char *expected)
{
    if ((read == NULL) != (expected == NULL) || (read && strcmp(read, expected) != 0))
        fail_msg("%s: %s is %s", text, what, read ? read : "missing");
}

static void assert_case(const cJSON *item)
{
    const char *text = json_string(item, "route");
    cleanup_route struct route route = ROUTE_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_error struct error error = {NULL};
    struct route_position position = {0};

    if (route_read(text, NAME, &route, &position, &findings, &error) < 0) {
        assert_refused(item, &position, error_message(&error));
        assert_int_equal(route_check(text, NULL), -1);
        return;
    }
    if (json_get(item, "error"))
        fail_msg("%s was accepted", text);
    assert_int_equal(route_check(text, NULL), 0);
    assert_same(text, "source", route.source, json_string(item, "source"));
    assert_same(text, "module", route.module, json_string(item, "module"));
    assert_same(text, "input", route.input, json_string(item, "input"));
    for (size_t i = 0; i < findings.warning_count; i++) {
        assert_int_equal(strncmp(findings.warnings[i], NAME ": ", strlen(NAME ": ")), 0);
        memmove(findings.warnings[i], findings.warnings[i] + strlen(NAME ": "),
                strlen(findings.warnings[i] + strlen(NAME ": ")) + 1);
    }
    case_assert_warnings(&findings, json_get(item, "warnings"), text);
}

static void test_every_case(void **state)
{
    cleanup_json cJSON *cases = case_file_read("routes.json");
    const cJSON *item;

    (void)state;
    cJSON_ArrayForEach(item, cases) assert_case(item);
}

/* The cap is that of the parser's recursion; what stands side by side is no nesting. */
static void assert_nested(const char *before, const char *inner, const char *after, size_t levels, const char *expected)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_error struct error error = {NULL};
    int result;

    strbuf_add_string(&text, "FROM /messages/* WHERE ");
    for (size_t i = 0; i < levels; i++)
        strbuf_add_string(&text, before);
    strbuf_add_string(&text, inner);
    for (size_t i = 0; i < levels; i++)
        strbuf_add_string(&text, after);
    strbuf_add_string(&text, " INTO $upstream");
    result = route_check(strbuf_string(&text), &error);
    if (!expected && result < 0)
        fail_msg("%s", error_message(&error));
    if (expected && (result == 0 || !strstr(error_message(&error), expected)))
        fail_msg("%s: %s", before, error_message(&error));
}

static void test_nesting_is_bounded(void **state)
{
    static const char many[] = "more than 64 levels within each other";

    (void)state;
    assert_nested("(", "true", ")", 64, NULL);
    assert_nested("(", "true", ")", 65, many);
    assert_nested("(", "true", ")", 200000, many);
    assert_nested("NOT ", "true", "", 64, NULL);
    assert_nested("NOT ", "true", "", 200000, many);
    assert_nested("abs(", "1", ")", 65, many);
    assert_nested("- ", "1", "", 65, many);
    assert_nested("true AND ", "true", "", 50000, NULL);
    assert_nested("1 ?? ", "2", "", 50000, NULL);
}

static void test_caret(void **state)
{
    static const struct {
        const char *route;
        const char *expected;
    } cases[] = {
        {"FROM /messages/* WHERE temp > 5 INTO $upstream",
         "FROM /messages/* WHERE temp > 5 INTO $upstream\n                            ^\n"},
        {"FROM /messages/*\n\tWHERE \xc3\xa9t\xc3\xa9 = 5\nINTO $upstream",
         " WHERE \xc3\xa9t\xc3\xa9 = 5\n           ^\n"},
        {"FROM /messages/*", "FROM /messages/*\n                ^\n"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_strbuf struct strbuf shown = STRBUF_INIT;
        struct route_position position = {0};

        assert_int_equal(route_read(cases[i].route, "", NULL, &position, NULL, NULL), -1);
        route_add_caret(&shown, cases[i].route, &position);
        assert_string_equal(strbuf_string(&shown), cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_caret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
