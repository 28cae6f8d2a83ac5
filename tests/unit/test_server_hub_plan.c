#include "engine_world.h"

#include "server/hub_plan.h"

static void plan_at(struct world *world, size_t hub, int64_t now_ms, struct plan *plan)
{
    cleanup_error struct error error = {NULL};

    world->workers[hub].observed = *sim_hub_observe(&world->sims[hub]);
    if (hub_plan_make(&world->workers[hub], now_ms, plan, &error) < 0)
        fail_msg("%s", error_message(&error));
}

/* Plans, and has every call made. Returns how many there were, and of what kind the first was. */
static size_t step(struct world *world, size_t hub, enum plan_action *ret_first)
{
    cleanup_plan struct plan plan = PLAN_INIT;

    plan_at(world, hub, NOW, &plan);
    for (size_t i = 0; i < plan.call_count; i++)
        sim_hub_call(&world->sims[hub], &plan.calls[i]);
    if (plan.call_count && ret_first)
        *ret_first = plan.calls[0].action;
    return plan.call_count;
}

static void assert_nothing_to_do(struct world *world, size_t hub)
{
    assert_int_equal(step(world, hub, NULL), 0);
}

static void assert_one_call(struct world *world, size_t hub, enum plan_action action)
{
    enum plan_action first = PLAN_CREATE;

    assert_int_equal(step(world, hub, &first), 1);
    assert_int_equal(first, action);
}

/* The Deployment with a pod on hub0, its configuration there and evaluated. */
static void settle(struct world *world, const struct web *web)
{
    world_put(world, web);
    world_put_pod(world, web, "p1", 0, "{}");
    assert_one_call(world, 0, PLAN_CREATE);
    sim_hub_evaluate(&world->sims[0]);
    assert_nothing_to_do(world, 0);
}

static const struct hub_standing *standing(const struct world *world, size_t hub)
{
    return hub_standing_find(&world->workers[hub], "ns/web");
}

static void test_it_waits_until_the_input_has_settled(void **state)
{
    cleanup_world struct world world;
    cleanup_plan struct plan early = PLAN_INIT, late = PLAN_INIT;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    world_put(&world, &web);
    world_put_pod(&world, &web, "p1", 0, "{}");
    plan_at(&world, 0, NOW - 1, &early);
    assert_int_equal(early.call_count, 0);
    assert_int_equal(world.workers[0].settle_due_ms, NOW);
    plan_at(&world, 0, NOW, &late);
    assert_int_equal(late.call_count, 1);
    assert_int_equal(world.workers[0].settle_due_ms, 0);
}

static void test_an_unchanged_world_needs_no_call(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    assert_int_equal(world.metrics.hubs[0].managed, 1);
    assert_true(world.workers[0].listed);
    assert_string_equal(standing(&world, 0)->id, json_string(world.sims[0].list->child, "id"));
    assert_true(standing(&world, 0)->evaluated);
    assert_int_equal(standing(&world, 0)->targeted, 1);
    assert_null(standing(&world, 0)->reason);
    /* Without its pod as well: a missing pod ends nothing. */
    world_remove_pod(&world, "p1");
    assert_nothing_to_do(&world, 0);
}

static void test_without_a_pod_nothing_begins(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 2);
    world_put(&world, &web);
    world_put_pod(&world, &web, "p0", -1, "{}");
    world_put_pod(&world, &web, "p1", 1, "{}");
    assert_nothing_to_do(&world, 0);
    assert_one_call(&world, 1, PLAN_CREATE);
}

static void test_scaled_to_zero_it_goes_whatever_its_policy_for_the_end(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    web.policy = "detach-on-delete";
    world_init(&world, 1);
    settle(&world, &web);
    web.replicas = 0;
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_DELETE);
    assert_nothing_to_do(&world, 0);
    assert_null(standing(&world, 0));
}

static void test_a_template_that_no_longer_admits_the_node_ends_the_placement(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 2);
    settle(&world, &web);
    web.node = "iot-edge-connector-hub1";
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_DELETE);
}

