/* ConfigMaps and Secrets as the cluster knows them: which are kept, when they are read, when one that is missing
 * counts.
 */
#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "server/cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SETTLE  2000
#define ABSENCE 60000

static const struct system_modules system_modules = {"agent:1.5", "hub:1.5", "{}"};
static char ns_name[] = "ns", other_name[] = "other";
static char *secret_names[] = {other_name, ns_name};
static const struct namespaces secrets_from = {secret_names, 2};

static cJSON *parse(const char *text)
{
    cJSON *tree = NULL;
    struct error error = {NULL};
    if (json_parse(text, strlen(text), &tree, &error) < 0)
        fail_msg("%s", error_message(&error));
    return tree;
}

/* What the API server has: an object by its kind and name. */
struct world {
    struct cluster cluster;
    cJSON *stored[CLUSTER_SOURCE_KINDS];
    unsigned version;
    unsigned readings;
};

static void world_init(struct world *world)
{
    *world = (struct world){.version = 1};
    cluster_init(&world->cluster, 1, SETTLE);
    assert_int_equal(cluster_allow_secrets(&world->cluster, &secrets_from), 0);
    for (size_t i = 0; i < CLUSTER_SOURCE_KINDS; i++)
        world->stored[i] = cJSON_CreateObject();
}

static void world_release(struct world *world)
{
    cluster_release(&world->cluster);
    for (size_t i = 0; i < CLUSTER_SOURCE_KINDS; i++)
        cJSON_Delete(world->stored[i]);
}

#define cleanup_world __attribute__((cleanup(world_release)))

/* By the watch of that kind, at that time. Secrets: that of namespace "ns". */
static struct cluster_arrival arrival(enum cluster_source_kind kind, int64_t now_ms)
{
    return (struct cluster_arrival){.source = kind == CLUSTER_SECRET, .round = 1, .now_ms = now_ms};
}

static enum cluster_change tell(struct world *world, enum cluster_source_kind kind, const cJSON *object, int64_t now_ms)
{
    struct cluster_arrival by = arrival(kind, now_ms);
    return kind == CLUSTER_SECRET ? cluster_put_secret(&world->cluster, object, &by)
                                  : cluster_put_config_map(&world->cluster, object, &by);
}

/* Stored, and told by the watch. */
static void store(struct world *world, enum cluster_source_kind kind, const char *name, const char *data,
                  int64_t now_ms)
{
    char text[512];
    snprintf(text, sizeof(text),
             "{\"metadata\":{\"namespace\":\"ns\",\"name\":\"%s\",\"resourceVersion\":\"%u\"},\"data\":%s}", name,
             world->version++, data);
    cJSON *object = parse(text);
    cJSON_DeleteItemFromObjectCaseSensitive(world->stored[kind], name);
    cJSON_AddItemToObject(world->stored[kind], name, object);
    tell(world, kind, object, now_ms);
}

static enum cluster_change drop(struct world *world, enum cluster_source_kind kind, const char *name, int64_t now_ms)
{
    cleanup_json cJSON *object = cJSON_DetachItemFromObjectCaseSensitive(world->stored[kind], name);
    struct cluster_arrival by = arrival(kind, now_ms);
    return kind == CLUSTER_SECRET ? cluster_remove_secret(&world->cluster, object, &by)
                                  : cluster_remove_config_map(&world->cluster, object, &by);
}

static enum cluster_change list(struct world *world, enum cluster_source_kind kind, int64_t now_ms)
{
    struct cluster_arrival by = arrival(kind, now_ms);
    const cJSON *object = NULL;
    cluster_expect_sources(&world->cluster, kind, &by);
    cJSON_ArrayForEach(object, world->stored[kind])
    {
        tell(world, kind, object, now_ms);
    }
    return cluster_sweep(&world->cluster, kind == CLUSTER_SECRET ? CLUSTER_SECRETS : CLUSTER_CONFIG_MAPS, &by);
}

