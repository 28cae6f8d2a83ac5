/* A Deployment among configurations that are not its own: adoption, system modules, ties, and what is left behind. */
#include "sim_hub.h"

#include "sync/adoption.h"
#include "sync/ownership.h"

#define A "tags.testtag='A'"
#define B "tags.testtag='B'"

/* A base with these system modules; options as a JSON string has them. */
#define BASE(agent, hub, options, more)                                                                                \
    "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"systemModules\":{\"edgeAgent\":{\"settings\":{"    \
    "\"image\":\"" agent "\"}},\"edgeHub\":{\"settings\":{\"image\":\"" hub "\"," options "}}},\"modules\":{" more     \
    "}}}}}"
#define PLAIN       "\"createOptions\":\"{}\""
#define CONTENT     BASE("agent:1.5", "hub:1.5", PLAIN, "\"m\":1")
#define NEW_CONTENT BASE("agent:1.5", "hub:1.5", PLAIN, "\"m\":2")
#define OLD_AGENT   BASE("agent:1.4", "hub:1.5", PLAIN, "")
#define LAYER       "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired.modules.m\":{}}}}"

static struct desired_configuration desired_of(const char *name, const char *content)
{
    return (struct desired_configuration){.namespace = "default",
                                          .name = name,
                                          .uid = "uid-1",
                                          .content = content,
                                          .target_condition = A,
                                          .priority = 10,
                                          .reconcile_policy = "manage",
                                          .may_create = true};
}

static void put(struct sim_hub *hub, const char *id, const char *content, const char *condition, int priority,
                const char *labels)
{
    char *body = NULL;

    assert_true(asprintf(&body,
                         "{\"id\":\"%s\",\"content\":%s,\"targetCondition\":\"%s\",\"priority\":%d,"
                         "\"labels\":%s}",
                         id, content, condition, priority, labels) > 0);
    (void)sim_hub_put(hub, body);
    free(body);
}

