/* The emulator's expressions: what they select, and what a target condition may say. */
#include "common/cleanup.h"
#include "common/json.h"
#include "emulator/target_condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char twin_text[] =
    "{\"deviceId\":\"d1\",\"tags\":{\"a\":\"x\",\"n\":5,\"yes\":true,\"nil\":null,\"deep\":{\"er\":\"z\"},"
    "\"with-hyphen\":\"h\",\"quote\":\"it's\",\"list\":[1]},\"capabilities\":{\"iotEdge\":true},"
    "\"properties\":{\"desired\":{\"$version\":7},\"reported\":{\"lastDesiredVersion\":7,\"model\":\"m\"}},"
    "\"configurations\":{\"c-1\":{\"status\":\"Applied\"},\"c'%\":{\"status\":\"Targeted\"}}}";

/* 1: selected, 0: not, -1: refused */
static int judge(const char *text)
{
    cleanup_json cJSON *twin = NULL;
    cleanup_error struct error error = {NULL};
    cleanup_expression struct emulator_expression *expression = NULL;
    struct emulator_lexer lexer;

    assert_int_equal(json_parse(twin_text, strlen(twin_text), &twin, &error), 0);
    if (emulator_lexer_init(&lexer, text, &error) < 0 || emulator_expression_read(&lexer, &expression, &error) < 0 ||
        lexer.token.kind != EMULATOR_TOKEN_END)
        return -1;
    return emulator_expression_selects(expression, twin);
}

static void test_selects(void **state)
{
    static const struct {
        const char *text;
        int result;
    } cases[] = {
        {"tags.a = 'x'", 1},
        {"tags.a='y'", 0},
        {"tags.a != 'y'", 1},
        {"tags.a <> 'x'", 0},
        {"tags.n > 4 and tags.n >= 5 and tags.n <= 5 and tags.n < 5.5", 1},
        {"tags.n < 5", 0},
        {"tags.n = -5e0", 0},
        {"tags.yes = TRUE", 1},
        {"tags.yes != true", 0},
        {"tags.nil = null", 1},
        {"tags.deep.er = 'z'", 1},
        {"tags.with-hyphen = 'h'", 1},
        {"tags.quote = 'it''s'", 1},
        {"tags.quote = 'it\\'s'", 1},
        {"DEVICEID = 'd1'", 1},
        {"Properties.Reported.model = 'm'", 1},
        {"tags.A = 'x'", 0},
        {"capabilities.iotEdge = true", 1},
        {"configurations.[[c-1]].status = 'Applied'", 1},
        {"configurations.[[c'%]].status = 'Targeted'", 1},
        {"configurations.[[c-2]].status = 'Applied'", 0},
        {"properties.desired.$version = properties.reported.lastDesiredVersion", 1},
        {"deviceId in ['d0', 'd1']", 1},
        {"deviceId IN []", 0},
        {"deviceId NIN ['d0']", 1},
        {"is_defined(tags.a)", 1},
        {"IS_DEFINED(tags.b)", 0},
        {"NOT is_defined(tags.b)", 1},
        /* Precedence: NOT before AND before OR. */
        {"tags.a = 'x' OR tags.a = 'y' AND tags.n = 0", 1},
        {"(tags.a = 'x' OR tags.a = 'y') AND tags.n = 0", 0},
        {"NOT tags.a = 'y' AND tags.n = 5", 1},
        {"NOT (tags.a = 'x' AND tags.n = 5)", 0},
        {"not not tags.a = 'x'", 1},
        /* What is not there, or of another type, is neither equal nor unequal, and NOT does not turn it round. */
        {"tags.b != 'x'", 0},
        {"NOT tags.b = 'x'", 0},
        {"tags.n = '5'", 0},
        {"tags.n != '5'", 0},
        {"tags.b = 'x' OR tags.a = 'x'", 1},
        {"tags.deep = tags.deep", 0},
        {"tags.list = 1", 0},
        {"tags.yes > false", 0},
        {"tags.a.b = 'x'", 0},
        /* Refused. */
        {"", -1},
        {"tags.a", -1},
        {"tags.a = ", -1},
        {"tags.a = x y", -1},
        {"tags. = 'x'", -1},
        {"tags.a = \"x\"", -1},
        {"tags.a = 'x", -1},
        {"tags.a == 'x'", -1},
        {"(tags.a = 'x'", -1},
        {"tags.a = 'x')", -1},
        {"tags.a = 'x' AND", -1},
        {"tags.a = 'x' NOT tags.n = 5", -1},
        {"deviceId IN ('d1')", -1},
        {"deviceId IN ['d1'", -1},
        {"deviceId IN [tags.a]", -1},
        {"is_defined('a')", -1},
        {"tags.n = 5x", -1},
        {"tags.n = 1 ; tags.n = 2", -1},
        {"configurations.[[c-1.status = 'x'", -1},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        int result = judge(cases[i].text);
        if (result != cases[i].result)
            fail_msg("%s: %d, not %d", cases[i].text, result, cases[i].result);
    }
}

