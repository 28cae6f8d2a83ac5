#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/hubs.h"
#include "common/json.h"

#include <string.h>

static int parse(const char *json, struct hubs *hubs, struct error *error)
{
    cleanup_json cJSON *tree = NULL;

    assert_int_equal(json_parse(json, strlen(json), &tree, NULL), 0);
    return hubs_parse(tree, hubs, error);
}

static void check_refused(const char *json, const char *sentence)
{
    cleanup_error struct error error = {NULL};
    cleanup_hubs struct hubs hubs = HUBS_INIT;

    assert_int_equal(parse(json, &hubs, &error), -1);
    assert_string_equal(error_message(&error), sentence);
    assert_null(hubs.items);
    assert_int_equal(hubs.count, 0);
}

static void test_defaults(void **state)
{
    cleanup_error struct error error = {NULL};
    cleanup_hubs struct hubs hubs = HUBS_INIT;

    (void)state;
    assert_int_equal(parse("[{\"name\":\"hub0\"}]", &hubs, &error), 0);
    assert_null(error.message);
    assert_int_equal(hubs.count, 1);
    assert_string_equal(hubs.items[0].name, "hub0");
    assert_null(hubs.items[0].connection_string_file);
    assert_null(hubs.items[0].ca_file);
    assert_int_equal(hubs.items[0].units, 1);
    assert_int_equal(hubs.items[0].calls_per_minute, 19);
    assert_int_equal(hubs.items[0].queries_per_minute, 19);
    assert_int_equal(hubs.items[0].configuration_limit, 100);
    assert_string_equal(hubs.items[0].edge_agent_image, "mcr.microsoft.com/azureiotedge-agent:1.5");
    assert_string_equal(hubs.items[0].edge_hub_image, "mcr.microsoft.com/azureiotedge-hub:1.5");
    assert_string_equal(hubs.items[0].edge_hub_create_options, "{}");
}

static void test_all_keys(void **state)
{
    cleanup_hubs struct hubs hubs = HUBS_INIT;

    (void)state;
    assert_int_equal(
        parse("[{\"name\":\"a\"},{\"name\":\"hub-1\",\"connectionStringFile\":\"/s/cs\",\"caFile\":\"/s/ca\","
              "\"units\":200,\"configurationLimit\":10,\"systemModules\":{\"edgeAgentImage\":\"r/"
              "a:1\",\"edgeHubImage\":\"r/h:2\","
              "\"edgeHubCreateOptions\":\" { \\\"x\\\" : 1.10 } \"}}]",
              &hubs, NULL),
        0);
    assert_int_equal(hubs.count, 2);
    assert_string_equal(hubs.items[1].name, "hub-1");
    assert_string_equal(hubs.items[1].connection_string_file, "/s/cs");
    assert_string_equal(hubs.items[1].ca_file, "/s/ca");
    assert_int_equal(hubs.items[1].units, 200);
    assert_int_equal(hubs.items[1].calls_per_minute, 3800);
    assert_int_equal(hubs.items[1].queries_per_minute, 3800);
    assert_int_equal(hubs.items[1].configuration_limit, 10);
    assert_string_equal(hubs.items[1].edge_agent_image, "r/a:1");
    assert_string_equal(hubs.items[1].edge_hub_image, "r/h:2");
    assert_string_equal(hubs.items[1].edge_hub_create_options, "{\"x\":1.10}");
}

static void test_a_second_list_replaces_the_first(void **state)
{
    cleanup_hubs struct hubs hubs = HUBS_INIT;

    (void)state;
    assert_int_equal(parse("[{\"name\":\"a\"},{\"name\":\"b\"}]", &hubs, NULL), 0);
    assert_int_equal(parse("[{\"name\":\"c\"},{\"name\":\"c\"}]", &hubs, NULL), -1);
    assert_int_equal(hubs.count, 2);
    assert_string_equal(hubs.items[1].name, "b");
    assert_int_equal(parse("[{\"name\":\"c\"}]", &hubs, NULL), 0);
    assert_int_equal(hubs.count, 1);
    assert_string_equal(hubs.items[0].name, "c");
    assert_int_equal(parse("[]", &hubs, NULL), 0);
    assert_int_equal(hubs.count, 0);
}

