#include "sim_hub.h"

#include "sync/ownership.h"

#define CONTENT_A "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"a\":1}}}}"
#define CONTENT_B "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"b\":2}}}}"
#define CONTENT_C "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"c\":3}}}}"

static struct desired_configuration desired_web(const char *content)
{
    return (struct desired_configuration){
        .namespace = "default",
        .name = "web",
        .uid = "uid-1",
        .content = content,
        .target_condition = "tags.testtag='A'",
        .priority = 10,
        .reconcile_policy = "manage",
        .config_maps = "edgehub",
        .may_create = true,
    };
}

static struct plan_input input_of(struct sim_hub *hub, const struct desired_configuration *desired, size_t count)
{
    return (struct plan_input){
        .owner = "me",
        .hub = "hub0",
        .desired = desired,
        .desired_count = count,
        .observed = &hub->observed,
        .deletes_allowed = true,
        .limit = 100,
    };
}

static void make(const struct plan_input *input, struct plan *plan)
{
    cleanup_error struct error error = {0};

    sim_hub_refresh(input);
    if (plan_make(input, plan, &error) < 0)
        fail_msg("%s", error_message(&error));
}

static void web_id(const char *content, unsigned salt, char id[CONFIGURATION_ID_SIZE])
{
    configuration_id("me", "hub0", "default", "web", salt, content, id);
}

/* Brings one desired configuration onto the hub by plans, and has it evaluated. */
static void settle(struct sim_hub *hub, const struct desired_configuration *desired)
{
    for (unsigned round = 0; round < 4; round++) {
        cleanup_plan struct plan plan = PLAN_INIT;
        const struct plan_input input = input_of(hub, desired, 1);

        make(&input, &plan);
        for (size_t i = 0; i < plan.call_count; i++)
            sim_hub_call(hub, &plan.calls[i]);
        sim_hub_evaluate(hub);
    }
}

/* Puts a configuration onto the hub as it is once created for `desired`, without a plan. */
static void place(struct sim_hub *hub, const struct desired_configuration *desired)
{
    cleanup_sim_hub struct sim_hub empty;
    cleanup_plan struct plan plan = PLAN_INIT;

    sim_hub_init(&empty);
    const struct plan_input input = input_of(&empty, desired, 1);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 1);
    sim_hub_put(hub, plan.calls[0].body);
}

static void put_foreign(struct sim_hub *hub, const char *id)
{
    char body[512];

    (void)snprintf(body, sizeof body, "{\"id\":\"%s\",\"labels\":{\"app\":\"x\"},\"content\":{},\"priority\":1}", id);
    sim_hub_put(hub, body);
}

static void expect_call(const struct plan *plan, size_t index, enum plan_action action, const char *id)
{
    assert_true(index < plan->call_count);
    assert_int_equal(plan->calls[index].action, action);
    assert_string_equal(plan->calls[index].id, id);
    assert_string_equal(plan->calls[index].namespace, "default");
}

static void expect_problem(const struct plan *plan, enum plan_problem_kind kind)
{
    assert_int_equal(plan->problem_count, 1);
    assert_int_equal(plan->problems[0].kind, kind);
    assert_string_equal(plan->problems[0].namespace, "default");
    assert_string_equal(plan->problems[0].name, "web");
}

static void test_the_body_of_a_create(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    cleanup_json cJSON *labels = sim_json("{\"app\":\"web\"}");
    struct desired_configuration desired = desired_web("{\"n\":12345678901234567890.10}");
    char id[CONFIGURATION_ID_SIZE], hash[CONTENT_HASH_SIZE], expected[2048];

    (void)state;
    sim_hub_init(&hub);
    desired.template_labels = labels;
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    web_id(desired.content, 0, id);
    content_hash(desired.content, hash);
    (void)snprintf(expected, sizeof expected,
                   "{\"id\":\"%s\",\"schemaVersion\":\"1.0\",\"labels\":{\"app\":\"web\","
                   "\"iot-edge-connector-owner\":\"me\",\"iot-edge-connector-hub\":\"hub0\","
                   "\"iot-edge-connector-namespace\":\"default\",\"iot-edge-connector-name\":\"web\","
                   "\"iot-edge-connector-uid\":\"uid-1\",\"iot-edge-connector-content-hash\":\"%s\","
                   "\"iot-edge-connector-reconcile-policy\":\"manage\",\"iot-edge-connector-config-maps\":\"edgehub\"},"
                   "\"content\":{\"n\":12345678901234567890.10},\"targetCondition\":\"tags.testtag='A'\","
                   "\"priority\":10,\"metrics\":{\"queries\":{}}}",
                   id, hash);
    assert_int_equal(plan.call_count, 1);
    expect_call(&plan, 0, PLAN_CREATE, id);
    assert_string_equal(plan.calls[0].body, expected);
    assert_string_equal(plan.calls[0].name, "web");
    assert_true(plan.pending);
    assert_null(plan.standings[0].id);
    assert_int_equal(plan.standings[0].targeted, -1);
}

