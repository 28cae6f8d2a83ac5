#include "engine_world.h"

#include "server/pod_placement.h"
#include "server/pod_report.h"

#define RUNNING "{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"module01\"}]}"

/* On the hub, evaluated, with the content of the present translation. */
static struct hub_standing *stand(struct world *world, const struct web *web)
{
    struct cluster_deployment *deployment = cluster_find_deployment(&world->engine.cluster, "ns", "web");
    const struct cluster_translation *translation =
        cluster_translate(&world->engine.cluster, deployment, 0, &world->workers[0].system_modules);
    struct hub_standing *standing = hub_standing_get(&world->workers[0], "ns", "web");

    (void)web;
    world->workers[0].listed = true;
    standing->holds = standing->evaluated = true;
    standing->targeted = 1;
    free(standing->id);
    standing->id = strdup("ns-web-1");
    memcpy(standing->hash, translation->hash, sizeof(standing->hash));
    return standing;
}

static struct pod_standing known(struct world *world, struct cluster_pod *pod)
{
    struct pod_standing standing;

    assert_true(pod_report_standing(&world->engine, 0, pod, NOW, &standing));
    return standing;
}

static bool is_kept(struct world *world, struct cluster_pod *pod)
{
    struct pod_standing standing;

    return !pod_report_standing(&world->engine, 0, pod, NOW, &standing);
}

static void test_the_devices_decide_about_what_is_on_the_hub(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    world_put(&world, &web);
    struct cluster_pod *pod = world_put_pod(&world, &web, "p1", 0, RUNNING);
    struct hub_standing *standing = stand(&world, &web);

    assert_true(is_kept(&world, pod)); /* right after a start nothing was read */
    memcpy(standing->states_hash, standing->hash, sizeof(standing->hash));
    struct pod_standing said = known(&world, pod);
    assert_int_equal(said.kind, POD_EDGE);
    assert_true(said.on_hub);
    assert_ptr_equal(said.states, &standing->states);
    /* Trouble with the hub changes nothing about what runs. */
    world.workers[0].trouble = strdup("no answer");
    world.workers[0].trouble_reason = "HubUnreachable";
    assert_null(known(&world, pod).reason);
}

/* A pod that is made anew while its Deployment is paused is no foreign one that is always ready. */
static void test_a_new_pod_of_a_paused_deployment_is_judged_as_any(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    web.paused = true;
    world_init(&world, 1);
    world_put(&world, &web);
    struct cluster_pod *pod = world_put_pod(&world, &web, "p1", 0, "{}");
    struct pod_standing said = known(&world, pod);
    assert_int_equal(said.kind, POD_EDGE);
    assert_false(said.on_hub);
    assert_string_equal(said.reason, "DeploymentPaused");
    assert_true(said.wished);
    stand(&world, &web);
    assert_true(known(&world, pod).on_hub);
}

static void test_what_runs_keeps_its_status_while_nothing_is_forwarded(void **state)
{
    struct web changes[] = {WEB, WEB, WEB};

    (void)state;
    changes[0].paused = changes[1].deleting = true;
    changes[2].policy = "skip";
    for (size_t i = 0; i < array_length(changes); i++) {
        cleanup_world struct world world;
        const struct web web = WEB;

        world_init(&world, 1);
        world_put(&world, &web);
        struct cluster_pod *pod = world_put_pod(&world, &web, "p1", 0, RUNNING);
        stand(&world, &web);
        changes[i].image = "a:2";
        world_put(&world, &changes[i]);
        assert_true(is_kept(&world, pod));
    }
}

static void test_what_stands_in_the_way_is_said(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    world_put(&world, &web);
    struct cluster_pod *pod = world_put_pod(&world, &web, "p1", 0, "{}");
    assert_null(known(&world, pod).reason);
    /* Also when the hub was never reached. */
    world.workers[0].trouble = strdup("no answer");
    world.workers[0].trouble_reason = "HubUnreachable";
    assert_string_equal(known(&world, pod).reason, "HubUnreachable");
    hub_standing_trouble(&world.workers[0], hub_standing_get(&world.workers[0], "ns", "web"), true, "RefusedByHub",
                         "no");
    assert_string_equal(known(&world, pod).reason, "RefusedByHub");
    world_put_config_map(&world, "module01", "{\"createOptions\":\"no json\"}");
    assert_string_equal(known(&world, pod).reason, "InvalidEdgeDeployment");
}

static void test_before_the_hub_was_read_what_runs_keeps_its_status(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    world_put(&world, &web);
    struct cluster_pod *pod = world_put_pod(&world, &web, "p1", 0, RUNNING);
    assert_true(is_kept(&world, pod));
    world.workers[0].listed = true;
    assert_false(known(&world, pod).on_hub);
}

