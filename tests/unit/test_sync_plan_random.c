/* Random histories against the simulated hub: wishes change, plans are broken off after any call, evaluations come when
 * they like, and the list comes in any order. What must always hold is checked after every single call. */
#include "sim_hub.h"

#include "common/json_writer.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <stdlib.h>

enum { DEPLOYMENTS = 4, CONTENTS = 3, HISTORIES = 60, STEPS = 25, MOST_ROUNDS = 12 };

static const char *const names[DEPLOYMENTS] = {"web", "db", "cache", "a.b"};
static const char *const contents[CONTENTS] = {"{\"v\":0}", "{\"v\":1,\"w\":[true,null]}", "{\"v\":\"two\"}"};
static const char *const conditions[] = {"tags.a='1'", "deviceId='d'"};
static const char *const uids[] = {"uid-1", "uid-2"};

struct wish {
    bool exists, frozen;
    unsigned content, condition, uid;
    int priority;
    bool gap_is_allowed, collides; /* collides: no two contents of it go together */
};

struct world {
    uint64_t random;
    struct sim_hub hub;
    struct wish wishes[DEPLOYMENTS];
    bool must_hold[DEPLOYMENTS];  /* had a configuration since it began to exist */
    bool must_serve[DEPLOYMENTS]; /* had an evaluated one */
    unsigned limit;
    bool may_freeze;
    char *foreign; /* what the foreign ones look like, in order of their ids */
};

/* xorshift64*, the same everywhere, so that a failure can be repeated. */
static unsigned pick(struct world *world, unsigned below)
{
    world->random ^= world->random >> 12;
    world->random ^= world->random << 25;
    world->random ^= world->random >> 27;
    return (unsigned)((world->random * 0x2545F4914F6CDD1DULL) >> 33) % below;
}

static enum plan_gap gap_of(const struct wish *wish)
{
    if (!wish->gap_is_allowed)
        return PLAN_GAP_NEVER;
    return wish->collides ? PLAN_GAP_NEEDED : PLAN_GAP_ALLOWED;
}

static bool is_foreign(const cJSON *configuration)
{
    return !json_at(configuration, "labels", "iot-edge-connector-owner", NULL);
}

static char *foreign_picture(const struct sim_hub *hub)
{
    cleanup_json cJSON *all = cJSON_CreateObject();

    for (const cJSON *item = hub->list->child; item; item = item->next)
        if (is_foreign(item)) {
            cJSON *copy = cJSON_Duplicate(item, true);

            cJSON_DeleteItemFromObjectCaseSensitive(copy, "systemMetrics"); /* the evaluation's, not ours */
            cJSON_AddItemToObject(all, json_string(item, "id"), copy);
        }
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};

    json_add_canonical(&writer, all);
    return strbuf_steal(&text);
}

static void shuffle(struct world *world, cJSON *list)
{
    for (int left = cJSON_GetArraySize(list); left > 0; left--)
        cJSON_AddItemToArray(list, cJSON_DetachItemFromArray(list, (int)pick(world, (unsigned)left)));
}

static void expect_invariants(const struct world *world, const struct sim_hub *hub)
{
    cleanup_free char *foreign = foreign_picture(hub);

    for (unsigned i = 0; i < DEPLOYMENTS; i++) {
        if (world->must_hold[i])
            assert_true(sim_hub_count(hub, names[i]) >= 1);
        if (world->must_serve[i])
            assert_true(sim_hub_count_evaluated(hub, names[i]) >= 1);
    }
    assert_string_equal(foreign, world->foreign);
    assert_true(cJSON_GetArraySize(hub->list) <= (int)world->limit);
}

static void plan_world(struct world *world, struct sim_hub *hub, struct plan *plan)
{
    struct desired_configuration desired[DEPLOYMENTS];
    struct ended_deployment ended[DEPLOYMENTS];
    struct plan_input input = {.owner = "me",
                               .hub = "hub0",
                               .desired = desired,
                               .ended = ended,
                               .observed = sim_hub_observe(hub),
                               .deletes_allowed = true,
                               .limit = world->limit};
    cleanup_error struct error error = {0};

    for (unsigned i = 0; i < DEPLOYMENTS; i++) {
        const struct wish *wish = &world->wishes[i];

        if (!wish->exists) {
            ended[input.ended_count++] = (struct ended_deployment){"ns", names[i], false};
            continue;
        }
        desired[input.desired_count++] = (struct desired_configuration){
            .namespace = "ns",
            .name = names[i],
            .uid = uids[wish->uid],
            .content = wish->frozen ? NULL : contents[wish->content],
            .target_condition = conditions[wish->condition],
            .priority = wish->priority,
            .reconcile_policy = "manage",
            .gap = gap_of(wish),
            .may_create = true,
        };
    }
    shuffle(world, hub->list);
    if (plan_make(&input, plan, &error) < 0)
        fail_msg("%s", error_message(&error));
}