static void test_wrong_shape(void **state)
{
    cleanup_hubs struct hubs hubs = HUBS_INIT;
    cleanup_error struct error error = {NULL};

    (void)state;
    check_refused("{}", "hubs: must be a list, not object");
    check_refused("[\"hub0\"]", "hubs[0]: must be an object, not string");
    check_refused(
        "[{\"name\":\"a\"},{\"name\":\"b\",\"unit\":1}]",
        "hubs[1].unit: unknown key; use name, connectionStringFile, hostName, workloadIdentity, caFile, units, "
        "callsPerMinute, queriesPerMinute, configurationLimit, systemModules, baseline, "
        "baselineCondition or baselineConfirmed");
    check_refused("[{\"name\":\"a\",\"Units\":1}]",
                  "hubs[0].Units: unknown key; use name, connectionStringFile, "
                  "hostName, workloadIdentity, caFile, units, callsPerMinute, queriesPerMinute, configurationLimit, "
                  "systemModules, baseline, baselineCondition or baselineConfirmed");
    check_refused("[{\"name\":\"a\",\"caFile\":7}]", "hubs[0].caFile: must be a text that is not empty, not number");
    check_refused("[{\"name\":\"a\",\"connectionStringFile\":\"\"}]",
                  "hubs[0].connectionStringFile: must be a text that is not empty, not \"\"");
    assert_int_equal(hubs_parse(NULL, &hubs, &error), -1);
    assert_string_equal(error_message(&error), "hubs: must be a list, not nothing");
}

static void test_workload_identity(void **state)
{
    cleanup_hubs struct hubs hubs = HUBS_INIT;

    (void)state;
    assert_int_equal(
        parse("[{\"name\":\"a\",\"hostName\":\"h.example\"},{\"name\":\"b\",\"hostName\":\"i.example\","
              "\"workloadIdentity\":"
              "{\"clientId\":\"c\",\"tenantId\":\"t\",\"tokenFile\":\"/f\",\"authorityHost\":\"https://a\","
              "\"authorityCaFile\":\"/ca\",\"scope\":\"s\"}}]",
              &hubs, NULL),
        0);
    assert_string_equal(hubs.items[0].host_name, "h.example");
    assert_null(hubs.items[0].connection_string_file);
    assert_null(hubs.items[0].identity.client_id);
    assert_string_equal(hubs.items[1].host_name, "i.example");
    assert_string_equal(hubs.items[1].identity.client_id, "c");
    assert_string_equal(hubs.items[1].identity.tenant_id, "t");
    assert_string_equal(hubs.items[1].identity.token_file, "/f");
    assert_string_equal(hubs.items[1].identity.authority_host, "https://a");
    assert_string_equal(hubs.items[1].identity.authority_ca_file, "/ca");
    assert_string_equal(hubs.items[1].identity.scope, "s");
}

static void test_a_hub_is_entered_by_one_of_them(void **state)
{
    (void)state;
    check_refused("[{\"name\":\"a\",\"connectionStringFile\":\"/f\",\"workloadIdentity\":{}}]",
                  "hubs[0].workloadIdentity: not together with connectionStringFile: a hub is entered by one of them");
    check_refused("[{\"name\":\"a\",\"connectionStringFile\":\"/f\",\"hostName\":\"h\"}]",
                  "hubs[0].hostName: not together with connectionStringFile: a hub is entered by one of them");
    check_refused("[{\"name\":\"a\",\"workloadIdentity\":{}}]",
                  "hubs[0].hostName: missing; workloadIdentity needs the host name of the IoT Hub");
    check_refused("[{\"name\":\"a\",\"hostName\":\"h\",\"workloadIdentity\":[]}]",
                  "hubs[0].workloadIdentity: must be an object, not array");
    check_refused("[{\"name\":\"a\",\"hostName\":\"h\",\"workloadIdentity\":{\"clientId\":7}}]",
                  "hubs[0].workloadIdentity.clientId: must be a text that is not empty, not number");
    check_refused("[{\"name\":\"a\",\"hostName\":\"h\",\"workloadIdentity\":{\"clientID\":\"x\"}}]",
                  "hubs[0].workloadIdentity.clientID: unknown key; use clientId, tenantId, tokenFile, authorityHost, "
                  "authorityCaFile or scope");
}

