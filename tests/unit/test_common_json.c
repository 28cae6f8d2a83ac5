#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"

#include <string.h>

/* Copies the text to memory of exactly its size, so that the address sanitizer sees a read beyond it. */
static cJSON *parse_bytes(const char *text, size_t length, struct error *error)
{
    cleanup_free char *copy = malloc(length ? length : 1);
    cJSON *tree = NULL;

    memcpy(copy, text, length);
    if (json_parse(copy, length, &tree, error) < 0)
        assert_null(tree);
    return tree;
}

static cJSON *parse(const char *text)
{
    cleanup_error struct error error = {NULL};
    cJSON *tree = parse_bytes(text, strlen(text), &error);

    if (!tree)
        fail_msg("%s: %s", text, error_message(&error));
    return tree;
}

static void check_refused_bytes(const char *text, size_t length, const char *sentence)
{
    cleanup_error struct error error = {NULL};

    assert_null(parse_bytes(text, length, &error));
    assert_string_equal(error_message(&error), sentence);
}

static void check_refused(const char *text, const char *sentence)
{
    check_refused_bytes(text, strlen(text), sentence);
}

static char *nested(unsigned levels)
{
    struct strbuf text = STRBUF_INIT;

    for (unsigned i = 0; i < levels; i++)
        strbuf_add_string(&text, i % 2 ? "{\"a\":" : "[");
    strbuf_add_string(&text, "1");
    for (unsigned i = levels; i-- > 0;)
        strbuf_add_char(&text, i % 2 ? '}' : ']');
    return strbuf_steal(&text);
}

static void test_parse_takes_one_text(void **state)
{
    cleanup_json cJSON *tree = parse(" {\"a\": [1, true, null, \"x\"]} \r\n\t");
    cleanup_json cJSON *scalar = parse("-12.5e1");

    (void)state;
    assert_int_equal(cJSON_GetArraySize(json_get(tree, "a")), 4);
    assert_true(cJSON_IsNumber(scalar) && scalar->valuedouble == -125.0);
}

static void test_parse_refuses_what_follows(void **state)
{
    (void)state;
    check_refused("{} x", "not valid JSON: something follows the value at byte 3");
    check_refused("{}{}", "not valid JSON: something follows the value at byte 2");
    check_refused("1\v", "not valid JSON: something follows the value at byte 1");
}

static void test_parse_says_what_is_wrong(void **state)
{
    (void)state;
    check_refused("", "not valid JSON: it ends where a value should be, at byte 0");
    check_refused("{\"a\":}", "not valid JSON: no value at byte 5");
    check_refused("{\"a\" 1}", "not valid JSON: no colon after a name at byte 5");
    check_refused("[1 2]", "not valid JSON: no comma or ] after an item at byte 3");
    check_refused("{\"a\":1 \"b\"}", "not valid JSON: no comma or } after a member at byte 7");
    check_refused("{\"a\":1,}", "not valid JSON: no name in quotes at byte 7");
    check_refused("\"ab", "not valid JSON: a string without its closing quote, which starts at byte 0");
    check_refused("\"\\x\"", "not valid JSON: an unknown escape at byte 1");
    check_refused("\"\\ud800\"", "not valid JSON: half of a surrogate pair at byte 1");
    check_refused("tru", "not valid JSON: no value at byte 0");
}

/* The comma as the last byte makes cJSON 1.7.15 look one byte beyond the text. */
static void test_parse_stays_inside_the_text(void **state)
{
    static const char text[] = "{\"a\":{\"b\":[1,\"x\\u00e9\"]},\"c\":-1.5e3}";

    (void)state;
    check_refused("{\"1\":1,", "not valid JSON: it ends after the comma at byte 6");
    for (size_t length = 0; length < sizeof(text) - 1; length++) {
        cleanup_error struct error error = {NULL};

        assert_null(parse_bytes(text, length, &error));
        assert_non_null(error.message);
    }
}

