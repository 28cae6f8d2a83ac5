#include "tests/unit/translate_objects.h"
#include "translate/target_condition.h"

static void test_conditions_that_a_hub_takes(void **state)
{
    static const char *const good[] = {
        "*",
        "  *  ",
        "deviceId='gateway-7'",
        "DEVICEID = 'x'",
        "tags.building='b43'",
        "tags.building =\n\t'b43'",
        "tags.site.floor.room = 'a' or tags.x<>'y'",
        "Tags.level >= 9 and not tags.level > 12.5e3",
        "tags.level = -4",
        "tags.collector=true AND tags.other != FALSE",
        "properties.reported.model.name = '4000x'",
        "Properties.Reported.model = 'x'",
        "is_defined(tags.some-name) AND NOT IS_DEFINED ( properties.reported.x_y )",
        "((tags.a='1' OR tags.b='2') AND NOT (tags.c='3'))",
        "tags.owner = 'O''Neill & Sons (north), 100% - #1'",
        "tags.empty = ''",
        "tags.\xc3\xa9t\xc3\xa9 = 'oui'",
        "deviceId='a' AND deviceId='b'",
    };

    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        cleanup_error struct error error = {NULL};

        if (target_condition_check(good[i], &error) < 0)
            fail_msg("%s: %s", good[i], error_message(&error));
    }
}

static void test_conditions_that_a_hub_refuses(void **state)
{
    static const struct {
        const char *condition;
        const char *sentence;
    } bad[] = {
        {"", "it is empty and would target no device"},
        {"   ", "it is empty and would target no device"},
        {"* AND deviceId='x'", "* stands alone and means all devices"},
        {"tags.a='x' AND *", "\"*\" at character 16: * stands alone and means all devices"},
        {"tags.site=north", "north at character 11 is no value: a string stands in single quotes, as in 'north'"},
        {"tags.model = 4000x", "4000x at character 14 is no value: a string stands in single quotes, as in '4000x'"},
        {"tags.site=\"north\"",
         "a double quote at character 11: strings stand in single quotes, as in tags.building='b43'"},
        {"tags.site='nor\"th'",
         "a double quote at character 15: strings stand in single quotes, as in tags.building='b43'"},
        {"tags.site='north", "the string that begins at character 11 has no closing single quote"},
        {"tags.site='no\nrth'", "a control character at character 14"},
        {"tags.site in ['a','b']", "\"in\" at character 11: IoT Hub refuses IN here; write the values with OR: "
                                   "tags.a='x' OR tags.a='y'"},
        {"tags.a = null", "\"null\" at character 10: null cannot be compared; write NOT IS_DEFINED(tags.<name>)"},
        {"tags.a = ['x']",
         "\"[\" at character 10: a value is expected: a string in single quotes, a number, true or false"},
        {"tags.a =", "ends too early: a value is expected: a string in single quotes, a number, true or false"},
        {"tags.a = 1.", "1 at character 10 is no value: a string stands in single quotes, as in '1'"},
        {"tags.a", "ends too early: a comparison is expected: =, !=, <>, <, <=, > or >="},
        {"tags.a ~ 'x'", "\"~\" at character 8: a comparison is expected: =, !=, <>, <, <=, > or >="},
        {"tags", "ends too early: a name is missing, as in tags.building or properties.reported.model"},
        {"tags.='x'", "\"=\" at character 6: a name of letters, digits, _ and - is missing after the dot"},
        {"tags.a..b='x'", "\".\" at character 8: a name of letters, digits, _ and - is missing after the dot"},
        {"tags.a$b='x'", "\"$\" at character 7: a comparison is expected: =, !=, <>, <, <=, > or >="},
        {"deviceId.x = 'y'", "\".\" at character 9: deviceId has no members"},
        {"properties.desired.x = 1",
         "\"properties\" at character 1: of the properties only properties.reported.<name> can be used"},
        {"properties.reported = 1",
         "\" \" at character 20: a name is missing, as in tags.building or properties.reported.model"},
        {"site='north'", "\"site\" at character 1: compare deviceId, tags.<name> or properties.reported.<name>"},
        {"'north' = tags.site", "\"'\" at character 1: the field stands on the left, the value on the right"},
        {"9 < tags.level", "\"9\" at character 1: the field stands on the left, the value on the right"},
        {"SELECT * FROM devices WHERE tags.a='x'",
         "\"SELECT\" at character 1: write the condition alone, without SELECT, FROM and WHERE"},
        {"tags.a='x' tags.b='y'",
         "\"tags\" at character 12: AND or OR is expected between two comparisons, and nothing "
         "after the last"},
        {"tags.a='x' AND tags.b='y' NOT tags.c='z'",
         "\"NOT\" at character 27: AND or OR is expected between two comparisons, and nothing after the last"},
        {"tags.a='x' AND", "ends too early: compare deviceId, tags.<name> or properties.reported.<name>"},
        {"tags.a='x' AND OR tags.b='y'", "\"OR\" at character 16: a comparison is expected here"},
        {"(tags.a='x'", "ends too early: AND, OR or the closing parenthesis is expected"},
        {"tags.a='x')", "\")\" at character 11: this parenthesis was never opened"},
        {"()", "\")\" at character 2: compare deviceId, tags.<name> or properties.reported.<name>"},
        {"IS_DEFINED tags.a", "\"tags\" at character 12: IS_DEFINED takes a field in parentheses, as in "
                              "IS_DEFINED(tags.building)"},
        {"IS_DEFINED(tags.a", "ends too early: the closing parenthesis of IS_DEFINED is expected"},
        {"tags.a='x'; DROP",
         "\";\" at character 11: AND or OR is expected between two comparisons, and nothing after the "
         "last"},
        {"tags.\xc3\xa9='x' x",
         "\"x\" at character 12: AND or OR is expected between two comparisons, and nothing after "
         "the last"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        cleanup_error struct error error = {NULL};

        if (target_condition_check(bad[i].condition, &error) == 0)
            fail_msg("%s was accepted", bad[i].condition);
        assert_string_equal(error_message(&error), bad[i].sentence);
    }
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
        cmocka_unit_test(test_conditions_that_a_hub_takes),
        cmocka_unit_test(test_conditions_that_a_hub_refuses),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_many_comparisons_are_no_nesting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