static void test_nothing_to_do(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration desired = desired_web(CONTENT_A);
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &desired);
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    web_id(CONTENT_A, 0, id);
    assert_int_equal(plan.call_count, 0);
    assert_int_equal(plan.problem_count, 0);
    assert_false(plan.pending);
    assert_string_equal(plan.standings[0].id, id);
    assert_true(plan.standings[0].evaluated);
    assert_int_equal(plan.standings[0].targeted, 1);
    assert_string_equal(plan.standings[0].created_time, "2026-11-23T00:00:01.5Z");
}

/* Create the new one; wait for its evaluation, however long; delete the old one. */
static void test_new_content_is_created_before_the_old_goes(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = desired_web(CONTENT_A);
    char a[CONFIGURATION_ID_SIZE], b[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &desired);
    desired.content = CONTENT_B;
    web_id(CONTENT_A, 0, a);
    web_id(CONTENT_B, 0, b);
    const struct plan_input input = input_of(&hub, &desired, 1);
    cleanup_plan struct plan first = PLAN_INIT, second = PLAN_INIT, third = PLAN_INIT;

    make(&input, &first);
    assert_int_equal(first.call_count, 1);
    expect_call(&first, 0, PLAN_CREATE, b);
    sim_hub_call(&hub, &first.calls[0]);

    make(&input, &second);
    assert_int_equal(second.call_count, 0);
    assert_true(second.pending);
    assert_string_equal(second.standings[0].id, b);
    assert_false(second.standings[0].evaluated);

    sim_hub_evaluate(&hub);
    make(&input, &third);
    assert_int_equal(third.call_count, 1);
    expect_call(&third, 0, PLAN_DELETE, a);
    assert_string_equal(third.calls[0].etag, "etag-1");
    assert_false(third.pending);
}

/* A lower priority than the old one's changes nothing in the order. */
static void test_new_content_with_a_lower_priority(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    struct desired_configuration desired = desired_web(CONTENT_A);
    char b[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &desired);
    desired.content = CONTENT_B;
    desired.priority = 1;
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    web_id(CONTENT_B, 0, b);
    assert_int_equal(plan.call_count, 1);
    expect_call(&plan, 0, PLAN_CREATE, b);
}

static void test_condition_priority_and_labels_change_in_place(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    const struct desired_configuration before = desired_web(CONTENT_A);
    struct desired_configuration changed[] = {before, before, before, before};
    cleanup_json cJSON *labels = sim_json("{\"app\":\"other\"}");
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &before);
    sim_set(hub.list->child, "metrics", sim_json("{\"queries\":{\"mine\":\"select 1\"},\"results\":{\"mine\":3}}"));
    web_id(CONTENT_A, 0, id);
    changed[0].target_condition = "tags.testtag='B'";
    changed[1].priority = 11;
    changed[2].uid = "uid-2";
    changed[3].template_labels = labels;
    for (size_t i = 0; i < array_length(changed); i++) {
        cleanup_plan struct plan plan = PLAN_INIT;
        const struct plan_input input = input_of(&hub, &changed[i], 1);

        make(&input, &plan);
        assert_int_equal(plan.call_count, 1);
        expect_call(&plan, 0, PLAN_UPDATE, id);
        cleanup_json cJSON *body = sim_json(plan.calls[0].body);

        assert_true(json_equal(json_get(body, "content"), json_get(hub.list->child, "content")));
        assert_string_equal(json_string(json_at(body, "metrics", "queries", NULL), "mine"), "select 1");
        assert_null(json_at(body, "metrics", "results", NULL));
        cleanup_sim_hub struct sim_hub copy = sim_hub_copy(&hub);
        cleanup_plan struct plan again = PLAN_INIT;
        const struct plan_input next = input_of(&copy, &changed[i], 1);

        sim_hub_call(&copy, &plan.calls[0]);
        make(&next, &again);
        assert_int_equal(again.call_count, 0);
    }
}

