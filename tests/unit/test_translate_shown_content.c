/* What is covered of a content that is shown to people. */
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "translate/shown_content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static cJSON *parse(const char *text)
{
    cJSON *tree = NULL;
    struct error error = {NULL};

    if (json_parse(text, strlen(text), &tree, &error) < 0)
        fail_msg("%s in %s", error_message(&error), text);
    return tree;
}

static void assert_shown(const char *content, const char *other, bool secrets, const char *expected)
{
    cleanup_json cJSON *tree = parse(content);
    cleanup_json cJSON *beside = other ? parse(other) : NULL;
    cleanup_json cJSON *shown = shown_content(tree, beside, secrets);
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};

    assert_non_null(shown);
    json_add_value(&writer, shown);
    assert_string_equal(strbuf_string(&text), expected);
}

#define MODULE(env, options) "{\"modules\":{\"m\":{\"settings\":{\"image\":\"a:1\"" options "}" env "}}}"

static void test_passwords_are_always_covered(void **state)
{
    (void)state;
    assert_shown("{\"registryCredentials\":{\"r\":{\"address\":\"a\",\"username\":\"u\",\"password\":\"p\"}}}", NULL,
                 false,
                 "{\"registryCredentials\":{\"r\":{\"address\":\"a\",\"username\":\"u\",\"password\":\"(hidden)\"}}}");
    assert_shown("{\"registryCredentials\":{\"r\":{\"address\":\"a\",\"username\":\"u\",\"password\":\"p\"}}}", NULL,
                 true,
                 "{\"registryCredentials\":{\"r\":{\"address\":\"a\",\"username\":\"(hidden)\",\"password\":"
                 "\"(hidden)\"}}}");
    /* A layer has the way in one key. */
    assert_shown(
        "{\"properties.desired.runtime.settings.registryCredentials.r\":{\"password\":\"p\",\"address\":\"a\"}}", NULL,
        false,
        "{\"properties.desired.runtime.settings.registryCredentials.r\":{\"password\":\"(hidden)\","
        "\"address\":\"a\"}}");
}

static void test_env_is_covered_with_secrets_alone(void **state)
{
    static const char content[] = MODULE(",\"env\":{\"A\":{\"value\":\"1\"},\"value\":{\"value\":2}}", "");

    (void)state;
    assert_shown(content, NULL, false, content);
    assert_shown(content, NULL, true,
                 MODULE(",\"env\":{\"A\":{\"value\":\"(hidden)\"},\"value\":{\"value\":\"(hidden)\"}}", ""));
}

static void test_other_values_are_told_apart_and_not_told(void **state)
{
    (void)state;
    assert_shown(MODULE(",\"env\":{\"A\":{\"value\":\"1\"},\"B\":{\"value\":\"2\"},\"C\":{\"value\":\"3\"}}", ""),
                 MODULE(",\"env\":{\"A\":{\"value\":\"1\"},\"B\":{\"value\":\"x\"}}", ""), true,
                 MODULE(",\"env\":{\"A\":{\"value\":\"(hidden)\"},\"B\":{\"value\":\"(hidden, another value)\"},\"C\":{"
                        "\"value\":\"(hidden)\"}}",
                        ""));
}

static void test_create_options_are_taken_together(void **state)
{
    (void)state;
    assert_shown(MODULE("", ",\"createOptions\":\"{\\\"Env\\\":[\\\"A=1\\\"],\\\"Cm\",\"createOptions01\":\"d\\\":"
                            "[\\\"x\\\"],\\\"Hostname\\\":\\\"h\\\"}\""),
                 NULL, false, MODULE("", ",\"createOptions\":{\"Env\":[\"A=1\"],\"Cmd\":[\"x\"],\"Hostname\":\"h\"}"));
    assert_shown(MODULE("",
                        ",\"createOptions\":\"{\\\"Env\\\":[\\\"A=1\\\"],\\\"Cm\",\"createOptions01\":\"d\\\":"
                        "[\\\"x\\\"],\\\"Hostname\\\":\\\"h\\\",\\\"Healthcheck\\\":{\\\"Test\\\":[\\\"CMD\\\"]}}\""),
                 MODULE("", ",\"createOptions\":\"{\\\"Cmd\\\":[\\\"x\\\"]}\""), true,
                 MODULE("", ",\"createOptions\":{\"Env\":[\"(hidden)\"],\"Cmd\":[\"(hidden)\"],\"Hostname\":\"h\","
                            "\"Healthcheck\":{\"Test\":[\"(hidden)\"]}}"));
}

static void test_create_options_that_are_no_json(void **state)
{
    (void)state;
    assert_shown(MODULE("", ",\"createOptions\":\"{A\""), NULL, false, MODULE("", ",\"createOptions\":\"{A\""));
    assert_shown(MODULE("", ",\"createOptions\":\"{A\""), NULL, true, MODULE("", ",\"createOptions\":\"(hidden)\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passwords_are_always_covered),
        cmocka_unit_test(test_env_is_covered_with_secrets_alone),
        cmocka_unit_test(test_other_values_are_told_apart_and_not_told),
        cmocka_unit_test(test_create_options_are_taken_together),
        cmocka_unit_test(test_create_options_that_are_no_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
