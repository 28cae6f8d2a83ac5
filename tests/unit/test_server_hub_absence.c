#include "engine_world.h"

#include "server/hub_absence.h"

static bool proof(int status, const char *answer)
{
    cleanup_json cJSON *tree = answer ? sim_json(answer) : NULL;

    return hub_absence_is_proof(status, tree, "web");
}

static void test_only_the_api_servers_own_word_is_proof(void **state)
{
    (void)state;
    assert_true(proof(404, "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"details\":{\"name\":\"web\",\"group\":"
                           "\"apps\",\"kind\":\"deployments\"}}"));
    /* The API is not served at present; a proxy's page. */
    assert_false(proof(404, "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"details\":{}}"));
    assert_false(proof(404, NULL));
    assert_false(proof(404, "{\"error\":\"no backend\"}"));
    assert_false(proof(403, "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"details\":{\"name\":\"web\"}}"));
    assert_false(proof(-1, NULL));
    /* It lives, as an edge Deployment or as another one. */
    assert_false(proof(200, "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"template\":{\"metadata\":{\"annotations\":{"
                            "\"isEdgeDeployment\":\"true\"}}}}}"));
    assert_true(proof(200, "{\"metadata\":{\"name\":\"web\"},\"spec\":{}}"));
    assert_false(proof(200, "{}"));
}

/* So many Deployments on the hub, and the first `gone` of them certainly gone. */
static void populate(struct hub_worker *worker, int count, int gone)
{
    absences_begin(&worker->absences);
    for (int i = 0; i < count; i++) {
        char name[16], key[32];

        snprintf(name, sizeof(name), "web-%d", i);
        snprintf(key, sizeof(key), "ns/%s", name);
        hub_standing_get(worker, "ns", name)->holds = true;
        if (i >= gone)
            continue;
        absences_add(&worker->absences, "ns", name, NOW);
        absences_find(&worker->absences, key)->certain = true;
    }
}

static void test_a_few_go_without_a_word(void **state)
{
    cleanup_world struct world world;

    (void)state;
    world_init(&world, 1);
    populate(&world.workers[0], 10, 2);
    assert_true(hub_absence_may_delete(&world.workers[0], NOW));
    assert_int_equal(world.workers[0].blocked_deletions, 0);
    assert_int_equal(world_count_events(&world, "Lease", "MassDeleteBlocked"), 0);
}

static void test_many_wait_for_the_operator_who_is_told_what_to_do(void **state)
{
    cleanup_world struct world world;
    struct hub_worker *worker = &world.workers[0];

    (void)state;
    world_init(&world, 1);
    populate(worker, 10, 3);
    for (int i = 0; i < 2; i++) {
        assert_false(hub_absence_may_delete(worker, NOW));
        assert_int_equal(worker->blocked_deletions, 3);
        assert_true(world.metrics.deletions_blocked);
        assert_int_equal(world_count_events(&world, "Lease", "MassDeleteBlocked"), 1);
    }
    assert_non_null(strstr(STAILQ_FIRST(&world.engine.events.list)->message,
                           "kubectl --namespace edge annotate --overwrite lease lease "
                           "iot-edge-connector/confirm-deletions=3"));
    world.engine.confirmed_deletions = 2;
    assert_false(hub_absence_may_delete(worker, NOW));
    world.engine.confirmed_deletions = 3;
    assert_true(hub_absence_may_delete(worker, NOW));
    assert_true(world.engine.confirmation_used);
    assert_int_equal(world.engine.confirmed_deletions, 0);
    assert_false(world.metrics.deletions_blocked);
}

/* A pass over a hub that holds three: the first `back` of them are in the cluster again. */
static void come_back(struct hub_worker *worker, int back)
{
    absences_begin(&worker->absences);
    for (int i = back; i < 3; i++) {
        char name[16];

        snprintf(name, sizeof(name), "web-%d", i);
        absences_add(&worker->absences, "ns", name, NOW);
    }
    absences_end(&worker->absences);
}

