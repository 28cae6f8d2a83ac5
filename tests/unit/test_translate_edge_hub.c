#include "common/json_writer.h"
#include "tests/unit/case_file.h"
#include "translate/edge_hub.h"

/* {"desired": …, "errors": "summary", "warnings": […]} */
static void test_every_case(void **state)
{
    cleanup_json cJSON *cases = case_file_read("edge_hub.json");
    const cJSON *item;

    (void)state;
    cJSON_ArrayForEach(item, cases)
    {
        cleanup_findings struct findings findings = FINDINGS_INIT;
        cleanup_free char *shown = cJSON_PrintUnformatted(json_get(item, "desired"));
        cleanup_free char *summary = NULL;

        edge_hub_check(json_get(item, "desired"), "d", &findings);
        summary = findings_summary(&findings);
        if (strcmp(summary, json_string_or(item, "errors", "")) != 0)
            fail_msg("%s: %s", shown, summary);
        case_assert_warnings(&findings, json_get(item, "warnings"), shown);
    }
}

static void assert_modules(const char *json, const char *const *warnings, size_t count)
{
    static const char *const modules[] = {"sensor", "filter"};
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_json cJSON *desired = NULL;

    assert_int_equal(json_parse(json, strlen(json), &desired, NULL), 0);
    edge_hub_warn_modules(desired, modules, array_length(modules), &findings);
    for (size_t i = 0; i < findings.warning_count && i < count; i++)
        assert_string_equal(findings.warnings[i], warnings[i]);
    assert_int_equal(findings.warning_count, count);
}

static void test_modules_that_are_not_there(void **state)
{
    static const char *const nobody[] = {
        "route a: this Deployment has no module sensr",
        "route a: this Deployment has no module Filter",
        "ConfigMap edgehub: its routes name no module of this Deployment; is it another's?",
    };
    static const char *const one[] = {"route b: this Deployment has no module x"};

    (void)state;
    assert_modules("{}", NULL, 0);
    assert_modules("{\"routes\":{\"a\":\"FROM /* INTO $upstream\"}}", NULL, 0);
    assert_modules("{\"routes\":{\"a\":\"FROM /messages/modules/SENSOR/* INTO "
                   "BrokeredEndpoint('/modules/filter/inputs/i')\"}}",
                   NULL, 0);
    assert_modules("{\"routes\":{\"a\":\"FROM /messages/modules/sensr/outputs/o INTO "
                   "BrokeredEndpoint('/modules/Filter/inputs/i')\"}}",
                   nobody, 3);
    assert_modules("{\"routes\":{\"a\":{\"route\":\"FROM /messages/modules/sensor* INTO $upstream\"},"
                   "\"b\":{\"route\":\"FROM /messages/modules/x INTO $upstream\"}}}",
                   one, 1);
}

static void assert_version(const char *json, const char *version)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    cleanup_json cJSON *desired = NULL;
    cleanup_json cJSON *written = NULL;

    assert_int_equal(json_parse(json, strlen(json), &desired, NULL), 0);
    edge_hub_write(&writer, desired);
    assert_int_equal(json_parse(text.data, text.length, &written, NULL), 0);
    assert_string_equal(json_string(written, "schemaVersion"), version);
}

static void test_the_schema_version_is_that_of_the_features(void **state)
{
#define OBJECT "\"routes\":{\"a\":{\"route\":\"FROM /* INTO $upstream\"}}"
    (void)state;
    assert_version("{}", "1.0");
    assert_version("{" OBJECT "}", "1.1");
    assert_version("{\"schemaVersion\":\"1.1.0\"," OBJECT "}", "1.1.0");
    assert_version("{\"schemaVersion\":\"1.3\"," OBJECT "}", "1.3");
    assert_version("{\"schemaVersion\":\"1.2\"}", "1.2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case),
        cmocka_unit_test(test_modules_that_are_not_there),
        cmocka_unit_test(test_the_schema_version_is_that_of_the_features),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
