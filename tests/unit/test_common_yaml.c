#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/yaml.h"

#include <string.h>

static int parse_bytes(const char *text, size_t length, cJSON **ret_documents, struct error *error)
{
    cleanup_free char *exact = malloc(length ? length : 1); /* so that the address sanitizer sees a read beyond it */

    memcpy(exact, text, length);
    return yaml_parse(exact, length, ret_documents, error);
}

/* Compares all documents, as one line of JSON. */
static void check(const char *yaml, const char *expected)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *documents = NULL;
    struct json_writer writer = {.out = &text};

    if (parse_bytes(yaml, strlen(yaml), &documents, &error) < 0)
        fail_msg("%s: %s", yaml, error_message(&error));
    json_add_value(&writer, documents);
    if (strcmp(strbuf_string(&text), expected) != 0)
        fail_msg("%s is %s instead of %s", yaml, strbuf_string(&text), expected);
    assert_null(error.message);
}

static void check_refused_bytes(const char *yaml, size_t length, const char *sentence)
{
    cleanup_error struct error error = {NULL};
    cJSON *documents = NULL;

    assert_int_equal(parse_bytes(yaml, length, &documents, &error), -1);
    assert_null(documents);
    assert_string_equal(error_message(&error), sentence);
}

static void check_refused(const char *yaml, const char *sentence)
{
    check_refused_bytes(yaml, strlen(yaml), sentence);
}

struct pair {
    const char *yaml;
    const char *json;
};

/* What kubectl's parser (sigs.k8s.io/yaml 1.6.0) makes of each, compared by running both. */
static const struct pair scalars[] = {
    {"yes", "true"},
    {"on", "true"},
    {"y", "true"},
    {"Y", "true"},
    {"True", "true"},
    {"TRUE", "true"},
    {"no", "false"},
    {"off", "false"},
    {"n", "false"},
    {"False", "false"},
    {"tRUE", "\"tRUE\""},
    {"yEs", "\"yEs\""},
    {"~", "null"},
    {"null", "null"},
    {"Null", "null"},
    {"nULL", "\"nULL\""},
    {"", "null"},
    {"0", "0"},
    {"-0", "0"},
    {"+1", "1"},
    {"0777", "511"},
    {"-0777", "-511"},
    {"0o17", "15"},
    {"0x1F", "31"},
    {"-0x1f", "-31"},
    {"0b101", "5"},
    {"08", "8"},
    {"0o8", "\"0o8\""},
    {"0x", "\"0x\""},
    {"0b2", "\"0b2\""},
    {"00", "0"},
    {"1_000", "1000"},
    {"1__0", "10"},
    {"1_", "1"},
    {"_1", "\"_1\""},
    {"0_7", "7"},
    {"9007199254740991", "9007199254740991"},
    {"-9007199254740991", "-9007199254740991"},
    {"0x1234567890abcdef1234567890abcdef12345678", "\"0x1234567890abcdef1234567890abcdef12345678\""},
    {"1.5", "1.5"},
    {"1.", "1"},
    {".5", "0.5"},
    {"-.5", "-0.5"},
    {"+.5", "0.5"},
    {".5_0", "0.5"},
    {"._5", "\"._5\""},
    {".", "\".\""},
    {"1e3", "1000"},
    {"1E-2", "0.01"},
    {"1e", "\"1e\""},
    {"1e400", "\"1e400\""},
    {"1e-400", "0"},
    {"-", "[null]"},
    {"1.2.3", "\"1.2.3\""},
    {"1:30", "\"1:30\""},
    {"2001-01-01", "\"2001-01-01\""},
    {"2001-01-01T00:00:00Z", "\"2001-01-01T00:00:00Z\""},
    {"100m", "\"100m\""},
    {"1Gi", "\"1Gi\""},
    {"=", "\"=\""},
    {"'yes'", "\"yes\""},
    {"\"1\"", "\"1\""},
    {"''", "\"\""},
    {"\"\\x41\\u00e4\\n\"", "\"A\xc3\xa4\\n\""},
    {"!!int '3'", "3"},
    {"!!str 3", "\"3\""},
    {"!!str", "\"\""},
    {"!!float 3", "3"},
    {"!!float 0x10", "16"},
    {"!!bool yes", "true"},
    {"!!null ~", "null"},
    {"!!timestamp 2001-01-01", "\"2001-01-01\""},
    {"!!binary aGVsbG8=", "\"hello\""},
    {"!!binary |\n   aGVs\n   bG8=\n", "\"hello\""},
    {"!!binary ''", "\"\""},
    {"!foo 3", "\"3\""},
    {"|\n   a\n   b\n", "\"a\\nb\\n\""},
    {">-\n   a\n   b\n", "\"a b\""},
};

