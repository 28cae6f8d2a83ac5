/* The read API over a world without threads and network: what it answers, and what it covers. */
#include "engine_world.h"

#include "common/clock.h"
#include "server/hub_plan.h"
#include "server/hub_question.h"
#include "server/read_api.h"

#include <stdatomic.h>

struct asked {
    int status;
    cJSON *body;
};

static void asked_release(struct asked *asked)
{
    cJSON_Delete(asked->body);
}

#define cleanup_asked __attribute__((cleanup(asked_release)))

static struct asked ask(struct read_api *api, const char *method, const char *path, const char *query)
{
    const struct http_request request = {.method = method, .path = path, .query = query, .body = ""};
    struct http_response response = {0};
    struct asked asked = {0, NULL};

    read_api_handle(api, &request, &response);
    asked.status = response.status;
    assert_string_equal(response.content_type, "application/json");
    asked.body = sim_json(response.body);
    free(response.body);
    for (size_t i = 0; i < response.header_count; i++)
        free(response.headers[i].value);
    return asked;
}

static void assert_refused(struct read_api *api, const char *method, const char *path, const char *query, int status,
                           const char *message)
{
    cleanup_asked struct asked asked = ask(api, method, path, query);

    assert_int_equal(asked.status, status);
    assert_string_equal(json_string_or(asked.body, "kind", ""), "Status");
    assert_string_equal(json_string_or(asked.body, "message", ""), message);
}

/* A pass without the network: plans, and has every call made. */
static void pass(struct world *world)
{
    cleanup_plan struct plan plan = PLAN_INIT;

    world->workers[0].observed = *sim_hub_observe(&world->sims[0]);
    assert_int_equal(hub_plan_make(&world->workers[0], NOW, &plan, NULL), 0);
    for (size_t i = 0; i < plan.call_count; i++)
        sim_hub_call(&world->sims[0], &plan.calls[i]);
}

static void settle(struct world *world, const struct web *web)
{
    world_put(world, web);
    world_put_pod(world, web, "p1", 0, "{}");
    pass(world);
    sim_hub_evaluate(&world->sims[0]);
    pass(world);
}

static void begin(struct world *world, struct read_api *api)
{
    world_init(world, 1);
    world->config.lease_identity = (char *)(uintptr_t) "pod-a_1";
    world->config.api_port = 8444;
    world->engine.lease_holder = strdup("pod-a_1");
    world->workers[0].reachable = true;
    read_api_init(api, &world->engine);
}

static void end(struct world *world, struct read_api *api)
{
    read_api_release(api);
    free(world->engine.lease_holder);
    explanation_release(&world->workers[0].outlook);
}

static void test_what_is_not_answered(void **state)
{
    cleanup_world struct world world;
    struct read_api api = {.engine = NULL};

    (void)state;
    begin(&world, &api);
    assert_refused(&api, "POST", "/api/v1/status", "", 405, "only GET is answered here");
    assert_refused(&api, "GET", "/metrics", "", 404, "there are /api/v1/status and /api/v1/diff here");
    assert_refused(&api, "GET", "/api/v1/diff", "namespace=ns", 400, "namespace and name of one Deployment are needed");
    world.engine.leads_until_ms = 0;
    free(world.engine.lease_holder);
    world.engine.lease_holder = strdup("pod-b_2");
    assert_refused(&api, "GET", "/api/v1/diff", "namespace=ns&name=web", 503,
                   "this replica does not lead; pod-b_2 does");
    end(&world, &api);
}

static void test_too_many_requests(void **state)
{
    cleanup_world struct world world;
    struct read_api api = {.engine = NULL};
    unsigned answered = 0;

    (void)state;
    begin(&world, &api);
    rate_limit_empty(&api.requests, clock_now_ms(), 60000);
    assert_refused(&api, "GET", "/api/v1/status", "", 429, "too many requests; ask again in a second");
    read_api_release(&api);
    read_api_init(&api, &world.engine);
    for (; answered < 1000; answered++) {
        cleanup_asked struct asked asked = ask(&api, "GET", "/api/v1/status", "");

        if (asked.status != 200)
            break;
    }
    assert_in_range(answered, 60, 999);
    end(&world, &api);
}

