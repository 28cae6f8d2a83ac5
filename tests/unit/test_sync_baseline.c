#include "sim_hub.h"

#include "sync/ownership.h"

#define CONTENT(image)                                                                                                 \
    "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"systemModules\":{\"edgeAgent\":{\"settings\":{"    \
    "\"image\":\"" image "\"}}},\"modules\":{}}}}}"
#define BASE  "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"modules\":{}}}}}"
#define LAYER "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired.modules.m\":{}}}}"
#define A     "tags.testtag='A'"

static struct plan_baseline wish_of(const char *content, const char *condition)
{
    return (struct plan_baseline){.wanted = true, .confirmed = true, .content = content, .target_condition = condition};
}

static struct plan_input input_of(struct sim_hub *hub, const struct plan_baseline *wish)
{
    return (struct plan_input){.owner = "me",
                               .hub = "hub0",
                               .baseline = wish,
                               .observed = &hub->observed,
                               .deletes_allowed = true,
                               .limit = 100};
}

static void make(const struct plan_input *input, struct plan *plan)
{
    cleanup_error struct error error = {0};

    plan_release(plan);
    sim_hub_refresh(input);
    if (plan_make(input, plan, &error) < 0)
        fail_msg("%s", error_message(&error));
}

/* Makes a plan of the actions c, u, d, and has it carried out. */
static void step(struct sim_hub *hub, const struct plan_input *input, const char *actions)
{
    static const char letters[] = {
        [PLAN_CREATE] = 'c', [PLAN_READ] = 'r', [PLAN_ADOPT] = 'a', [PLAN_UPDATE] = 'u', [PLAN_DELETE] = 'd'};
    cleanup_plan struct plan plan = PLAN_INIT;
    char seen[16] = "";

    make(input, &plan);
    for (size_t i = 0; i < plan.call_count && i + 1 < sizeof seen; i++) {
        seen[i] = letters[plan.calls[i].action];
        assert_true(plan.calls[i].baseline);
    }
    assert_string_equal(seen, actions);
    for (size_t i = 0; i < plan.call_count; i++)
        sim_hub_call(hub, &plan.calls[i]);
}

static void expect_problem(const struct plan_input *input, const char *problem)
{
    cleanup_plan struct plan plan = PLAN_INIT;

    make(input, &plan);
    assert_int_equal(plan.call_count, 0);
    assert_string_equal(plan.baseline_problem, problem);
    assert_true(plan.pending);
}

static void test_it_is_created_and_no_deployments(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct plan_baseline wish = wish_of(CONTENT("a:1"), "*");

    (void)state;
    sim_hub_init(&hub);
    const struct plan_input input = input_of(&hub, &wish);

    make(&input, &plan);
    assert_null(plan.baseline_problem);
    step(&hub, &input, "c");
    sim_hub_evaluate(&hub);
    step(&hub, &input, "");
    const cJSON *made = hub.list->child, *labels = json_get(made, "labels");

    assert_memory_equal(json_string(made, "id"), "baseline-hub0-", 14);
    assert_int_equal(json_get(made, "priority")->valueint, 0);
    assert_string_equal(json_string(made, "targetCondition"), "*");
    assert_string_equal(json_string(labels, LABEL_KIND), KIND_BASELINE);
    assert_string_equal(json_string(labels, LABEL_OWNER), "me");
    assert_null(json_string(labels, LABEL_NAMESPACE));
    assert_true(hub.observed.items[0].baseline);
    assert_false(hub.observed.items[0].ours);
    assert_false(observed_is_of(&hub.observed.items[0], "-", "baseline"));
}

static void test_it_follows_the_configuration(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct plan_baseline wish = wish_of(CONTENT("a:1"), "*");

    (void)state;
    sim_hub_init(&hub);
    const struct plan_input input = input_of(&hub, &wish);

    step(&hub, &input, "c");
    sim_hub_evaluate(&hub);
    wish.target_condition = A;
    step(&hub, &input, "u");
    step(&hub, &input, "");
    wish.content = CONTENT("a:2");
    step(&hub, &input, "c");
    step(&hub, &input, ""); /* the old one goes when the new one was evaluated */
    sim_hub_evaluate(&hub);
    step(&hub, &input, "d");
    assert_int_equal(cJSON_GetArraySize(hub.list), 1);
    wish.wanted = false;
    step(&hub, &input, "d");
    assert_int_equal(cJSON_GetArraySize(hub.list), 0);
    step(&hub, &input, "");
}

/* Neither a configuration without the key nor a new leader takes it away. */
static void test_it_goes_by_word_only(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct plan_baseline wish = wish_of(CONTENT("a:1"), "*");

    (void)state;
    sim_hub_init(&hub);
    struct plan_input input = input_of(&hub, &wish);

    step(&hub, &input, "c");
    sim_hub_evaluate(&hub);
    input.baseline = NULL;
    step(&hub, &input, "");
    input.baseline = &wish;
    wish.wanted = false;
    input.deletes_allowed = false;
    step(&hub, &input, "");
    input.hub = "hub1";
    hub.name = "hub1";
    input.deletes_allowed = true;
    step(&hub, &input, "");
    assert_int_equal(cJSON_GetArraySize(hub.list), 1);
}