static void test_scalars(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(scalars); i++) {
        cleanup_free char *yaml = NULL;
        cleanup_free char *json = NULL;

        assert_true(asprintf(&yaml, "v:\n  %s", scalars[i].yaml) > 0);
        assert_true(asprintf(&json, "[{\"v\":%s}]", scalars[i].json) > 0);
        check(yaml, json);
    }
}

static const struct pair keys[] = {
    {"yes", "true"},
    {"off", "false"},
    {"y", "true"},
    {"0777", "511"},
    {"1_0", "10"},
    {"-5", "-5"},
    {"1.10", "1.1"},
    {"1.0", "1"},
    {"0.1", "0.1"},
    {"100000.0", "100000"},
    {"1e6", "1e+06"},
    {"-2.5e7", "-2.5e+07"},
    {"1e-5", "1e-05"},
    {"0.0001", "0.0001"},
    {"3.14159265358979", "3.1415927"},
    {"123456.7", "123456.7"},
    {"1e300", ".inf"},
    {"-1e300", "-.inf"},
    {"2001-01-01", "2001-01-01"},
    {"'~'", "~"},
    {"\"yes\"", "yes"},
    {"!!binary aGk=", "hi"},
    {"\"<<\"", "<<"},
    {"''", ""},
};

static void test_keys_become_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(keys); i++) {
        cleanup_free char *yaml = NULL;
        cleanup_free char *json = NULL;

        assert_true(asprintf(&yaml, "%s: 1", keys[i].yaml) > 0);
        assert_true(asprintf(&json, "[{\"%s\":1}]", keys[i].json) > 0);
        check(yaml, json);
    }
}

static void test_keys_that_are_none(void **state)
{
    (void)state;
    check_refused("a: 1\n~: 2", "line 2, column 1: null cannot be a key; put it in quotes");
    check_refused("? [a]\n: 1", "line 1, column 3: a key must be a text, not a list or a mapping");
    check_refused("{{a: 1}: 2}", "line 1, column 2: a key must be a text, not a list or a mapping");
    check_refused("- &a [1]\n- *a : 1", "line 2, column 3: an alias that is a key must stand for a text");
}

static void test_refused_scalars(void **state)
{
    (void)state;
    check_refused("v: .inf", "line 1, column 4: JSON has no number .inf; put it in quotes if it is a text");
    check_refused("v: -.Inf", "line 1, column 4: JSON has no number -.Inf; put it in quotes if it is a text");
    check_refused("- 1\n- .NaN", "line 2, column 3: JSON has no number .NaN; put it in quotes if it is a text");
    check_refused("v: 9007199254740992",
                  "line 1, column 4: the whole number 9007199254740992 is beyond 2^53-1 and would "
                  "lose digits; put it in quotes");
    check_refused("v: -0x7fffffffffffffff",
                  "line 1, column 4: the whole number -0x7fffffffffffffff is beyond 2^53-1 and "
                  "would lose digits; put it in quotes");
    check_refused("v: 123456789012345678901234567890",
                  "line 1, column 4: the whole number 123456789012345678901234567890 is beyond 2^53-1 and would lose "
                  "digits; put it in quotes");
    check_refused("v: \"a\\0b\"", "line 1, column 4: a text with a NUL byte");
    check_refused("v: !!int x", "line 1, column 4: \"x\" is no !!int");
    check_refused("v: !!int 1.5", "line 1, column 4: \"1.5\" is no !!int");
    check_refused("v: !!bool 1", "line 1, column 4: \"1\" is no !!bool");
    check_refused("v: !!null 0", "line 1, column 4: \"0\" is no !!null");
    check_refused("v: !!binary aGVsbG8", "line 1, column 4: !!binary: no valid base64");
    check_refused("v: !!binary a=bc", "line 1, column 4: !!binary: no valid base64");
    check_refused("v: !!binary /w==", "line 1, column 4: !!binary: what it decodes to is no UTF-8 text");
    check_refused("v: !!binary AA==", "line 1, column 4: !!binary: what it decodes to is no UTF-8 text");
}

