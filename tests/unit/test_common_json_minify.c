#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"

#include <string.h>

static int minify(const char *text, size_t length, char **ret_text, struct error *error)
{
    cleanup_free char *exact = malloc(length ? length : 1); /* so that the address sanitizer sees a read beyond it */

    memcpy(exact, text, length);
    return json_minify(exact, length, ret_text, error);
}

static void check(const char *text, const char *expected)
{
    cleanup_error struct error error = {NULL};
    cleanup_free char *minified = NULL;

    if (minify(text, strlen(text), &minified, &error) < 0)
        fail_msg("%s: %s", text, error_message(&error));
    assert_string_equal(minified, expected);
    assert_null(error.message);
}

static void check_refused_bytes(const char *text, size_t length, const char *sentence)
{
    cleanup_error struct error error = {NULL};
    char *minified = NULL;

    assert_int_equal(minify(text, length, &minified, &error), -1);
    assert_null(minified);
    assert_string_equal(error_message(&error), sentence);
}

static void check_refused(const char *text, const char *sentence)
{
    check_refused_bytes(text, strlen(text), sentence);
}

static void test_takes_white_space_away(void **state)
{
    (void)state;
    check(" {\r\n\t\"a b\" : [ 1 , true , false , null , \" x \" ] , \"c\" : { } , \"d\" : [ ] } ",
          "{\"a b\":[1,true,false,null,\" x \"],\"c\":{},\"d\":[]}");
    check("\n1 ", "1");
    check("\"\"", "\"\"");
}

static void test_keeps_tokens_as_written(void **state)
{
    static const char text[] = "[1.10,1E+2,-0,-0.0,1e999,12345678901234567890123,0.1e-7,"
                               "\"\\u0041\\/\\b\\f\\n\\r\\t\\\"\\\\\\u0000\\ud83d\\uDE00\",\"\xff\xc3\xa4\x7f\"]";

    (void)state;
    check(text, text);
}

static void test_refuses_numbers(void **state)
{
    (void)state;
    check_refused("01", "not valid JSON: a number with a leading zero at byte 0");
    check_refused("[-01]", "not valid JSON: a number with a leading zero at byte 1");
    check_refused("-", "not valid JSON: a number without digits at byte 0");
    check_refused("-.5", "not valid JSON: a number without digits at byte 0");
    check_refused("1.", "not valid JSON: a number without digits behind its point at byte 0");
    check_refused("1.e5", "not valid JSON: a number without digits behind its point at byte 0");
    check_refused("1e", "not valid JSON: a number without digits in its exponent at byte 0");
    check_refused("1e+", "not valid JSON: a number without digits in its exponent at byte 0");
    check_refused(".5", "not valid JSON: no value at byte 0");
    check_refused("+1", "not valid JSON: no value at byte 0");
    check_refused("0x10", "not valid JSON: something follows the value at byte 1");
    check_refused("NaN", "not valid JSON: no value at byte 0");
}

static void test_refuses_strings(void **state)
{
    (void)state;
    check_refused("\"a\nb\"", "not valid JSON: a control character that is not escaped at byte 2");
    check_refused_bytes("\"\0\"", 3, "not valid JSON: a control character that is not escaped at byte 1");
    check_refused("\"\\", "not valid JSON: an unknown escape at byte 1");
    check_refused("\"\\a\"", "not valid JSON: an unknown escape at byte 1");
    check_refused_bytes("\"\\\0\"", 4, "not valid JSON: an unknown escape at byte 1");
    check_refused("\"\\u12g4\"", "not valid JSON: an escape \\u without four hexadecimal digits at byte 1");
    check_refused("\"\\u12", "not valid JSON: an escape \\u without four hexadecimal digits at byte 1");
    check_refused("\"\\udc00\"", "not valid JSON: half of a surrogate pair at byte 1");
    check_refused("\"\\ud800\\u0041\"", "not valid JSON: half of a surrogate pair at byte 1");
    check_refused("\"\\ud800x\"", "not valid JSON: half of a surrogate pair at byte 1");
    check_refused("'a'", "not valid JSON: no value at byte 0");
    check_refused("[\"abc]", "not valid JSON: a string without its closing quote, which starts at byte 1");
}