/* A label that somebody put on or took off is put right. */
static void test_labels_are_compared_as_a_whole(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration desired = desired_web(CONTENT_A);

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &desired);
    cJSON_AddStringToObject(json_get(hub.list->child, "labels"), "by-hand", "x");
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 1);
    assert_int_equal(plan.calls[0].action, PLAN_UPDATE);
}

/* A, B, and A again while B is the newest: what is there is taken, and B goes, at once since A was evaluated. */
static void test_back_to_the_content_before(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration a = desired_web(CONTENT_A), b = desired_web(CONTENT_B);
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &a);
    place(&hub, &b);
    const struct plan_input input = input_of(&hub, &a, 1);

    make(&input, &plan);
    web_id(CONTENT_B, 0, id);
    assert_int_equal(plan.call_count, 1);
    expect_call(&plan, 0, PLAN_DELETE, id);
    web_id(CONTENT_A, 0, id);
    assert_string_equal(plan.standings[0].id, id);
}

/* When the one that stays has to be changed first, the others wait for a list that shows the change. */
static void test_nothing_is_superseded_by_an_outdated_one(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration a = desired_web(CONTENT_A);
    const struct desired_configuration b = desired_web(CONTENT_B);
    cleanup_plan struct plan first = PLAN_INIT, second = PLAN_INIT;

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &a);
    place(&hub, &b);
    a.target_condition = "tags.testtag='B'";
    const struct plan_input input = input_of(&hub, &a, 1);

    make(&input, &first);
    assert_int_equal(first.call_count, 1);
    assert_int_equal(first.calls[0].action, PLAN_UPDATE);
    assert_true(first.pending);
    sim_hub_call(&hub, &first.calls[0]);
    make(&input, &second);
    assert_int_equal(second.call_count, 1);
    assert_int_equal(second.calls[0].action, PLAN_DELETE);
}

/* The one that wins on the devices goes last: B is newer than C, so C goes first. */
static void test_superseded_ones_go_in_the_order_of_their_weight(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration a = desired_web(CONTENT_A), b = desired_web(CONTENT_B),
                                       c = desired_web(CONTENT_C);
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    place(&hub, &a);
    place(&hub, &c);
    place(&hub, &b);
    /* The hub drops trailing zeros: .5 is later than .4999999, and earlier than .51. */
    sim_set(hub.list->child->next, "createdTimeUtc", cJSON_CreateString("2026-11-23T00:00:02.5Z"));
    sim_set(hub.list->child->next->next, "createdTimeUtc", cJSON_CreateString("2026-11-23T00:00:02.51Z"));
    sim_hub_evaluate(&hub);
    const struct plan_input input = input_of(&hub, &a, 1);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 2);
    web_id(CONTENT_C, 0, id);
    expect_call(&plan, 0, PLAN_DELETE, id);
    web_id(CONTENT_B, 0, id);
    expect_call(&plan, 1, PLAN_DELETE, id);
}

static void test_an_id_of_someone_else_means_the_next_salt(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT, later = PLAN_INIT;
    const struct desired_configuration desired = desired_web(CONTENT_A);
    char first[CONFIGURATION_ID_SIZE], second[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    web_id(CONTENT_A, 0, first);
    web_id(CONTENT_A, 1, second);
    put_foreign(&hub, first);
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 1);
    expect_call(&plan, 0, PLAN_CREATE, second);

    /* The other one goes away: ours stays where it is. */
    settle(&hub, &desired);
    cJSON_DeleteItemFromArray(hub.list, 0);
    const struct plan_input next = input_of(&hub, &desired, 1);

    make(&next, &later);
    assert_int_equal(later.call_count, 0);
    assert_string_equal(later.standings[0].id, second);
}

