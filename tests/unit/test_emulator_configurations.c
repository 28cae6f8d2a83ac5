/* The service's rules for configurations: the matrix of If-Match, immutable content, what a body may hold. */
#include "common/cleanup.h"
#include "common/json.h"
#include "emulator/configurations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CONTENT(value) "\"content\":{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"k\":" value "}}}}"

static const struct emulator_configuration_rules keep = {.limit = 3};
static const struct emulator_configuration_rules refuse = {.limit = 3, .refuse_changed_content = true};

static int put_by(struct emulator_configurations *configurations, const struct emulator_configuration_rules *rules,
                  const char *id, const char *if_match, const char *text)
{
    struct emulator_configuration *configuration = NULL;
    cleanup_refusal struct emulator_refusal refusal = EMULATOR_REFUSAL_INIT;
    cleanup_json cJSON *body = NULL;

    assert_int_equal(json_parse(text, strlen(text), &body, NULL), 0);
    if (emulator_configurations_put(configurations, rules, id, if_match, body, &configuration, &refusal) == 0)
        return 200;
    assert_non_null(refusal.message.message);
    return (int)refusal.code;
}

static int put(struct emulator_configurations *configurations, const char *id, const char *if_match, const char *text)
{
    return put_by(configurations, &keep, id, if_match, text);
}

static int delete_by(struct emulator_configurations *configurations, const char *id, const char *if_match)
{
    cleanup_refusal struct emulator_refusal refusal = EMULATOR_REFUSAL_INIT;

    return emulator_configurations_delete(configurations, id, if_match, &refusal) == 0 ? 204 : (int)refusal.code;
}

static void test_put_matrix(void **state)
{
    static const struct {
        bool exists;
        const char *if_match;
        int result;
    } cases[] = {
        {false, NULL, 200},
        {false, "", 200},
        {false, "\"\"", 200},
        {false, "\"MQ==\"", EMULATOR_CONFIGURATION_NOT_FOUND},
        {false, "MQ==", EMULATOR_CONFIGURATION_NOT_FOUND},
        {false, "*", EMULATOR_CONFIGURATION_NOT_FOUND},
        {false, "\"*\"", EMULATOR_CONFIGURATION_NOT_FOUND},
        {true, NULL, EMULATOR_CONFIGURATION_EXISTS},
        {true, "", EMULATOR_CONFIGURATION_EXISTS},
        {true, "MQ==", EMULATOR_CONFIGURATION_EXISTS},
        {true, "\"MQ==\"", 200},
        {true, "\"Mg==\"", EMULATOR_PRECONDITION_FAILED},
        {true, "\"MQ\"", EMULATOR_PRECONDITION_FAILED},
        {true, "*", 200},
        {true, "\"*\"", 200},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct emulator_configurations configurations = {NULL, 0, 0, 0};
        if (cases[i].exists)
            assert_int_equal(put(&configurations, "a", NULL, "{" CONTENT("1") "}"), 200);
        int result = put(&configurations, "a", cases[i].if_match, "{" CONTENT("1") "}");
        if (result != cases[i].result)
            fail_msg("exists %d, If-Match %s: %d, not %d", cases[i].exists, cases[i].if_match, result, cases[i].result);
        emulator_configurations_release(&configurations);
    }
}

static void etag_is(const struct emulator_configurations *configurations, const char *etag)
{
    cleanup_free char *actual = emulator_configuration_etag(emulator_configurations_find(configurations, "a"));

    assert_string_equal(actual, etag);
}

static void test_etags_count(void **state)
{
    struct emulator_configurations configurations = {NULL, 0, 0, 0};

    (void)state;
    assert_int_equal(put(&configurations, "a", NULL, "{" CONTENT("1") "}"), 200);
    etag_is(&configurations, "MQ==");
    assert_int_equal(put(&configurations, "a", "\"MQ==\"", "{" CONTENT("1") "}"), 200);
    etag_is(&configurations, "Mg==");
    assert_int_equal(put(&configurations, "a", "\"MQ==\"", "{" CONTENT("1") "}"), EMULATOR_PRECONDITION_FAILED);
    etag_is(&configurations, "Mg==");
    for (int i = 0; i < 8; i++)
        assert_int_equal(put(&configurations, "a", "*", "{" CONTENT("1") "}"), 200);
    etag_is(&configurations, "MTA=");
    emulator_configurations_release(&configurations);
}

static void test_content_is_immutable(void **state)
{
    struct emulator_configurations configurations = {NULL, 0, 0, 0};

    (void)state;
    assert_int_equal(put(&configurations, "a", NULL, "{" CONTENT("1") ",\"priority\":1}"), 200);
    assert_int_equal(put(&configurations, "a", "*", "{" CONTENT("2") ",\"priority\":2}"), 200);
    struct emulator_configuration *a = emulator_configurations_find(&configurations, "a");
    cleanup_free char *content = cJSON_PrintUnformatted(a->content);
    assert_string_equal(content, "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"k\":1}}}}");
    assert_int_equal(a->settings.priority, 2);

    assert_int_equal(put_by(&configurations, &refuse, "a", "*", "{" CONTENT("2") ",\"priority\":3}"),
                     EMULATOR_IMMUTABLE_CONTENT);
    assert_int_equal(a->settings.priority, 2);
    assert_int_equal(put_by(&configurations, &refuse, "a", "*", "{" CONTENT("1") ",\"priority\":3}"), 200);
    assert_int_equal(a->settings.priority, 3);
    emulator_configurations_release(&configurations);
}