static void test_parse_refuses_nul(void **state)
{
    cleanup_json cJSON *escaped = parse("[\"\\\\u0000\", \"\\\\\\\\u0000\"]");

    (void)state;
    assert_string_equal(escaped->child->valuestring, "\\u0000");
    check_refused("[\"a\\u0000\"]", "the escape \\u0000 at byte 3 is not supported");
    check_refused("[\"\\\\u0000\",\"\\\\\\u0000\"]", "the escape \\u0000 at byte 14 is not supported");
    check_refused_bytes("[\"a\0\"]", 6, "not valid JSON: a NUL byte at byte 3");
    check_refused_bytes("[]\0", 3, "not valid JSON: a NUL byte at byte 2");
}

static void test_parse_stops_at_64_levels(void **state)
{
    cleanup_free char *deepest = nested(64);
    cleanup_free char *deeper = nested(65);
    cleanup_free char *absurd = nested(5000);
    cleanup_json cJSON *tree = parse(deepest);

    (void)state;
    assert_int_equal(json_depth(tree, 1000), 64);
    check_refused(deeper, "the JSON is nested deeper than 64 levels");
    check_refused(absurd, "the JSON is nested deeper than 64 levels");
}

static void test_parse_refuses_numbers_that_are_none(void **state)
{
    (void)state;
    check_refused("[1, 1e999]", "the JSON holds a number that is too large");
    check_refused("-1e999", "the JSON holds a number that is too large");
    check_refused("[{\"a\":[[-1e999]]}]", "the JSON holds a number that is too large");
}

static void test_depth(void **state)
{
    cleanup_json cJSON *tree = parse("{\"a\":1,\"b\":[[]],\"c\":{}}");
    cleanup_json cJSON *scalar = parse("1");

    (void)state;
    assert_int_equal(json_depth(tree, 64), 3);
    assert_int_equal(json_depth(tree, 3), 3);
    assert_int_equal(json_depth(tree, 2), 3);
    assert_int_equal(json_depth(tree, 1), 2);
    assert_int_equal(json_depth(tree, 0), 1);
    assert_int_equal(json_depth(tree, UINT32_MAX), 3);
    assert_int_equal(json_depth(scalar, 64), 0);
    assert_int_equal(json_depth(NULL, 64), 0);
}

static void check_duplicates(const char *text, const char *expected)
{
    cleanup_json cJSON *tree = parse(text);
    const char *name = NULL;

    assert_int_equal(json_has_duplicates(tree, &name), expected != NULL);
    assert_int_equal(json_has_duplicates(tree, NULL), expected != NULL);
    if (expected)
        assert_string_equal(name, expected);
    else
        assert_null(name);
}

static void test_duplicates(void **state)
{
    (void)state;
    check_duplicates("{\"a\":1,\"b\":{\"a\":1},\"A\":[{\"a\":1},{\"a\":2}]}", NULL);
    check_duplicates("{\"a\":1,\"a\":2}", "a");
    check_duplicates("[[{\"x\":{\"b\":1,\"\\u0062\":2}}]]", "b");
    check_duplicates("{\"\":1,\"x\":2,\"\":3}", "");
    check_duplicates("{}", NULL);
    check_duplicates("1", NULL);
    assert_false(json_has_duplicates(NULL, NULL));
}

static void test_duplicates_in_a_large_object(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    (void)state;
    strbuf_add_string(&text, "{\"last\":0");
    for (int i = 0; i < 100000; i++)
        strbuf_add_format(&text, ",\"n%d\":1", i);
    strbuf_add_string(&text, "}");
    check_duplicates(strbuf_string(&text), NULL);
    text.length--;
    strbuf_add_string(&text, ",\"last\":1}");
    check_duplicates(strbuf_string(&text), "last");
}

