#include "cli/pretty.h"
#include "tests/unit/translate_objects.h"

static void assert_pretty(const char *json, const char *expected)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;

    pretty_add(&out, json);
    assert_string_equal(strbuf_string(&out), expected);
}

static void test_tokens_stay_as_they_are(void **state)
{
    (void)state;
    assert_pretty("1.50E+3", "1.50E+3");
    assert_pretty("\"a{[,:\\\"]}\"", "\"a{[,:\\\"]}\"");
    assert_pretty("{}", "{}");
    assert_pretty("[]", "[]");
    assert_pretty("[true,null]", "[\n  true,\n  null\n]");
    assert_pretty("{\"a\":{\"b\":[],\"c\":[{}]},\"d\":9007199254740993}",
                  "{\n  \"a\": {\n    \"b\": [],\n    \"c\": [\n      {}\n    ]\n  },\n  \"d\": 9007199254740993\n}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tokens_stay_as_they_are)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