static void check_name_refused(const char *name)
{
    cleanup_free char *json = NULL;
    cleanup_free char *sentence = NULL;

    assert_true(asprintf(&json, "[{\"name\":\"%s\"}]", name) > 0);
    assert_true(asprintf(&sentence,
                         "hubs[0].name: \"%s\" must be at most 40 lower case letters, digits and '-', with a letter or "
                         "digit first and last",
                         name) > 0);
    check_refused(json, sentence);
}

static void test_names(void **state)
{
    cleanup_hubs struct hubs hubs = HUBS_INIT;

    (void)state;
    check_refused("[{}]", "hubs[0].name: missing");
    check_refused("[{\"name\":\"\"}]", "hubs[0].name: must be a text that is not empty, not \"\"");
    check_refused("[{\"name\":1}]", "hubs[0].name: must be a text that is not empty, not number");
    check_name_refused("Hub");
    check_name_refused("-hub");
    check_name_refused("hub-");
    check_name_refused("hub.a");
    check_name_refused("h\xc3\xa4");
    check_name_refused("aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde");
    assert_int_equal(parse("[{\"name\":\"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd\"},{\"name\":\"0\"}]", &hubs, NULL),
                     0);
    check_refused("[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"a\"}]",
                  "hubs[2].name: \"a\" is the name of hubs[0] already");
}

static void test_units(void **state)
{
    static const char *const wrong[] = {"0", "-1", "201", "1.5", "\"1\"", "null", "1e300"};

    (void)state;
    for (size_t i = 0; i < array_length(wrong); i++) {
        cleanup_free char *json = NULL;

        assert_true(asprintf(&json, "[{\"name\":\"a\"},{\"name\":\"b\",\"units\":%s}]", wrong[i]) > 0);
        check_refused(json, "hubs[1].units: must be a whole number from 1 to 200");
    }
}

static void test_rates(void **state)
{
    cleanup_hubs struct hubs hubs = HUBS_INIT;

    (void)state;
    assert_int_equal(parse("[{\"name\":\"a\",\"units\":2,\"callsPerMinute\":40,\"queriesPerMinute\":2000},"
                           "{\"name\":\"b\",\"callsPerMinute\":1,\"queriesPerMinute\":1}]",
                           &hubs, NULL),
                     0);
    assert_int_equal(hubs.items[0].calls_per_minute, 40);
    assert_int_equal(hubs.items[0].queries_per_minute, 2000);
    assert_int_equal(hubs.items[1].calls_per_minute, 1);
    assert_int_equal(hubs.items[1].queries_per_minute, 1);
    check_refused("[{\"name\":\"a\",\"callsPerMinute\":21}]",
                  "hubs[0].callsPerMinute: must be a whole number from 1 to 20");
    check_refused("[{\"name\":\"a\",\"units\":3,\"callsPerMinute\":0}]",
                  "hubs[0].callsPerMinute: must be a whole number from 1 to 60");
    check_refused("[{\"name\":\"a\",\"queriesPerMinute\":1001}]",
                  "hubs[0].queriesPerMinute: must be a whole number from 1 to 1000");
}

static void test_configuration_limit(void **state)
{
    static const char *const wrong[] = {"2", "-1", "1001", "10.5", "\"10\"", "null"};

    (void)state;
    for (size_t i = 0; i < array_length(wrong); i++) {
        cleanup_free char *json = NULL;

        assert_true(asprintf(&json, "[{\"name\":\"a\",\"configurationLimit\":%s}]", wrong[i]) > 0);
        check_refused(json, "hubs[0].configurationLimit: must be a whole number from 3 to 1000");
    }
}