/* All that the node really has, not only what a template usually names. */
static void test_a_template_may_choose_by_any_label_of_the_node(void **state)
{
    struct node_label label;

    (void)state;
    for (size_t i = 0; (label = node_label_at(i, "iot-edge-connector-hub0")).name; i++) {
        cleanup_world struct world world;
        struct web web = WEB;
        char selector[200];

        world_init(&world, 1);
        settle(&world, &web);
        snprintf(selector, sizeof(selector), "{\"%s\":\"%s\"}", label.name, label.value);
        web.selector = selector;
        world_put(&world, &web);
        assert_nothing_to_do(&world, 0);
        snprintf(selector, sizeof(selector), "{\"%s\":\"another\"}", label.name);
        world_put(&world, &web);
        assert_one_call(&world, 0, PLAN_DELETE);
    }
}

static void test_a_surplus_hub_is_given_up_when_all_is_known(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    web.replicas = 2;
    world_init(&world, 2);
    settle(&world, &web);
    world_put_pod(&world, &web, "p2", 1, "{}");
    assert_one_call(&world, 1, PLAN_CREATE);
    assert_nothing_to_do(&world, 1);
    world_remove_pod(&world, "p1");
    web.replicas = 1;
    world_put(&world, &web);
    assert_nothing_to_do(&world, 0); /* not rolled out */
    web.rolled_out = true;
    world_put(&world, &web);
    world.workers[1].listed = false;
    assert_nothing_to_do(&world, 0); /* the other one is not known */
    world.workers[1].listed = true;
    assert_one_call(&world, 0, PLAN_DELETE);
    assert_nothing_to_do(&world, 1);
    world_remove_pod(&world, "p2");
    assert_nothing_to_do(&world, 1); /* an eviction ends nothing */
}

static void test_a_paused_one_keeps_what_it_has(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    web.paused = true;
    web.image = "a:2";
    web.replicas = 0;
    world_put(&world, &web);
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->id, json_string(world.sims[0].list->child, "id"));
    web.paused = false;
    web.replicas = 1;
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_CREATE);
}

static void test_one_that_is_being_deleted_gets_nothing_new(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    web.deleting = true;
    web.image = "a:2";
    web.replicas = 0;
    world_put(&world, &web);
    assert_nothing_to_do(&world, 0);
    world_delete(&world, &web);
    assert_one_call(&world, 0, PLAN_DELETE);
    assert_true(cluster_is_gone(&world.engine.cluster, "ns", "web"));
    assert_nothing_to_do(&world, 0);
    assert_false(cluster_is_gone(&world.engine.cluster, "ns", "web"));
}

/* `kubectl replace --force` deletes and creates: the devices must not notice. */
static void test_what_is_made_anew_at_once_takes_over_in_place(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    world_delete_at(&world, &web, NOW - SETTLE + 1);
    assert_nothing_to_do(&world, 0);
    assert_int_equal(world.workers[0].settle_due_ms, NOW + 1);
    web.uid = "u2";
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_UPDATE);
    assert_string_equal(json_string(json_get(world.sims[0].list->child, "labels"), "iot-edge-connector-uid"), "u2");
    assert_nothing_to_do(&world, 0);
    world_delete(&world, &web);
    assert_one_call(&world, 0, PLAN_DELETE);
}

/* Its label says so in time, since the next process knows nothing else. */
static void test_skip_leaves_everything_alone_but_the_label(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    web.policy = "skip";
    web.image = "a:2";
    web.replicas = 0;
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_READ);
    assert_one_call(&world, 0, PLAN_UPDATE);
    assert_string_equal(
        json_string(json_get(world.sims[0].list->child, "labels"), "iot-edge-connector-reconcile-policy"), "skip");
    assert_nothing_to_do(&world, 0);
    world_delete(&world, &web);
    assert_nothing_to_do(&world, 0);
    assert_false(cluster_is_gone(&world.engine.cluster, "ns", "web"));
    assert_int_equal(sim_hub_count(&world.sims[0], "web"), 1);
    assert_true(TAILQ_EMPTY(&world.workers[0].absences.list));
}

static void test_a_detached_one_is_done_with(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    web.policy = "detach-on-delete";
    world_init(&world, 1);
    settle(&world, &web);
    world_delete(&world, &web);
    assert_nothing_to_do(&world, 0);
    assert_true(TAILQ_EMPTY(&world.engine.cluster.gones));
    assert_nothing_to_do(&world, 0);
    assert_true(TAILQ_EMPTY(&world.workers[0].absences.list));
    assert_int_equal(sim_hub_count(&world.sims[0], "web"), 1);
}

