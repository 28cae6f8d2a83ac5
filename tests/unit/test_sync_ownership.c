#include "common/cleanup.h"
#include "common/json.h"
#include "sync/ownership.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static cJSON *parsed(const char *text)
{
    cJSON *tree = NULL;

    assert_int_equal(json_parse(text, strlen(text), &tree, NULL), 0);
    return tree;
}

static const struct ownership whole = {
    .owner = "cluster",
    .hub = "hub0",
    .namespace = "default",
    .name = "web",
    .uid = "u-1",
    .content_hash = "abc",
    .reconcile_policy = "manage",
    .config_maps = "edgeagent,edgehub",
};

#define OWN_LABELS                                                                                                     \
    "\"iot-edge-connector-owner\":\"cluster\",\"iot-edge-connector-hub\":\"hub0\","                                    \
    "\"iot-edge-connector-namespace\":\"default\",\"iot-edge-connector-name\":\"web\","                                \
    "\"iot-edge-connector-uid\":\"u-1\",\"iot-edge-connector-content-hash\":\"abc\","                                  \
    "\"iot-edge-connector-reconcile-policy\":\"manage\","                                                              \
    "\"iot-edge-connector-config-maps\":\"edgeagent,edgehub\"}"

static void test_own_labels_alone(void **state)
{
    cleanup_free char *labels = ownership_labels(&whole, NULL);

    (void)state;
    assert_string_equal(labels, "{" OWN_LABELS);
}

static void test_copied_labels_are_mapped_and_sorted(void **state)
{
    cleanup_json cJSON *template = parsed("{\"tier\":\"Back\",\"app.kubernetes.io/Name\":\"x\",\"app\":\"web\"}");
    cleanup_free char *labels = ownership_labels(&whole, template);

    (void)state;
    assert_string_equal(labels, "{\"app\":\"web\",\"app-kubernetes-io-name\":\"x\",\"tier\":\"Back\"," OWN_LABELS);
}

static void test_labels_that_become_one_key(void **state)
{
    cleanup_json cJSON *one = parsed("{\"a/b\":\"slash\",\"a.b\":\"dot\"}");
    cleanup_json cJSON *other = parsed("{\"a.b\":\"dot\",\"a/b\":\"slash\"}");
    cleanup_free char *first = ownership_labels(&whole, one), *second = ownership_labels(&whole, other);

    (void)state;
    assert_string_equal(first, "{\"a-b\":\"dot\"," OWN_LABELS);
    assert_string_equal(second, first);
}

/* A template cannot speak for us, not even with a label that we leave out. */
static void test_own_labels_win(void **state)
{
    const struct ownership short_one = {.owner = "o", .hub = "h", .namespace = "n", .name = "a", .content_hash = "c"};
    cleanup_json cJSON *template =
        parsed("{\"iot-edge-connector/owner\":\"thief\",\"iot-edge-connector-reconcile-policy\":\"detach-on-delete\","
               "\"IoT-Edge-Connector-Other\":\"x\",\"number\":1}");
    cleanup_free char *labels = ownership_labels(&short_one, template);

    (void)state;
    assert_string_equal(labels, "{\"iot-edge-connector-owner\":\"o\",\"iot-edge-connector-hub\":\"h\","
                                "\"iot-edge-connector-namespace\":\"n\",\"iot-edge-connector-name\":\"a\","
                                "\"iot-edge-connector-content-hash\":\"c\"}");
}

static void test_labels_can_be_read_back(void **state)
{
    cleanup_json cJSON *configuration = parsed("{\"labels\":{" OWN_LABELS "}");
    struct ownership read;

    (void)state;
    assert_true(ownership_read(configuration, &read));
    assert_string_equal(read.owner, "cluster");
    assert_string_equal(read.hub, "hub0");
    assert_string_equal(read.namespace, "default");
    assert_string_equal(read.name, "web");
    assert_string_equal(read.uid, "u-1");
    assert_string_equal(read.content_hash, "abc");
    assert_string_equal(read.reconcile_policy, "manage");
    assert_string_equal(read.config_maps, "edgeagent,edgehub");
}

static void test_whatever_lacks_a_part_is_foreign(void **state)
{
    static const char *const needed[] = {LABEL_OWNER, LABEL_NAMESPACE, LABEL_NAME, LABEL_CONTENT_HASH};

    (void)state;
    for (size_t i = 0; i < array_length(needed); i++) {
        cleanup_json cJSON *configuration = parsed("{\"labels\":{" OWN_LABELS "}");
        cJSON *labels = json_get(configuration, "labels");
        struct ownership read;

        cJSON_ReplaceItemInObjectCaseSensitive(labels, needed[i], cJSON_CreateString(""));
        assert_false(ownership_read(configuration, &read));
        cJSON_ReplaceItemInObjectCaseSensitive(labels, needed[i], cJSON_CreateNumber(1));
        assert_false(ownership_read(configuration, &read));
        cJSON_DeleteItemFromObjectCaseSensitive(labels, needed[i]);
        assert_false(ownership_read(configuration, &read));
    }
}

static void test_configurations_without_labels_are_foreign(void **state)
{
    static const char *const texts[] = {"{}", "{\"labels\":null}", "{\"labels\":\"x\"}", "[]", "null"};
    struct ownership read;

    (void)state;
    for (size_t i = 0; i < array_length(texts); i++) {
        cleanup_json cJSON *configuration = parsed(texts[i]);

        assert_false(ownership_read(configuration, &read));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_labels_alone),
        cmocka_unit_test(test_copied_labels_are_mapped_and_sorted),
        cmocka_unit_test(test_labels_that_become_one_key),
        cmocka_unit_test(test_own_labels_win),
        cmocka_unit_test(test_labels_can_be_read_back),
        cmocka_unit_test(test_whatever_lacks_a_part_is_foreign),
        cmocka_unit_test(test_configurations_without_labels_are_foreign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