static void test_all_ids_held_by_others(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration old = desired_web(CONTENT_B), desired = desired_web(CONTENT_A);

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &old);
    for (unsigned salt = 0; salt < CONFIGURATION_SALTS; salt++) {
        char id[CONFIGURATION_ID_SIZE];

        web_id(CONTENT_A, salt, id);
        put_foreign(&hub, id);
    }
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 0);
    expect_problem(&plan, PLAN_CONFLICT);
}

/* Neither under this id nor under the next one: the content that a hub altered once it would alter again. */
static void test_altered_content(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT, healed = PLAN_INIT;
    const struct desired_configuration old = desired_web(CONTENT_B), desired = desired_web(CONTENT_A);
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &old);
    place(&hub, &desired);
    sim_hub_evaluate(&hub);
    web_id(CONTENT_A, 0, id);
    sim_set(sim_hub_find(&hub, id), "content", sim_json("{\"altered\":true}"));
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 0);
    expect_problem(&plan, PLAN_CONTENT_ALTERED);
    assert_non_null(strstr(plan.problems[0].message, id));
    assert_null(plan.standings[0].id);

    /* Other content goes its way, and takes the altered one along when it is evaluated. */
    const struct plan_input back = input_of(&hub, &old, 1);

    make(&back, &healed);
    assert_int_equal(healed.call_count, 1);
    expect_call(&healed, 0, PLAN_DELETE, id);
    assert_int_equal(healed.problem_count, 0);
}

/* The order of members and the digits' spelling are the hub's business. */
static void test_equal_content_in_another_order(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration desired = desired_web("{\"a\":1,\"b\":{\"c\":2,\"d\":3}}");

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &desired);
    sim_set(hub.list->child, "content", sim_json("{\"b\":{\"d\":3.0,\"c\":2},\"a\":1}"));
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 0);
    assert_int_equal(plan.problem_count, 0);
}

/* Nothing of a frozen one changes, and its standing is what the devices have. */
static void test_frozen(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration a = desired_web(CONTENT_A), b = desired_web(CONTENT_B);
    struct desired_configuration frozen = desired_web(NULL);
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &a);
    place(&hub, &b);
    sim_hub_evaluate(&hub);
    frozen.target_condition = "deviceId='x'";
    frozen.priority = 99;
    const struct plan_input input = input_of(&hub, &frozen, 1);

    make(&input, &plan);
    web_id(CONTENT_B, 0, id);
    assert_int_equal(plan.call_count, 0);
    assert_int_equal(plan.problem_count, 0);
    assert_false(plan.pending);
    assert_string_equal(plan.standings[0].id, id);
}

static void test_an_ended_deployment(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT, waiting = PLAN_INIT;
    const struct desired_configuration a = desired_web(CONTENT_A), b = desired_web(CONTENT_B);
    const struct ended_deployment ended = {"default", "web", false}, other = {"other", "web", false};

    (void)state;
    sim_hub_init(&hub);
    place(&hub, &a);
    place(&hub, &b);
    struct plan_input input = input_of(&hub, NULL, 0);

    input.ended = &ended;
    input.ended_count = 1;
    make(&input, &plan);
    assert_int_equal(plan.call_count, 2);
    assert_int_equal(plan.calls[0].action, PLAN_DELETE);
    assert_int_equal(plan.calls[1].action, PLAN_DELETE);
    assert_string_equal(plan.calls[0].name, "web");
    assert_false(plan.pending);

    input.deletes_allowed = false;
    make(&input, &waiting);
    assert_int_equal(waiting.call_count, 0);
    assert_true(waiting.pending);
    plan_release(&waiting);

    input.deletes_allowed = true;
    input.ended = &other;
    make(&input, &waiting);
    assert_int_equal(waiting.call_count, 0);
}

