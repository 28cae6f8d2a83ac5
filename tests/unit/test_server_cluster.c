#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "server/cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SETTLE 2000

static cJSON *parse(const char *text)
{
    cJSON *tree = NULL;
    struct error error = {NULL};
    if (json_parse(text, strlen(text), &tree, &error) < 0)
        fail_msg("%s", error_message(&error));
    return tree;
}

/* annotations: members of the template's, after isEdgeDeployment. */
static cJSON *deployment(const char *uid, const char *is_edge, const char *image, const char *status)
{
    char text[2048];
    snprintf(text, sizeof(text),
             "{\"metadata\":{\"namespace\":\"ns\",\"name\":\"web\",\"uid\":\"%s\",\"generation\":1},"
             "\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"app\":\"web\"}},\"template\":{\"metadata\":{"
             "\"labels\":"
             "{\"app\":\"web\"},\"annotations\":{\"isEdgeDeployment\":\"%s\",\"targetCondition\":\"deviceId='d'\"}},"
             "\"spec\":{\"containers\":[{\"name\":\"module01\",\"image\":\"%s\"}]}}},\"status\":%s}",
             uid, is_edge, image, status);
    return parse(text);
}

/* By an event at that time, or by a watch of pods. */
#define AT(ms)     (&(struct cluster_arrival){.round = 1, .now_ms = (ms)})
#define BY(number) (&(struct cluster_arrival){.source = (number), .round = 1})

static void put(struct cluster *cluster, cJSON *object, int64_t now_ms, bool expect_changed)
{
    cleanup_json cJSON *owned = object;
    assert_int_equal(cluster_put_deployment(cluster, owned, AT(now_ms)),
                     expect_changed ? CLUSTER_HUBS_CHANGED : CLUSTER_SAME);
}

/* Nothing that it reads is there. */
static struct cluster_deployment *known(struct cluster *cluster)
{
    struct cluster_source *source = NULL;
    int64_t wait_ms = 0;
    cluster->config_maps_listed = true;
    while ((source = cluster_source_next(cluster, 0, SETTLE, &wait_ms)) != NULL)
        cluster_source_missing(cluster, source, false, 0);
    return cluster_find_deployment(cluster, "ns", "web");
}

static void a_status_is_no_change_of_input(void **state)
{
    (void)state;
    struct cluster cluster;
    int64_t wait_ms = 0;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 1000, true);
    struct cluster_deployment *web = known(&cluster);
    assert_non_null(web);
    put(&cluster, deployment("u1", "true", "a:0", "{}"), 1000, true);
    assert_false(cluster_settled(&cluster, web, 2000, &wait_ms));
    assert_int_equal(wait_ms, 1000);
    assert_true(cluster_settled(&cluster, web, 3000, &wait_ms));
    put(&cluster, deployment("u1", "true", "a:0", "{\"replicas\":1}"), 5000, false);
    assert_true(cluster_settled(&cluster, web, 5000, &wait_ms));
    put(&cluster, deployment("u1", "true", "a:2", "{\"replicas\":1}"), 6000, true);
    assert_false(cluster_settled(&cluster, web, 6000, &wait_ms));
    cluster_release(&cluster);
}

static void settling_has_an_end(void **state)
{
    (void)state;
    struct cluster cluster;
    int64_t wait_ms = 0;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "true", "a", "{}"), 1000, true);
    known(&cluster);
    for (int i = 0; i < 20; i++) {
        char image[16];
        snprintf(image, sizeof(image), "a:%d", i);
        put(&cluster, deployment("u1", "true", image, "{}"), 1000 + i * 1000, true);
    }
    /* Changed a moment ago, but restless for ten times the quiet period. */
    assert_true(cluster_settled(&cluster, cluster_find_deployment(&cluster, "ns", "web"), 21000, &wait_ms));
    cluster_release(&cluster);
}