static void test_nesting_is_capped(void **state)
{
    char text[1000] = "";

    (void)state;
    memset(text, '(', 100);
    snprintf(text + 100, sizeof(text) - 100, "tags.a = 'x'");
    memset(text + strlen(text), ')', 100);
    assert_int_equal(judge(text), -1);
    memset(text, ' ', 50);
    text[strlen(text) - 50] = '\0';
    assert_int_equal(judge(text), 1);
}

static void condition_is(const char *text, int expected, const char *message)
{
    struct emulator_target_condition condition = EMULATOR_TARGET_CONDITION_INIT;
    cleanup_error struct error error = {NULL};
    int result = emulator_target_condition_parse(text, &condition, &error);

    emulator_target_condition_release(&condition);
    if (result != expected)
        fail_msg("%s: %d, not %d (%s)", text, result, expected, error_message(&error));
    if (message && !strstr(error_message(&error), message))
        fail_msg("%s: \"%s\" does not say \"%s\"", text, error_message(&error), message);
}

static void test_target_conditions(void **state)
{
    (void)state;
    condition_is("*", 0, NULL);
    condition_is(" * ", 0, NULL);
    condition_is("", 0, NULL);
    condition_is("  ", 0, NULL);
    condition_is("deviceId = 'a' OR deviceid='b'", 0, NULL);
    condition_is("tags.site.floor = 3 and not tags.spare = true", 0, NULL);
    condition_is("properties.reported.model <> '4'", 0, NULL);
    condition_is("IS_DEFINED(tags.a-b) AND tags.a__b = 'c'", 0, NULL);

    condition_is("* AND tags.a = 1", -1, NULL);
    condition_is("tags.a IN ['b']", -1, "IN is not supported");
    condition_is("tags.a NIN ['b']", -1, "IN is not supported");
    condition_is("properties.desired.a = 1", -1, "It contains: properties");
    condition_is("moduleId = 'a'", -1, "It contains: moduleId");
    condition_is("deviceId = other", -1, "It contains: other");
    condition_is("deviceId.x = 'a'", -1, "It contains: deviceId");
    condition_is("tags = 'a'", -1, "It contains: tags");
    condition_is("tags.a = tags.b", -1, "compared with a value");
    condition_is("'a' = tags.a", -1, "begin with a property");
    condition_is("tags.a = null", -1, "null");
    condition_is("tags.a = 'b' tags.c = 'd'", -1, "AND or OR is missing near \"tags.c\"");
    condition_is("tags.a = \"b\"", -1, "single quotes");
    condition_is("SELECT * FROM devices", -1, NULL);
    condition_is("FROM devices.modules WHERE tags.a = 1", -1, NULL);
    condition_is("properties.reported.$version > 1", -1, NULL);
}

static void test_condition_holds(void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {{"*", true}, {"", false}, {"tags.a = 'x'", true}, {"tags.a = 'y'", false}};
    cleanup_json cJSON *twin = NULL;

    (void)state;
    assert_int_equal(json_parse(twin_text, strlen(twin_text), &twin, NULL), 0);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct emulator_target_condition condition = EMULATOR_TARGET_CONDITION_INIT;
        assert_int_equal(emulator_target_condition_parse(cases[i].text, &condition, NULL), 0);
        assert_int_equal(emulator_target_condition_holds(&condition, twin), cases[i].holds);
        emulator_target_condition_release(&condition);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selects),
        cmocka_unit_test(test_nesting_is_capped),
        cmocka_unit_test(test_target_conditions),
        cmocka_unit_test(test_condition_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