static void test_devices_that_cannot_be_read_are_told(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    world_put(&world, &web);
    struct cluster_pod *waiting = world_put_pod(&world, &web, "p1", 0, "{}");
    struct cluster_pod *ready = world_put_pod(
        &world, &web, "p2", 0,
        "{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],\"containerStatuses\":[{}]}");
    stand(&world, &web);
    world.workers[0].query_trouble = strdup("401");
    assert_string_equal(known(&world, waiting).reason, "DevicesUnreadable");
    assert_true(is_kept(&world, ready));
}

static void report(struct world *world, int64_t now_ms, struct pod_writes *writes)
{
    STAILQ_INIT(writes);
    pod_report_decide(&world->engine, now_ms, writes);
}

static size_t drain(struct pod_writes *writes, const char **ret_method)
{
    size_t count = 0;

    while (!STAILQ_EMPTY(writes)) {
        struct pod_write *write = STAILQ_FIRST(writes);

        STAILQ_REMOVE_HEAD(writes, link);
        if (ret_method)
            *ret_method = write->method;
        free(write->path);
        free(write->body);
        free(write->uid);
        free(write);
        count++;
    }
    return count;
}

static void test_each_pod_is_told_once(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;
    struct pod_writes writes = STAILQ_HEAD_INITIALIZER(writes);

    (void)state;
    world_init(&world, 1);
    world_put(&world, &web);
    world_put_config_map(&world, "module01", "{\"createOptions\":\"no json\"}");
    world_put_pod(&world, &web, "p1", 0, "{}");
    for (int i = 0; i < 2; i++) {
        report(&world, NOW, &writes);
        drain(&writes, NULL);
        assert_int_equal(world_count_events(&world, "Pod", "InvalidEdgeDeployment"), 1);
    }
    /* One that comes later wants to know as well. */
    world_put_pod(&world, &web, "p2", 0, "{}");
    report(&world, NOW, &writes);
    drain(&writes, NULL);
    assert_int_equal(world_count_events(&world, "Pod", "InvalidEdgeDeployment"), 2);
}

static void test_pods_that_are_not_ours_are_told_with_their_first_status(void **state)
{
    cleanup_world struct world world;
    struct pod_writes writes;
    const struct {
        const char *annotations, *reason;
    } cases[] = {{"{}", "NotAnEdgeDeployment"}, {"{\"isEdgeDeployment\":\"true\"}", "NoDeployment"}};

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        world_init(&world, 1);
        cleanup_json cJSON *pod = world_json(
            "{\"metadata\":{\"namespace\":\"ns\",\"name\":\"x\",\"uid\":\"x\",\"resourceVersion\":\"1\","
            "\"annotations\":%s},"
            "\"spec\":{\"nodeName\":\"iot-edge-connector-hub0\",\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}",
            cases[i].annotations);
        cluster_put_pod(&world.engine.cluster, pod, &(struct cluster_arrival){.source = 1, .round = 1});
        for (int k = 0; k < 2; k++) {
            report(&world, NOW, &writes);
            drain(&writes, NULL);
        }
        assert_int_equal(world.engine.events.count, 1);
        assert_int_equal(world_count_events(&world, "Pod", cases[i].reason), 1);
        world_release(&world);
    }
    world_init(&world, 1);
}

static void test_what_does_not_stick_is_written_more_and_more_seldom(void **state)
{
    cleanup_world struct world world;
    struct pod_writes writes;
    const struct web web = WEB;
    const char *method = NULL;

    (void)state;
    world_init(&world, 1);
    world_put(&world, &web);
    struct cluster_pod *pod = world_put_pod(&world, &web, "p1", 0, RUNNING);
    pod->deleting = true;
    report(&world, NOW, &writes);
    assert_int_equal(drain(&writes, &method), 1);
    assert_string_equal(method, "DELETE");
    report(&world, NOW + 9999, &writes);
    assert_int_equal(drain(&writes, NULL), 0);
    report(&world, NOW + 10000, &writes);
    assert_int_equal(drain(&writes, NULL), 1);
    report(&world, NOW + 29999, &writes);
    assert_int_equal(drain(&writes, NULL), 0);
    report(&world, NOW + 30000, &writes);
    assert_int_equal(drain(&writes, NULL), 1);
    /* Something else, once it was refused, waits as well. */
    pod->deleting = false;
    pod->refusals = 1;
    pod->write_again_ms = NOW + 40000;
    world.workers[0].listed = true;
    report(&world, NOW + 39999, &writes);
    assert_int_equal(drain(&writes, NULL), 0);
    report(&world, NOW + 40000, &writes);
    assert_int_equal(drain(&writes, &method), 1);
    assert_string_equal(method, "PATCH");
}