static void test_refuses_structure(void **state)
{
    (void)state;
    check_refused("", "not valid JSON: it ends where a value should be, at byte 0");
    check_refused("  ", "not valid JSON: it ends where a value should be, at byte 2");
    check_refused("[1,]", "not valid JSON: no value at byte 3");
    check_refused("[", "not valid JSON: it ends where a value should be, at byte 1");
    check_refused("[1", "not valid JSON: no comma or ] after an item at byte 2");
    check_refused("[1}", "not valid JSON: no comma or ] after an item at byte 2");
    check_refused("{1:2}", "not valid JSON: no name in quotes at byte 1");
    check_refused("{", "not valid JSON: no name in quotes at byte 1");
    check_refused("{\"a\"}", "not valid JSON: no colon after a name at byte 4");
    check_refused("{\"a\":1", "not valid JSON: no comma or } after a member at byte 6");
    check_refused("{} {}", "not valid JSON: something follows the value at byte 3");
    check_refused("// x\n1", "not valid JSON: no value at byte 0");
    check_refused("\xef\xbb\xbf{}", "not valid JSON: no value at byte 0");
    check_refused("[1,\v2]", "not valid JSON: no value at byte 3");
    check_refused("True", "not valid JSON: no value at byte 0");
    check_refused("nul", "not valid JSON: no value at byte 0");
}

static void test_refuses_a_name_twice(void **state)
{
    (void)state;
    check_refused("{\"a\":1, \"b\":2, \"a\":3}", "an object has the name \"a\" twice, the second time at byte 15");
    check_refused("{\"a\":1,\"\\u0061\":2}", "an object has the name \"a\" twice, the second time at byte 7");
    check_refused("{\"\\u0061\":1,\"\\u00e4\":2,\"\xc3\xa4\":3}",
                  "an object has the name \"\xc3\xa4\" twice, the second time at byte 23");
    check_refused("[{\"x\":{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}}]",
                  "an object has the name \"\xf0\x9f\x98\x80\" twice, the second time at byte 24");
    check_refused("{\"a\\n\":1,\"b\":{},\"a\\u000a\":1}",
                  "an object has the name \"a\n\" twice, the second time at byte 16");
    check("{\"a\":{\"a\":{\"a\":1}},\"A\":1,\"\":1,\"b\":[{\"a\":1},{\"a\":1}]}",
          "{\"a\":{\"a\":{\"a\":1}},\"A\":1,\"\":1,\"b\":[{\"a\":1},{\"a\":1}]}");
    check("{\"a\\u0000b\":1,\"a\\u0000c\":2}", "{\"a\\u0000b\":1,\"a\\u0000c\":2}");
}

static void test_depth(void **state)
{
    char text[131];

    (void)state;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    check(text, text);
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    text[130] = '\0';
    check_refused(text, "the JSON is nested deeper than 64 levels");
}

static void test_many_names_are_quick(void **state)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    (void)state;
    strbuf_add_char(&text, '{');
    for (int i = 0; i < 100000; i++)
        strbuf_add_format(&text, "\"\\u0061%d\":%d,", i, i);
    strbuf_add_string(&text, "\"end\":{}}");
    check(strbuf_string(&text), strbuf_string(&text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_white_space_away),
        cmocka_unit_test(test_keeps_tokens_as_written),
        cmocka_unit_test(test_refuses_numbers),
        cmocka_unit_test(test_refuses_strings),
        cmocka_unit_test(test_refuses_structure),
        cmocka_unit_test(test_refuses_a_name_twice),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_many_names_are_quick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
