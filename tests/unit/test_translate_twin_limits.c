#include "tests/unit/translate_objects.h"
#include "translate/twin_limits.h"

static void assert_found(const char *json, const char *expected)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_json cJSON *tree = NULL;

    assert_int_equal(json_parse(json, strlen(json), &tree, NULL), 0);
    twin_limits_check(tree, "d", &findings);
    assert_errors(&findings, expected);
}

static void test_what_the_hub_takes(void **state)
{
    (void)state;
    assert_found("{}", "");
    assert_found("{\"a\":{\"b\":[1,true,\"x\",{}]},\"c-d_e\":-4503599627370496,\"f\":4503599627370495}", "");
}

static void test_what_the_hub_refuses(void **state)
{
#define NAMES "IoT Hub refuses names that are empty, longer than 1024 bytes, or have . $ # or blanks"
    (void)state;
    assert_found("{\"a.b\":1}", "d: Invalid value: \"a.b\": " NAMES);
    assert_found("{\"x\":{\"$a\":1}}", "d.x: Invalid value: \"$a\": " NAMES);
    assert_found("{\"\":1}", "d: Invalid value: \"\": " NAMES);
    assert_found("{\"a\":[1,null]}", "d.a[1]: Invalid value: \"null\": IoT Hub takes null as a deletion; leave it out");
    assert_found("{\"a\":4503599627370496}", "d.a: Invalid value: \"4503599627370496\": IoT Hub takes numbers from "
                                             "-4503599627370496 to 4503599627370495");
}

static void test_nesting(void **state)
{
    (void)state;
    assert_found("{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":{\"9\":{\"10\":1}}}}}}}}}}", "");
    assert_found("{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":{\"9\":{\"10\":{\"11\":1}}}}}}}}}}}",
                 "d.1.2.3.4.5.6.7.8.9.10: Invalid value: \"nesting\": IoT Hub takes at most 10 levels");
}

static void assert_string_of(size_t bytes, const char *expected)
{
    cleanup_strbuf struct strbuf json = STRBUF_INIT;

    strbuf_add_string(&json, "{\"a\":\"");
    for (size_t i = 0; i < bytes; i++)
        strbuf_add_char(&json, 'x');
    strbuf_add_string(&json, "\"}");
    assert_found(strbuf_string(&json), expected);
}

static void test_strings(void **state)
{
    (void)state;
    assert_string_of(4096, "");
    assert_string_of(4097, "d.a: Too long: IoT Hub takes strings of at most 4096 bytes");
}

static void test_size_of_all(void **state)
{
    cleanup_json cJSON *tree = cJSON_CreateObject();
    cleanup_findings struct findings findings = FINDINGS_INIT;
    char text[4097];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[4090] = '\0';
    for (char name[] = "a"; name[0] < 'i'; name[0]++)
        cJSON_AddStringToObject(tree, name, text);
    assert_int_equal(twin_size(tree), 8 * 4091);
    cJSON_AddNumberToObject(tree, "number", 1);
    cJSON_AddBoolToObject(tree, "boolean", true);
    assert_int_equal(twin_size(tree), 8 * 4091 + 14 + 11);
    twin_limits_check(tree, "d", &findings);
    assert_int_equal(findings.error_count, 0);
    cJSON_AddStringToObject(tree, "last", "123456789012345678");
    twin_limits_check(tree, "d", &findings);
    assert_errors(&findings, "d: Too long: 32775 bytes; IoT Hub takes at most 32768 in a module's twin");
}

static void test_the_warning_begins_at_three_quarters(void **state)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)state;
    twin_limits_warn_size(24576, "the routes", &findings);
    twin_limits_warn_size(32769, "the routes", &findings);
    assert_int_equal(findings.warning_count, 0);
    twin_limits_warn_size(24577, "the routes", &findings);
    twin_limits_warn_size(32768, "the routes", &findings);
    assert_int_equal(findings.warning_count, 2);
    assert_string_equal(findings.warnings[0], "the routes take 24577 of the 32768 bytes of a twin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_hub_takes),
        cmocka_unit_test(test_what_the_hub_refuses),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_size_of_all),
        cmocka_unit_test(test_the_warning_begins_at_three_quarters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