/* The annotation came with the last update, or with the deletion itself: the label did not follow in time. */
static void test_the_last_word_of_a_deleted_one_counts(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    web.policy = "detach-on-delete";
    world_delete(&world, &web);
    assert_one_call(&world, 0, PLAN_READ);
    assert_one_call(&world, 0, PLAN_UPDATE);
    assert_false(TAILQ_EMPTY(&world.engine.cluster.gones));
    assert_nothing_to_do(&world, 0);
    assert_true(TAILQ_EMPTY(&world.engine.cluster.gones));
    assert_int_equal(sim_hub_count(&world.sims[0], "web"), 1);
}

static void test_one_that_was_made_anew_takes_over_in_place(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    world_delete(&world, &web);
    web.uid = "u2";
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_UPDATE);
    assert_string_equal(json_string(json_get(world.sims[0].list->child, "labels"), "iot-edge-connector-uid"), "u2");
    assert_nothing_to_do(&world, 0);
}

static void test_a_config_map_that_vanished_freezes(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    world_put_config_map(&world, "module01", "{\"version\":\"2.0\"}");
    settle(&world, &web);
    world_remove_source(&world, CLUSTER_CONFIG_MAP, "module01");
    web.image = "a:2";
    world_put(&world, &web);
    assert_nothing_to_do(&world, 0);
    assert_null(standing(&world, 0)->reason); /* perhaps it comes back in a moment */
    world_count_missing(&world, CLUSTER_CONFIG_MAP, "module01");
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->reason, "ConfigMapMissing");
    assert_non_null(strstr(standing(&world, 0)->message, "module01"));
    assert_nothing_to_do(&world, 0);
    assert_int_equal(world_count_events(&world, "Deployment", "ConfigMapMissing"), 1);
    world_put_config_map(&world, "module01", "{\"version\":\"2.0\"}");
    assert_one_call(&world, 0, PLAN_CREATE);
    assert_nothing_to_do(&world, 0);
    assert_null(standing(&world, 0)->reason);
}

/* What is to be frozen is not there any more either: nothing is made without the ConfigMap. */
static void test_what_somebody_deleted_is_not_made_again_without_its_config_map(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    world_put_config_map(&world, "module01", "{\"version\":\"2.0\"}");
    settle(&world, &web);
    world_remove_source(&world, CLUSTER_CONFIG_MAP, "module01");
    world_count_missing(&world, CLUSTER_CONFIG_MAP, "module01");
    cJSON_Delete(cJSON_DetachItemFromArray(world.sims[0].list, 0));
    world_remove_pod(&world, "p1"); /* for a moment nothing here tells of it */
    assert_nothing_to_do(&world, 0);
    world_put_pod(&world, &web, "p2", 0, "{}");
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->reason, "ConfigMapMissing");
    world_put_config_map(&world, "module01", "{\"version\":\"2.0\"}");
    assert_one_call(&world, 0, PLAN_CREATE);
}

/* Its value is optional, so that the content would do without it. */
static void test_a_secret_that_vanished_freezes(void **state)
{
    static char name[] = "ns";
    static char *names[] = {name};
    static const struct namespaces secrets_from = {names, 1};
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    web.secret = "login";
    world_init(&world, 1);
    assert_int_equal(cluster_allow_secrets(&world.engine.cluster, &secrets_from), 0);
    cluster_sweep(&world.engine.cluster, CLUSTER_SECRETS, AT(NOW - SETTLE));
    world_put(&world, &web);
    world_put_source(&world, CLUSTER_SECRET, "login", "{\"a\":\"Y2FuYXJ5\"}");
    settle(&world, &web);
    const cJSON *labels = json_get(world.sims[0].list->child, "labels");
    assert_string_equal(json_string(labels, "iot-edge-connector-secrets"), "login");
    assert_null(json_get(labels, "iot-edge-connector-config-maps"));

    world_remove_source(&world, CLUSTER_SECRET, "login");
    assert_nothing_to_do(&world, 0);
    assert_null(standing(&world, 0)->reason);
    world_count_missing(&world, CLUSTER_SECRET, "login");
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->reason, "SecretMissing");
    assert_string_equal(standing(&world, 0)->message,
                        "Secret login, with which the deployment on IoT Hub was made, is gone; what is there stays as "
                        "it is until the Secret is back or nothing refers to it");
    world_put_source(&world, CLUSTER_SECRET, "login", "{\"a\":\"Y2FuYXJ5\"}");
    assert_nothing_to_do(&world, 0);
    assert_null(standing(&world, 0)->reason);
    web.secret = NULL;
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_CREATE);
}