/* Nobody may have asked in between: a paused one is not forwarded. */
static void a_rest_begins_a_new_period(void **state)
{
    (void)state;
    struct cluster cluster;
    int64_t wait_ms = 0;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 1000, true);
    struct cluster_deployment *web = known(&cluster);
    put(&cluster, deployment("u1", "true", "a:2", "{}"), 900000, true);
    assert_false(cluster_settled(&cluster, web, 901000, &wait_ms));
    assert_int_equal(wait_ms, 1000);
    assert_true(cluster_settled(&cluster, web, 902000, &wait_ms));
    cluster_release(&cluster);
}

static void what_was_listed_may_be_older_than_we_know(void **state)
{
    (void)state;
    struct cluster cluster;
    struct cluster_arrival listed = {.round = 1, .in_list = true, .now_ms = 7000};
    cluster_init(&cluster, 1, SETTLE);
    cleanup_json cJSON *first = deployment("u1", "true", "a:1", "{}");
    cluster_put_deployment(&cluster, first, &listed);
    struct cluster_deployment *web = cluster_find_deployment(&cluster, "ns", "web");
    assert_int_equal(web->born_ms, 0);
    /* Made anew while we watched. */
    put(&cluster, deployment("u2", "true", "a:1", "{}"), 8000, true);
    assert_int_equal(web->born_ms, 8000);
    put(&cluster, deployment("u2", "true", "a:2", "{}"), 9000, true);
    assert_int_equal(web->born_ms, 8000);
    cluster_release(&cluster);
}

static void an_end_is_remembered_until_every_hub_is_done(void **state)
{
    (void)state;
    struct cluster cluster;
    cluster_init(&cluster, 2, SETTLE);
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 0, true);
    cleanup_json cJSON *last = deployment("u1", "true", "a:1", "{}");
    assert_true(cluster_remove_deployment(&cluster, last, AT(0)));
    assert_true(cluster_is_gone(&cluster, "ns", "web"));
    cluster_gone_done(&cluster, TAILQ_FIRST(&cluster.gones), 0);
    assert_true(cluster_is_gone(&cluster, "ns", "web"));
    cluster_gone_done(&cluster, TAILQ_FIRST(&cluster.gones), 1);
    assert_false(cluster_is_gone(&cluster, "ns", "web"));
    /* One that nobody knew is not ended. */
    assert_false(cluster_remove_deployment(&cluster, last, AT(0)));
    assert_false(cluster_is_gone(&cluster, "ns", "web"));
    cluster_release(&cluster);
}

static void a_deployment_made_again_is_not_gone(void **state)
{
    (void)state;
    struct cluster cluster;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 0, true);
    cleanup_json cJSON *last = deployment("u1", "true", "a:1", "{}");
    cluster_remove_deployment(&cluster, last, AT(0));
    put(&cluster, deployment("u2", "true", "a:1", "{}"), 0, true);
    assert_false(cluster_is_gone(&cluster, "ns", "web"));
    cluster_release(&cluster);
}

static void an_end_is_that_of_one_uid_and_remembers_the_policy(void **state)
{
    (void)state;
    struct cluster cluster;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u2", "true", "a:1", "{}"), 0, true);
    cleanup_json cJSON *last = deployment("u1", "true", "a:1", "{}");
    assert_int_equal(cluster_remove_deployment(&cluster, last, AT(0)), CLUSTER_SAME);
    assert_non_null(cluster_find_deployment(&cluster, "ns", "web"));
    cJSON_ReplaceItemInObjectCaseSensitive(json_get(last, "metadata"), "uid", cJSON_CreateString("u2"));
    cJSON_AddItemToObject(json_get(last, "metadata"), "annotations",
                          parse("{\"iot-edge-connector/reconcile-policy\":\"detach-on-delete\"}"));
    assert_int_equal(cluster_remove_deployment(&cluster, last, AT(0)), CLUSTER_HUBS_CHANGED);
    assert_int_equal(TAILQ_FIRST(&cluster.gones)->policy, RECONCILE_DETACH_ON_DELETE);
    cluster_release(&cluster);
}