static void test_policies_that_outlive_the_deployment(void **state)
{
    static const char *const policies[] = {"detach-on-delete", "skip"};
    const struct ended_deployment ended = {"default", "web", false};

    (void)state;
    for (size_t i = 0; i < array_length(policies); i++) {
        cleanup_sim_hub struct sim_hub hub;
        cleanup_plan struct plan plan = PLAN_INIT;
        struct desired_configuration desired = desired_web(CONTENT_A);

        sim_hub_init(&hub);
        desired.reconcile_policy = policies[i];
        place(&hub, &desired);
        struct plan_input input = input_of(&hub, NULL, 0);

        input.ended = &ended;
        input.ended_count = 1;
        make(&input, &plan);
        assert_int_equal(plan.call_count, 0);
        assert_false(plan.pending);
    }
}

/* A Deployment that was deleted and made anew: the desired one wins. */
/* One that lives but has no place here any more leaves nothing behind, whatever a label says. */
static void test_a_displaced_deployment_leaves_nothing(void **state)
{
    static const char *const policies[] = {"manage", "detach-on-delete", "skip"};
    const struct ended_deployment ended = {"default", "web", true};

    (void)state;
    for (size_t i = 0; i < array_length(policies); i++) {
        cleanup_sim_hub struct sim_hub hub;
        cleanup_plan struct plan plan = PLAN_INIT;
        struct desired_configuration a = desired_web(CONTENT_A);

        sim_hub_init(&hub);
        a.reconcile_policy = policies[i];
        settle(&hub, &a);
        struct plan_input input = input_of(&hub, NULL, 0);

        input.ended = &ended;
        input.ended_count = 1;
        make(&input, &plan);
        assert_int_equal(plan.call_count, 1);
        assert_int_equal(plan.calls[0].action, PLAN_DELETE);
    }
}

/* A frozen one keeps what it has, but its policy is written down in time. */
static void test_the_policy_of_a_frozen_one_follows(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan reads = PLAN_INIT, plan = PLAN_INIT, again = PLAN_INIT;
    const struct desired_configuration a = desired_web(CONTENT_A);
    struct desired_configuration frozen = desired_web(NULL);

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &a);
    cleanup_json cJSON *before = cJSON_Duplicate(hub.list->child, true);

    frozen.reconcile_policy = "detach-on-delete";
    frozen.target_condition = NULL;
    frozen.config_maps = NULL;
    const struct plan_input input = input_of(&hub, &frozen, 1);

    /* An update has to carry the content, which a list is not kept with. */
    make(&input, &reads);
    assert_int_equal(reads.call_count, 1);
    assert_int_equal(reads.calls[0].action, PLAN_READ);
    assert_string_equal(reads.calls[0].id, json_string(before, "id"));
    sim_hub_call(&hub, &reads.calls[0]);
    make(&input, &plan);
    assert_int_equal(plan.call_count, 1);
    assert_int_equal(plan.calls[0].action, PLAN_UPDATE);
    sim_hub_call(&hub, &plan.calls[0]);
    cJSON_ReplaceItemInObjectCaseSensitive(json_get(before, "labels"), "iot-edge-connector-reconcile-policy",
                                           cJSON_CreateString("detach-on-delete"));
    for (const char *const *name = (const char *const[]){"labels", "content", "targetCondition", "priority", NULL};
         *name; name++)
        assert_true(json_equal(json_get(before, *name), json_get(hub.list->child, *name)));
    make(&input, &again);
    assert_int_equal(again.call_count, 0);
}

static void test_desired_beats_ended(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration desired = desired_web(CONTENT_A);
    const struct ended_deployment ended = {"default", "web", false};

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &desired);
    struct plan_input input = input_of(&hub, &desired, 1);

    input.ended = &ended;
    input.ended_count = 1;
    make(&input, &plan);
    assert_int_equal(plan.call_count, 0);
}

/* Absence from both lists is no ending. */
static void test_an_unknown_deployment_of_ours_is_left_alone(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration desired = desired_web(CONTENT_A);

    (void)state;
    sim_hub_init(&hub);
    settle(&hub, &desired);
    const struct plan_input input = input_of(&hub, NULL, 0);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 0);
}