static void test_secrets_that_cannot_be_read_are_told(void **state)
{
    static char name[] = "ns";
    static char *names[] = {name};
    cleanup_world struct world world;
    struct web web = WEB;
    struct engine_watch watches[2];

    (void)state;
    web.secret = "login";
    world_init(&world, 1);
    world.config.secrets_from = (struct namespaces){names, 1};
    assert_int_equal(cluster_allow_secrets(&world.engine.cluster, &world.config.secrets_from), 0);
    watches[0] = world.deployments_watch;
    watches[1] = (struct engine_watch){.engine = &world.engine, .kind = CLUSTER_SECRETS};
    world.engine.watches = watches;
    world.engine.watch_count = 2;
    world_put(&world, &web);
    world_put_pod(&world, &web, "p1", 0, "{}");
    assert_true(engine_synced(&world.engine)); /* who reads none need not wait */
    assert_nothing_to_do(&world, 0);
    assert_null(standing(&world, 0)->reason); /* perhaps in a moment */
    watches[1].trouble = strdup("forbidden");
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->reason, "SecretsUnreadable");
    assert_string_equal(standing(&world, 0)->message, "Secret login cannot be read: forbidden");
    free(watches[1].trouble);
    cluster_sweep(&world.engine.cluster, CLUSTER_SECRETS, AT(NOW - SETTLE));
    world_read_sources(&world);
    assert_one_call(&world, 0, PLAN_CREATE);
    assert_null(standing(&world, 0)->reason);
}

/* The old module and the new one want the same port of the device. */
static void test_a_layer_that_collides_with_its_predecessor_waits(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    web.layer = "one";
    world_init(&world, 1);
    settle(&world, &web);
    const char *before = json_string(world.sims[0].list->child, "id");
    web.layer = "two";
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_READ); /* what is there is known by its hash alone */
    assert_null(standing(&world, 0)->reason);
    assert_nothing_to_do(&world, 0);
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->reason, "LayerTransition");
    assert_non_null(strstr(standing(&world, 0)->message, "both take port 80 of the device"));
    assert_string_equal(standing(&world, 0)->id, before);
    assert_int_equal(world_count_events(&world, "Deployment", "LayerTransition"), 1);

    /* The same module takes the port from itself. */
    web.layer = "one";
    web.image = "a:2";
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_CREATE);
    assert_null(standing(&world, 0)->reason);
}

static void test_a_gap_is_made_only_where_it_is_allowed_and_ends(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    web.layer = "one";
    web.allow_gap = true;
    world_init(&world, 1);
    settle(&world, &web);
    /* What goes together needs none. */
    web.image = "a:2";
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_READ);
    assert_one_call(&world, 0, PLAN_CREATE);
    sim_hub_evaluate(&world.sims[0]);
    assert_one_call(&world, 0, PLAN_DELETE);

    web.layer = "two";
    world_put(&world, &web);
    world_remove_pod(&world, "p1");
    assert_one_call(&world, 0, PLAN_READ);
    assert_nothing_to_do(&world, 0); /* without a pod here nobody would create it afterwards */
    world_put_pod(&world, &web, "p2", 0, "{}");
    assert_one_call(&world, 0, PLAN_DELETE);
    assert_int_equal(cJSON_GetArraySize(world.sims[0].list), 0);
    assert_one_call(&world, 0, PLAN_CREATE);
    sim_hub_evaluate(&world.sims[0]);
    assert_nothing_to_do(&world, 0);
    assert_null(standing(&world, 0)->reason);
    assert_int_equal(world_count_events(&world, "Deployment", "LayerTransition"), 0);
}

static void test_priority_0_is_the_baselines(void **state)
{
    cleanup_world struct world world;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    world.hubs[0].baseline = (struct hub_baseline){.said = true, .wanted = true};
    world.workers[0].baseline.wish = (struct plan_baseline){
        .wanted = true, .confirmed = true, .content = "{\"modulesContent\":{}}", .target_condition = "*"};
    web.image = "a:2";
    web.priority = "0";
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_CREATE); /* the baseline's, which is no Deployment's */
    sim_hub_evaluate(&world.sims[0]);
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->reason, "PriorityReserved");
    assert_int_equal(sim_hub_count(&world.sims[0], "web"), 1);
    assert_int_equal(world.workers[0].metrics->managed, 1);
    web.priority = "1";
    world_put(&world, &web);
    assert_one_call(&world, 0, PLAN_CREATE);
    assert_null(standing(&world, 0)->reason);
}