static void one_that_is_no_edge_deployment_any_more_has_ended(void **state)
{
    (void)state;
    struct cluster cluster;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "false", "a:1", "{}"), 0, false);
    assert_false(cluster_is_gone(&cluster, "ns", "web"));
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 0, true);
    put(&cluster, deployment("u1", "false", "a:1", "{}"), 0, true);
    assert_null(cluster_find_deployment(&cluster, "ns", "web"));
    assert_true(cluster_is_gone(&cluster, "ns", "web"));
    cluster_release(&cluster);
}

static void absence_from_a_list_is_no_end(void **state)
{
    (void)state;
    struct cluster cluster;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 0, true);
    assert_true(cluster_sweep(&cluster, CLUSTER_DEPLOYMENTS, &(struct cluster_arrival){.round = 2}));
    assert_null(cluster_find_deployment(&cluster, "ns", "web"));
    assert_false(cluster_is_gone(&cluster, "ns", "web"));
    cluster_release(&cluster);
}

static cJSON *pod(const char *version, const char *node, const char *gate)
{
    char text[1024];
    snprintf(
        text, sizeof(text),
        "{\"metadata\":{\"namespace\":\"ns\",\"name\":\"web-1\",\"uid\":\"p1\",\"resourceVersion\":\"%s\","
        "\"annotations\":{\"isEdgeDeployment\":"
        "\"true\"},"
        "\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"uid\":\"r1\",\"name\":\"web-x\",\"controller\":true}]},"
        "\"spec\":{%s%s\"containers\":[{\"name\":\"module01\",\"image\":\"a:1\"}]},\"status\":{\"phase\":\"Pending\"}}",
        version, node, gate);
    return parse(text);
}

static void a_bound_pod_does_not_leave_with_the_watch_of_the_unbound(void **state)
{
    (void)state;
    struct cluster cluster;
    cluster_init(&cluster, 1, SETTLE);
    cleanup_json cJSON *gated = pod("9", "", "\"schedulingGates\":[{\"name\":\"iot-edge-connector/placement\"}],");
    cleanup_json cJSON *bound = pod("10", "\"nodeName\":\"n\",", "");
    assert_int_equal(cluster_put_pod(&cluster, gated, BY(0)), CLUSTER_CHANGED);
    assert_true(TAILQ_FIRST(&cluster.pods)->gated);
    assert_int_equal(cluster_put_pod(&cluster, bound, BY(1)), CLUSTER_HUBS_CHANGED);
    assert_int_equal(cluster_remove_pod(&cluster, gated, BY(0)), CLUSTER_SAME);
    assert_false(TAILQ_EMPTY(&cluster.pods));
    assert_string_equal(TAILQ_FIRST(&cluster.pods)->node_name, "n");
    assert_int_equal(cluster_remove_pod(&cluster, bound, BY(1)), CLUSTER_HUBS_CHANGED);
    assert_true(TAILQ_EMPTY(&cluster.pods));
    cluster_release(&cluster);
}

/* The answer to the PATCH that pinned it, or the other watch, may come after the news that it is bound. */
static void old_news_of_a_pod_are_no_news(void **state)
{
    (void)state;
    struct cluster cluster;
    cluster_init(&cluster, 1, SETTLE);
    cleanup_json cJSON *bound = pod("10", "\"nodeName\":\"n\",", "");
    cleanup_json cJSON *pinned = pod("9", "", "");
    assert_int_equal(cluster_put_pod(&cluster, bound, BY(1)), CLUSTER_HUBS_CHANGED);
    assert_int_equal(cluster_refresh_pod(&cluster, pinned), CLUSTER_SAME);
    assert_int_equal(cluster_put_pod(&cluster, pinned, BY(0)), CLUSTER_SAME);
    assert_string_equal(TAILQ_FIRST(&cluster.pods)->node_name, "n");
    assert_int_equal(cluster_remove_pod(&cluster, pinned, BY(0)), CLUSTER_SAME);
    assert_false(TAILQ_EMPTY(&cluster.pods));
    cluster_release(&cluster);
}

