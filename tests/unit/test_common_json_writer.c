#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <math.h>
#include <string.h>

static void test_commas_are_put(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};

    (void)state;
    json_begin_object(&writer);
    json_member_string(&writer, "s", "x");
    json_member_int(&writer, "i", -7);
    json_member_bool(&writer, "b", true);
    json_name(&writer, "l");
    json_begin_array(&writer);
    json_begin_object(&writer);
    json_end_object(&writer);
    json_begin_array(&writer);
    json_end_array(&writer);
    json_add_null(&writer);
    json_add_bool(&writer, false);
    json_add_string(&writer, NULL);
    json_add_raw(&writer, "{\"raw\" :1.10}");
    json_end_array(&writer);
    json_name(&writer, "o");
    json_begin_object(&writer);
    json_member_int(&writer, "max", INT64_MAX);
    json_member_int(&writer, "min", INT64_MIN);
    json_end_object(&writer);
    json_member_string(&writer, "none", NULL);
    json_end_object(&writer);
    assert_string_equal(strbuf_string(&text),
                        "{\"s\":\"x\",\"i\":-7,\"b\":true,\"l\":[{},[],null,false,null,{\"raw\" :1.10}],"
                        "\"o\":{\"max\":9223372036854775807,\"min\":-9223372036854775808},\"none\":null}");
}

static void test_strings_are_escaped(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};

    (void)state;
    json_begin_object(&writer);
    json_member_string(&writer, "\"\\\n", "\b\f\n\r\t\x01\x1f\x7f/\"\\\xc3\xa4<&>");
    json_name(&writer, "n");
    json_add_string_length(&writer, "a\0b", 3);
    json_name(&writer, "e");
    json_add_string_length(&writer, NULL, 0);
    json_end_object(&writer);
    assert_string_equal(strbuf_string(&text),
                        "{\"\\\"\\\\\\n\":\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/\\\"\\\\\xc3\xa4<&>\","
                        "\"n\":\"a\\u0000b\",\"e\":\"\"}");
}

/* Every byte of a string comes back from a parser as it went in. */
static void test_strings_survive(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_json cJSON *tree = NULL;
    struct json_writer writer = {.out = &text};
    char all[256];

    (void)state;
    for (int i = 1; i < 256; i++)
        all[i - 1] = (char)i;
    all[255] = '\0';
    json_add_string(&writer, all);
    assert_int_equal(json_parse(text.data, text.length, &tree, NULL), 0);
    assert_string_equal(tree->valuestring, all);
}

static void check_value(const char *json, const char *expected, const char *canonical)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_json cJSON *tree = NULL;
    struct json_writer writer = {.out = &text};

    assert_int_equal(json_parse(json, strlen(json), &tree, NULL), 0);
    json_add_value(&writer, tree);
    assert_string_equal(strbuf_string(&text), expected);
    strbuf_clear(&text);
    writer.needs_comma = false;
    json_add_canonical(&writer, tree);
    assert_string_equal(strbuf_string(&text), canonical);
}

static void test_values(void **state)
{
    (void)state;
    check_value("{ \"b\": [1, {\"d\":1,\"c\":2}], \"a\": \"x\\u0041\", \"B\": null, \"\": true }",
                "{\"b\":[1,{\"d\":1,\"c\":2}],\"a\":\"xA\",\"B\":null,\"\":true}",
                "{\"\":true,\"B\":null,\"a\":\"xA\",\"b\":[1,{\"c\":2,\"d\":1}]}");
    check_value("{\"\xc3\xa4\":1,\"z\":2,\"aa\":3,\"a\":4}", "{\"\xc3\xa4\":1,\"z\":2,\"aa\":3,\"a\":4}",
                "{\"a\":4,\"aa\":3,\"z\":2,\"\xc3\xa4\":1}");
    check_value("[]", "[]", "[]");
    check_value("{}", "{}", "{}");
}

static void check_number(double number, const char *expected)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_json cJSON *value = cJSON_CreateNumber(number);
    struct json_writer writer = {.out = &text};

    json_add_value(&writer, value);
    assert_string_equal(strbuf_string(&text), expected);
}

static void test_numbers(void **state)
{
    (void)state;
    check_number(0, "0");
    check_number(-0.0, "0");
    check_number(2147483648.0, "2147483648");
    check_number(1e15, "1000000000000000");
    check_number(9007199254740991.0, "9007199254740991");
    check_number(-9007199254740992.0, "-9007199254740992");
    check_number(1e17, "1e+17");
    check_number(1e300, "1e+300");
    check_number(0.1, "0.1");
    check_number(0.1 + 0.2, "0.30000000000000004");
    check_number(-1.5e-7, "-1.5e-07");
    check_number(INFINITY, "null");
    check_number(NAN, "null");
}

static void test_nothing_is_null(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};

    (void)state;
    json_begin_array(&writer);
    json_add_value(&writer, NULL);
    json_add_canonical(&writer, NULL);
    json_end_array(&writer);
    assert_string_equal(strbuf_string(&text), "[null,null]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_are_put),  cmocka_unit_test(test_strings_are_escaped),
        cmocka_unit_test(test_strings_survive), cmocka_unit_test(test_values),
        cmocka_unit_test(test_numbers),         cmocka_unit_test(test_nothing_is_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
