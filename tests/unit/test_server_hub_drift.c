#include "server/hub_drift.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "sim_hub.h"

/* A configuration of ours: of owner "me", hub "hub0", Deployment ns/<name>. */
static cJSON *item(const char *id, const char *name, int priority, const char *condition, const char *extra)
{
    char *text = NULL;

    assert_true(
        asprintf(&text,
                 "{\"id\":\"%s\",\"etag\":\"e\",\"priority\":%d,\"targetCondition\":\"%s\",\"content\":{},\"labels\":{"
                 "\"iot-edge-connector-owner\":\"me\",\"iot-edge-connector-hub\":\"hub0\","
                 "\"iot-edge-connector-namespace\":\"ns\",\"iot-edge-connector-name\":\"%s\","
                 "\"iot-edge-connector-content-hash\":\"h\",\"extra\":\"%s\"}}",
                 id, priority, condition, name, extra) > 0);
    cJSON *tree = sim_json(text);

    free(text);
    return tree;
}

/* Of so many items, NULL ends them; it takes them. */
static struct observed list_of(cJSON *first, cJSON *second)
{
    struct observed observed = OBSERVED_INIT;
    cleanup_json cJSON *list = cJSON_CreateArray();
    cleanup_error struct error error = {NULL};

    if (first)
        cJSON_AddItemToArray(list, first);
    if (second)
        cJSON_AddItemToArray(list, second);
    if (observed_read(list, "me", "hub0", &observed, &error) < 0)
        fail_msg("%s", error_message(&error));
    return observed;
}

/* Compares, and gives the new list to the one before. */
static void compare(struct hub_drift *drift, struct observed *before, struct observed now, int64_t list_ms)
{
    hub_drift_compare(drift, before, &now, list_ms);
    observed_release(before);
    *before = now;
}

static void assert_found(struct hub_drift *drift, const char *name, const char *expected)
{
    cleanup_free char *found = hub_drift_take(drift, "ns", name);

    if (expected)
        assert_string_equal(found, expected);
    else
        assert_null(found);
}

static void test_a_first_list_tells_nothing(void **state)
{
    struct hub_drift drift;
    cleanup_observed struct observed known = OBSERVED_INIT;

    (void)state;
    hub_drift_init(&drift);
    compare(&drift, &known, list_of(item("a", "web", 10, "x", ""), NULL), 1);
    assert_found(&drift, "web", NULL);
    compare(&drift, &known, list_of(item("a", "web", 10, "x", ""), NULL), 2);
    assert_found(&drift, "web", NULL);
    hub_drift_release(&drift);
}

static void test_what_differs_is_named(void **state)
{
    struct hub_drift drift;
    cleanup_observed struct observed known = list_of(item("a", "web", 10, "x", ""), item("b", "api", 1, "y", ""));

    (void)state;
    hub_drift_init(&drift);
    compare(&drift, &known, list_of(item("a", "web", 3, "z", "else"), item("b", "api", 1, "y", "other")), 1);
    assert_true(TAILQ_FIRST(&drift.notes)->is_new);
    assert_found(
        &drift, "web",
        "configuration a: its priority was 3, not 10; its target condition was z, not x; its labels were others");
    assert_found(&drift, "web", NULL);
    assert_found(&drift, "api", "configuration b: its labels were others");
    hub_drift_release(&drift);
}

static void test_what_is_missing_is_named(void **state)
{
    struct hub_drift drift;
    cleanup_observed struct observed known = list_of(item("a", "web", 10, "x", ""), item("b", "web", 10, "x", ""));
    cJSON *foreign = item("b", "web", 10, "x", "");

    (void)state;
    hub_drift_init(&drift);
    cJSON_DeleteItemFromObjectCaseSensitive(foreign, "labels");
    compare(&drift, &known, list_of(foreign, NULL), 1);
    assert_found(&drift, "web",
                 "configuration a had been deleted; configuration b had lost the labels that say whose it is");
    hub_drift_release(&drift);
}

static void test_what_comes_back_by_itself_is_forgotten(void **state)
{
    struct hub_drift drift;
    cleanup_observed struct observed known = list_of(item("a", "web", 10, "x", ""), NULL);

    (void)state;
    hub_drift_init(&drift);
    compare(&drift, &known, list_of(NULL, NULL), 1);
    assert_false(TAILQ_EMPTY(&drift.notes));
    compare(&drift, &known, list_of(item("a", "web", 10, "x", ""), NULL), 2);
    assert_found(&drift, "web", NULL);
    hub_drift_release(&drift);
}

static void test_calls_without_an_answer_are_no_drift(void **state)
{
    struct hub_drift drift;
    cleanup_observed struct observed known = list_of(item("a", "web", 10, "x", ""), item("b", "api", 1, "y", ""));

    (void)state;
    hub_drift_init(&drift);
    hub_drift_doubt(&drift, "a", 100);
    compare(&drift, &known, list_of(item("b", "api", 1, "y", ""), NULL), 99);
    assert_found(&drift, "web", NULL);
    hub_drift_doubt(&drift, "b", 100);
    compare(&drift, &known, list_of(item("b", "api", 2, "y", ""), NULL), 99);
    assert_found(&drift, "api", NULL);
    compare(&drift, &known, list_of(item("b", "api", 3, "y", ""), NULL), 100);
    assert_found(&drift, "api", "configuration b: its priority was 3, not 2");
    hub_drift_release(&drift);
}

/* A paused Deployment gets its configuration back when it is resumed, and hears of it then. */
static void test_what_needs_no_call_is_forgotten(void **state)
{
    struct hub_drift drift;
    cleanup_observed struct observed known = list_of(item("a", "web", 10, "x", ""), item("b", "api", 1, "y", ""));

    (void)state;
    hub_drift_init(&drift);
    compare(&drift, &known, list_of(item("b", "api", 2, "y", ""), NULL), 1);
    hub_drift_settle(&drift, &known);
    assert_found(&drift, "api", NULL);
    assert_found(&drift, "web", "configuration a had been deleted");
    compare(&drift, &known, list_of(item("c", "api", 2, "y", ""), NULL), 1);
    hub_drift_settle(&drift, &known);
    assert_found(&drift, "api", NULL);
    hub_drift_release(&drift);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_first_list_tells_nothing),
        cmocka_unit_test(test_what_differs_is_named),
        cmocka_unit_test(test_what_is_missing_is_named),
        cmocka_unit_test(test_what_comes_back_by_itself_is_forgotten),
        cmocka_unit_test(test_calls_without_an_answer_are_no_drift),
        cmocka_unit_test(test_what_needs_no_call_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