/* Whatever is due is read; what is missing for long enough counts. */
static void read_all(struct world *world, int64_t now_ms)
{
    struct cluster_source *source = NULL;
    int64_t wait_ms = 0;
    while ((source = cluster_source_next(&world->cluster, now_ms, ABSENCE, &wait_ms)) != NULL) {
        const cJSON *object = json_get(world->stored[source->kind], source->name);
        bool counts = !source->due;
        world->readings++;
        if (object)
            cluster_source_found(&world->cluster, source, object, now_ms);
        else
            cluster_source_missing(&world->cluster, source, counts, now_ms);
    }
}

static void list_both(struct world *world)
{
    list(world, CLUSTER_CONFIG_MAP, 0);
    list(world, CLUSTER_SECRET, 0);
}

static void put_named(struct world *world, const char *name, const char *is_edge, const char *extra, int64_t now_ms)
{
    char text[2048];
    snprintf(text, sizeof(text),
             "{\"metadata\":{\"namespace\":\"ns\",\"name\":\"%s\",\"uid\":\"u-%s\",\"generation\":1},\"spec\":{"
             "\"replicas\":1,\"selector\":{\"matchLabels\":{\"app\":\"web\"}},\"template\":{\"metadata\":{\"labels\":{"
             "\"app\":\"web\"},\"annotations\":{\"isEdgeDeployment\":\"%s\",\"targetCondition\":\"deviceId='d'\"}},"
             "\"spec\":{\"containers\":[{\"name\":\"module01\",\"image\":\"a:1\"%s}]}}},\"status\":{}}",
             name, name, is_edge, extra);
    cleanup_json cJSON *object = parse(text);
    struct cluster_arrival by = arrival(CLUSTER_CONFIG_MAP, now_ms);
    cluster_put_deployment(&world->cluster, object, &by);
}

static void put(struct world *world, const char *extra, int64_t now_ms)
{
    put_named(world, "web", "true", extra, now_ms);
}

#define READS_LOGIN ",\"env\":[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"login\",\"key\":\"a\"}}}]"

static struct cluster_deployment *web(const struct world *world)
{
    return cluster_find_deployment(&world->cluster, "ns", "web");
}

static const struct cluster_translation *translated(const struct world *world)
{
    return cluster_translate(&world->cluster, web(world), 0, &system_modules);
}

static bool settled(const struct world *world, int64_t now_ms)
{
    int64_t wait_ms = 0;
    return cluster_settled(&world->cluster, web(world), now_ms, &wait_ms);
}

static const struct cluster_source *found(const struct world *world, enum cluster_source_kind kind, const char *name)
{
    return cluster_find_source(&world->cluster, kind, "ns", name);
}

/* --- which are kept --------------------------------------------------------------------------- */

static void of_those_that_nobody_reads_nothing_is_kept(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 0);
    store(&world, CLUSTER_SECRET, "login", "{\"a\":\"Y2FuYXJ5\"}", 0);
    list_both(&world);
    read_all(&world, 0);
    assert_int_equal(world.readings, 0);
    assert_null(found(&world, CLUSTER_CONFIG_MAP, "module01"));
    assert_null(found(&world, CLUSTER_SECRET, "login"));

    put(&world, "", 0);
    put_named(&world, "other", "true", "", 0);
    read_all(&world, 0);
    assert_int_equal(world.readings, 3); /* edgehub, edgeagent, module01: once for both */
    assert_non_null(found(&world, CLUSTER_CONFIG_MAP, "module01")->data);
    assert_null(found(&world, CLUSTER_SECRET, "login"));
    put_named(&world, "other", "false", "", 0);
    assert_non_null(found(&world, CLUSTER_CONFIG_MAP, "module01")->data);
    put_named(&world, "web", "false", "", 0);
    assert_null(found(&world, CLUSTER_CONFIG_MAP, "module01"));
}