static void test_documents(void **state)
{
    (void)state;
    check("", "[]");
    check("# nothing\n", "[]");
    check("---\n---\n", "[]");
    check("---\nnull\n---\n~\n", "[]");
    check("a: 1\n---\n# empty\n---\nb: 2\n...\n---\n[]\n", "[{\"a\":1},{\"b\":2},[]]");
    check("%YAML 1.1\n---\na: 1\n", "[{\"a\":1}]");
    check("text", "[\"text\"]");
    check("\xef\xbb\xbf"
          "a: 1",
          "[{\"a\":1}]");
}

static void test_a_manifest(void **state)
{
    (void)state;
    check("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: x\n  annotations: {isEdgeDeployment: \"true\"}\n"
          "spec:\n  replicas: 1\n  template:\n    spec:\n      containers:\n      - name: m\n        image: r/i:1.10\n"
          "      - {name: o, image: 'x'}\n",
          "[{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"x\",\"annotations\":"
          "{\"isEdgeDeployment\":\"true\"}},\"spec\":{\"replicas\":1,\"template\":{\"spec\":{\"containers\":["
          "{\"name\":\"m\",\"image\":\"r/i:1.10\"},{\"name\":\"o\",\"image\":\"x\"}]}}}}]");
}

static void test_json_is_yaml(void **state)
{
    (void)state;
    check("{\"a\":[1,2.5,true,null,\"yes\"]}", "[{\"a\":[1,2.5,true,null,\"yes\"]}]");
    check("\t{\n\t\"a\\/\":\t\"\\ud83d\\ude00\"\n\t}\n", "[{\"a/\":\"\xf0\x9f\x98\x80\"}]");
    check("[0777]", "[[511]]");
    check("{\"a\":1}\n---\n{\"b\":2}\n", "[{\"a\":1},{\"b\":2}]");
    check_refused("{\"a\":1,\n \"a\":2}", "line 2, column 2: the key \"a\" is there twice");
    check_refused("{\"a\":9007199254740993}",
                  "line 1, column 6: the whole number 9007199254740993 is beyond 2^53-1 and "
                  "would lose digits; put it in quotes");
}

static void test_a_long_json_key(void **state)
{
    cleanup_free char *key = calloc(1, 3001);
    cleanup_free char *json = NULL;
    cleanup_free char *expected = NULL;

    (void)state;
    memset(key, 'k', 3000);
    assert_true(asprintf(&json, "{\"%s\":1}", key) > 0);
    assert_true(asprintf(&expected, "[%s]", json) > 0);
    check(json, expected);
}

static void test_aliases(void **state)
{
    (void)state;
    check("a: &x {p: 1}\nb: *x\nc: [*x, *x]", "[{\"a\":{\"p\":1},\"b\":{\"p\":1},\"c\":[{\"p\":1},{\"p\":1}]}]");
    check("a: &x 1\nb: &x 2\nc: *x", "[{\"a\":1,\"b\":2,\"c\":2}]");
    check("- &a [&a 1, *a]\n- *a", "[[[1,1],1]]");
    check("&k key: *k", "[{\"key\":\"key\"}]");
    check("- &k key\n- *k : 1", "[[\"key\",{\"key\":1}]]");
    check_refused("a: *x", "line 1, column 4: the alias *x has no anchor before it");
    check_refused("a: &x 1\n---\nb: *x", "line 3, column 4: the alias *x has no anchor before it");
    check_refused("a: &x [*x]", "line 1, column 8: the alias *x stands for a value that contains it");
    check_refused("a: &x\n  b: {<<: *x}", "line 2, column 11: the alias *x stands for a value that contains it");
}