static void holdings_note(struct world *world, const struct sim_hub *hub)
{
    for (unsigned i = 0; i < DEPLOYMENTS; i++) {
        if (!world->wishes[i].exists || gap_of(&world->wishes[i]) == PLAN_GAP_NEEDED)
            continue;
        world->must_hold[i] = world->must_hold[i] || sim_hub_count(hub, names[i]) > 0;
        world->must_serve[i] = world->must_serve[i] || sim_hub_count_evaluated(hub, names[i]) > 0;
    }
}

/* A content that collides is only put where nothing is. */
static void expect_alone(const struct world *world, const struct sim_hub *hub, const struct plan_call *call)
{
    for (unsigned i = 0; i < DEPLOYMENTS; i++)
        if (call->action == PLAN_CREATE && strcmp(call->name, names[i]) == 0 &&
            gap_of(&world->wishes[i]) == PLAN_GAP_NEEDED)
            assert_int_equal(sim_hub_count(hub, names[i]), 1);
}

static void apply(struct world *world, struct sim_hub *hub, const struct plan *plan, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sim_hub_call(hub, &plan->calls[i]);
        expect_alone(world, hub, &plan->calls[i]);
        expect_invariants(world, hub);
        holdings_note(world, hub);
    }
}

/* Each Deployment has what it should have, and nothing else. */
static void expect_settled(const struct world *world, const struct sim_hub *hub)
{
    for (unsigned i = 0; i < DEPLOYMENTS; i++) {
        const struct wish *wish = &world->wishes[i];

        if (!wish->exists) {
            assert_int_equal(sim_hub_count(hub, names[i]), 0);
            continue;
        }
        if (wish->frozen)
            continue;
        assert_int_equal(sim_hub_count(hub, names[i]), 1);
        cleanup_json cJSON *content = sim_json(contents[wish->content]);
        const cJSON *item = hub->list->child;

        while (strcmp(json_string_or(json_get(item, "labels"), "iot-edge-connector-name", ""), names[i]) != 0)
            item = item->next;
        assert_true(json_equal(json_get(item, "content"), content));
        assert_string_equal(json_string(item, "targetCondition"), conditions[wish->condition]);
        assert_int_equal(json_get(item, "priority")->valueint, wish->priority);
        assert_string_equal(json_string(json_get(item, "labels"), "iot-edge-connector-uid"), uids[wish->uid]);
    }
}

/* Plans until there is nothing to do; the must_hold notes of the world stay as they are. */
static void converge(const struct world *world, const struct sim_hub *start)
{
    cleanup_sim_hub struct sim_hub hub = sim_hub_copy(start);
    struct world future = *world;

    for (unsigned round = 0;; round++) {
        cleanup_plan struct plan plan = PLAN_INIT;

        plan_world(&future, &hub, &plan);
        if (plan.call_count == 0 && !plan.pending)
            break;
        assert_true(round < MOST_ROUNDS);
        apply(&future, &hub, &plan, plan.call_count);
        sim_hub_evaluate(&hub);
        holdings_note(&future, &hub);
    }
    expect_settled(&future, &hub);
}

static void wish_change(struct world *world)
{
    unsigned index = pick(world, DEPLOYMENTS);
    struct wish *wish = &world->wishes[index];

    if (!wish->exists) {
        *wish = (struct wish){.exists = true,
                              .content = pick(world, CONTENTS),
                              .condition = pick(world, 2),
                              .uid = pick(world, 2),
                              .priority = 10};
        return;
    }
    switch (pick(world, 10)) {
    case 0:
        *wish = (struct wish){0};
        world->must_hold[index] = world->must_serve[index] = false;
        break;
    case 1:
        wish->condition = pick(world, 2);
        break;
    case 2:
        wish->priority = (int)pick(world, 3) + 9;
        break;
    case 3:
        wish->frozen = world->may_freeze && !wish->frozen;
        break;
    case 4:
        wish->uid = pick(world, 2);
        break;
    case 5:
        wish->gap_is_allowed = !wish->gap_is_allowed;
        break;
    case 6:
        wish->collides = !wish->collides;
        break;
    default:
        wish->content = pick(world, CONTENTS);
    }
    /* Only by that word may it be without its modules; from then on, until it has some again. */
    if (gap_of(wish) == PLAN_GAP_NEEDED)
        world->must_hold[index] = world->must_serve[index] = false;
}