static void test_get(void **state)
{
    cleanup_json cJSON *tree = parse("{\"ab\":1,\"a\":2,\"A\":3,\"\":4,\"o\":{\"p\":{\"q\":5}},\"l\":[6]}");

    (void)state;
    assert_int_equal(json_get(tree, "a")->valueint, 2);
    assert_int_equal(json_get(tree, "A")->valueint, 3);
    assert_int_equal(json_get(tree, "")->valueint, 4);
    assert_null(json_get(tree, "abc"));
    assert_null(json_get(tree, "AB"));
    assert_null(json_get(NULL, "a"));
    assert_null(json_get(json_get(tree, "l"), "a"));
    assert_null(json_get(json_get(tree, "a"), "a"));
    assert_int_equal(json_at(tree, "o", "p", "q", NULL)->valueint, 5);
    assert_null(json_at(tree, "o", "x", "q", NULL));
    assert_null(json_at(tree, "a", "b", NULL));
    assert_null(json_at(NULL, "a", NULL));
}

static void test_typed_getters(void **state)
{
    cleanup_json cJSON *tree = parse("{\"s\":\"text\",\"n\":7,\"b\":true,\"f\":false,\"z\":null,\"t\":\"true\"}");

    (void)state;
    assert_string_equal(json_string(tree, "s"), "text");
    assert_null(json_string(tree, "n"));
    assert_null(json_string(tree, "none"));
    assert_string_equal(json_string_or(tree, "s", "other"), "text");
    assert_string_equal(json_string_or(tree, "z", "other"), "other");
    assert_true(json_bool(tree, "b", false));
    assert_false(json_bool(tree, "f", true));
    assert_true(json_bool(tree, "t", true));
    assert_false(json_bool(tree, "t", false));
    assert_true(json_bool(tree, "none", true));
}

static void check_int64(const char *text, bool expected, int64_t expected_value)
{
    cleanup_free char *object = NULL;
    cleanup_json cJSON *tree = NULL;
    int64_t value = 42;

    assert_true(asprintf(&object, "{\"n\":%s}", text) > 0);
    tree = parse(object);
    assert_int_equal(json_int64(tree, "n", &value), expected);
    assert_int_equal(value, expected ? expected_value : 42);
}

static void test_int64(void **state)
{
    int64_t value = 42;

    (void)state;
    check_int64("0", true, 0);
    check_int64("-7", true, -7);
    check_int64("1e3", true, 1000);
    check_int64("2.0", true, 2);
    check_int64("9007199254740991", true, INT64_C(9007199254740991));
    check_int64("-9007199254740991", true, INT64_C(-9007199254740991));
    check_int64("9007199254740992", false, 0);
    check_int64("-9007199254740992", false, 0);
    check_int64("1e300", false, 0);
    check_int64("1.5", false, 0);
    check_int64("\"1\"", false, 0);
    check_int64("true", false, 0);
    assert_false(json_int64(NULL, "n", &value));
}

static void check_equal(const char *left, const char *right, bool expected)
{
    cleanup_json cJSON *a = parse(left);
    cleanup_json cJSON *b = parse(right);

    if (json_equal(a, b) != expected || json_equal(b, a) != expected)
        fail_msg("%s and %s: expected %s", left, right, expected ? "equal" : "different");
}

static void test_equal(void **state)
{
    (void)state;
    check_equal("{\"a\":1,\"b\":[1,{\"c\":null}]}", "{\"b\":[1,{\"c\":null}],\"a\":1.0}", true);
    check_equal("{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"c\":3,\"b\":2}", true);
    check_equal("{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"c\":2,\"b\":3}", false);
    check_equal("{\"a\":1}", "{\"a\":1,\"b\":2}", false);
    check_equal("{\"a\":1}", "{\"A\":1}", false);
    check_equal("{\"x\":1,\"x\":1}", "{\"x\":1,\"y\":2}", false);
    check_equal("[1,2]", "[2,1]", false);
    check_equal("[1,2]", "[1,2,3]", false);
    check_equal("[]", "{}", false);
    check_equal("1", "\"1\"", false);
    check_equal("true", "false", false);
    check_equal("null", "null", true);
    check_equal("\"a\"", "\"a\"", true);
    check_equal("\"a\"", "\"b\"", false);
    check_equal("0.1", "0.10000000000000002", false);
    assert_true(json_equal(NULL, NULL));
}