/* In the order of the text, as kubectl does it, not as the YAML specification wants it. */
static void test_merges(void **state)
{
    (void)state;
    check("- &x {p: 1, q: 2}\n- {<<: *x, q: 3}", "[[{\"p\":1,\"q\":2},{\"p\":1,\"q\":3}]]");
    check("- &x {p: 1, q: 2}\n- {q: 3, <<: *x}", "[[{\"p\":1,\"q\":2},{\"p\":1,\"q\":2}]]");
    check("- &x {p: 1}\n- &y {p: 2, r: 3}\n- {<<: [*x, *y]}", "[[{\"p\":1},{\"p\":2,\"r\":3},{\"r\":3,\"p\":1}]]");
    check("- &x {p: 1}\n- {<<: *x, <<: {p: 2, q: 3}}", "[[{\"p\":1},{\"p\":2,\"q\":3}]]");
    check("{<<: {a: 1, <<: {b: 2}}, c: 3}", "[{\"a\":1,\"b\":2,\"c\":3}]");
    check("{!!merge <<: {a: 1}}", "[{\"a\":1}]");
    check("{\"<<\": {a: 1}}", "[{\"<<\":{\"a\":1}}]");
    check("{<<: [], a: 1}", "[{\"a\":1}]");
    check("{<<: [&x {a: 1}, &y {b: 2}], z: [*x, *y]}", "[{\"b\":2,\"a\":1,\"z\":[{\"a\":1},{\"b\":2}]}]");
    check("a: {k: &n {z: 1}, <<: {k: 2}}\nb: *n", "[{\"a\":{\"k\":2},\"b\":{\"z\":1}}]");
    check_refused("{<<: 1}", "line 1, column 6: << merges a mapping or a list of mappings, nothing else");
    check_refused("{<<: [1]}", "line 1, column 6: << merges a mapping or a list of mappings, nothing else");
    check_refused("- &x [{a: 1}]\n- {<<: *x}", "line 2, column 8: << merges a mapping, and this alias stands for none");
}

static void test_keys_twice(void **state)
{
    (void)state;
    check_refused("a: 1\nb: 2\na: 3\nb: 4", "line 3, column 1: the key \"a\" is there twice");
    check_refused("x:\n  yes: 1\n  'true': 2", "line 3, column 3: the key \"true\" is there twice");
    check_refused("{a: 1, <<: {a: 2}, a: 3}", "line 1, column 20: the key \"a\" is there twice");
    check("{a: {a: 1}, A: 2}", "[{\"a\":{\"a\":1},\"A\":2}]");
}

static void test_syntax_errors_name_the_place(void **state)
{
    (void)state;
    check_refused("a:\n  - b\n - c", "line 3, column 2: did not find expected key, while parsing a block mapping");
    check_refused("a: b: c", "line 1, column 5: mapping values are not allowed in this context");
    check_refused("a: [1", "line 2, column 1: did not find expected ',' or ']', while parsing a flow sequence");
    check_refused("a: \"x", "line 1, column 6: found unexpected end of stream, while scanning a quoted scalar");
    check_refused("\ta: 1",
                  "line 1, column 1: found character that cannot start any token, while scanning for the next "
                  "token");
    check_refused_bytes("a: 1\n\xc3\xa4: \x01", 10, "line 2, column 4: control characters are not allowed");
    check_refused_bytes("a: 1\nb: \xff", 9, "line 2, column 4: invalid leading UTF-8 octet");
    check_refused_bytes("a: \0", 4, "line 1, column 4: control characters are not allowed");
}

