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

static const struct system_modules system_modules = {"agent:1.5", "hub:1.5", "{}"};

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

static cJSON *config_map(const char *name, const char *data)
{
    char text[512];
    snprintf(text, sizeof(text), "{\"metadata\":{\"namespace\":\"ns\",\"name\":\"%s\"},\"data\":%s}", name, data);
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

static void a_status_is_no_change_of_input(void **state)
{
    (void)state;
    struct cluster cluster;
    int64_t wait_ms = 0;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 1000, true);
    struct cluster_deployment *web = cluster_find_deployment(&cluster, "ns", "web");
    assert_non_null(web);
    assert_false(cluster_settled(&cluster, web, 2000, &wait_ms));
    assert_int_equal(wait_ms, 1000);
    assert_true(cluster_settled(&cluster, web, 3000, &wait_ms));
    put(&cluster, deployment("u1", "true", "a:1", "{\"replicas\":1}"), 5000, false);
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
    put(&cluster, deployment("u1", "true", "a:2", "{}"), 900000, true);
    struct cluster_deployment *web = cluster_find_deployment(&cluster, "ns", "web");
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

static void a_config_map_is_an_input_of_the_deployments_that_read_it(void **state)
{
    (void)state;
    struct cluster cluster;
    int64_t wait_ms = 0;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 0, true);
    struct cluster_deployment *web = cluster_find_deployment(&cluster, "ns", "web");
    const struct cluster_translation *translation = cluster_translate(&cluster, web, 0, &system_modules);
    assert_non_null(translation);
    assert_null(translation->problem);
    char before[CONTENT_HASH_SIZE];
    memcpy(before, translation->hash, sizeof(before));

    cleanup_json cJSON *other = config_map("another", "{\"createOptions\":\"{}\"}");
    assert_false(cluster_put_config_map(&cluster, other, AT(1000)));
    cleanup_json cJSON *foreign = config_map("module01", "{\"nginx.conf\":\"x\"}");
    assert_true(cluster_put_config_map(&cluster, foreign, AT(1000)));
    assert_string_equal(cluster_translate(&cluster, web, 0, &system_modules)->hash, before);
    assert_int_equal(cluster_translate(&cluster, web, 0, &system_modules)->manifest.config_map_count, 0);
    cleanup_json cJSON *ours = config_map("module01", "{\"version\":\"2.0\"}");
    assert_true(cluster_put_config_map(&cluster, ours, AT(1000)));
    assert_false(cluster_settled(&cluster, web, 1000, &wait_ms));
    assert_string_not_equal(cluster_translate(&cluster, web, 0, &system_modules)->hash, before);
    /* The same again is nothing new. */
    assert_false(cluster_put_config_map(&cluster, ours, AT(9000)));
    assert_true(cluster_remove_config_map(&cluster, ours, AT(9000)));
    assert_string_equal(cluster_translate(&cluster, web, 0, &system_modules)->hash, before);
    cluster_release(&cluster);
}

/* Of the many that nobody reads only the name is kept. One that came before its reader is to be listed anew. */
static void what_was_not_kept_is_asked_for(void **state)
{
    (void)state;
    struct cluster cluster;
    int64_t wait_ms = 0;
    cluster_init(&cluster, 1, SETTLE);
    cleanup_json cJSON *map = config_map("module01", "{\"unknown\":\"x\"}");
    assert_false(cluster_put_config_map(&cluster, map, AT(0)));
    assert_null(cluster_find_source(&cluster, CLUSTER_CONFIG_MAP, "ns", "module01")->data);
    assert_false(cluster_lacks_sources(&cluster, CLUSTER_CONFIG_MAP, 0));
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 0, true);
    struct cluster_deployment *web = cluster_find_deployment(&cluster, "ns", "web");
    assert_true(cluster_lacks_sources(&cluster, CLUSTER_CONFIG_MAP, 0));
    assert_false(cluster_settled(&cluster, web, 9000, &wait_ms));
    assert_null(cluster_translate(&cluster, web, 0, &system_modules));

    assert_true(cluster_put_config_map(&cluster, map, AT(10000)));
    assert_false(cluster_lacks_sources(&cluster, CLUSTER_CONFIG_MAP, 0));
    assert_non_null(cluster_translate(&cluster, web, 0, &system_modules));
    assert_false(cluster_settled(&cluster, web, 11000, &wait_ms));
    assert_true(cluster_settled(&cluster, web, 12000, &wait_ms));
    cluster_release(&cluster);
}

/* --- Secrets */

static char ns_name[] = "ns", other_name[] = "other";
static char *secret_names[] = {other_name, ns_name};
static const struct namespaces secrets_from = {secret_names, 2};