static void test_put_replaces_everything_else(void **state)
{
    struct emulator_configurations configurations = {NULL, 0, 0, 0};

    (void)state;
    assert_int_equal(put(&configurations, "a", NULL,
                         "{\"id\":\"a\",\"schemaVersion\":\"2.0\",\"labels\":{\"x\":\"y\"},\"priority\":7,"
                         "\"targetCondition\":\"tags.a = 1\",\"metrics\":{\"queries\":{\"m\":\"SELECT * FROM "
                         "devices\"}},\"etag\":\"*\",\"createdTimeUtc\":\"nonsense\"," CONTENT("1") "}"),
                     200);
    struct emulator_configuration *a = emulator_configurations_find(&configurations, "a");
    assert_string_equal(json_string(a->settings.labels, "x"), "y");
    assert_string_equal(a->settings.schema_version, "2.0");
    assert_int_equal(put(&configurations, "a", "*", "{" CONTENT("1") "}"), 200);
    assert_null(a->settings.labels);
    assert_null(a->settings.schema_version);
    assert_int_equal(a->settings.priority, 0);
    assert_string_equal(a->settings.condition_text, "");
    assert_int_equal(cJSON_GetArraySize(a->settings.metric_queries), 0);
    emulator_configurations_release(&configurations);
}

static void test_bodies(void **state)
{
    static const struct {
        const char *text;
        int result;
    } cases[] = {
        {"{}", EMULATOR_INVALID_CONTENT},
        {"{\"content\":null}", EMULATOR_INVALID_CONTENT},
        {"{\"content\":{}}", EMULATOR_INVALID_CONTENT},
        {"{\"content\":{\"modulesContent\":{}}}", EMULATOR_INVALID_CONTENT},
        {"{\"content\":{\"modulesContent\":{\"$edgeHub\":{}}}}", EMULATOR_INVALID_CONTENT},
        {"{\"content\":{\"modulesContent\":{\"$edgeAgent\":{}}}}", 200},
        {"{\"content\":{\"modulesContent\":{\"$edgeAgent\":{}},\"deviceContent\":{}}}", EMULATOR_INVALID_CONTENT},
        {"{\"content\":{\"modulesContent\":{\"$edgeAgent\":{}},\"deviceContent\":null}}", 200},
        {"{\"content\":{\"deviceContent\":{\"properties.desired\":{}}}}", 200},
        {"{\"content\":{\"modulesContent\":{\"$edgeAgent\":{\"desired\":{}}}}}", EMULATOR_INVALID_CONTENT},
        {"{\"content\":{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired.\":{}}}}}", EMULATOR_INVALID_CONTENT},
        {"{\"content\":{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":1}}}}", EMULATOR_INVALID_CONTENT},
        {"{\"content\":{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired.modules.m\":{}}}}}", 200},
        {"{" CONTENT("1") ",\"targetCondition\":\"tags.a IN [1]\"}", EMULATOR_INVALID_TARGET_CONDITION},
        {"{" CONTENT("1") ",\"targetCondition\":5}", EMULATOR_INVALID_TARGET_CONDITION},
        {"{" CONTENT("1") ",\"priority\":-1}", EMULATOR_ARGUMENT_INVALID},
        {"{" CONTENT("1") ",\"priority\":1.5}", EMULATOR_ARGUMENT_INVALID},
        {"{" CONTENT("1") ",\"priority\":2147483648}", EMULATOR_ARGUMENT_INVALID},
        {"{" CONTENT("1") ",\"priority\":2147483647}", 200},
        {"{" CONTENT("1") ",\"labels\":{\"a\":1}}", EMULATOR_ARGUMENT_INVALID},
        {"{" CONTENT("1") ",\"labels\":null}", 200},
        {"{" CONTENT("1") ",\"id\":\"b\"}", EMULATOR_ARGUMENT_INVALID},
        {"{" CONTENT("1") ",\"priority\":1,\"priority\":2}", EMULATOR_BAD_REQUEST},
        {"[]", EMULATOR_BAD_REQUEST},
        {"{" CONTENT("1") ",\"metrics\":{\"queries\":{\"m\":\"select\"}}}", EMULATOR_INVALID_METRICS_QUERY},
        {"{" CONTENT("1") ",\"metrics\":{\"queries\":{\"1\":\"select * from devices\",\"2\":\"select * from devices\","
                          "\"3\":\"select * from devices\",\"4\":\"select * from devices\",\"5\":\"select * from "
                          "devices\",\"6\":\"select * from devices\"}}}",
         EMULATOR_INVALID_METRICS_QUERY},
        {"{\"content\":{\"moduleContent\":{\"properties.desired\":{}}},\"targetCondition\":\"FROM devices.modules "
         "WHERE "
         "tags.a = 1\"}",
         200},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct emulator_configurations configurations = {NULL, 0, 0, 0};
        int result = put(&configurations, "a", NULL, cases[i].text);
        if (result != cases[i].result)
            fail_msg("%s: %d, not %d", cases[i].text, result, cases[i].result);
        emulator_configurations_release(&configurations);
    }
}

