#include "tests/unit/translate_objects.h"
#include "translate/validate.h"

#define NAMED(name, data) "kind: ConfigMap\nmetadata: {name: " name "}\ndata:\n" data
#define PROPERTIES        "data[desiredProperties]"

static void assert_judged(const char *yaml, const char *expected)
{
    cleanup_json cJSON *config_map = object_from(yaml);
    cleanup_findings struct findings findings = FINDINGS_INIT;

    validate_config_map(config_map, &findings);
    assert_errors(&findings, expected);
}

static void test_whose_config_map_it_is(void **state)
{
    static const struct {
        const char *yaml;
        bool is_ours;
    } cases[] = {
        {NAMED("edgehub", "  x: y\n"), true},
        {NAMED("edgeagent", "  x: y\n"), true},
        {"metadata: {name: edgehub}", true},
        {NAMED("module01", "  status: running\n  version: '1'\n"), true},
        {NAMED("module01", "  createOptions: '{}'\n"), true},
        {NAMED("module01", "  createOptions: '{}'\n  app.properties: x\n"), false},
        {NAMED("module01", "  app.properties: x\n"), false},
        {NAMED("module01", "  {}\n"), false},
        {"metadata: {name: module01}", false},
        {NAMED("edgehub2", "  x: y\n"), false},
        {NAMED("module01", "  [status]\n"), false},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_json cJSON *config_map = object_from(cases[i].yaml);

        assert_int_equal(validate_config_map_is_ours(config_map), cases[i].is_ours);
    }
}

static void test_modules_that_are_fine(void **state)
{
    static const char *const good[] = {
        NAMED("sensor",
              "  status: stopped\n  restartPolicy: on-unhealthy\n  version: '2.0'\n  createOptions: '{\"Env\":[]}'\n"
              "  desiredProperties: '{\"Interval\":5}'\n"),
        NAMED("sensor", "  restartPolicy: never\n"),
        NAMED("sensor", "  restartPolicy: on-failure\n"),
        NAMED("sensor", "  restartPolicy: always\n  createOptions: ''\n  desiredProperties: ''\n"),
        NAMED("other", "  app.properties: '{'\n"),
        "metadata: {name: sensor}",
    };

    (void)state;
    for (size_t i = 0; i < array_length(good); i++)
        assert_judged(good[i], "");
}

static void test_modules_that_are_wrong(void **state)
{
    (void)state;
    assert_judged(
        NAMED("sensor", "  status: Running\n"),
        "data[status]: Unsupported value: \"Running\": supported values: \"running\", \"stopped\"; did you mean "
        "\"running\"?");
    assert_judged(NAMED("sensor", "  restartPolicy: Always\n"),
                  "data[restartPolicy]: Unsupported value: \"Always\": supported values: \"always\", \"never\", "
                  "\"on-failure\", \"on-unhealthy\"; did you mean \"always\"?");
    assert_judged(NAMED("sensor", "  version: ''\n"),
                  "data[version]: Invalid value: \"\": must not be empty; leave it out for \"1.0\"");
    assert_judged(NAMED("sensor", "  version: 1.0\n"),
                  "data[version]: Invalid value: \"number\": must be a string: put it "
                  "in quotes, or write it as a block behind |");
    assert_judged(NAMED("sensor", "  createOptions: '[]'\n"),
                  "data[createOptions]: Invalid value: must be a JSON object, as in {\"HostConfig\":{…}}");
    assert_judged(NAMED("sensor", "  desiredProperties: '[]'\n"), PROPERTIES ": Invalid value: must be a JSON object");
    assert_judged(NAMED("sensor", "  desiredProperties: '{\"a\":{\"b\":1,\"b\":2}}'\n"),
                  PROPERTIES ": Invalid value: \"b\": stands twice in one object");
    assert_judged(NAMED("sensor", "  desiredProperties: '{\"a\":null}'\n"),
                  PROPERTIES ".a: Invalid value: \"null\": IoT Hub takes null as a deletion; leave it out");
    assert_judged(NAMED("sensor", "  status: stopped\n  file: x\n"),
                  "data: Unsupported value: \"file\": supported values: \"status\", \"restartPolicy\", \"version\", "
                  "\"createOptions\", \"desiredProperties\", \"imagePullPolicy\", \"startupOrder\", \"env\"");
}