/* Another cluster's, another hub entry's, and one that lost a label: same Deployment by name, never touched. */
static void test_foreign_ones_are_never_touched(void **state)
{
    static const char *const keys[] = {LABEL_OWNER, LABEL_HUB, LABEL_NAMESPACE, LABEL_NAME, LABEL_CONTENT_HASH};
    const struct desired_configuration a = desired_web(CONTENT_A), b = desired_web(CONTENT_B);
    const struct ended_deployment ended = {"default", "web", false};

    (void)state;
    for (size_t i = 0; i < array_length(keys); i++) {
        cleanup_sim_hub struct sim_hub hub;
        cleanup_plan struct plan superseding = PLAN_INIT, ending = PLAN_INIT;

        sim_hub_init(&hub);
        place(&hub, &a);
        if (i < 2)
            sim_set(json_get(hub.list->child, "labels"), keys[i], cJSON_CreateString("other"));
        else
            cJSON_DeleteItemFromObjectCaseSensitive(json_get(hub.list->child, "labels"), keys[i]);
        place(&hub, &b);
        sim_hub_evaluate(&hub);
        struct plan_input input = input_of(&hub, &b, 1);

        make(&input, &superseding);
        assert_int_equal(superseding.call_count, 0);
        input = input_of(&hub, NULL, 0);
        input.ended = &ended;
        input.ended_count = 1;
        make(&input, &ending);
        assert_int_equal(ending.call_count, 1);
        assert_string_equal(ending.calls[0].id, json_string(hub.list->child->next, "id"));
    }
}

static void test_deletes_wait_for_the_grace(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration a = desired_web(CONTENT_A), b = desired_web(CONTENT_B);

    (void)state;
    sim_hub_init(&hub);
    place(&hub, &a);
    place(&hub, &b);
    sim_hub_evaluate(&hub);
    struct plan_input input = input_of(&hub, &b, 1);

    input.deletes_allowed = false;
    make(&input, &plan);
    assert_int_equal(plan.call_count, 0);
    assert_true(plan.pending);
}

static void fill(struct sim_hub *hub, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char id[32];

        (void)snprintf(id, sizeof id, "foreign-%u", i);
        put_foreign(hub, id);
    }
}

static void test_the_last_two_slots_are_for_replacements(void **state)
{
    const struct desired_configuration desired = desired_web(CONTENT_A);

    (void)state;
    for (unsigned used = 97; used <= 99; used++) {
        cleanup_sim_hub struct sim_hub hub;
        cleanup_plan struct plan plan = PLAN_INIT;
        const struct desired_configuration *none = &desired;

        sim_hub_init(&hub);
        fill(&hub, used);
        const struct plan_input input = input_of(&hub, none, 1);

        make(&input, &plan);
        assert_true(plan.pending);
        if (used == 97) {
            assert_int_equal(plan.call_count, 1);
            assert_int_equal(plan.problem_count, 0);
        } else {
            assert_int_equal(plan.call_count, 0);
            expect_problem(&plan, PLAN_HUB_FULL);
        }
    }
}

static void test_a_replacement_takes_the_very_last_slot_and_no_more(void **state)
{
    const struct desired_configuration a = desired_web(CONTENT_A), b = desired_web(CONTENT_B);

    (void)state;
    for (unsigned others = 98; others <= 99; others++) {
        cleanup_sim_hub struct sim_hub hub;
        cleanup_plan struct plan plan = PLAN_INIT;

        sim_hub_init(&hub);
        fill(&hub, others);
        place(&hub, &a);
        sim_hub_evaluate(&hub);
        const struct plan_input input = input_of(&hub, &b, 1);

        make(&input, &plan);
        if (others == 98) {
            assert_int_equal(plan.call_count, 1);
            assert_int_equal(plan.calls[0].action, PLAN_CREATE);
        } else {
            assert_int_equal(plan.call_count, 0);
            expect_problem(&plan, PLAN_HUB_FULL);
            assert_true(plan.pending);
        }
    }
}