static void test_what_cannot_be_translated_leaves_the_last_good_one(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    world_put_config_map(&world, "module01", "{\"createOptions\":\"no json\"}");
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->reason, "InvalidEdgeDeployment");
    assert_string_equal(standing(&world, 0)->id, json_string(world.sims[0].list->child, "id"));
    assert_int_equal(world_count_events(&world, "Deployment", "InvalidEdgeDeployment"), 1);
}

static void test_what_is_absent_is_noted_and_not_deleted(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    cluster_sweep(&world.engine.cluster, CLUSTER_DEPLOYMENTS, &(struct cluster_arrival){.round = 2});
    assert_nothing_to_do(&world, 0);
    assert_non_null(absences_find(&world.workers[0].absences, "ns/web"));
    world_put(&world, &web);
    assert_nothing_to_do(&world, 0);
    assert_null(absences_find(&world.workers[0].absences, "ns/web"));
}

static void test_what_is_not_ours_is_no_concern(void **state)
{
    static const char *const labels[] = {"iot-edge-connector-owner", "iot-edge-connector-hub"};
    const struct web web = WEB;

    (void)state;
    for (size_t i = 0; i < array_length(labels); i++) {
        cleanup_world struct world world;

        world_init(&world, 1);
        settle(&world, &web);
        sim_set(json_get(world.sims[0].list->child, "labels"), labels[i], cJSON_CreateString("another"));
        world_delete(&world, &web);
        assert_nothing_to_do(&world, 0);
        assert_int_equal(world.metrics.hubs[0].managed, 0);
        assert_true(TAILQ_EMPTY(&world.workers[0].absences.list));
    }
}

static void test_a_full_hub_is_told_by_its_own_limit(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    world.hubs[0].configuration_limit = 10;
    for (int i = 0; i < 8; i++)
        cJSON_AddItemToArray(world.sims[0].list, world_json("{\"id\":\"theirs-%d\"}", i));
    world_put(&world, &web);
    world_put_pod(&world, &web, "p1", 0, "{}");
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->reason, "HubFull");
    assert_nothing_to_do(&world, 0);
    assert_int_equal(world_count_events(&world, "Deployment", "HubFull"), 1);
    cJSON_DeleteItemFromArray(world.sims[0].list, 0);
    assert_one_call(&world, 0, PLAN_CREATE);
}

static void test_a_conflict_is_counted_once(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    world_put(&world, &web);
    world_put_pod(&world, &web, "p1", 0, "{}");
    struct cluster_deployment *deployment = cluster_find_deployment(&world.engine.cluster, "ns", "web");
    const struct cluster_translation *translation =
        cluster_translate(&world.engine.cluster, deployment, 0, &world.workers[0].system_modules);
    for (unsigned salt = 0; salt < CONFIGURATION_SALTS; salt++) {
        char id[CONFIGURATION_ID_SIZE];

        configuration_id("me", "hub0", "ns", "web", salt, translation->manifest.content, id);
        cJSON_AddItemToArray(world.sims[0].list, world_json("{\"id\":\"%s\"}", id));
    }
    assert_nothing_to_do(&world, 0);
    assert_nothing_to_do(&world, 0);
    assert_string_equal(standing(&world, 0)->reason, "OwnershipConflict");
    assert_int_equal(world.metrics.hubs[0].owner_mismatches, 1);
}