static void test_equal_nothing(void **state)
{
    cleanup_json cJSON *tree = parse("{}");

    (void)state;
    assert_false(json_equal(tree, NULL));
    assert_false(json_equal(NULL, tree));
    assert_true(json_equal(tree, tree));
}

static void test_equal_large_objects(void **state)
{
    cleanup_strbuf struct strbuf up = STRBUF_INIT;
    cleanup_strbuf struct strbuf down = STRBUF_INIT;

    (void)state;
    strbuf_add_char(&up, '{');
    strbuf_add_char(&down, '{');
    for (int i = 0; i < 50000; i++) {
        strbuf_add_format(&up, "\"%d\":%d,", i, i);
        strbuf_add_format(&down, "\"%d\":%d,", 49999 - i, 49999 - i);
    }
    strbuf_add_string(&up, "\"end\":0}");
    strbuf_add_string(&down, "\"end\":0}");
    check_equal(strbuf_string(&up), strbuf_string(&down), true);
    down.data[down.length - 2] = '1';
    check_equal(strbuf_string(&up), strbuf_string(&down), false);
}

static void test_type_names(void **state)
{
    cleanup_json cJSON *tree = parse("[{},[],\"\",1,true,false,null]");
    static const char *const expected[] = {"object", "array", "string", "number", "boolean", "boolean", "null"};

    (void)state;
    for (int i = 0; i < 7; i++)
        assert_string_equal(json_type_name(cJSON_GetArrayItem(tree, i)), expected[i]);
    assert_string_equal(json_type_name(NULL), "nothing");
}

/* More names than are sorted, in no order; the second of the earliest pair is told. */
static void test_a_name_is_found_twice_among_many(void **state)
{
    cleanup_json cJSON *object = cJSON_CreateObject();
    const char *found = NULL;
    char name[32];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "name%d", i * 7919 % 1000);
        cJSON_AddNullToObject(object, name);
    }
    assert_false(json_has_duplicates(object, &found));
    cJSON_AddNullToObject(object, "name17");
    cJSON_AddNullToObject(object, "name3");
    assert_true(json_has_duplicates(object, &found));
    assert_string_equal(found, "name17");
}

/* A list of so many of these. */
static int parse_list(const char *item, size_t count, struct error *error)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_json cJSON *tree = NULL;

    for (size_t i = 0; i < count; i++)
        strbuf_add_format(&text, "%s%s", i ? "," : "[", item);
    strbuf_add_char(&text, ']');
    return json_parse(text.data, text.length, &tree, error);
}

static void test_more_values_than_anybody_writes_are_refused(void **state)
{
    cleanup_error struct error error = {NULL};

    (void)state;
    assert_int_equal(parse_list("1", JSON_MANY_VALUES - 1, NULL), 0);
    assert_int_equal(parse_list("1", JSON_MANY_VALUES, &error), -1);
    assert_string_equal(error_message(&error), "the JSON has some 12289 values in 24577 bytes; at most 12288 are read");
    assert_int_equal(parse_list("\"1234\"", 2 * JSON_MANY_VALUES, NULL), 0);
    /* In a string there are none. */
    assert_int_equal(parse_list("\"{,[\\\",,,,,,,,,,,,,,,,,,,,,,,,,,,,\"", JSON_MANY_VALUES, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_takes_one_text),
        cmocka_unit_test(test_parse_refuses_what_follows),
        cmocka_unit_test(test_parse_says_what_is_wrong),
        cmocka_unit_test(test_parse_stays_inside_the_text),
        cmocka_unit_test(test_parse_refuses_nul),
        cmocka_unit_test(test_parse_stops_at_64_levels),
        cmocka_unit_test(test_parse_refuses_numbers_that_are_none),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_duplicates_in_a_large_object),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_typed_getters),
        cmocka_unit_test(test_int64),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_equal_nothing),
        cmocka_unit_test(test_equal_large_objects),
        cmocka_unit_test(test_type_names),
        cmocka_unit_test(test_a_name_is_found_twice_among_many),
        cmocka_unit_test(test_more_values_than_anybody_writes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