/* Of the watch of namespace "ns". */
#define SECRET(number, ms) (&(struct cluster_arrival){.source = 1, .round = (number), .now_ms = (ms)})

/* Reads the key a of the Secret login, when it is there if optional. */
static cJSON *reader(const char *image, bool optional)
{
    cJSON *object = deployment("u1", "true", image, "{}");
    cJSON *container = cJSON_GetArrayItem(json_at(object, "spec", "template", "spec", "containers", NULL), 0);
    cJSON *env = parse("[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"login\",\"key\":\"a\"}}}]");
    if (optional)
        cJSON_AddTrueToObject(json_at(env->child, "valueFrom", "secretKeyRef", NULL), "optional");
    cJSON_AddItemToObject(container, "env", env);
    return object;
}

static const struct cluster_translation *translated(const struct cluster *cluster)
{
    return cluster_translate(cluster, cluster_find_deployment(cluster, "ns", "web"), 0, &system_modules);
}

static void secrets_of_other_namespaces_are_refused(void **state)
{
    static char *names[] = {other_name};
    static const struct namespaces others = {names, 1};
    struct cluster cluster;
    (void)state;
    for (int i = 0; i < 2; i++) {
        cluster_init(&cluster, 1, SETTLE);
        if (i == 1)
            assert_int_equal(cluster_allow_secrets(&cluster, &others), 0);
        put(&cluster, reader("a:1", false), 0, true);
        assert_non_null(strstr(translated(&cluster)->problem, "env[0].valueFrom.secretKeyRef: Forbidden"));
        cluster_release(&cluster);
    }
}

static void a_secret_is_an_input_of_the_deployments_that_read_it(void **state)
{
    (void)state;
    struct cluster cluster;
    int64_t wait_ms = 0;
    cleanup_json cJSON *login = config_map("login", "{\"a\":\"Y2FuYXJ5LTE=\"}");
    cleanup_json cJSON *changed = config_map("login", "{\"a\":\"Y2FuYXJ5LTI=\"}");
    cluster_init(&cluster, 1, SETTLE);
    assert_int_equal(cluster_allow_secrets(&cluster, &secrets_from), 0);
    put(&cluster, reader("a:1", false), 0, true);
    struct cluster_deployment *web = cluster_find_deployment(&cluster, "ns", "web");
    /* As long as nobody knows whether it is there, nothing is said. */
    assert_true(cluster_deployment_lacks(web));
    assert_null(translated(&cluster));
    assert_false(cluster_settled(&cluster, web, 9000, &wait_ms));
    /* No watch has to list anew for that. */
    assert_false(cluster_lacks_sources(&cluster, CLUSTER_SECRET, 0));

    assert_int_equal(cluster_sweep(&cluster, CLUSTER_SECRETS, SECRET(1, 10000)), CLUSTER_HUBS_CHANGED);
    assert_non_null(strstr(translated(&cluster)->problem, "there is no Secret of this name"));
    assert_int_equal(cluster_put_secret(&cluster, login, SECRET(1, 11000)), CLUSTER_HUBS_CHANGED);
    assert_null(translated(&cluster)->problem);
    assert_non_null(strstr(translated(&cluster)->manifest.content, "canary-1"));
    assert_int_equal(translated(&cluster)->manifest.config_map_count, 0);
    cleanup_free char *names = cluster_secrets_read(&cluster, web);
    assert_string_equal(names, "login");
    assert_int_equal(cluster_put_secret(&cluster, login, SECRET(1, 12000)), CLUSTER_SAME);
    assert_int_equal(cluster_put_secret(&cluster, changed, SECRET(1, 20000)), CLUSTER_HUBS_CHANGED);
    assert_false(cluster_settled(&cluster, web, 20000, &wait_ms));
    assert_non_null(strstr(translated(&cluster)->manifest.content, "canary-2"));
    /* Another namespace's list says nothing about it, and neither does a ConfigMap of its name. */
    assert_int_equal(cluster_sweep(&cluster, CLUSTER_SECRETS, &(struct cluster_arrival){.round = 7}), CLUSTER_SAME);
    assert_int_equal(cluster_sweep(&cluster, CLUSTER_CONFIG_MAPS, SECRET(7, 0)), CLUSTER_SAME);
    assert_null(cluster_find_source(&cluster, CLUSTER_CONFIG_MAP, "ns", "login"));
    assert_int_equal(cluster_sweep(&cluster, CLUSTER_SECRETS, SECRET(2, 30000)), CLUSTER_HUBS_CHANGED);
    assert_non_null(translated(&cluster)->problem);
    cluster_release(&cluster);
}