static void test_depth(void **state)
{
    char text[131];
    cleanup_free char *expected = NULL;

    (void)state;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    assert_true(asprintf(&expected, "[%s]", text) > 0);
    check(text, expected);
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    text[130] = '\0';
    check_refused(text, "line 1, column 65: nested deeper than 64 levels");
}

/* 33 levels in the anchor, 31 around the alias: 64. One more around it is too many. */
static void test_aliases_count_for_the_depth(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *documents = NULL;

    (void)state;
    strbuf_add_format(&text, "- &a %.33s1%.33s\n- %.30s*a%.30s\n", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                      "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                      "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_int_equal(parse_bytes(text.data, text.length, &documents, &error), 0);
    assert_int_equal(json_depth(documents->child, 100), 64);
    strbuf_clear(&text);
    strbuf_add_format(&text, "- &a %.33s1%.33s\n- %.31s*a%.31s\n", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                      "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                      "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    check_refused(strbuf_string(&text), "line 2, column 34: nested deeper than 64 levels");
}

static void test_billion_laughs(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    (void)state;
    strbuf_add_string(&text, "a0: &a0 lol\n");
    for (int i = 1; i < 10; i++) {
        strbuf_add_format(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            strbuf_add_format(&text, "%s*a%d", j ? "," : "", i - 1);
        strbuf_add_string(&text, "]\n");
    }
    check_refused(strbuf_string(&text),
                  "line 6, column 38: the aliases of the document expand to more than 100000 values or 16 MiB");
}

static void test_aliases_of_large_texts(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_free char *large = calloc(1, 1000001);

    (void)state;
    memset(large, 'x', 1000000);
    strbuf_add_format(&text, "- &a %s\n", large);
    for (int i = 0; i < 20; i++)
        strbuf_add_string(&text, "- *a\n");
    check_refused(strbuf_string(&text),
                  "line 18, column 3: the aliases of the document expand to more than 100000 values or 16 MiB");
}

static void test_many_anchors(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_json cJSON *documents = NULL;

    (void)state;
    for (int i = 0; i < 1000; i++)
        strbuf_add_format(&text, "- &a%d 1\n", i);
    assert_int_equal(parse_bytes(text.data, text.length, &documents, NULL), 0);
    strbuf_add_string(&text, "- &b 1\n");
    check_refused(strbuf_string(&text), "line 1001, column 3: more than 1000 anchors in one document");
}

static void test_many_keys(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_json cJSON *documents = NULL;

    (void)state;
    for (int i = 0; i < 100000; i++)
        strbuf_add_format(&text, "key%d: %d\n", i, i);
    assert_int_equal(parse_bytes(text.data, text.length, &documents, NULL), 0);
    assert_int_equal(cJSON_GetArraySize(documents->child), 100000);
    strbuf_add_string(&text, "key7: 1\n");
    check_refused(strbuf_string(&text), "line 100001, column 1: the key \"key7\" is there twice");
}

static void test_size(void **state)
{
    size_t length = YAML_MAX_LENGTH + 1;
    cleanup_free char *text = malloc(length);
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *documents = NULL;

    (void)state;
    memset(text, '\n', length);
    assert_int_equal(yaml_parse(text, length, &documents, &error), -1);
    assert_string_equal(error_message(&error), "a YAML text of 16777217 bytes is too large; at most 16 MiB are read");
    assert_int_equal(yaml_parse(text, length - 1, &documents, NULL), 0);
    assert_int_equal(cJSON_GetArraySize(documents), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_keys_become_strings),
        cmocka_unit_test(test_keys_that_are_none),
        cmocka_unit_test(test_refused_scalars),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_a_manifest),
        cmocka_unit_test(test_json_is_yaml),
        cmocka_unit_test(test_a_long_json_key),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_merges),
        cmocka_unit_test(test_keys_twice),
        cmocka_unit_test(test_syntax_errors_name_the_place),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_aliases_count_for_the_depth),
        cmocka_unit_test(test_billion_laughs),
        cmocka_unit_test(test_aliases_of_large_texts),
        cmocka_unit_test(test_many_anchors),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