static void test_another_base_of_priority_0_is_in_its_way(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    const struct plan_baseline wish = wish_of(CONTENT("a:1"), "*");

    (void)state;
    sim_hub_init(&hub);
    const struct plan_input input = input_of(&hub, &wish);

    (void)sim_hub_put(&hub, "{\"id\":\"layer\",\"content\":" LAYER ",\"priority\":0}");
    (void)sim_hub_put(&hub, "{\"id\":\"higher\",\"content\":" BASE ",\"priority\":1}");
    (void)sim_hub_put(&hub, "{\"id\":\"by-hand\",\"content\":" BASE ",\"targetCondition\":\"" A "\",\"priority\":0}");
    expect_problem(&input, "the baseline is not created: configuration by-hand has priority 0 as well, and the newest "
                           "of two wins on a device; give that one a higher priority or delete it");
    cJSON_Delete(cJSON_DetachItemViaPointer(hub.list, sim_hub_find(&hub, "by-hand")));
    step(&hub, &input, "c");
}

/* Devices without a configuration are asked about before it comes to them; fewer devices need no word. */
static void test_it_waits_for_the_operators_word(void **state)
{
    static const char waits[] =
        "the baseline waits until the devices that no configuration targets yet are confirmed in baselineConfirmed; "
        "the log lists them";
    cleanup_sim_hub struct sim_hub hub;
    struct plan_baseline wish = wish_of(CONTENT("a:1"), A);

    (void)state;
    sim_hub_init(&hub);
    const struct plan_input input = input_of(&hub, &wish);

    wish.confirmed = false;
    expect_problem(&input, waits);
    wish.confirmed = true;
    step(&hub, &input, "c");
    sim_hub_evaluate(&hub);
    wish.confirmed = false;
    wish.content = CONTENT("a:2");
    step(&hub, &input, "c");
    sim_hub_evaluate(&hub);
    step(&hub, &input, "d");
    wish.target_condition = A " AND tags.x='1'";
    step(&hub, &input, "u");
    wish.target_condition = A;
    expect_problem(&input, waits);
    wish.target_condition = A " AND tags.x='1'";
    step(&hub, &input, "");
}

static void test_it_takes_no_slot_that_is_kept(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    const struct plan_baseline wish = wish_of(CONTENT("a:1"), "*");

    (void)state;
    sim_hub_init(&hub);
    struct plan_input input = input_of(&hub, &wish);

    input.limit = 3;
    (void)sim_hub_put(&hub, "{\"id\":\"other\",\"content\":{},\"priority\":1}");
    expect_problem(&input, "the baseline waits: the hub is full");
    input.limit = 4;
    step(&hub, &input, "c");
}

/* With it nothing is left on the devices of a Deployment that goes. */
static void test_it_covers_what_goes(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct plan_baseline wish = wish_of(CONTENT("a:1"), A);
    const struct desired_configuration web = {.namespace = "ns",
                                              .name = "web",
                                              .uid = "u",
                                              .content = BASE,
                                              .target_condition = A " AND tags.x='1'",
                                              .priority = 1,
                                              .reconcile_policy = "manage",
                                              .may_create = true};
    const struct ended_deployment ended = {"ns", "web", false};

    (void)state;
    sim_hub_init(&hub);
    struct plan_input input = input_of(&hub, &wish);

    input.desired = &web;
    input.desired_count = 1;
    make(&input, &plan);
    assert_int_equal(plan.call_count, 2);
    assert_false(plan.calls[0].baseline);
    for (size_t i = 0; i < plan.call_count; i++)
        sim_hub_call(&hub, &plan.calls[i]);
    sim_hub_evaluate(&hub);
    make(&input, &plan);
    assert_int_equal(plan.call_count, 0);
    assert_null(plan.standings[0].tie);
    input.desired_count = 0;
    input.ended = &ended;
    input.ended_count = 1;
    make(&input, &plan);
    assert_int_equal(plan.call_count, 1);
    assert_int_equal(plan.calls[0].action, PLAN_DELETE);
    assert_false(plan.calls[0].leaves_modules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_created_and_no_deployments),
        cmocka_unit_test(test_it_follows_the_configuration),
        cmocka_unit_test(test_it_goes_by_word_only),
        cmocka_unit_test(test_another_base_of_priority_0_is_in_its_way),
        cmocka_unit_test(test_it_waits_for_the_operators_word),
        cmocka_unit_test(test_it_takes_no_slot_that_is_kept),
        cmocka_unit_test(test_it_covers_what_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