/* A cluster that lost everything is filled again, one by one. */
static void test_the_brake_holds_for_those_that_are_left(void **state)
{
    cleanup_world struct world world;
    struct hub_worker *worker = &world.workers[0];

    (void)state;
    world_init(&world, 1);
    populate(worker, 3, 3);
    assert_false(hub_absence_may_delete(worker, NOW));
    come_back(worker, 1);
    assert_false(hub_absence_may_delete(worker, NOW));
    assert_int_equal(worker->blocked_deletions, 2);
    come_back(worker, 2);
    assert_false(hub_absence_may_delete(worker, NOW));
    come_back(worker, 3);
    assert_false(hub_absence_may_delete(worker, NOW));
    assert_int_equal(worker->blocked_deletions, 0);
    assert_false(world.metrics.deletions_blocked);
    /* Nobody is missing any more, so one that is later is judged by itself. */
    come_back(worker, 2);
    absences_find(&worker->absences, "ns/web-2")->certain = true;
    assert_true(hub_absence_may_delete(worker, NOW));
}

/* … and most of it is back before anything is certain: the last one is one of many all the same. */
static void test_the_brake_holds_from_the_first_list_that_misses_many(void **state)
{
    cleanup_world struct world world;
    struct hub_worker *worker = &world.workers[0];

    (void)state;
    world_init(&world, 1);
    populate(worker, 3, 0);
    come_back(worker, 0);
    assert_false(hub_absence_may_delete(worker, NOW));
    assert_int_equal(worker->blocked_deletions, 0);
    come_back(worker, 2);
    absences_find(&worker->absences, "ns/web-2")->certain = true;
    assert_false(hub_absence_may_delete(worker, NOW));
    assert_int_equal(worker->blocked_deletions, 1);
    world.engine.confirmed_deletions = 1;
    assert_true(hub_absence_may_delete(worker, NOW));
}

static void test_another_number_is_told_again(void **state)
{
    cleanup_world struct world world;
    struct hub_worker *worker = &world.workers[0];

    (void)state;
    world_init(&world, 1);
    populate(worker, 10, 3);
    assert_false(hub_absence_may_delete(worker, NOW));
    populate(worker, 10, 4);
    assert_false(hub_absence_may_delete(worker, NOW));
    assert_int_equal(world_count_events(&world, "Lease", "MassDeleteBlocked"), 2);
}

/* Confirmed for one hub is not confirmed for another one. */
static void test_a_word_counts_once(void **state)
{
    cleanup_world struct world world;

    (void)state;
    world_init(&world, 2);
    populate(&world.workers[0], 3, 3);
    populate(&world.workers[1], 3, 3);
    world.engine.confirmed_deletions = 3;
    assert_true(hub_absence_may_delete(&world.workers[0], NOW));
    assert_false(hub_absence_may_delete(&world.workers[1], NOW));
    assert_int_equal(world.workers[1].blocked_deletions, 3);
}

/* It would go from both hubs. */
static void test_the_brake_of_one_hub_holds_for_all(void **state)
{
    cleanup_world struct world world;

    (void)state;
    world_init(&world, 2);
    populate(&world.workers[0], 3, 3);
    populate(&world.workers[1], 10, 1);
    assert_false(hub_absence_may_delete(&world.workers[0], NOW));
    assert_false(hub_absence_may_delete(&world.workers[1], NOW));
    assert_int_equal(world.workers[1].blocked_deletions, 1);
}

static void test_what_came_back_is_not_gone(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    hub_standing_get(&world.workers[0], "ns", "web")->holds = true;
    absences_add(&world.workers[0].absences, "ns", "web", NOW);
    absences_find(&world.workers[0].absences, "ns/web")->certain = true;
    world_put(&world, &web);
    world.engine.confirmed_deletions = 1;
    assert_false(hub_absence_may_delete(&world.workers[0], NOW));
    assert_false(absences_find(&world.workers[0].absences, "ns/web")->certain);
    assert_false(world.engine.confirmation_used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_api_servers_own_word_is_proof),
        cmocka_unit_test(test_a_few_go_without_a_word),
        cmocka_unit_test(test_many_wait_for_the_operator_who_is_told_what_to_do),
        cmocka_unit_test(test_the_brake_holds_for_those_that_are_left),
        cmocka_unit_test(test_the_brake_holds_from_the_first_list_that_misses_many),
        cmocka_unit_test(test_another_number_is_told_again),
        cmocka_unit_test(test_a_word_counts_once),
        cmocka_unit_test(test_the_brake_of_one_hub_holds_for_all),
        cmocka_unit_test(test_what_came_back_is_not_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
