#include "common/cleanup.h"
#include "common/json.h"
#include "sync/observed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LABELS                                                                                                         \
    "\"labels\":{\"iot-edge-connector-owner\":\"me\",\"iot-edge-connector-hub\":\"hub0\","                             \
    "\"iot-edge-connector-namespace\":\"ns\",\"iot-edge-connector-name\":\"web\","                                     \
    "\"iot-edge-connector-content-hash\":\"c\",\"app\":\"x\"}"

static cJSON *parse(const char *text)
{
    cleanup_error struct error error = {NULL};
    cJSON *tree = NULL;

    if (json_parse(text, strlen(text), &tree, &error) < 0)
        fail_msg("%s in %s", error_message(&error), text);
    return tree;
}

static void read_list(const char *text, struct observed *observed)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *list = parse(text);

    if (observed_read(list, "me", "hub0", observed, &error) < 0)
        fail_msg("%s", error_message(&error));
}

static void expect_failure(const char *text, const char *message)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *list = parse(text);
    struct observed observed = {NULL, 77};

    assert_int_equal(observed_read(list, "me", "hub0", &observed, &error), -1);
    assert_string_equal(error_message(&error), message);
    assert_int_equal(observed.count, 77);
}

static void test_what_is_no_list(void **state)
{
    (void)state;
    expect_failure("{}", "the hub's list of configurations is no array but object");
    expect_failure("[1]", "the hub's list of configurations has an entry without an id");
    expect_failure("[{\"id\":\"a\"},{\"id\":\"\"}]", "the hub's list of configurations has an entry without an id");
    expect_failure("[{\"id\":\"x\"," LABELS "}]", "the hub's list gives no etag for configuration x");
}

static void test_what_is_kept_of_ours(void **state)
{
    cleanup_observed struct observed observed = OBSERVED_INIT;

    (void)state;
    read_list("[{\"id\":\"x\",\"etag\":\"MQ==\"," LABELS
              ",\"content\":{\"a\":1},\"targetCondition\":\"deviceId='d'\",\"priority\":7,"
              "\"createdTimeUtc\":\"2026-11-23T00:00:00Z\",\"systemMetrics\":{\"results\":{\"targetedCount\":3}},"
              "\"metrics\":{\"results\":{},\"queries\":{\"q\":\"select 1\"}}}]",
              &observed);
    assert_int_equal(observed.count, 1);
    const struct observed_configuration *x = observed_find(&observed, "x");

    assert_string_equal(x->etag, "MQ==");
    assert_string_equal(x->target_condition, "deviceId='d'");
    assert_string_equal(x->created_time, "2026-11-23T00:00:00Z");
    assert_string_equal(x->metric_queries, "{\"q\":\"select 1\"}");
    assert_string_equal(x->labels,
                        "{\"app\":\"x\",\"iot-edge-connector-content-hash\":\"c\",\"iot-edge-connector-hub\":\"hub0\","
                        "\"iot-edge-connector-name\":\"web\",\"iot-edge-connector-namespace\":\"ns\","
                        "\"iot-edge-connector-owner\":\"me\"}");
    assert_true(x->ours);
    assert_string_equal(x->ownership.name, "web");
    assert_null(x->ownership.secrets);
    assert_int_equal(x->priority, 7);
    assert_int_equal(x->targeted, 3);
    assert_true(x->evaluated);
    assert_null(x->whole);
    assert_true(observed_is_of(x, "ns", "web"));
    assert_false(observed_is_of(x, "ns", "other"));
    assert_null(observed_find(&observed, "y"));
}

static void test_what_is_kept_of_others(void **state)
{
    cleanup_observed struct observed observed = OBSERVED_INIT;

    (void)state;
    read_list("[{\"id\":\"x\",\"labels\":{\"iot-edge-connector-owner\":\"other\",\"iot-edge-connector-hub\":\"hub0\","
              "\"iot-edge-connector-namespace\":\"ns\",\"iot-edge-connector-name\":\"web\","
              "\"iot-edge-connector-content-hash\":\"c\"},\"metrics\":{\"queries\":{}}}]",
              &observed);
    const struct observed_configuration *x = &observed.items[0];

    assert_false(x->ours);
    assert_string_equal(x->ownership.owner, "other");
    assert_null(x->labels);
    assert_null(x->etag);
    assert_null(x->target_condition);
    assert_null(x->metric_queries);
    assert_string_equal(x->content_digest, "");
    assert_false(x->evaluated);
    assert_int_equal(x->targeted, -1);
    assert_int_equal(x->priority, 0);
    assert_false(observed_is_of(x, "ns", "web"));
}