static struct plan_input input_of(struct sim_hub *hub, const struct desired_configuration *desired, size_t count)
{
    return (struct plan_input){.owner = "me",
                               .hub = "hub0",
                               .desired = desired,
                               .desired_count = count,
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

/* The actions of the plan as letters: c r a u d. */
static void expect_actions(const struct plan *plan, const char *actions)
{
    static const char letters[] = {
        [PLAN_CREATE] = 'c', [PLAN_READ] = 'r', [PLAN_ADOPT] = 'a', [PLAN_UPDATE] = 'u', [PLAN_DELETE] = 'd'};
    char seen[32] = "";

    for (size_t i = 0; i < plan->call_count && i + 1 < sizeof seen; i++)
        seen[i] = letters[plan->calls[i].action];
    assert_string_equal(seen, actions);
}

static void carry_out(struct sim_hub *hub, const struct plan *plan)
{
    for (size_t i = 0; i < plan->call_count; i++)
        sim_hub_call(hub, &plan->calls[i]);
}

static void step(struct sim_hub *hub, const struct plan_input *input, const char *actions)
{
    cleanup_plan struct plan plan = PLAN_INIT;

    make(input, &plan);
    expect_actions(&plan, actions);
    carry_out(hub, &plan);
}

static void settle(struct sim_hub *hub, const struct desired_configuration *desired, size_t count)
{
    const struct plan_input input = input_of(hub, desired, count);

    for (unsigned i = 0; i < 4; i++) {
        cleanup_plan struct plan plan = PLAN_INIT;

        make(&input, &plan);
        carry_out(hub, &plan);
        sim_hub_evaluate(hub);
    }
    step(hub, &input, "");
}

static const char *label_of(const struct sim_hub *hub, const char *id, const char *label)
{
    return json_string(json_get(sim_hub_find(hub, id), "labels"), label);
}

/* --- adoption --------------------------------------------------------------------------------- */

static void test_the_same_content_is_adopted_in_place(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = desired_of("web", CONTENT);

    (void)state;
    sim_hub_init(&hub);
    put(&hub, "by-hand", CONTENT, A, 3, "{\"team\":\"x\"}");
    const struct plan_input input = input_of(&hub, &desired, 1);

    desired.adopt = true;
    step(&hub, &input, "a");
    sim_hub_evaluate(&hub);
    step(&hub, &input, "");
    assert_int_equal(cJSON_GetArraySize(hub.list), 1);
    assert_string_equal(label_of(&hub, "by-hand", LABEL_OWNER), "me");
    assert_string_equal(label_of(&hub, "by-hand", LABEL_NAME), "web");
    assert_null(label_of(&hub, "by-hand", "team"));
    assert_int_equal(json_get(sim_hub_find(&hub, "by-hand"), "priority")->valueint, 10);

    /* It keeps its id until the content changes, with the annotation or without, and goes then as any other. */
    desired.adopt = false;
    step(&hub, &input, "");
    desired.content = NEW_CONTENT;
    step(&hub, &input, "c");
    sim_hub_evaluate(&hub);
    step(&hub, &input, "d");
    assert_null(sim_hub_find(&hub, "by-hand"));
}

static void expect_not_adopted(const char *content, const char *condition, const char *labels, bool adopt)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = desired_of("web", CONTENT);

    sim_hub_init(&hub);
    put(&hub, "by-hand", content, condition, 3, labels);
    const struct plan_input input = input_of(&hub, &desired, 1);

    desired.adopt = adopt;
    desired.replace_system_modules = true;
    step(&hub, &input, "c");
    sim_hub_evaluate(&hub);
    step(&hub, &input, "");
    assert_int_equal(cJSON_GetArraySize(hub.list), 2);
    assert_string_equal(json_string(sim_hub_find(&hub, "by-hand"), "etag"), "etag-1");
}

static void test_what_is_not_adopted(void **state)
{
    (void)state;
    expect_not_adopted(CONTENT, A, "{}", false);
    expect_not_adopted(NEW_CONTENT, A, "{}", true);
    expect_not_adopted(CONTENT, B, "{}", true);
    expect_not_adopted(CONTENT, A, "{\"iot-edge-connector-owner\":\"other\"}", true);
    expect_not_adopted(CONTENT, A, "{\"iot-edge-connector-owner\":\"me\",\"iot-edge-connector-name\":\"api\"}", true);
    expect_not_adopted(CONTENT, A, "{\"iot-edge-connector-namespace\":\"other\"}", true);
    expect_not_adopted(CONTENT, A,
                       "{\"iot-edge-connector-owner\":\"me\",\"iot-edge-connector-hub\":\"hub0\","
                       "\"iot-edge-connector-kind\":\"baseline\"}",
                       true);
}

/* Somebody took the labels away: the id alone says that it was ours. */
static void test_an_id_of_ours_is_adopted_whatever_its_condition(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = desired_of("web", CONTENT);
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    configuration_id("me", "hub0", "default", "web", 0, CONTENT, id);
    put(&hub, id, CONTENT, B, 3, "{}");
    const struct plan_input input = input_of(&hub, &desired, 1);

    desired.adopt = true;
    step(&hub, &input, "a");
    assert_string_equal(json_string(hub.list->child, "targetCondition"), A);
    assert_string_equal(label_of(&hub, id, LABEL_NAME), "web");
}

static void test_what_the_original_left_behind_goes_after_its_successor(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = desired_of("web", CONTENT);
    cleanup_plan struct plan plan = PLAN_INIT;

    (void)state;
    sim_hub_init(&hub);
    put(&hub, "web-7d4b9c6f5d-x2x4z", OLD_AGENT, A, 10, "{\"app\":\"web\",\"pod-template-hash\":\"7d4b9c6f5d\"}");
    const struct plan_input input = input_of(&hub, &desired, 1);

    /* Not without leave for the other system modules. */
    desired.adopt = true;
    make(&input, &plan);
    expect_actions(&plan, "");
    assert_int_equal(plan.problem_count, 1);
    assert_int_equal(plan.problems[0].kind, PLAN_SYSTEM_MODULES);

    desired.replace_system_modules = true;
    step(&hub, &input, "cr");
    step(&hub, &input, "a");
    assert_string_equal(label_of(&hub, "web-7d4b9c6f5d-x2x4z", LABEL_OWNER), "me");
    assert_string_equal(label_of(&hub, "web-7d4b9c6f5d-x2x4z", "app"), "web");
    step(&hub, &input, "");
    sim_hub_evaluate(&hub);
    step(&hub, &input, "d");
    assert_null(sim_hub_find(&hub, "web-7d4b9c6f5d-x2x4z"));
    assert_int_equal(cJSON_GetArraySize(hub.list), 1);
}

static void test_what_looks_like_a_pods_name(void **state)
{
    static const struct {
        const char *id, *hash;
        bool leaked;
    } cases[] = {
        {"web-7d4b9c6f5d-x2x4z", "7d4b9c6f5d", true},
        {"web-7d4b9c6f5d-x2x4z", NULL, false},
        {"web-7d4b9c6f5d-x2x4z", "", false},
        {"web-7d4b9c6f5d-x2x4z", "7d4b9c6f5", false},
        {"web-7d4b9c6f5d-x2x4", "7d4b9c6f5d", false},
        {"web-7d4b9c6f5d-x2x4za", "7d4b9c6f5d", false},
        {"web-7d4b9c6f5d-aeiou", "7d4b9c6f5d", false},
        {"webs-7d4b9c6f5d-x2x4z", "7d4b9c6f5d", false},
        {"web-api-7d4b9c6f5d-x2x4z", "7d4b9c6f5d", false},
        {"web", "7d4b9c6f5d", false},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct observed_configuration configuration = {.id = cases[i].id, .template_hash = cases[i].hash};

        assert_int_equal(adoption_is_leaked(&configuration, "web"), cases[i].leaked);
    }
}

/* --- system modules --------------------------------------------------------------------------- */

static void expect_held(const char *content, const char *condition, int priority, bool held)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration desired = desired_of("web", CONTENT);