static size_t place(struct world *world)
{
    struct pod_writes writes = STAILQ_HEAD_INITIALIZER(writes);

    pod_placement_decide(&world->engine, NOW, &writes);
    return drain(&writes, NULL);
}

/* hub0 was not reached yet, and may hold what is older than our term. */
static void test_an_old_deployment_waits_for_the_hub_that_may_hold_it(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 2);
    world.engine.term_began_ms = NOW - 1;
    world.workers[1].listed = true;
    world_put(&world, &web);
    cluster_find_deployment(&world.engine.cluster, "ns", "web")->born_ms = 0;
    world_put_pod(&world, &web, "p1", -1, "{}");
    assert_int_equal(place(&world), 0);
    assert_int_equal(world.engine.events.count, 0);
    world.workers[0].trouble = strdup("no answer");
    assert_int_equal(place(&world), 0);
    assert_int_equal(place(&world), 0);
    assert_int_equal(world_count_events(&world, "Pod", "PlacementWaiting"), 1);
    /* It is known to be on hub1. */
    hub_standing_get(&world.workers[1], "ns", "web")->holds = true;
    assert_int_equal(place(&world), 1);
}

/* Trouble with one hub is no reason to wait for a Deployment that nobody can have put there. */
static void test_a_new_deployment_does_not_wait(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 2);
    world.engine.term_began_ms = NOW - 1;
    world.workers[0].trouble = strdup("no answer");
    world.workers[1].listed = true;
    world_put(&world, &web);
    cluster_find_deployment(&world.engine.cluster, "ns", "web")->born_ms = NOW;
    world_put_pod(&world, &web, "p1", -1, "{}");
    assert_int_equal(place(&world), 1);
}

/* Deleted with --cascade=orphan: the configuration goes, the pod stays and must not go on as if nothing was. A pod
 * whose ReplicaSet is not known yet, or whose Deployment has just been deleted, is no orphan. */
static void test_an_orphan_is_told_after_a_while(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;
    struct pod_standing standing;

    (void)state;
    world_init(&world, 1);
    world_put(&world, &web);
    struct cluster_pod *pod = world_put_pod(&world, &web, "p1", 0, RUNNING);
    world_delete(&world, &web);
    assert_true(is_kept(&world, pod));
    assert_false(pod_report_standing(&world.engine, 0, pod, NOW + 14999, &standing));
    assert_true(pod_report_standing(&world.engine, 0, pod, NOW + 15000, &standing));
    assert_int_equal(standing.kind, POD_UNMANAGED);
    assert_string_equal(standing.reason, "NoDeployment");
    /* A Deployment that adopts it makes an end of that. */
    world_put(&world, &web);
    pod_report_standing(&world.engine, 0, pod, NOW + 15000, &standing);
    assert_int_equal(standing.kind, POD_EDGE);
    world_delete(&world, &web);
    assert_false(pod_report_standing(&world.engine, 0, pod, NOW + 15000, &standing));
}

static void test_a_gated_orphan_is_told(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;
    struct pod_writes writes;

    (void)state;
    world_init(&world, 1);
    world_put_pod(&world, &web, "p1", -1, "{}");
    pod_report_decide(&world.engine, NOW, &writes);
    assert_int_equal(world_count_events(&world, "Pod", "NoDeployment"), 0);
    pod_report_decide(&world.engine, NOW + 15000, &writes);
    pod_report_decide(&world.engine, NOW + 16000, &writes);
    assert_int_equal(world_count_events(&world, "Pod", "NoDeployment"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_devices_decide_about_what_is_on_the_hub),
        cmocka_unit_test(test_a_new_pod_of_a_paused_deployment_is_judged_as_any),
        cmocka_unit_test(test_what_runs_keeps_its_status_while_nothing_is_forwarded),
        cmocka_unit_test(test_what_stands_in_the_way_is_said),
        cmocka_unit_test(test_before_the_hub_was_read_what_runs_keeps_its_status),
        cmocka_unit_test(test_devices_that_cannot_be_read_are_told),
        cmocka_unit_test(test_each_pod_is_told_once),
        cmocka_unit_test(test_pods_that_are_not_ours_are_told_with_their_first_status),
        cmocka_unit_test(test_what_does_not_stick_is_written_more_and_more_seldom),
        cmocka_unit_test(test_an_old_deployment_waits_for_the_hub_that_may_hold_it),
        cmocka_unit_test(test_a_new_deployment_does_not_wait),
        cmocka_unit_test(test_an_orphan_is_told_after_a_while),
        cmocka_unit_test(test_a_gated_orphan_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