static void test_system_modules(void **state)
{
    (void)state;
    check_refused("[{\"name\":\"a\",\"systemModules\":[]}]", "hubs[0].systemModules: must be an object, not array");
    check_refused("[{\"name\":\"a\",\"systemModules\":{\"edgeAgent\":\"x\"}}]",
                  "hubs[0].systemModules.edgeAgent: unknown key; use edgeAgentImage, edgeHubImage or "
                  "edgeHubCreateOptions");
    check_refused("[{\"name\":\"a\",\"systemModules\":{\"edgeHubImage\":\"\"}}]",
                  "hubs[0].systemModules.edgeHubImage: must be a text that is not empty, not \"\"");
    check_refused("[{\"name\":\"a\",\"systemModules\":{\"edgeHubCreateOptions\":{}}}]",
                  "hubs[0].systemModules.edgeHubCreateOptions: must be a text that is not empty, not object");
    check_refused("[{\"name\":\"a\",\"systemModules\":{\"edgeHubCreateOptions\":\"{\"}}]",
                  "hubs[0].systemModules.edgeHubCreateOptions: not valid JSON: no name in quotes at byte 1");
    check_refused("[{\"name\":\"a\",\"systemModules\":{\"edgeHubCreateOptions\":\"[]\"}}]",
                  "hubs[0].systemModules.edgeHubCreateOptions: must be a JSON object, as text");
}

static void test_baseline(void **state)
{
    static const char *const wrong[][2] = {
        {"\"baseline\":\"yes\"", "baseline: must be true or false, not string"},
        {"\"baseline\":true", "baselineCondition: missing; say which devices the baseline is for, * for all"},
        {"\"baseline\":false,\"baselineCondition\":\"*\"", "baselineCondition: only with baseline: true"},
        {"\"baselineConfirmed\":[]", "baselineConfirmed: only with baseline: true"},
        {"\"baseline\":true,\"baselineCondition\":\"*\",\"baselineConfirmed\":\"d1\"",
         "baselineConfirmed: must be a list of device ids, or \"*\" for any"},
        {"\"baseline\":true,\"baselineCondition\":\"*\",\"baselineConfirmed\":[\"d1\",7]",
         "baselineConfirmed[1]: must be the id of a device, as text"},
    };
    cleanup_error struct error error = {NULL};
    cleanup_hubs struct hubs hubs = HUBS_INIT;

    (void)state;
    for (size_t i = 0; i < array_length(wrong); i++) {
        cleanup_free char *json = NULL, *sentence = NULL;

        assert_true(asprintf(&json, "[{\"name\":\"a\",%s}]", wrong[i][0]) > 0);
        assert_true(asprintf(&sentence, "hubs[0].%s", wrong[i][1]) > 0);
        check_refused(json, sentence);
    }
    assert_int_equal(
        parse("[{\"name\":\"a\"},{\"name\":\"b\",\"baseline\":false},{\"name\":\"c\",\"baseline\":true,"
              "\"baselineCondition\":\"*\",\"baselineConfirmed\":[\"d1\",\"d2\"]},{\"name\":\"d\",\"baseline\":"
              "true,\"baselineCondition\":\"*\",\"baselineConfirmed\":\"*\"}]",
              &hubs, &error),
        0);
    assert_false(hubs.items[0].baseline.said);
    assert_true(hubs.items[1].baseline.said);
    assert_false(hubs.items[1].baseline.wanted);
    assert_true(hubs.items[2].baseline.wanted);
    assert_string_equal(hubs.items[2].baseline.condition, "*");
    assert_true(hub_baseline_confirms(&hubs.items[2].baseline, "d2"));
    assert_false(hub_baseline_confirms(&hubs.items[2].baseline, "d3"));
    assert_true(hub_baseline_confirms(&hubs.items[3].baseline, "d3"));
}

static void test_node_name(void **state)
{
    cleanup_free char *name = hub_node_name("hub0");

    (void)state;
    assert_string_equal(name, "iot-edge-connector-hub0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_keys),
        cmocka_unit_test(test_a_second_list_replaces_the_first),
        cmocka_unit_test(test_wrong_shape),
        cmocka_unit_test(test_workload_identity),
        cmocka_unit_test(test_a_hub_is_entered_by_one_of_them),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_configuration_limit),
        cmocka_unit_test(test_system_modules),
        cmocka_unit_test(test_baseline),
        cmocka_unit_test(test_node_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