    sim_hub_init(&hub);
    put(&hub, "other", content, condition, priority, "{}");
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    expect_actions(&plan, held ? "" : "c");
    assert_int_equal(plan.problem_count, held);
}

static void test_other_system_modules_are_not_taken_away(void **state)
{
    (void)state;
    expect_held(OLD_AGENT, A, 5, true);
    expect_held(OLD_AGENT, A, 10, true);
    expect_held(OLD_AGENT, "*", 0, true);
    expect_held(OLD_AGENT, A " AND tags.x='1'", 5, true);
    expect_held(BASE("agent:1.5", "hub:1.5", "\"createOptions\":\"{\\\"a\\\":1}\"", ""), A, 5, true);
    /* Nothing is taken from what wins, or has other devices. */
    expect_held(OLD_AGENT, A, 11, false);
    expect_held(OLD_AGENT, B, 5, false);
    /* The same, however it is written; and what brings none. */
    expect_held(BASE("agent:1.5", "hub:1.5", "\"createOptions\":\" \",\"createOptions01\":\"{ }\"", ""), A, 5, false);
    expect_held(LAYER, A, 5, false);
    expect_held("{\"deviceContent\":{}}", A, 5, false);
}

static void test_the_sentence_about_system_modules(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration desired = desired_of("web", CONTENT);

    (void)state;
    sim_hub_init(&hub);
    put(&hub, "other", OLD_AGENT, A, 5, "{}");
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    assert_string_equal(plan.problems[0].message,
                        "configuration other (priority 5, target condition " A
                        ") has other system modules (edgeAgent agent:1.4, edgeHub hub:1.5), and this Deployment would "
                        "take devices from it; give the edgeagent ConfigMap the same ones, or set the Deployment's "
                        "annotation iot-edge-connector/replace-system-modules to \"true\"");
    assert_true(plan.pending);
}

/* Its own are its own to change, and where it wins already nothing changes. */
static void test_its_own_system_modules_may_change(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = desired_of("web", OLD_AGENT);

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &desired, 1);
    const struct plan_input input = input_of(&hub, &desired, 1);

    put(&hub, "lower", BASE("agent:1.3", "hub:1.5", PLAIN, ""), A, 5, "{}");
    desired.content = CONTENT;
    step(&hub, &input, "c");
}

/* A wider condition takes new devices, from others. */
static void test_a_wider_condition_is_held_as_well(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    struct desired_configuration desired = desired_of("web", CONTENT);

    (void)state;
    sim_hub_init(&hub);
    put(&hub, "other", OLD_AGENT, B, 5, "{}");
    settle(&hub, &desired, 1);
    const struct plan_input input = input_of(&hub, &desired, 1);

    desired.target_condition = "*";
    make(&input, &plan);
    expect_actions(&plan, "");
    assert_int_equal(plan.problems[0].kind, PLAN_SYSTEM_MODULES);
    desired.replace_system_modules = true;
    step(&hub, &input, "u");
}

/* --- ties ------------------------------------------------------------------------------------- */

static void test_ties_are_told(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    struct desired_configuration desired[] = {desired_of("web", CONTENT), desired_of("api", CONTENT)};

    (void)state;
    sim_hub_init(&hub);
    desired[1].target_condition = A " AND tags.floor='3'";
    put(&hub, "by-hand", CONTENT, A, 10, "{}");
    put(&hub, "another", CONTENT, B, 10, "{}");
    put(&hub, "a-layer", LAYER, A, 10, "{}");
    settle(&hub, desired, 2);
    const struct plan_input input = input_of(&hub, desired, 2);

    make(&input, &plan);
    assert_string_equal(plan.standings[0].tie,
                        "Deployment default/api has priority 10 as well, and devices of both conditions get whichever "
                        "was created last: every change of one takes them from the other; give the two different "
                        "priorities");
    assert_memory_equal(plan.standings[1].tie, "Deployment default/web has", 26);
    assert_int_equal(plan.problem_count, 0);
    desired[1].priority = 11;
    step(&hub, &input, "u");
    make(&input, &plan);
    assert_memory_equal(plan.standings[0].tie, "configuration by-hand has", 25);
    assert_null(plan.standings[1].tie);
    desired[0].priority = 12;
    make(&input, &plan);
    assert_null(plan.standings[0].tie);
    assert_null(plan.standings[1].tie);
}