/* The parser's sentence is its own; here counts where it is put, and that nothing of the text is shown. */
static void test_bad_json_is_not_shown(void **state)
{
    cleanup_json cJSON *config_map = object_from(NAMED("sensor", "  createOptions: '{\"Env\":[\"PASSWORD=secret\"]'\n"
                                                                 "  desiredProperties: '{\"password\":\"secret\"'\n"));
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)state;
    validate_config_map(config_map, &findings);
    assert_int_equal(findings.error_count, 2);
    assert_string_equal(findings.errors[0].field, "data[createOptions]");
    assert_string_equal(findings.errors[1].field, PROPERTIES);
    for (size_t i = 0; i < 2; i++) {
        assert_memory_equal(findings.errors[i].message, "Invalid value: ", strlen("Invalid value: "));
        assert_null(strstr(findings.errors[i].message, "secret"));
    }
}

#define HUB(json) NAMED("edgehub", "  desiredProperties: |\n    " json "\n")

static void test_edge_hub_that_is_fine(void **state)
{
    static const char *const good[] = {
        "metadata: {name: edgehub}",
        NAMED("edgehub", "  desiredProperties: ''\n"),
        HUB("{}"),
        HUB("{\"schemaVersion\":\"1.0\",\"routes\":{}}"),
        HUB("{\"routes\":{\"up\":\"FROM /messages/* INTO $upstream\"},\"storeAndForwardConfiguration\":"
            "{\"timeToLiveSecs\":-1,\"storeLimits\":{\"maxSizeBytes\":1073741824}}}"),
        HUB("{\"schemaVersion\":\"1.1\",\"routes\":{\"up\":{\"route\":\"FROM /* INTO $upstream\",\"priority\":9,"
            "\"timeToLiveSecs\":4294967295}}}"),
    };

    (void)state;
    for (size_t i = 0; i < array_length(good); i++)
        assert_judged(good[i], "");
}