static void a_secret_that_is_not_read_any_more_is_forgotten(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    list_both(&world);
    store(&world, CLUSTER_SECRET, "login", "{\"a\":\"Y2FuYXJ5\"}", 0);
    put(&world, READS_LOGIN, 0);
    read_all(&world, 0);
    assert_non_null(found(&world, CLUSTER_SECRET, "login")->data);
    put(&world, "", 0);
    assert_null(found(&world, CLUSTER_SECRET, "login"));
}

static void secrets_of_other_namespaces_are_refused(void **state)
{
    static char *names[] = {other_name};
    static const struct namespaces others = {names, 1};
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    world.cluster.secrets_from = &others;
    put(&world, READS_LOGIN, 0);
    list(&world, CLUSTER_CONFIG_MAP, 0);
    assert_null(found(&world, CLUSTER_SECRET, "login"));
    assert_non_null(strstr(translated(&world)->problem, "env[0].valueFrom.secretKeyRef: Forbidden"));
}

/* --- when they are read ----------------------------------------------------------------------- */

/* A list shows for nothing what is not there; only what is there has to be read. */
static void a_list_spares_readings(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 0);
    put(&world, "", 0);
    read_all(&world, 0);
    assert_int_equal(world.readings, 0); /* nobody would tell of a change yet */
    assert_true(cluster_deployment_lacks(web(&world)));
    list(&world, CLUSTER_CONFIG_MAP, 0);
    assert_true(cluster_deployment_lacks(web(&world)));
    assert_null(translated(&world));
    read_all(&world, 0);
    assert_int_equal(world.readings, 1);
    assert_false(cluster_deployment_lacks(web(&world)));
    assert_int_equal(translated(&world)->manifest.config_map_count, 1);
}

/* One that is asked for while a list runs may have been missed by it. */
static void a_list_that_began_before_says_nothing(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    struct cluster_arrival by = arrival(CLUSTER_CONFIG_MAP, 0);
    cluster_expect_sources(&world.cluster, CLUSTER_CONFIG_MAP, &by);
    put(&world, "", 0);
    cluster_sweep(&world.cluster, CLUSTER_CONFIG_MAPS, &by);
    assert_true(cluster_deployment_lacks(web(&world)));
    read_all(&world, 0);
    assert_int_equal(world.readings, 3);
    assert_false(cluster_deployment_lacks(web(&world)));
}

static void another_version_is_read_and_the_same_is_not(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    list_both(&world);
    put(&world, "", 0);
    read_all(&world, 0);
    store(&world, CLUSTER_CONFIG_MAP, "another", "{\"version\":\"2\"}", 1000);
    read_all(&world, 1000);
    assert_int_equal(world.readings, 3);
    assert_true(settled(&world, SETTLE));
    char before[CONTENT_HASH_SIZE];
    memcpy(before, translated(&world)->hash, sizeof(before));

    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 5000);
    assert_false(settled(&world, 90000)); /* not before it is read */
    read_all(&world, 5000);
    assert_int_equal(world.readings, 4);
    assert_false(settled(&world, 5000));
    assert_true(settled(&world, 5000 + SETTLE));
    assert_string_not_equal(translated(&world)->hash, before);
    list(&world, CLUSTER_CONFIG_MAP, 9000);
    read_all(&world, 9000);
    assert_int_equal(world.readings, 4);
    /* A label on it is another version of the same data. */
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 10000);
    read_all(&world, 10000);
    assert_int_equal(world.readings, 5);
    assert_true(settled(&world, 10000));
}

static void one_that_changes_all_the_time_is_read_now_and_then(void **state)
{
    (void)state;
    cleanup_world struct world world;
    int64_t wait_ms = 0;
    world_init(&world);
    list_both(&world);
    put(&world, "", 0);
    read_all(&world, 0);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 1000);
    read_all(&world, 1000);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"3\"}", 1001);
    assert_null(cluster_source_next(&world.cluster, 1001, ABSENCE, &wait_ms));
    assert_int_equal(wait_ms, 199);
    read_all(&world, 1200);
    assert_string_equal(json_string(found(&world, CLUSTER_CONFIG_MAP, "module01")->data, "version"), "3");
}