static void test_the_digest_is_of_the_value(void **state)
{
    static const char *const same[] = {"{\"a\":{\"x\":1,\"y\":[1,2.50]},\"b\":\"\\u00e9\"}",
                                       "{\"b\":\"\xC3\xA9\",\"a\":{\"y\":[1.0,2.5],\"x\":1e0}}"};
    static const char *const others[] = {"{\"a\":{\"x\":1,\"y\":[2.5,1]},\"b\":\"\\u00e9\"}",
                                         "{\"a\":{\"x\":\"1\",\"y\":[1,2.5]},\"b\":\"\\u00e9\"}", "{}", "null"};
    char first[CONTENT_HASH_SIZE], digest[CONTENT_HASH_SIZE];
    cleanup_json cJSON *one = parse(same[0]), *two = parse(same[1]);

    (void)state;
    assert_int_equal(observed_content_digest(one, first), 0);
    assert_int_equal(observed_content_digest(two, digest), 0);
    assert_string_equal(first, digest);
    for (size_t i = 0; i < array_length(others); i++) {
        cleanup_json cJSON *other = parse(others[i]);

        assert_int_equal(observed_content_digest(other, digest), 0);
        assert_string_not_equal(first, digest);
    }
    assert_int_equal(observed_content_digest(NULL, digest), 0);
    assert_string_equal(digest, "");
}

static void expect_order(const struct observed *observed, const char *ids)
{
    assert_int_equal(observed->count, strlen(ids));
    for (size_t i = 0; i < observed->count; i++)
        assert_int_equal(observed->items[i].id[0], ids[i]);
}

static void test_order_is_kept_by_what_calls_show(void **state)
{
    cleanup_observed struct observed observed = OBSERVED_INIT;
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *c = parse("{\"id\":\"c\",\"priority\":2}"), *a = parse("{\"id\":\"a\",\"priority\":9}");

    (void)state;
    read_list("[{\"id\":\"b\",\"priority\":3},{\"id\":\"a\",\"priority\":1}]", &observed);
    expect_order(&observed, "ab");
    assert_int_equal(observed_put(&observed, "c", c, "me", "hub0", &error), 0);
    expect_order(&observed, "acb");
    assert_int_equal(observed_put(&observed, "a", a, "me", "hub0", &error), 0);
    expect_order(&observed, "cba");
    assert_int_equal(observed_put(&observed, "b", a, "me", "hub0", &error), -1);
    assert_string_equal(error_message(&error), "asked about configuration b, the hub answers with another");
    expect_order(&observed, "cba");
    observed_remove(&observed, "b");
    observed_remove(&observed, "z");
    expect_order(&observed, "ca");
}

/* A whole one stays over a new list as long as it is the same. */
static void test_whole_ones(void **state)
{
    static const char *const lists[] = {"[{\"id\":\"x\",\"etag\":\"1\",\"content\":{\"a\":1}}]",
                                        "[{\"id\":\"x\",\"etag\":\"2\",\"content\":{\"a\":1}}]",
                                        "[{\"id\":\"x\",\"etag\":\"1\",\"content\":{\"a\":2}}]",
                                        "[{\"id\":\"y\",\"etag\":\"1\",\"content\":{\"a\":1}}]"};

    (void)state;
    for (size_t i = 0; i < array_length(lists); i++) {
        cleanup_observed struct observed before = OBSERVED_INIT, observed = OBSERVED_INIT;
        cleanup_error struct error error = {NULL};

        read_list(lists[0], &before);
        assert_int_equal(observed_put_whole(&before, "x",
                                            parse("{\"id\":\"x\",\"etag\":\"1\",\"content\":{\"a\":1},\"z\":5}"), "me",
                                            "hub0", &error),
                         0);
        assert_true(json_get(before.items[0].whole, "z"));
        read_list(lists[i], &observed);
        observed_inherit(&observed, &before);
        assert_int_equal(observed.items[0].whole != NULL, i == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_list),
        cmocka_unit_test(test_what_is_kept_of_ours),
        cmocka_unit_test(test_what_is_kept_of_others),
        cmocka_unit_test(test_the_digest_is_of_the_value),
        cmocka_unit_test(test_order_is_kept_by_what_calls_show),
        cmocka_unit_test(test_whole_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