/* Where ns/web stands on hub0, by the status. */
static struct asked place(struct read_api *api, const cJSON **ret_place)
{
    struct asked asked = ask(api, "GET", "/api/v1/status", "namespace=ns");
    const cJSON *deployment = cJSON_GetArrayItem(json_get(asked.body, "deployments"), 0);

    assert_int_equal(asked.status, 200);
    *ret_place = cJSON_GetArrayItem(json_get(deployment, "hubs"), 0);
    return asked;
}

static void assert_state(struct read_api *api, const char *state, const char *reason)
{
    const cJSON *found = NULL;
    cleanup_asked struct asked asked = place(api, &found);

    assert_non_null(asked.body);
    assert_string_equal(json_string_or(found, "state", ""), state);
    assert_string_equal(json_string_or(found, "reason", ""), reason);
}

static void test_states(void **state)
{
    cleanup_world struct world world;
    struct read_api api = {.engine = NULL};
    struct web web = WEB;

    (void)state;
    begin(&world, &api);
    world_put(&world, &web);
    world_put_pod(&world, &web, "p1", 0, "{}");
    pass(&world);
    assert_state(&api, "Changing", "");
    pass(&world);
    assert_state(&api, "Evaluating", "");
    sim_hub_evaluate(&world.sims[0]);
    pass(&world);
    assert_state(&api, "InSync", "");
    web.paused = true;
    world_put(&world, &web);
    assert_state(&api, "Held", "DeploymentPaused");
    web.paused = false;
    web.image = "a:2";
    world_put(&world, &web);
    assert_state(&api, "Settling", "");
    pass(&world);
    assert_state(&api, "Changing", "");
    world.workers[0].trouble = strdup("it is away");
    world.workers[0].trouble_reason = "HubUnreachable";
    assert_state(&api, "Unknown", "HubUnreachable");
    end(&world, &api);
}

static void test_who_does_not_lead_shows_no_hub(void **state)
{
    cleanup_world struct world world;
    struct read_api api = {.engine = NULL};
    const struct web web = WEB;
    const cJSON *found = NULL;

    (void)state;
    begin(&world, &api);
    settle(&world, &web);
    world.engine.leads_until_ms = 0;
    free(world.engine.lease_holder);
    world.engine.lease_holder = strdup("pod-b_2");
    cleanup_asked struct asked asked = place(&api, &found);

    assert_null(found);
    assert_true(cJSON_IsFalse(json_get(asked.body, "leading")));
    assert_string_equal(json_string_or(asked.body, "leader", ""), "pod-b_2");
    assert_int_equal(cJSON_GetArraySize(json_get(asked.body, "deployments")), 1);
    end(&world, &api);
}

/* --- differences ------------------------------------------------------------------------------ */

struct answering {
    struct hub_worker *worker;
    atomic_bool stop;
    pthread_t thread;
};

/* What the worker's thread does. */
static void *answer(void *context)
{
    struct answering *answering = context;

    while (!answering->stop) {
        hub_questions_answer(answering->worker);
        sched_yield();
    }
    return NULL;
}

static struct asked diff(struct world *world, struct read_api *api)
{
    struct answering answering = {.worker = &world->workers[0]};

    assert_int_equal(pthread_create(&answering.thread, NULL, answer, &answering), 0);
    struct asked asked = ask(api, "GET", "/api/v1/diff", "namespace=ns&name=web");

    answering.stop = true;
    pthread_join(answering.thread, NULL);
    assert_int_equal(asked.status, 200);
    return asked;
}

static const cJSON *first_hub(const struct asked *asked)
{
    return cJSON_GetArrayItem(json_get(asked->body, "hubs"), 0);
}

static const char *image_of(const cJSON *side)
{
    return json_string(json_at(side, "content", "modulesContent", "$edgeAgent", "properties.desired", "modules",
                               "module01", "settings", NULL),
                       "image");
}

