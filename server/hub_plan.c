#include "server/hub_plan.h"

#include "server/hub_baseline.h"
#include "server/hub_gather.h"

#include <string.h>

static const char *const problem_reasons[] = {[PLAN_CONFLICT] = "OwnershipConflict",
                                              [PLAN_HUB_FULL] = "HubFull",
                                              [PLAN_CONTENT_ALTERED] = "ContentAltered",
                                              [PLAN_SYSTEM_MODULES] = "SystemModulesWouldChange"};

static const struct plan_problem *find_problem(const struct plan *plan, const struct hub_standing *standing)
{
    for (size_t i = 0; i < plan->problem_count; i++)
        if (strcmp(plan->problems[i].namespace, standing->namespace) == 0 &&
            strcmp(plan->problems[i].name, standing->name) == 0)
            return &plan->problems[i];
    return NULL;
}

/* What the hub refused is told until it is not wanted any more. */
static void publish_trouble(struct hub_worker *worker, struct hub_standing *standing, const struct plan *plan)
{
    const struct plan_problem *problem = find_problem(plan, standing);
    if (problem)
        hub_standing_trouble(worker, standing, true, problem_reasons[problem->kind], problem->message);
    else if (!standing->refused || !hub_refusals_concern(&worker->refusals, standing->key))
        hub_standing_trouble(worker, standing, false, NULL, NULL);
}

static enum managed_state state_of(const struct plan_standing *planned, const struct hub_standing *standing)
{
    if (standing->reason)
        return MANAGED_FAILED;
    return planned->id && planned->evaluated ? MANAGED_SYNCED : MANAGED_PENDING;
}

/* Counts how the Deployments stand, for the metrics. */
static void count_states(const struct hub_gathering *gathering, const struct plan *plan)
{
    struct hub_metrics *metrics = gathering->worker->metrics;
    int64_t counts[MANAGED_STATES] = {0}, mismatches = 0;
    for (size_t i = 0; i < gathering->desired_count; i++)
        if (gathering->standings[i])
            counts[state_of(&plan->standings[i], gathering->standings[i])]++;
    for (size_t i = 0; i < plan->problem_count; i++)
        mismatches += plan->problems[i].kind == PLAN_CONFLICT;
    for (size_t state = 0; state < MANAGED_STATES; state++)
        metrics->deployments[state] = counts[state];
    metrics->owner_mismatches = mismatches;
    metrics->present = (int64_t)gathering->worker->observed.count;
}

static void publish(const struct hub_gathering *gathering, const struct plan *plan)
{
    struct hub_worker *worker = gathering->worker;
    hub_refusals_prune(&worker->refusals, plan, gathering->now_ms);
    for (size_t i = 0; i < gathering->desired_count; i++) {
        if (!gathering->standings[i])
            continue;
        if (gathering->desired[i].content)
            publish_trouble(worker, gathering->standings[i], plan);
        hub_standing_publish(worker, gathering->standings[i], &plan->standings[i]);
    }
    count_states(gathering, plan);
}

/* For whoever asks; without memory for it the last one goes, and nothing is said. */
static void publish_outlook(struct hub_worker *worker, const struct plan_input *input, const struct plan *plan)
{
    explanation_release(&worker->outlook);
    (void)explanation_make(input, plan, &worker->outlook, NULL);
}

int hub_plan_make(struct hub_worker *worker, int64_t now_ms, struct plan *ret_plan, struct error *error)
{
    struct engine *engine = worker->engine;
    cleanup_hub_gathering struct hub_gathering gathering = {0};
    if (hub_gather(worker, now_ms, &gathering) < 0)
        return error_set(error, "out of memory");
    struct plan_input input = {.owner = engine->owner,
                               .hub = worker->hub->name,
                               .desired = gathering.desired,
                               .desired_count = gathering.desired_count,
                               .ended = gathering.ended,
                               .ended_count = gathering.ended_count,
                               .observed = &worker->observed,
                               .baseline = hub_baseline_wish(worker),
                               /* What the leader before us had sent shows in such a list at last. */
                               .deletes_allowed = worker->listed_ms >= engine->deletes_allowed_ms,
                               .limit = worker->hub->configuration_limit};
    int result = plan_make(&input, ret_plan, error);
    if (result == 0) {
        publish(&gathering, ret_plan);
        publish_outlook(worker, &input, ret_plan);
        hub_baseline_tell(worker, ret_plan->baseline_problem);
    }
    hub_standings_drop_unseen(worker);
    return result;
}