/* --- what is left behind ---------------------------------------------------------------------- */

/* Whether the delete of web, with others on the hub, leaves modules. */
static bool delete_leaves(const char *content, const char *condition, const char *other_content, int targeted)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration desired = desired_of("web", content);
    const struct ended_deployment ended = {"default", "web", false};

    sim_hub_init(&hub);
    settle(&hub, &desired, 1);
    sim_hub_evaluate_one(hub.list->child, targeted);
    if (other_content)
        put(&hub, "other", other_content, condition, 0, "{}");
    struct plan_input input = input_of(&hub, NULL, 0);

    input.ended = &ended;
    input.ended_count = 1;
    make(&input, &plan);
    expect_actions(&plan, "d");
    return plan.calls[0].leaves_modules;
}

static void test_what_a_delete_leaves_on_the_devices(void **state)
{
    (void)state;
    assert_true(delete_leaves(CONTENT, NULL, NULL, 1));
    assert_true(delete_leaves(LAYER, NULL, NULL, 1));
    assert_true(delete_leaves(CONTENT, B, CONTENT, 1));
    assert_true(delete_leaves(CONTENT, A " AND tags.x='1'", CONTENT, 1));
    assert_true(delete_leaves(CONTENT, A, LAYER, 1));
    assert_false(delete_leaves(CONTENT, NULL, NULL, 0));
    assert_false(delete_leaves(CONTENT, "*", OLD_AGENT, 1));
    assert_false(delete_leaves(CONTENT, A, CONTENT, 1));
    assert_false(delete_leaves(LAYER, A, CONTENT, 1));
}

/* What goes as well is no help. */
static void test_two_that_go_together(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration desired[] = {desired_of("web", CONTENT), desired_of("api", CONTENT)};
    const struct ended_deployment ended[] = {{"default", "web", false}, {"default", "api", false}};

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, desired, 2);
    struct plan_input input = input_of(&hub, desired, 1);

    input.ended = &ended[1];
    input.ended_count = 1;
    make(&input, &plan);
    expect_actions(&plan, "d");
    assert_false(plan.calls[0].leaves_modules);
    input.desired_count = 0;
    input.ended = ended;
    input.ended_count = 2;
    make(&input, &plan);
    expect_actions(&plan, "dd");
    assert_true(plan.calls[0].leaves_modules);
    assert_true(plan.calls[1].leaves_modules);
}

static void test_what_a_narrower_condition_leaves(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    struct desired_configuration desired = desired_of("web", CONTENT);

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &desired, 1);
    const struct plan_input input = input_of(&hub, &desired, 1);

    desired.target_condition = "*";
    make(&input, &plan);
    expect_actions(&plan, "u");
    assert_false(plan.calls[0].leaves_modules);
    desired.target_condition = A " AND tags.x='1'";
    make(&input, &plan);
    expect_actions(&plan, "u");
    assert_true(plan.calls[0].leaves_modules);
    /* With another content it is the delete that leaves them. */
    desired.content = NEW_CONTENT;
    step(&hub, &input, "c");
    sim_hub_evaluate(&hub);
    make(&input, &plan);
    expect_actions(&plan, "d");
    assert_true(plan.calls[0].leaves_modules);
    desired.target_condition = A;
    step(&hub, &input, "u");
    make(&input, &plan);
    expect_actions(&plan, "d");
    assert_false(plan.calls[0].leaves_modules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_content_is_adopted_in_place),
        cmocka_unit_test(test_what_is_not_adopted),
        cmocka_unit_test(test_an_id_of_ours_is_adopted_whatever_its_condition),
        cmocka_unit_test(test_what_the_original_left_behind_goes_after_its_successor),
        cmocka_unit_test(test_what_looks_like_a_pods_name),
        cmocka_unit_test(test_other_system_modules_are_not_taken_away),
        cmocka_unit_test(test_the_sentence_about_system_modules),
        cmocka_unit_test(test_its_own_system_modules_may_change),
        cmocka_unit_test(test_a_wider_condition_is_held_as_well),
        cmocka_unit_test(test_ties_are_told),
        cmocka_unit_test(test_what_a_delete_leaves_on_the_devices),
        cmocka_unit_test(test_two_that_go_together),
        cmocka_unit_test(test_what_a_narrower_condition_leaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