static void test_equal_contents_need_no_call(void **state)
{
    cleanup_world struct world world;
    struct read_api api = {.engine = NULL};
    const struct web web = WEB;

    (void)state;
    begin(&world, &api);
    settle(&world, &web);
    cleanup_asked struct asked asked = diff(&world, &api);
    const cJSON *hub = first_hub(&asked);

    assert_string_equal(json_string_or(hub, "state", ""), "InSync");
    assert_null(json_string(hub, "unknown"));
    assert_string_equal(image_of(json_get(hub, "current")), "a:1");
    assert_string_equal(image_of(json_get(hub, "desired")), "a:1");
    end(&world, &api);
}

/* There is no token: so the hub is not asked, and it is said. */
static void test_other_contents_wait_for_the_budget(void **state)
{
    cleanup_world struct world world;
    struct read_api api = {.engine = NULL};
    struct web web = WEB;

    (void)state;
    begin(&world, &api);
    settle(&world, &web);
    world.workers[0].term = 0; /* as one that does not lead any more */
    web.image = "a:2";
    world_put(&world, &web);
    cleanup_asked struct asked asked = diff(&world, &api);
    const cJSON *hub = first_hub(&asked);

    assert_string_equal(json_string_or(hub, "unknown", ""), "the hub's budget of calls is used up at present");
    assert_null(image_of(json_get(hub, "current")));
    assert_string_equal(json_string_or(json_get(hub, "current"), "targetCondition", ""), "deviceId='d'");
    assert_string_equal(image_of(json_get(hub, "desired")), "a:2");
    end(&world, &api);
}

static void test_one_that_has_ended_here_is_not_desired(void **state)
{
    cleanup_world struct world world;
    struct read_api api = {.engine = NULL};
    struct web web = WEB;

    (void)state;
    begin(&world, &api);
    settle(&world, &web);
    web.replicas = 0;
    world_put(&world, &web);
    world.workers[0].term = 0;
    cleanup_asked struct asked asked = diff(&world, &api);
    const cJSON *hub = first_hub(&asked);

    assert_true(cJSON_IsObject(json_get(hub, "current")));
    assert_true(cJSON_IsNull(json_get(hub, "desired")));
    end(&world, &api);
}

static void test_nobody_waits_when_the_end_is_near(void **state)
{
    cleanup_world struct world world;
    struct read_api api = {.engine = NULL};

    (void)state;
    begin(&world, &api);
    engine_answer_no_more(&world.engine);
    cleanup_asked struct asked asked = ask(&api, "GET", "/api/v1/diff", "namespace=ns&name=web");

    assert_string_equal(json_string_or(first_hub(&asked), "reason", ""), "HubBusy");
    assert_true(TAILQ_EMPTY(&world.workers[0].questions));
    end(&world, &api);
}

/* Who has asked is gone when the worker comes back from the hub: it clears up behind him. */
static void test_an_abandoned_question(void **state)
{
    cleanup_world struct world world;
    struct read_api api = {.engine = NULL};
    cleanup_strbuf struct strbuf out = STRBUF_INIT;

    (void)state;
    begin(&world, &api);
    pass(&world);
    pthread_mutex_lock(&world.engine.lock);
    struct hub_question *question = hub_question_put(&world.workers[0], "ns", "web");

    question->taken = true;
    TAILQ_REMOVE(&world.workers[0].questions, question, link);
    hub_question_await(&world.workers[0], question, clock_now_ms(), &out);
    assert_true(question->abandoned);
    assert_non_null(strstr(strbuf_string(&out), "HubBusy"));
    /* The rest of what the worker does with it. */
    TAILQ_INSERT_TAIL(&world.workers[0].questions, question, link);
    pthread_mutex_unlock(&world.engine.lock);
    hub_questions_answer(&world.workers[0]);
    assert_true(TAILQ_EMPTY(&world.workers[0].questions));
    end(&world, &api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_answered),
        cmocka_unit_test(test_too_many_requests),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_who_does_not_lead_shows_no_hub),
        cmocka_unit_test(test_equal_contents_need_no_call),
        cmocka_unit_test(test_other_contents_wait_for_the_budget),
        cmocka_unit_test(test_one_that_has_ended_here_is_not_desired),
        cmocka_unit_test(test_nobody_waits_when_the_end_is_near),
        cmocka_unit_test(test_an_abandoned_question),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