static void what_cannot_be_read_is_tried_again_with_pauses(void **state)
{
    (void)state;
    cleanup_world struct world world;
    int64_t wait_ms = 0, now_ms = 0;
    world_init(&world);
    list_both(&world);
    put(&world, "", 0);
    read_all(&world, 0);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{}", 1000);
    now_ms = 1000;
    for (int i = 0; i < 20; i++) {
        struct cluster_source *source = cluster_source_next(&world.cluster, now_ms, ABSENCE, &wait_ms);
        assert_non_null(source);
        assert_int_equal(cluster_source_failed(source, "403", now_ms), i == 0 ? CLUSTER_HUBS_CHANGED : CLUSTER_SAME);
        assert_string_equal(source->trouble, "403");
        assert_null(cluster_source_next(&world.cluster, now_ms, ABSENCE, &wait_ms));
        assert_in_range(wait_ms, 500, 60500);
        now_ms += wait_ms;
        assert_true(cluster_deployment_lacks(web(&world)));
    }
    read_all(&world, now_ms);
    assert_null(found(&world, CLUSTER_CONFIG_MAP, "module01")->trouble);
    assert_false(cluster_deployment_lacks(web(&world)));
}

/* --- when one that is missing counts ---------------------------------------------------------- */

static void what_is_missing_counts_after_a_while(void **state)
{
    (void)state;
    cleanup_world struct world world;
    int64_t wait_ms = 0;
    world_init(&world);
    list_both(&world);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 0);
    put(&world, "", 0);
    read_all(&world, 0);
    char before[CONTENT_HASH_SIZE];
    memcpy(before, translated(&world)->hash, sizeof(before));
    world.readings = 0;

    assert_int_equal(drop(&world, CLUSTER_CONFIG_MAP, "module01", 10000), CLUSTER_HUBS_CHANGED);
    assert_true(cluster_deployment_misses(web(&world)));
    assert_false(cluster_source_is_absent(&world.cluster, CLUSTER_CONFIG_MAP, "ns", "module01"));
    assert_string_equal(translated(&world)->hash, before);
    assert_null(cluster_source_next(&world.cluster, 10000, ABSENCE, &wait_ms));
    assert_int_equal(wait_ms, ABSENCE);
    read_all(&world, 10000 + ABSENCE - 1);
    assert_int_equal(world.readings, 0);
    read_all(&world, 10000 + ABSENCE);
    assert_int_equal(world.readings, 1);
    assert_false(cluster_deployment_misses(web(&world)));
    assert_true(cluster_source_is_absent(&world.cluster, CLUSTER_CONFIG_MAP, "ns", "module01"));
    assert_string_not_equal(translated(&world)->hash, before);
}

static void what_comes_back_in_time_was_never_missing(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    list_both(&world);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 0);
    put(&world, "", 0);
    read_all(&world, 0);
    drop(&world, CLUSTER_CONFIG_MAP, "module01", 10000);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 20000);
    assert_false(cluster_deployment_misses(web(&world)));
    assert_true(cluster_deployment_lacks(web(&world)));
    read_all(&world, 20000);
    assert_true(settled(&world, 20000)); /* the data are the same: nothing changed */
    read_all(&world, 20000 + ABSENCE);
    assert_false(cluster_source_is_absent(&world.cluster, CLUSTER_CONFIG_MAP, "ns", "module01"));
}