/* The slots that creates of this plan take are counted, replacements first. */
static void test_slots_are_counted_within_a_plan(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    struct desired_configuration desired[] = {desired_web(CONTENT_A), desired_web(CONTENT_A), desired_web(CONTENT_B)};
    const struct desired_configuration old = desired_web(CONTENT_A);

    (void)state;
    sim_hub_init(&hub);
    fill(&hub, 95);
    place(&hub, &old);
    desired[0].name = "first";
    desired[1].name = "second";
    const struct plan_input input = input_of(&hub, desired, 3);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 2);
    assert_string_equal(plan.calls[0].name, "web");
    assert_string_equal(plan.calls[1].name, "first");
    assert_int_equal(plan.problem_count, 1);
    assert_string_equal(plan.problems[0].name, "second");
}

static void test_may_create(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT, update = PLAN_INIT;
    struct desired_configuration desired = desired_web(CONTENT_A);

    (void)state;
    sim_hub_init(&hub);
    desired.may_create = false;
    const struct plan_input input = input_of(&hub, &desired, 1);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 0);
    assert_int_equal(plan.problem_count, 0);
    desired.may_create = true;
    settle(&hub, &desired);
    desired.may_create = false;
    desired.priority = 20;
    make(&input, &update);
    assert_int_equal(update.call_count, 1);
    assert_int_equal(update.calls[0].action, PLAN_UPDATE);
}

/* Creates, updates and deletes of several Deployments, in this order over all of them. */
/* The old one goes first, even a hub without a free slot, and then the new one takes a slot that is kept for
 * replacements: though nothing is there that it replaces. */
static void test_a_gap_where_one_is_needed(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan first = PLAN_INIT, second = PLAN_INIT, third = PLAN_INIT;
    const struct desired_configuration a = desired_web(CONTENT_A);
    struct desired_configuration b = desired_web(CONTENT_B);
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    b.gap = PLAN_GAP_NEEDED;
    sim_hub_init(&hub);
    settle(&hub, &a);
    put_foreign(&hub, "theirs-1");
    put_foreign(&hub, "theirs-2");
    struct plan_input input = input_of(&hub, &b, 1);

    input.limit = 3;
    make(&input, &first);
    web_id(CONTENT_A, 0, id);
    assert_int_equal(first.call_count, 1);
    expect_call(&first, 0, PLAN_DELETE, id);
    assert_int_equal(first.problem_count, 0);
    assert_true(first.pending);
    assert_null(first.standings[0].id);
    sim_hub_call(&hub, &first.calls[0]);

    b.gap = PLAN_GAP_ALLOWED; /* with what is the old one gone, nothing says any more that it was needed */
    make(&input, &second);
    web_id(CONTENT_B, 0, id);
    assert_int_equal(second.call_count, 1);
    expect_call(&second, 0, PLAN_CREATE, id);
    sim_hub_call(&hub, &second.calls[0]);
    sim_hub_evaluate(&hub);
    b.gap = PLAN_GAP_NEEDED;
    make(&input, &third);
    assert_int_equal(third.call_count, 0);
    assert_false(third.pending);
}

/* Two that were both there when it came to that. */
static void test_a_gap_clears_all_there_is(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration a = desired_web(CONTENT_A), b = desired_web(CONTENT_B);
    struct desired_configuration c = desired_web(CONTENT_C);
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    c.gap = PLAN_GAP_NEEDED;
    sim_hub_init(&hub);
    settle(&hub, &a);
    place(&hub, &b);
    const struct plan_input input = input_of(&hub, &c, 1);

    make(&input, &plan);
    assert_int_equal(plan.call_count, 2);
    web_id(CONTENT_A, 0, id);
    expect_call(&plan, 0, PLAN_DELETE, id);
    web_id(CONTENT_B, 0, id);
    expect_call(&plan, 1, PLAN_DELETE, id);
}

/* Nothing is deleted for a content that could not be created then. */
static void test_no_gap_without_an_end(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan graced = PLAN_INIT, plan = PLAN_INIT;
    const struct desired_configuration a = desired_web(CONTENT_A);
    struct desired_configuration b = desired_web(CONTENT_B);

    (void)state;
    b.gap = PLAN_GAP_NEEDED;
    sim_hub_init(&hub);
    settle(&hub, &a);
    struct plan_input input = input_of(&hub, &b, 1);

    input.deletes_allowed = false;
    make(&input, &graced);
    assert_int_equal(graced.call_count, 0);
    assert_true(graced.pending);
    input.deletes_allowed = true;
    for (unsigned salt = 0; salt < CONFIGURATION_SALTS; salt++) {
        char id[CONFIGURATION_ID_SIZE];

        web_id(CONTENT_B, salt, id);
        put_foreign(&hub, id);
    }
    make(&input, &plan);
    assert_int_equal(plan.call_count, 0);
    expect_problem(&plan, PLAN_CONFLICT);
}

