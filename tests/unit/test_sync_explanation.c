#include "sim_hub.h"

#include "common/strbuf.h"
#include "sync/explanation.h"

#define CONTENT_A "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"a\":1}}}}"
#define CONTENT_B "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"b\":2}}}}"

static struct desired_configuration web(const char *content)
{
    return (struct desired_configuration){
        .namespace = "shop",
        .name = "web",
        .uid = "u1",
        .content = content,
        .target_condition = "tags.a='1'",
        .priority = 10,
        .reconcile_policy = "manage",
        .may_create = true,
    };
}

static struct plan_input input_of(struct sim_hub *hub, const struct desired_configuration *desired)
{
    return (struct plan_input){
        .owner = "me",
        .hub = "hub0",
        .desired = desired,
        .desired_count = desired ? 1 : 0,
        .observed = &hub->observed,
        .deletes_allowed = true,
        .limit = 100,
    };
}

/* Plans, explains, and carries the plan out. */
static void step(struct sim_hub *hub, const struct plan_input *input, struct explanation *explanation)
{
    cleanup_plan struct plan plan = PLAN_INIT;
    struct error error = {NULL};

    sim_hub_refresh(input);
    assert_int_equal(plan_make(input, &plan, &error), 0);
    assert_int_equal(explanation_make(input, &plan, explanation, &error), 0);
    for (size_t i = 0; i < plan.call_count; i++)
        sim_hub_call(hub, &plan.calls[i]);
}

/* "create now shop/web: why", with ids as $A and $B, which are those of the two contents. */
static void assert_explained(const struct explanation *explanation, const char *const *lines, size_t count)
{
    char ids[2][CONFIGURATION_ID_SIZE];

    configuration_id("me", "hub0", "shop", "web", 0, CONTENT_A, ids[0]);
    configuration_id("me", "hub0", "shop", "web", 0, CONTENT_B, ids[1]);
    assert_int_equal(explanation->count, count);
    for (size_t i = 0; i < count; i++) {
        const struct explained_call *call = &explanation->calls[i];
        cleanup_strbuf struct strbuf line = STRBUF_INIT, plain = STRBUF_INIT;

        strbuf_add_format(&line, "%s %s %s %s/%s: %s", explanation_action_name(call->action),
                          call->waits ? "later" : "now", call->id, call->namespace, call->name, call->why);
        for (const char *at = strbuf_string(&line); *at;) {
            size_t known = 0;

            for (size_t k = 0; k < 2; k++) {
                if (strncmp(at, ids[k], strlen(ids[k])) == 0) {
                    strbuf_add_format(&plain, "$%c", "AB"[k]);
                    known = strlen(ids[k]);
                }
            }
            if (!known)
                strbuf_add_char(&plain, *at);
            at += known ? known : 1;
        }
        assert_string_equal(strbuf_string(&plain), lines[i]);
    }
}

#define assert_lines(explanation, ...)                                                                                 \
    do {                                                                                                               \
        static const char *const lines_[] = {__VA_ARGS__};                                                             \
        assert_explained(explanation, lines_, array_length(lines_));                                                   \
    } while (0)

static void test_a_life(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = web(CONTENT_A);
    struct explanation explanation = EXPLANATION_INIT;

    (void)state;
    sim_hub_init(&hub);
    struct plan_input input = input_of(&hub, &desired);

    step(&hub, &input, &explanation);
    assert_lines(&explanation, "create now $A shop/web: the hub has no configuration of this Deployment");
    explanation_release(&explanation);

    step(&hub, &input, &explanation);
    assert_int_equal(explanation.count, 0);
    explanation_release(&explanation);

    desired.content = CONTENT_B;
    step(&hub, &input, &explanation);
    assert_lines(&explanation,
                 "create now $B shop/web: new content: takes the place of $A, which stays until the hub has evaluated "
                 "this one",
                 "delete later $A shop/web: stays until $B is there and the hub has evaluated it");
    explanation_release(&explanation);

    step(&hub, &input, &explanation);
    assert_lines(&explanation, "delete later $A shop/web: stays until the hub has evaluated $B");
    explanation_release(&explanation);

    sim_hub_evaluate(&hub);
    input.deletes_allowed = false;
    step(&hub, &input, &explanation);
    assert_lines(&explanation, "delete later $A shop/web: a new leader deletes nothing as long as calls of the one "
                               "before may take effect");
    explanation_release(&explanation);

    input.deletes_allowed = true;
    step(&hub, &input, &explanation);
    assert_lines(&explanation, "delete now $A shop/web: superseded by $B, which the hub has evaluated");
    explanation_release(&explanation);
}

static void test_changes_in_place_are_named(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = web(CONTENT_A);
    struct explanation explanation = EXPLANATION_INIT;
    cleanup_json cJSON *labels = sim_json("{\"app\":\"web\"}");

    (void)state;
    sim_hub_init(&hub);
    struct plan_input input = input_of(&hub, &desired);

    desired.template_labels = labels;
    step(&hub, &input, &explanation);
    explanation_release(&explanation);
    desired.target_condition = "tags.a='2'";
    desired.priority = 3;
    desired.template_labels = NULL;
    desired.config_maps = "edgehub";
    step(&hub, &input, &explanation);
    assert_lines(&explanation,
                 "update now $A shop/web: target condition tags.a='1' -> tags.a='2', priority 10 -> 3, label "
                 "iot-edge-connector-config-maps, label app goes; in place");
    explanation_release(&explanation);
}

static void test_ends_are_told_apart(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = web(CONTENT_A);
    struct ended_deployment ended = {"shop", "web", true};
    struct explanation explanation = EXPLANATION_INIT;

    (void)state;
    sim_hub_init(&hub);
    struct plan_input input = input_of(&hub, &desired);

    step(&hub, &input, &explanation);
    explanation_release(&explanation);
    input = input_of(&hub, NULL);
    input.ended = &ended;
    input.ended_count = 1;
    input.deletes_allowed = false;
    step(&hub, &input, &explanation);
    assert_lines(&explanation, "delete later $A shop/web: a new leader deletes nothing as long as calls of the one "
                               "before may take effect");
    explanation_release(&explanation);

    struct sim_hub other = sim_hub_copy(&hub);

    input.deletes_allowed = true;
    step(&hub, &input, &explanation);
    assert_lines(&explanation, "delete now $A shop/web: the Deployment is no longer placed on this hub");
    explanation_release(&explanation);

    ended.displaced = false;
    input.observed = &other.observed;
    step(&other, &input, &explanation);
    assert_lines(&explanation, "delete now $A shop/web: the Deployment is gone");
    explanation_release(&explanation);
    sim_hub_release(&other);
}

static void test_a_gap_that_is_needed(void **state)
{
    cleanup_sim_hub struct sim_hub hub;
    struct desired_configuration desired = web(CONTENT_A);
    struct explanation explanation = EXPLANATION_INIT;

    (void)state;
    sim_hub_init(&hub);
    struct plan_input input = input_of(&hub, &desired);

    step(&hub, &input, &explanation);
    explanation_release(&explanation);
    desired.content = CONTENT_B;
    desired.gap = PLAN_GAP_NEEDED;
    step(&hub, &input, &explanation);
    assert_lines(&explanation,
                 "delete now $A shop/web: makes room for the new content, which cannot be there together with this "
                 "one");
    explanation_release(&explanation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_life),
        cmocka_unit_test(test_changes_in_place_are_named),
        cmocka_unit_test(test_ends_are_told_apart),
        cmocka_unit_test(test_a_gap_that_is_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