/* What nobody reads is not kept, and what nobody reads any more neither; its name is. */
static void only_secrets_that_are_read_are_kept(void **state)
{
    (void)state;
    struct cluster cluster;
    cleanup_json cJSON *login = config_map("login", "{\"a\":\"Y2FuYXJ5LTE=\"}");
    /* A key of ours is no reason. */
    cleanup_json cJSON *other = config_map("other", "{\"createOptions\":\"e30=\"}");
    cluster_init(&cluster, 1, SETTLE);
    assert_int_equal(cluster_allow_secrets(&cluster, &secrets_from), 0);
    cluster_sweep(&cluster, CLUSTER_SECRETS, SECRET(1, 0));
    assert_int_equal(cluster_put_secret(&cluster, login, SECRET(1, 0)), CLUSTER_SAME);
    assert_int_equal(cluster_put_secret(&cluster, other, SECRET(1, 0)), CLUSTER_SAME);
    const struct cluster_source *source = cluster_find_source(&cluster, CLUSTER_SECRET, "ns", "login");
    assert_null(source->data);
    assert_null(cluster_find_source(&cluster, CLUSTER_SECRET, "ns", "other")->data);

    put(&cluster, reader("a:1", false), 0, true);
    assert_true(cluster_lacks_sources(&cluster, CLUSTER_SECRET, 1));
    assert_false(cluster_lacks_sources(&cluster, CLUSTER_SECRET, 0));
    assert_false(cluster_lacks_sources(&cluster, CLUSTER_CONFIG_MAP, 0));
    assert_int_equal(cluster_put_secret(&cluster, login, SECRET(2, 0)), CLUSTER_HUBS_CHANGED);
    assert_non_null(source->data);
    assert_false(cluster_lacks_sources(&cluster, CLUSTER_SECRET, 1));

    put(&cluster, deployment("u1", "true", "a:1", "{}"), 0, true);
    assert_null(source->data);
    put(&cluster, reader("a:1", false), 0, true);
    assert_int_equal(cluster_put_secret(&cluster, login, SECRET(3, 0)), CLUSTER_HUBS_CHANGED);
    assert_non_null(source->data);
    put(&cluster, deployment("u1", "false", "a:1", "{}"), 0, true);
    assert_null(source->data);
    cluster_release(&cluster);
}

/* What is said of values that cannot be used names their place, never them. */
static void no_sentence_tells_a_value(void **state)
{
    /* As base64: "canary" and a byte that is no UTF-8; what is no base64. */
    static const char *const values[] = {"Y2FuYXJ5/w==", "Y2FuYXJ5!"};
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct cluster cluster;
        char data[64];
        snprintf(data, sizeof(data), "{\"a\":\"%s\"}", values[i]);
        cleanup_json cJSON *login = config_map("login", data);
        cluster_init(&cluster, 1, SETTLE);
        assert_int_equal(cluster_allow_secrets(&cluster, &secrets_from), 0);
        put(&cluster, reader("a:1", false), 0, true);
        cluster_put_secret(&cluster, login, SECRET(1, 0));
        cluster_sweep(&cluster, CLUSTER_SECRETS, SECRET(1, 0));
        assert_non_null(strstr(translated(&cluster)->problem, "env[0].valueFrom.secretKeyRef"));
        assert_null(strstr(translated(&cluster)->problem, "canary"));
        assert_null(strstr(translated(&cluster)->problem, "Y2Fu"));
        cluster_release(&cluster);
    }
}

static void a_bad_config_map_is_a_problem_of_the_deployment(void **state)
{
    (void)state;
    struct cluster cluster;
    cluster_init(&cluster, 1, SETTLE);
    put(&cluster, deployment("u1", "true", "a:1", "{}"), 0, true);
    cleanup_json cJSON *bad = config_map("module01", "{\"createOptions\":\"{not json\"}");
    assert_true(cluster_put_config_map(&cluster, bad, AT(0)));
    const struct cluster_translation *translation =
        cluster_translate(&cluster, cluster_find_deployment(&cluster, "ns", "web"), 0, &system_modules);
    assert_non_null(translation->problem);
    assert_non_null(strstr(translation->problem, "module01"));
    assert_non_null(strstr(translation->problem, "createOptions"));
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
        cmocka_unit_test(a_config_map_is_an_input_of_the_deployments_that_read_it),
        cmocka_unit_test(what_was_not_kept_is_asked_for),
        cmocka_unit_test(secrets_of_other_namespaces_are_refused),
        cmocka_unit_test(a_secret_is_an_input_of_the_deployments_that_read_it),
        cmocka_unit_test(only_secrets_that_are_read_are_kept),
        cmocka_unit_test(no_sentence_tells_a_value),
        cmocka_unit_test(a_bad_config_map_is_a_problem_of_the_deployment),
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