/* A watch that broke off may have missed the end; a list shows it, and again only after a while it counts. */
static void what_a_list_does_not_show_is_missing(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    list_both(&world);
    store(&world, CLUSTER_SECRET, "login", "{\"a\":\"Y2FuYXJ5\"}", 0);
    put(&world, READS_LOGIN, 0);
    read_all(&world, 0);
    /* Another namespace's list, and one of ConfigMaps, say nothing about it. */
    struct cluster_arrival other = {.source = 0, .round = 1, .now_ms = 5000};
    cluster_expect_sources(&world.cluster, CLUSTER_SECRET, &other);
    assert_int_equal(cluster_sweep(&world.cluster, CLUSTER_SECRETS, &other), CLUSTER_SAME);
    list(&world, CLUSTER_CONFIG_MAP, 5000);
    assert_false(cluster_deployment_misses(web(&world)));

    cJSON_DeleteItemFromObjectCaseSensitive(world.stored[CLUSTER_SECRET], "login");
    assert_int_equal(list(&world, CLUSTER_SECRET, 10000), CLUSTER_HUBS_CHANGED);
    assert_true(cluster_deployment_misses(web(&world)));
    assert_null(translated(&world)->problem);
    read_all(&world, 10000 + ABSENCE);
    assert_non_null(strstr(translated(&world)->problem, "there is no Secret of this name"));
}

static void nothing_counts_while_its_deployment_is_being_deleted(void **state)
{
    (void)state;
    cleanup_world struct world world;
    int64_t wait_ms = 0;
    world_init(&world);
    list_both(&world);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 0);
    put(&world, "", 0);
    read_all(&world, 0);
    web(&world)->deleting = true;
    drop(&world, CLUSTER_CONFIG_MAP, "module01", 10000);
    assert_null(cluster_source_next(&world.cluster, 10000 + 2 * ABSENCE, ABSENCE, &wait_ms));
    /* Another one lives, and misses it. */
    put_named(&world, "other", "true", "", 0);
    assert_non_null(cluster_source_next(&world.cluster, 10000 + 2 * ABSENCE, ABSENCE, &wait_ms));
}

/* Whoever looks finds its namespace on the way out, or cannot tell. */
static void what_does_not_count_yet_is_looked_at_again(void **state)
{
    (void)state;
    cleanup_world struct world world;
    int64_t wait_ms = 0;
    world_init(&world);
    list_both(&world);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"version\":\"2\"}", 0);
    put(&world, "", 0);
    read_all(&world, 0);
    drop(&world, CLUSTER_CONFIG_MAP, "module01", ABSENCE);
    struct cluster_source *source = cluster_source_next(&world.cluster, 2 * ABSENCE, ABSENCE, &wait_ms);
    assert_non_null(source);
    cluster_source_missing(&world.cluster, source, false, 2 * ABSENCE);
    cluster_source_postpone(source, 3 * ABSENCE);
    assert_true(cluster_deployment_misses(web(&world)));
    assert_null(cluster_source_next(&world.cluster, 2 * ABSENCE, ABSENCE, &wait_ms));
    assert_int_equal(wait_ms, ABSENCE);
    assert_ptr_equal(cluster_source_next(&world.cluster, 3 * ABSENCE, ABSENCE, &wait_ms), source);
}

/* --- what the translation makes of them ------------------------------------------------------- */

static void a_secret_is_an_input_of_the_deployments_that_read_it(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    put(&world, READS_LOGIN, 0);
    list(&world, CLUSTER_CONFIG_MAP, 0);
    /* As long as nobody knows whether it is there, nothing is said. */
    assert_true(cluster_deployment_lacks(web(&world)));
    assert_null(translated(&world));
    assert_false(settled(&world, 9000));

    assert_int_equal(list(&world, CLUSTER_SECRET, 10000), CLUSTER_HUBS_CHANGED);
    assert_non_null(strstr(translated(&world)->problem, "there is no Secret of this name"));
    store(&world, CLUSTER_SECRET, "login", "{\"a\":\"Y2FuYXJ5LTE=\"}", 11000);
    read_all(&world, 11000);
    assert_null(translated(&world)->problem);
    assert_non_null(strstr(translated(&world)->manifest.content, "canary-1"));
    assert_int_equal(translated(&world)->manifest.config_map_count, 0);
    cleanup_free char *names = cluster_secrets_read(web(&world));
    assert_string_equal(names, "login");
    store(&world, CLUSTER_SECRET, "login", "{\"a\":\"Y2FuYXJ5LTI=\"}", 20000);
    read_all(&world, 20000);
    assert_false(settled(&world, 20000));
    assert_non_null(strstr(translated(&world)->manifest.content, "canary-2"));
    /* A ConfigMap of its name is another thing. */
    assert_null(found(&world, CLUSTER_CONFIG_MAP, "login"));
}