static void test_order_of_calls(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    cleanup_plan struct plan plan = PLAN_INIT;
    const struct desired_configuration gone = desired_web(CONTENT_C);
    struct desired_configuration desired[] = {desired_web(CONTENT_A), desired_web(CONTENT_A), desired_web(CONTENT_A)};
    const struct ended_deployment ended = {"default", "web", false};

    (void)state;
    sim_hub_init(&hub);
    place(&hub, &gone);
    desired[0].name = "updated";
    desired[1].name = "created";
    desired[2].name = "created-too";
    place(&hub, &desired[0]);
    desired[0].priority = 12;
    struct plan_input input = input_of(&hub, desired, 3);

    input.ended = &ended;
    input.ended_count = 1;
    make(&input, &plan);
    assert_int_equal(plan.call_count, 4);
    assert_int_equal(plan.calls[0].action, PLAN_CREATE);
    assert_string_equal(plan.calls[0].name, "created");
    assert_string_equal(plan.calls[1].name, "created-too");
    assert_int_equal(plan.calls[2].action, PLAN_UPDATE);
    assert_int_equal(plan.calls[3].action, PLAN_DELETE);
}

static void test_what_cannot_be_planned(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    const struct desired_configuration desired = desired_web("{");
    cleanup_error struct error error = {0};
    struct plan plan = {.call_count = 77};

    (void)state;
    sim_hub_init(&hub);
    const struct plan_input input = input_of(&hub, &desired, 1);

    assert_int_equal(plan_make(&input, &plan, &error), -1);
    assert_non_null(strstr(error_message(&error), "the content for default/web"));
    assert_int_equal(plan.call_count, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_body_of_a_create),
        cmocka_unit_test(test_nothing_to_do),
        cmocka_unit_test(test_new_content_is_created_before_the_old_goes),
        cmocka_unit_test(test_new_content_with_a_lower_priority),
        cmocka_unit_test(test_condition_priority_and_labels_change_in_place),
        cmocka_unit_test(test_labels_are_compared_as_a_whole),
        cmocka_unit_test(test_back_to_the_content_before),
        cmocka_unit_test(test_nothing_is_superseded_by_an_outdated_one),
        cmocka_unit_test(test_superseded_ones_go_in_the_order_of_their_weight),
        cmocka_unit_test(test_an_id_of_someone_else_means_the_next_salt),
        cmocka_unit_test(test_all_ids_held_by_others),
        cmocka_unit_test(test_altered_content),
        cmocka_unit_test(test_equal_content_in_another_order),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_an_ended_deployment),
        cmocka_unit_test(test_policies_that_outlive_the_deployment),
        cmocka_unit_test(test_a_displaced_deployment_leaves_nothing),
        cmocka_unit_test(test_the_policy_of_a_frozen_one_follows),
        cmocka_unit_test(test_desired_beats_ended),
        cmocka_unit_test(test_an_unknown_deployment_of_ours_is_left_alone),
        cmocka_unit_test(test_foreign_ones_are_never_touched),
        cmocka_unit_test(test_deletes_wait_for_the_grace),
        cmocka_unit_test(test_the_last_two_slots_are_for_replacements),
        cmocka_unit_test(test_a_replacement_takes_the_very_last_slot_and_no_more),
        cmocka_unit_test(test_slots_are_counted_within_a_plan),
        cmocka_unit_test(test_may_create),
        cmocka_unit_test(test_a_gap_where_one_is_needed),
        cmocka_unit_test(test_a_gap_clears_all_there_is),
        cmocka_unit_test(test_no_gap_without_an_end),
        cmocka_unit_test(test_order_of_calls),
        cmocka_unit_test(test_what_cannot_be_planned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