static void test_edge_hub_that_is_wrong(void **state)
{
#define IN_HUB       PROPERTIES
#define WHOLE(range) ": must be a whole number from " range
    static const struct {
        const char *yaml;
        const char *errors;
    } cases[] = {
        {NAMED("edgehub", "  createOptions: '{}'\n"),
         "data: Unsupported value: \"createOptions\": supported values: \"desiredProperties\""},
        {"metadata: {name: edgehub}\nbinaryData: {desiredProperties: e30=}",
         "binaryData: Forbidden: write the JSON text in data instead"},
        {HUB("{\"modules\":{}}"), IN_HUB ": Unsupported value: \"modules\": supported values: \"schemaVersion\", "
                                         "\"routes\", \"storeAndForwardConfiguration\""},
        {HUB("{\"schemaVersion\":\"1.4\"}"),
         IN_HUB ".schemaVersion: Unsupported value: \"1.4\": supported values: \"1.0\", \"1.1\", \"1.2\", \"1.3\""},
        {HUB("{\"schemaVersion\":1.1}"),
         IN_HUB ".schemaVersion: Unsupported value: \"number\": supported values: \"1.0\", \"1.1\", \"1.2\", \"1.3\""},
        {HUB("{\"routes\":[]}"), IN_HUB ".routes: Invalid value: \"array\": must be an object of names and routes"},
        {HUB("{\"routes\":{\"a b\":\"FROM /* INTO $upstream\"}}"),
         IN_HUB ".routes: Invalid value: \"a b\": the name of a route has no blanks and none of . $ #"},
        {HUB("{\"routes\":{\"r\":5}}"),
         IN_HUB ".routes[r]: Invalid value: \"number\": must be a string such as FROM /messages/* INTO $upstream"},
        {HUB("{\"routes\":{\"r\":\"FROM /messages/*\"}}"), IN_HUB
         ".routes[r]: Invalid value: \"FROM /messages/*\": ends too early: INTO is expected behind the source and "
         "its condition"},
        {HUB("{\"routes\":{\"r\":{\"priority\":1}}}"),
         IN_HUB ".routes[r].route: Required value: such as FROM /messages/* INTO $upstream"},
        {HUB("{\"routes\":{\"r\":{\"route\":\"FROM /* INTO "
             "$upstream\",\"priority\":10,\"timeToLiveSecs\":-1,\"ttl\":1}}}"),
         "[" IN_HUB ".routes[r]: Unsupported value: \"ttl\": supported values: \"route\", \"priority\", "
         "\"timeToLiveSecs\", " IN_HUB ".routes[r].priority: Invalid value: \"10\"" WHOLE(
             "0 to 9") ", " IN_HUB ".routes[r].timeToLiveSecs: Invalid value: \"-1\"" WHOLE("0 to 4294967295") "]"},
        {HUB("{\"storeAndForwardConfiguration\":[]}"),
         IN_HUB ".storeAndForwardConfiguration: Invalid value: \"array\": must be an object"},
        {HUB("{\"storeAndForwardConfiguration\":{\"timeToLiveSecs\":2147483648}}"),
         IN_HUB ".storeAndForwardConfiguration.timeToLiveSecs: Invalid value: \"2147483648\"" WHOLE(
             "-2147483648 to 2147483647")},
        {HUB("{\"storeAndForwardConfiguration\":{\"timeToLiveSecs\":\"7200\"}}"), IN_HUB
         ".storeAndForwardConfiguration.timeToLiveSecs: Invalid value: \"7200\"" WHOLE("-2147483648 to 2147483647")},
        {HUB("{\"storeAndForwardConfiguration\":{\"timeToLiveSecs\":1.5}}"), IN_HUB
         ".storeAndForwardConfiguration.timeToLiveSecs: Invalid value: \"1.5\"" WHOLE("-2147483648 to 2147483647")},
        {HUB("{\"storeAndForwardConfiguration\":{\"storeLimits\":{\"maxSizeBytes\":0}}}"), IN_HUB
         ".storeAndForwardConfiguration.storeLimits.maxSizeBytes: Invalid value: \"0\"" WHOLE("1 to 4503599627370495")},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        assert_judged(cases[i].yaml, cases[i].errors);
}

#define AGENT(json) NAMED("edgeagent", "  desiredProperties: |\n    " json "\n")

static void test_edge_agent_that_is_fine(void **state)
{
    static const char *const good[] = {
        "metadata: {name: edgeagent}",
        AGENT("{}"),
        AGENT(
            "{\"schemaVersion\":\"1.1\",\"runtime\":{\"type\":\"docker\",\"settings\":{\"minDockerVersion\":\"v1.25\","
            "\"loggingOptions\":\"\",\"registryCredentials\":{\"acr\":{\"username\":\"u\",\"password\":\"p\","
            "\"address\":\"acr.example\"}}}}}"),
        AGENT("{\"systemModules\":{\"edgeAgent\":{\"type\":\"docker\",\"env\":{\"A\":{\"value\":\"b\"},\"N\":{"
              "\"value\":1},"
              "\"B\":{\"value\":false}},\"settings\":{\"image\":\"registry.example/"
              "agent:1.5\",\"createOptions\":\"{}\"}},"
              "\"edgeHub\":{\"type\":\"docker\",\"status\":\"running\",\"restartPolicy\":\"always\",\"env\":{},"
              "\"settings\":"
              "{\"createOptions\":{\"HostConfig\":{}}}}}}"),
    };

    (void)state;
    for (size_t i = 0; i < array_length(good); i++)
        assert_judged(good[i], "");
}

static void test_edge_agent_that_is_wrong(void **state)
{
#define CREDENTIALS PROPERTIES ".runtime.settings.registryCredentials"
#define NEEDED      ": Required value: the device refuses credentials without it"
#define SETTINGS    PROPERTIES ".systemModules.edgeHub.settings"
    static const struct {
        const char *yaml;
        const char *errors;
    } cases[] = {
        {AGENT("{\"modules\":{}}"), PROPERTIES ": Unsupported value: \"modules\": supported values: \"schemaVersion\", "
                                               "\"runtime\", \"systemModules\""},
        {AGENT("{\"schemaVersion\":\"1\"}"),
         PROPERTIES ".schemaVersion: Unsupported value: \"1\": supported values: \"1.0\", \"1.1\""},
        {AGENT("{\"runtime\":5}"), PROPERTIES ".runtime: Invalid value: \"number\": must be an object"},
        {AGENT("{\"runtime\":{\"type\":\"podman\"}}"),
         PROPERTIES ".runtime.type: Unsupported value: \"podman\": supported values: \"docker\""},
        {AGENT("{\"runtime\":{\"settings\":{\"minDockerVersion\":1.25}}}"),
         PROPERTIES ".runtime.settings.minDockerVersion: Invalid value: \"number\": must be a string"},
        {AGENT(
             "{\"runtime\":{\"settings\":{\"registryCredentials\":{\"a.b\":{\"username\":\"u\",\"password\":\"\"}}}}}"),
         "[" CREDENTIALS
         ": Invalid value: \"a.b\": the name of credentials has no blanks and none of . $ #, " CREDENTIALS
         "[a.b].address" NEEDED ", " CREDENTIALS "[a.b].password" NEEDED "]"},
        {AGENT("{\"runtime\":{\"settings\":{\"registryCredentials\":{\"a\":{\"username\":\"u\",\"password\":5,"
               "\"address\":\"x y\"},\"b\":\"c\"}}}}"),
         "[" CREDENTIALS "[a].address: Invalid value: \"x y\": must not have blanks, " CREDENTIALS
         "[a].password: Invalid value: \"number\": must be a string, " CREDENTIALS
         "[b]: Invalid value: \"string\": must be an object with username, password and address]"},
        {AGENT("{\"systemModules\":{\"edgeProxy\":{}}}"),
         PROPERTIES ".systemModules: Unsupported value: \"edgeProxy\": "
                    "supported values: \"edgeAgent\", \"edgeHub\""},
        {AGENT("{\"systemModules\":{\"edgeHub\":{\"status\":\"stopped\",\"restartPolicy\":\"sometimes\"}}}"),
         "[" PROPERTIES ".systemModules.edgeHub.restartPolicy: Unsupported value: \"sometimes\": supported "
         "values: \"always\", \"never\", \"on-failure\", \"on-unhealthy\", " PROPERTIES
         ".systemModules.edgeHub.status: Unsupported value: \"stopped\": supported values: \"running\"]"},
        {AGENT("{\"systemModules\":{\"edgeHub\":{\"settings\":{\"image\":\"Hub\",\"createOptions\":\"[]\"}}}}"),
         "[" SETTINGS ".createOptions: Invalid value: must be a JSON object, as in {\"HostConfig\":{…}}, " SETTINGS
         ".image: Invalid value: \"Hub\": the name of a repository has lower-case letters only]"},
        {AGENT("{\"systemModules\":{\"edgeHub\":{\"settings\":{\"createOptions\":5}}}}"),
         SETTINGS ".createOptions: Invalid value: \"number\": must be a JSON object or its text"},
        {AGENT("{\"systemModules\":{\"edgeAgent\":{\"env\":{\"A.B\":{\"value\":\"x\"},\"C\":\"x\",\"D\":{\"value\":[]}}"
               "}}}"),
         "[" PROPERTIES
         ".systemModules.edgeAgent.env: Invalid value: \"A.B\": the name of a variable has no blanks and "
         "none of + # $ ., " PROPERTIES
         ".systemModules.edgeAgent.env[C]: Invalid value: \"string\": must be an object, as "
         "in {\"value\":\"x\"}, " PROPERTIES
         ".systemModules.edgeAgent.env[D].value: Invalid value: \"array\": must be a "
         "string, a number or a boolean]"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        assert_judged(cases[i].yaml, cases[i].errors);
}

/* A ConfigMap with this text of so many bytes behind the {. */
static void assert_judged_filled(const char *name, const char *key, const char *text, size_t count,
                                 const char *expected)
{
    cleanup_json cJSON *config_map = cJSON_CreateObject();
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_strbuf struct strbuf filled = STRBUF_INIT;

    strbuf_add_char(&filled, '{');
    while (count--)
        strbuf_add_string(&filled, text);
    strbuf_add_char(&filled, '}');
    cJSON_AddStringToObject(cJSON_AddObjectToObject(config_map, "metadata"), "name", name);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(config_map, "data"), key, strbuf_string(&filled));
    validate_config_map(config_map, &findings);
    assert_errors(&findings, expected);
}

static void test_what_no_twin_holds_is_not_read(void **state)
{
    static const char *const keys[] = {"createOptions", "desiredProperties", "env"};

    (void)state;
    for (size_t i = 0; i < array_length(keys); i++) {
        char expected[200];

        (void)snprintf(expected, sizeof(expected),
                       "data[%s]: Too long: 131073 bytes; a module's twin holds 32768, and no text of more than 131072 "
                       "is read",
                       keys[i]);
        assert_judged_filled("sensor", keys[i], " ", 131071, expected);
        assert_judged_filled("sensor", keys[i], " ", 131070, "");
    }
    assert_judged_filled("edgehub", "desiredProperties", " ", 131070, "");
    assert_judged_filled("edgeagent", "desiredProperties", " ", 131071,
                         "data[desiredProperties]: Too long: 131073 bytes; a module's twin holds 32768, and no text of "
                         "more than 131072 is read");
    assert_judged_filled("edgehub", "desiredProperties", "\"aaaaaaaaaa\":[0,0,0,0,0,0,0,0,0,0]", 1,
                         "data[desiredProperties]: "
                         "Unsupported value: \"aaaaaaaaaa\": supported values: \"schemaVersion\", \"routes\", "
                         "\"storeAndForwardConfiguration\"");
}

static void test_what_no_twin_holds_is_told_once(void **state)
{
    cleanup_strbuf struct strbuf numbers = STRBUF_INIT;

    (void)state;
    strbuf_add_string(&numbers, "\".\":[0");
    for (int i = 0; i < 4096; i++)
        strbuf_add_string(&numbers, ",0");
    strbuf_add_string(&numbers, "]");
    assert_judged_filled(
        "sensor", "desiredProperties", strbuf_string(&numbers), 1,
        "data[desiredProperties]: Too long: 32777 bytes; IoT Hub takes at most 32768 in a module's twin");
    assert_judged_filled(
        "edgehub", "desiredProperties", strbuf_string(&numbers), 1,
        "data[desiredProperties]: Too long: 32777 bytes; IoT Hub takes at most 32768 in a module's twin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_config_map_it_is),         cmocka_unit_test(test_modules_that_are_fine),
        cmocka_unit_test(test_modules_that_are_wrong),         cmocka_unit_test(test_bad_json_is_not_shown),
        cmocka_unit_test(test_edge_hub_that_is_fine),          cmocka_unit_test(test_edge_hub_that_is_wrong),
        cmocka_unit_test(test_edge_agent_that_is_fine),        cmocka_unit_test(test_edge_agent_that_is_wrong),
        cmocka_unit_test(test_what_no_twin_holds_is_not_read), cmocka_unit_test(test_what_no_twin_holds_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