/* What is said of values that cannot be used names their place, never them. */
static void no_sentence_tells_a_value(void **state)
{
    /* As base64: "canary" and a byte that is no UTF-8; what is no base64. */
    static const char *const data[] = {"{\"a\":\"Y2FuYXJ5/w==\"}", "{\"a\":\"Y2FuYXJ5!\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
        cleanup_world struct world world;
        world_init(&world);
        list_both(&world);
        store(&world, CLUSTER_SECRET, "login", data[i], 0);
        put(&world, READS_LOGIN, 0);
        read_all(&world, 0);
        assert_non_null(strstr(translated(&world)->problem, "env[0].valueFrom.secretKeyRef"));
        assert_null(strstr(translated(&world)->problem, "canary"));
        assert_null(strstr(translated(&world)->problem, "Y2Fu"));
    }
}

static void a_bad_config_map_is_a_problem_of_the_deployment(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    list_both(&world);
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"createOptions\":\"{not json\"}", 0);
    put(&world, "", 0);
    read_all(&world, 0);
    assert_non_null(strstr(translated(&world)->problem, "module01"));
    assert_non_null(strstr(translated(&world)->problem, "createOptions"));
}

static void a_foreign_config_map_of_a_modules_name_changes_nothing(void **state)
{
    (void)state;
    cleanup_world struct world world;
    world_init(&world);
    list_both(&world);
    put(&world, "", 0);
    read_all(&world, 0);
    char before[CONTENT_HASH_SIZE];
    memcpy(before, translated(&world)->hash, sizeof(before));
    store(&world, CLUSTER_CONFIG_MAP, "module01", "{\"nginx.conf\":\"x\"}", 1000);
    read_all(&world, 1000);
    assert_string_equal(translated(&world)->hash, before);
    assert_int_equal(translated(&world)->manifest.config_map_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_those_that_nobody_reads_nothing_is_kept),
        cmocka_unit_test(a_secret_that_is_not_read_any_more_is_forgotten),
        cmocka_unit_test(secrets_of_other_namespaces_are_refused),
        cmocka_unit_test(a_list_spares_readings),
        cmocka_unit_test(a_list_that_began_before_says_nothing),
        cmocka_unit_test(another_version_is_read_and_the_same_is_not),
        cmocka_unit_test(one_that_changes_all_the_time_is_read_now_and_then),
        cmocka_unit_test(what_cannot_be_read_is_tried_again_with_pauses),
        cmocka_unit_test(what_is_missing_counts_after_a_while),
        cmocka_unit_test(what_comes_back_in_time_was_never_missing),
        cmocka_unit_test(what_a_list_does_not_show_is_missing),
        cmocka_unit_test(nothing_counts_while_its_deployment_is_being_deleted),
        cmocka_unit_test(what_does_not_count_yet_is_looked_at_again),
        cmocka_unit_test(a_secret_is_an_input_of_the_deployments_that_read_it),
        cmocka_unit_test(no_sentence_tells_a_value),
        cmocka_unit_test(a_bad_config_map_is_a_problem_of_the_deployment),
        cmocka_unit_test(a_foreign_config_map_of_a_modules_name_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