/* Some are merely there, and one holds an id that we want. */
static void foreign_put(struct world *world)
{
    char id[CONFIGURATION_ID_SIZE], body[512];

    for (unsigned i = 0; i < 3; i++) {
        if (i == 0)
            configuration_id("me", "hub0", "ns", "web", 0, contents[1], id);
        else
            (void)snprintf(id, sizeof id, "foreign-%u", i);
        (void)snprintf(body, sizeof body, "{\"id\":\"%s\",\"labels\":null,\"content\":{\"f\":%u},\"priority\":1}", id,
                       i);
        sim_hub_put(&world->hub, body);
    }
    world->foreign = foreign_picture(&world->hub);
}

/* Every point at which the plan can be broken off leads to the same end. */
static void crash_everywhere(struct world *world, const struct plan *plan)
{
    for (size_t count = 0; count <= plan->call_count; count++) {
        cleanup_sim_hub struct sim_hub hub = sim_hub_copy(&world->hub);
        struct world branch = *world;

        apply(&branch, &hub, plan, count);
        converge(&branch, &hub);
    }
}

static void history(uint64_t seed, unsigned limit, bool may_freeze)
{
    struct world world = {.random = seed * 0x9E3779B97F4A7C15ULL + 1, .limit = limit, .may_freeze = may_freeze};

    sim_hub_init(&world.hub);
    foreign_put(&world);
    for (unsigned step = 0; step < STEPS; step++) {
        cleanup_plan struct plan plan = PLAN_INIT;

        wish_change(&world);
        plan_world(&world, &world.hub, &plan);
        crash_everywhere(&world, &plan);
        apply(&world, &world.hub, &plan, pick(&world, (unsigned)plan.call_count + 1));
        if (pick(&world, 2))
            sim_hub_evaluate(&world.hub);
        holdings_note(&world, &world.hub);
    }
    sim_hub_release(&world.hub);
    free(world.foreign);
}

static void test_histories_on_a_roomy_hub(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++)
        history(seed, 100, true);
}

/* Three foreign ones, four of ours, two slots kept: replacements have to take turns. (One that is
 * frozen in the middle of a replacement keeps two slots, and the others wait as long: no end to wait for.) */
static void test_histories_on_a_full_hub(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++)
        history(seed, 9, false);
}

static void expect_same_plan(const struct plan *left, const struct plan *right)
{
    assert_int_equal(left->call_count, right->call_count);
    assert_int_equal(left->problem_count, right->problem_count);
    assert_int_equal(left->pending, right->pending);
    for (size_t i = 0; i < left->call_count; i++) {
        assert_int_equal(left->calls[i].action, right->calls[i].action);
        assert_string_equal(left->calls[i].id, right->calls[i].id);
        if (left->calls[i].body)
            assert_string_equal(left->calls[i].body, right->calls[i].body);
        if (left->calls[i].etag)
            assert_string_equal(left->calls[i].etag, right->calls[i].etag);
    }
    for (size_t i = 0; i < left->problem_count; i++)
        assert_string_equal(left->problems[i].message, right->problems[i].message);
    for (size_t i = 0; i < left->standing_count; i++)
        if (left->standings[i].id)
            assert_string_equal(left->standings[i].id, right->standings[i].id);
}

/* The same wishes and the same hub give the same calls in the same order, whatever the order of the list. */
static void test_the_order_of_the_list_does_not_matter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct world world = {.random = seed, .limit = 20, .may_freeze = true};

        sim_hub_init(&world.hub);
        foreign_put(&world);
        for (unsigned step = 0; step < STEPS; step++) {
            cleanup_plan struct plan first = PLAN_INIT, second = PLAN_INIT;

            wish_change(&world);
            wish_change(&world);
            plan_world(&world, &world.hub, &first);
            plan_world(&world, &world.hub, &second);
            expect_same_plan(&first, &second);
            apply(&world, &world.hub, &first, pick(&world, (unsigned)first.call_count + 1));
            if (pick(&world, 3) == 0)
                sim_hub_evaluate(&world.hub);
        }
        sim_hub_release(&world.hub);
        free(world.foreign);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histories_on_a_roomy_hub),
        cmocka_unit_test(test_histories_on_a_full_hub),
        cmocka_unit_test(test_the_order_of_the_list_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