/* An update that the hub refuses must be told although the content is there. */
static void test_a_refusal_is_told_until_it_is_not_wanted_any_more(void **state)
{
    cleanup_world struct world world;
    cleanup_plan struct plan plan = PLAN_INIT;
    struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    web.label = "x";
    world_put(&world, &web);
    plan_at(&world, 0, NOW, &plan);
    assert_int_equal(plan.call_count, 1);
    hub_refusal_add(&world.workers[0].refusals, &plan.calls[0])->retry_ms = NOW + 1;
    struct hub_standing *refused = hub_standing_find(&world.workers[0], "ns/web");
    hub_standing_trouble(&world.workers[0], refused, true, "RefusedByHub", "no");
    refused->refused = true;
    for (int i = 0; i < 2; i++) {
        cleanup_plan struct plan again = PLAN_INIT;

        plan_at(&world, 0, NOW, &again);
        assert_null(hub_refusals_choose(&world.workers[0].refusals, &again, NOW));
        assert_string_equal(standing(&world, 0)->reason, "RefusedByHub");
    }
    web.label = NULL;
    world_put(&world, &web);
    assert_nothing_to_do(&world, 0);
    assert_null(standing(&world, 0)->reason);
    cleanup_plan struct plan later = PLAN_INIT;

    plan_at(&world, 0, NOW + 1000, &later);
    assert_true(TAILQ_EMPTY(&world.workers[0].refusals));
}

/* What was listed in an earlier term says nothing about who holds what in this one. */
static void test_an_old_list_is_not_taken_for_a_new_one(void **state)
{
    cleanup_world struct world world;

    (void)state;
    world_init(&world, 1);
    world.engine.term = 2;
    assert_nothing_to_do(&world, 0);
    assert_false(world.workers[0].listed);
    world.workers[0].term = 2;
    assert_nothing_to_do(&world, 0);
    assert_true(world.workers[0].listed);
}

static void test_a_new_leader_deletes_nothing_at_first(void **state)
{
    cleanup_world struct world world;
    const struct web web = WEB;

    (void)state;
    world_init(&world, 1);
    settle(&world, &web);
    world_delete(&world, &web);
    world.engine.deletes_allowed_ms = NOW;
    world.workers[0].listed_ms = NOW - 1; /* a list made before is no proof, however late it is now */
    assert_nothing_to_do(&world, 0);
    world.workers[0].listed_ms = NOW;
    assert_one_call(&world, 0, PLAN_DELETE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_waits_until_the_input_has_settled),
        cmocka_unit_test(test_an_unchanged_world_needs_no_call),
        cmocka_unit_test(test_without_a_pod_nothing_begins),
        cmocka_unit_test(test_scaled_to_zero_it_goes_whatever_its_policy_for_the_end),
        cmocka_unit_test(test_a_template_that_no_longer_admits_the_node_ends_the_placement),
        cmocka_unit_test(test_a_template_may_choose_by_any_label_of_the_node),
        cmocka_unit_test(test_a_surplus_hub_is_given_up_when_all_is_known),
        cmocka_unit_test(test_a_paused_one_keeps_what_it_has),
        cmocka_unit_test(test_one_that_is_being_deleted_gets_nothing_new),
        cmocka_unit_test(test_skip_leaves_everything_alone_but_the_label),
        cmocka_unit_test(test_what_is_made_anew_at_once_takes_over_in_place),
        cmocka_unit_test(test_a_detached_one_is_done_with),
        cmocka_unit_test(test_the_last_word_of_a_deleted_one_counts),
        cmocka_unit_test(test_one_that_was_made_anew_takes_over_in_place),
        cmocka_unit_test(test_a_config_map_that_vanished_freezes),
        cmocka_unit_test(test_what_somebody_deleted_is_not_made_again_without_its_config_map),
        cmocka_unit_test(test_a_secret_that_vanished_freezes),
        cmocka_unit_test(test_secrets_that_cannot_be_read_are_told),
        cmocka_unit_test(test_a_layer_that_collides_with_its_predecessor_waits),
        cmocka_unit_test(test_a_gap_is_made_only_where_it_is_allowed_and_ends),
        cmocka_unit_test(test_priority_0_is_the_baselines),
        cmocka_unit_test(test_what_cannot_be_translated_leaves_the_last_good_one),
        cmocka_unit_test(test_what_is_absent_is_noted_and_not_deleted),
        cmocka_unit_test(test_what_is_not_ours_is_no_concern),
        cmocka_unit_test(test_a_full_hub_is_told_by_its_own_limit),
        cmocka_unit_test(test_a_conflict_is_counted_once),
        cmocka_unit_test(test_a_refusal_is_told_until_it_is_not_wanted_any_more),
        cmocka_unit_test(test_an_old_list_is_not_taken_for_a_new_one),
        cmocka_unit_test(test_a_new_leader_deletes_nothing_at_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