static void what_a_pod_does_on_its_node_is_no_concern_of_the_hubs(void **state)
{
    (void)state;
    struct cluster cluster;
    cluster_init(&cluster, 1, SETTLE);
    cleanup_json cJSON *bound = pod("10", "\"nodeName\":\"n\",", "");
    cleanup_json cJSON *later = pod("11", "\"nodeName\":\"n\",", "");
    assert_int_equal(cluster_put_pod(&cluster, bound, BY(1)), CLUSTER_HUBS_CHANGED);
    assert_int_equal(cluster_put_pod(&cluster, bound, BY(1)), CLUSTER_SAME);
    assert_int_equal(cluster_refresh_pod(&cluster, later), CLUSTER_CHANGED);
    assert_int_equal(cluster_put_pod(&cluster, later, BY(1)), CLUSTER_SAME);
    cleanup_json cJSON *leaving = pod("12", "\"nodeName\":\"n\",", "");
    cJSON_AddStringToObject(json_get(leaving, "metadata"), "deletionTimestamp", "2026-11-23T16:39:23Z");
    assert_int_equal(cluster_put_pod(&cluster, leaving, BY(1)), CLUSTER_HUBS_CHANGED);
    assert_int_equal(cluster_remove_pod(&cluster, leaving, BY(1)), CLUSTER_CHANGED);
    cluster_release(&cluster);
}

static void a_pod_finds_its_deployment_through_its_replica_set(void **state)
{
    (void)state;
    struct cluster cluster;
    bool current = false;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 0, true);
    cleanup_json cJSON *unowned = pod("10", "\"nodeName\":\"n\",", "");
    cluster_put_pod(&cluster, unowned, BY(1));
    assert_null(cluster_pod_deployment(&cluster, TAILQ_FIRST(&cluster.pods), &current));

    cleanup_json cJSON *set = deployment("r1", "true", "a:1", "{}");
    cleanup_json cJSON *owners =
        parse("[{\"kind\":\"Deployment\",\"uid\":\"u1\",\"name\":\"web\",\"controller\":true}]");
    cJSON_AddItemToObject(json_get(set, "metadata"), "ownerReferences", cJSON_Duplicate(owners, true));
    cJSON_AddStringToObject(json_at(set, "spec", "template", "metadata", "labels", NULL), "pod-template-hash", "x");
    assert_true(cluster_put_replica_set(&cluster, set, AT(0)));
    assert_ptr_equal(cluster_pod_deployment(&cluster, TAILQ_FIRST(&cluster.pods), &current),
                     cluster_find_deployment(&cluster, "ns", "web"));
    assert_true(current);
    put(&cluster, deployment("u1", "true", "a:2", "{}"), 0, true);
    cluster_pod_deployment(&cluster, TAILQ_FIRST(&cluster.pods), &current);
    assert_false(current);
    /* Another Deployment of that name is not the owner. */
    put(&cluster, deployment("u2", "true", "a:1", "{}"), 0, true);
    assert_null(cluster_pod_deployment(&cluster, TAILQ_FIRST(&cluster.pods), &current));
    cluster_release(&cluster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_is_no_change_of_input),
        cmocka_unit_test(settling_has_an_end),
        cmocka_unit_test(a_rest_begins_a_new_period),
        cmocka_unit_test(what_was_listed_may_be_older_than_we_know),
        cmocka_unit_test(an_end_is_remembered_until_every_hub_is_done),
        cmocka_unit_test(a_deployment_made_again_is_not_gone),
        cmocka_unit_test(an_end_is_that_of_one_uid_and_remembers_the_policy),
        cmocka_unit_test(one_that_is_no_edge_deployment_any_more_has_ended),
        cmocka_unit_test(absence_from_a_list_is_no_end),
        cmocka_unit_test(a_bound_pod_does_not_leave_with_the_watch_of_the_unbound),
        cmocka_unit_test(old_news_of_a_pod_are_no_news),
        cmocka_unit_test(what_a_pod_does_on_its_node_is_no_concern_of_the_hubs),
        cmocka_unit_test(a_pod_finds_its_deployment_through_its_replica_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