static void test_ids(void **state)
{
    char longest[130];

    (void)state;
    memset(longest, 'a', 129);
    longest[129] = '\0';
    assert_false(emulator_configuration_id_is_valid(longest));
    longest[128] = '\0';
    assert_true(emulator_configuration_id_is_valid(longest));
    assert_true(emulator_configuration_id_is_valid("default-a_1+%*!'"));
    assert_false(emulator_configuration_id_is_valid(""));
    assert_false(emulator_configuration_id_is_valid("a.b"));
    assert_false(emulator_configuration_id_is_valid("A"));
    assert_false(emulator_configuration_id_is_valid("a b"));
}

static void test_limit(void **state)
{
    struct emulator_configurations configurations = {NULL, 0, 0, 0};

    (void)state;
    assert_int_equal(put(&configurations, "a", NULL, "{" CONTENT("1") "}"), 200);
    assert_int_equal(put(&configurations, "b", NULL, "{" CONTENT("1") "}"), 200);
    assert_int_equal(put(&configurations, "c", NULL, "{" CONTENT("1") "}"), 200);
    assert_int_equal(put(&configurations, "d", NULL, "{" CONTENT("1") "}"), EMULATOR_CONFIGURATION_LIMIT);
    assert_int_equal(put(&configurations, "a", "*", "{" CONTENT("1") "}"), 200);
    assert_int_equal(delete_by(&configurations, "a", NULL), 204);
    assert_int_equal(put(&configurations, "d", NULL, "{" CONTENT("1") "}"), 200);
    emulator_configurations_release(&configurations);
}

static void test_delete(void **state)
{
    struct emulator_configurations configurations = {NULL, 0, 0, 0};
    static const char *const fitting[] = {NULL, "", "*", "\"*\"", "\"MQ==\""};

    (void)state;
    for (size_t i = 0; i < array_length(fitting); i++) {
        assert_int_equal(put(&configurations, "a", NULL, "{" CONTENT("1") "}"), 200);
        assert_int_equal(delete_by(&configurations, "a", "\"Mg==\""), EMULATOR_PRECONDITION_FAILED);
        assert_int_equal(delete_by(&configurations, "a", fitting[i]), 204);
        assert_int_equal(delete_by(&configurations, "a", fitting[i]), EMULATOR_CONFIGURATION_NOT_FOUND);
    }
    assert_int_equal(configurations.last_order, array_length(fitting));
    emulator_configurations_release(&configurations);
}

static void test_json(void **state)
{
    struct emulator_configurations configurations = {NULL, 0, 0, 0};
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer json = {.out = &out};

    (void)state;
    assert_int_equal(put(&configurations, "a", NULL, "{" CONTENT("1") ",\"targetCondition\":\"tags.t='A'\"}"), 200);
    struct emulator_configuration *a = emulator_configurations_find(&configurations, "a");
    a->created = a->updated = 15979611265193800;
    emulator_configuration_write(&json, a);
    assert_string_equal(
        strbuf_string(&out),
        "{\"id\":\"a\",\"schemaVersion\":null,\"labels\":null,\"content\":{\"modulesContent\":{\"$edgeAgent\":{"
        "\"properties.desired\":{\"k\":1}}}},\"targetCondition\":\"tags.t='A'\",\"createdTimeUtc\":\"2020-08-20T22:05:"
        "26.51938Z\",\"lastUpdatedTimeUtc\":\"2020-08-20T22:05:26.51938Z\",\"priority\":0,\"systemMetrics\":{"
        "\"results\":{},\"queries\":{\"targetedCount\":\"select deviceId from devices where capabilities.iotEdge = "
        "true "
        "and tags.t='A'\",\"appliedCount\":\"select deviceId from devices.modules where moduleId = '$edgeAgent' and "
        "configurations.[[a]].status = 'Applied'\",\"reportedSuccessfulCount\":\"select deviceId from devices.modules "
        "where moduleId = '$edgeAgent' and configurations.[[a]].status = 'Applied' and properties.desired.$version = "
        "properties.reported.lastDesiredVersion and properties.reported.lastDesiredStatus.code = "
        "200\",\"reportedFailedCount\":\"select deviceId from devices.modules where moduleId = '$edgeAgent' and "
        "configurations.[[a]].status = 'Applied' and properties.desired.$version = "
        "properties.reported.lastDesiredVersion and properties.reported.lastDesiredStatus.code != "
        "200\"}},\"metrics\":{\"results\":{},\"queries\":{}},\"etag\":\"MQ==\"}");
    emulator_configurations_release(&configurations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_matrix),
        cmocka_unit_test(test_etags_count),
        cmocka_unit_test(test_content_is_immutable),
        cmocka_unit_test(test_put_replaces_everything_else),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
