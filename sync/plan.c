#include "sync/plan.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "sync/adoption.h"
#include "sync/baseline.h"
#include "sync/calls.h"
#include "sync/look.h"
#include "sync/observed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* New Deployments leave so many slots free, so that those which are there can always be replaced. */
#define SLOTS_FOR_REPLACEMENTS 2

struct draft {
    const struct plan_input *input;
    struct look *looks; /* one for each desired one */
    size_t slots_used;
    struct plan_calls creates, reads, adoptions, updates, deletes;
    struct plan plan;
};

static void draft_release(struct draft *draft)
{
    free(draft->looks);
    plan_calls_release(&draft->creates);
    plan_calls_release(&draft->reads);
    plan_calls_release(&draft->adoptions);
    plan_calls_release(&draft->updates);
    plan_calls_release(&draft->deletes);
    plan_release(&draft->plan);
}

#define cleanup_draft __attribute__((cleanup(draft_release)))

static int out_of_memory(struct error *error)
{
    return error_set(error, "out of memory");
}

__attribute__((format(printf, 5, 6))) static int problem_add(struct draft *draft, enum plan_problem_kind kind,
                                                             const struct desired_configuration *desired,
                                                             struct error *error, const char *format, ...)
{
    struct plan *plan = &draft->plan;
    struct plan_problem *problems = reallocarray(plan->problems, plan->problem_count + 1, sizeof *problems);
    va_list arguments;

    if (!problems)
        return out_of_memory(error);
    plan->problems = problems;
    struct plan_problem *problem = &problems[plan->problem_count++];

    *problem = (struct plan_problem){kind, strdup(desired->namespace), strdup(desired->name), NULL};
    va_start(arguments, format);
    int length = vasprintf(&problem->message, format, arguments);

    va_end(arguments);
    if (length < 0)
        problem->message = NULL;
    return problem->namespace && problem->name && problem->message ? 0 : out_of_memory(error);
}

static int robbed_add(struct draft *draft, const struct desired_configuration *desired,
                      const struct observed_configuration *robbed, struct error *error)
{
    draft->plan.pending = true;
    return problem_add(draft, PLAN_SYSTEM_MODULES, desired, error,
                       "configuration %s (priority %lld, target condition %s) has other system modules (edgeAgent %s, "
                       "edgeHub %s), and this Deployment would take devices from it; give the edgeagent ConfigMap the "
                       "same ones, or set the Deployment's annotation iot-edge-connector/replace-system-modules to "
                       "\"true\"",
                       robbed->id, (long long)robbed->priority, robbed->target_condition,
                       robbed->agent_image ? robbed->agent_image : "unknown",
                       robbed->hub_image ? robbed->hub_image : "unknown");
}

/* Whether one more configuration may go to the hub. */
static bool slot_free(const struct draft *draft, bool is_replacement)
{
    size_t kept = is_replacement ? 0 : SLOTS_FOR_REPLACEMENTS;

    return draft->slots_used + kept < draft->input->limit;
}

static int hub_full_add(struct draft *draft, const struct desired_configuration *desired, bool is_replacement,
                        struct error *error)
{
    draft->plan.pending = true;
    if (is_replacement)
        return problem_add(
            draft, PLAN_HUB_FULL, desired, error,
            "the new configuration waits: the hub has %zu of the %u configurations that it takes; delete "
            "some that are not needed",
            draft->slots_used, draft->input->limit);
    return problem_add(draft, PLAN_HUB_FULL, desired, error,
                       "the configuration waits: the hub has %zu of the %u configurations that it takes, and the last "
                       "%d are kept for replacing those which are there; delete some that are not needed",
                       draft->slots_used, draft->input->limit, SLOTS_FOR_REPLACEMENTS);
}

static int create_add(struct draft *draft, const struct desired_configuration *desired, const struct look *look,
                      struct error *error)
{
    cleanup_free char *labels = plan_call_labels(draft->input->owner, draft->input->hub, desired);
    cleanup_free char *body = labels ? plan_call_body(look->free_id, desired, labels, NULL) : NULL;

    if (!body ||
        plan_calls_add(&draft->creates, PLAN_CREATE, look->free_id, NULL, body, desired->namespace, desired->name) < 0)
        return out_of_memory(error);
    draft->slots_used++;
    draft->plan.pending = true; /* for its evaluation */
    return 0;
}

static int desired_create(struct draft *draft, const struct desired_configuration *desired, struct look *look,
                          struct error *error)
{
    bool is_replacement = look->newest || desired->gap != PLAN_GAP_NEVER;

    if (look->adopts)
        return 0; /* that comes in its place */
    if (look->altered)
        return problem_add(
            draft, PLAN_CONTENT_ALTERED, desired, error,
            "configuration %s on the hub is ours by its labels, but its content is not what was created; "
            "nothing is changed: delete it on the hub to have it created again",
            look->altered->id);
    if (!*look->free_id)
        return problem_add(
            draft, PLAN_CONFLICT, desired, error,
            "all %d ids that the configuration could have are held on the hub by configurations that are "
            "not ours; delete one of them",
            CONFIGURATION_SALTS);
    if (!desired->may_create)
        return 0;
    if (look->robbed)
        return robbed_add(draft, desired, look->robbed, error);
    if (desired->gap == PLAN_GAP_NEEDED && look->newest) {
        look->clears = true; /* its own slots become free */
        return 0;
    }
    if (!slot_free(draft, is_replacement))
        return hub_full_add(draft, desired, is_replacement, error);
    return create_add(draft, desired, look, error);
}

/* Replacements get their slots before new Deployments do. */
static int creates_plan(struct draft *draft, bool replacements, struct error *error)
{
    for (size_t i = 0; i < draft->input->desired_count; i++) {
        const struct desired_configuration *desired = &draft->input->desired[i];
        struct look *look = &draft->looks[i];
        bool is_replacement = look->newest || desired->gap != PLAN_GAP_NEVER;

        if (!desired->content || look->current || is_replacement != replacements)
            continue;
        if (desired_create(draft, desired, look, error) < 0)
            return -1;
    }
    return 0;
}

static int read_add(struct draft *draft, const struct observed_configuration *configuration, struct error *error)
{
    const struct ownership *owned = &configuration->ownership;

    if (plan_calls_add(&draft->reads, PLAN_READ, configuration->id, NULL, NULL, owned->namespace, owned->name) < 0)
        return out_of_memory(error);
    return 0;
}

/* What has to be read before it can be said what is desired. */
static int reads_plan(struct draft *draft, const struct desired_configuration *desired, struct error *error)
{
    for (size_t i = 0; i < draft->input->observed->count; i++) {
        const struct observed_configuration *configuration = &draft->input->observed->items[i];

        if (observed_is_of(configuration, desired->namespace, desired->name) && !configuration->whole &&
            read_add(draft, configuration, error) < 0)
            return -1;
    }
    return 0;
}

/* A frozen Deployment keeps everything but the policy label, which must be true on the day when the Deployment is gone.
 */
static int policies_plan(struct draft *draft, const struct desired_configuration *desired, struct error *error)
{
    for (size_t i = 0; i < draft->input->observed->count; i++) {
        const struct observed_configuration *configuration = &draft->input->observed->items[i];

        if (!observed_is_of(configuration, desired->namespace, desired->name) ||
            text_is_same(configuration->ownership.reconcile_policy, desired->reconcile_policy))
            continue;
        if (!configuration->whole) { /* the update has to carry the content */
            if (!desired->needs_whole && read_add(draft, configuration, error) < 0)
                return -1;
            continue;
        }
        cleanup_free char *body = plan_call_policy_body(configuration, desired->reconcile_policy);

        if (!body || plan_calls_add(&draft->updates, PLAN_UPDATE, configuration->id, configuration->etag, body,
                                    desired->namespace, desired->name) < 0)
            return out_of_memory(error);
    }
    return 0;
}

static int adoption_add(struct draft *draft, const struct desired_configuration *desired,
                        const struct observed_configuration *configuration, const char *body, struct error *error)
{
    draft->plan.pending = true;
    if (!body || plan_calls_add(&draft->adoptions, PLAN_ADOPT, configuration->id, configuration->etag, body,
                                desired->namespace, desired->name) < 0)
        return out_of_memory(error);
    return 0;
}

/* What has the content already is brought up to date by the same call. */
static int current_adopt(struct draft *draft, const struct desired_configuration *desired, const struct look *look,
                         struct error *error)
{
    cleanup_free char *labels = plan_call_labels(draft->input->owner, draft->input->hub, desired);
    cleanup_free char *body = labels ? plan_call_body(look->adopts->id, desired, labels, look->adopts) : NULL;

    return adoption_add(draft, desired, look->adopts, body, error);
}

/* What the original connector left behind becomes a predecessor of the current one, and goes as predecessors do. */
static int leaked_adopt(struct draft *draft, const struct desired_configuration *desired, const struct look *look,
                        struct error *error)
{
    const struct plan_input *input = draft->input;

    for (size_t i = 0; i < input->observed->count; i++) {
        const struct observed_configuration *other = &input->observed->items[i];

        if (other == look->adopts || !adoption_is_leaked(other, desired->name) ||
            !adoption_is_free(other, input->owner, desired->namespace, desired->name))
            continue;
        if (!other->whole) {
            if (plan_calls_add(&draft->reads, PLAN_READ, other->id, NULL, NULL, desired->namespace, desired->name) < 0)
                return out_of_memory(error);
            continue;
        }
        cleanup_free char *body = plan_call_adoption_body(input->owner, input->hub, desired, other);

        if (adoption_add(draft, desired, other, body, error) < 0)
            return -1;
    }
    return 0;
}

static int adoptions_plan(struct draft *draft, struct error *error)
{
    for (size_t i = 0; i < draft->input->desired_count; i++) {
        const struct desired_configuration *desired = &draft->input->desired[i];
        const struct look *look = &draft->looks[i];

        if (!desired->content || !desired->adopt || look->robbed)
            continue;
        if ((look->adopts && current_adopt(draft, desired, look, error) < 0) ||
            leaked_adopt(draft, desired, look, error) < 0)
            return -1;
    }
    return 0;
}

/* --- what changes and goes -------------------------------------------------------------------- */

static int updates_plan(struct draft *draft, struct error *error)
{
    for (size_t i = 0; i < draft->input->desired_count; i++) {
        const struct desired_configuration *desired = &draft->input->desired[i];
        const struct observed_configuration *current = draft->looks[i].current;

        if (desired->needs_whole && reads_plan(draft, desired, error) < 0)
            return -1;
        if (!desired->content && desired->reconcile_policy && policies_plan(draft, desired, error) < 0)
            return -1;
        if (!draft->looks[i].outdated)
            continue;
        if (draft->looks[i].robbed) {
            if (robbed_add(draft, desired, draft->looks[i].robbed, error) < 0)
                return -1;
            continue;
        }
        cleanup_free char *labels = plan_call_labels(draft->input->owner, draft->input->hub, desired);
        cleanup_free char *body = labels ? plan_call_body(current->id, desired, labels, current) : NULL;

        if (!body || plan_calls_add(&draft->updates, PLAN_UPDATE, current->id, current->etag, body, desired->namespace,
                                    desired->name) < 0)
            return out_of_memory(error);
        draft->updates.items[draft->updates.count - 1].leaves_modules =
            look_leaves_modules(draft->input, current, desired->target_condition);
    }
    return 0;
}

static int delete_add(struct draft *draft, const struct observed_configuration *configuration, bool leaves,
                      struct error *error)
{
    if (!draft->input->deletes_allowed) {
        draft->plan.pending = true;
        return 0;
    }
    if (plan_calls_add(&draft->deletes, PLAN_DELETE, configuration->id, configuration->etag, NULL,
                       configuration->ownership.namespace, configuration->ownership.name) < 0)
        return out_of_memory(error);
    draft->deletes.items[draft->deletes.count - 1].leaves_modules = leaves;
    return 0;
}

/* Deletes what cannot be there together with the new content. */
static int cleared_plan(struct draft *draft, const struct desired_configuration *desired, struct error *error)
{
    draft->plan.pending = true; /* for the create */
    for (size_t i = 0; i < draft->input->observed->count; i++)
        if (observed_is_of(&draft->input->observed->items[i], desired->namespace, desired->name) &&
            delete_add(draft, &draft->input->observed->items[i], false, error) < 0)
            return -1;
    return 0;
}

/* Deletes what the current configuration supersedes: only when it was evaluated, and as it should be (the evaluation of
 * one that is to be updated says nothing about the devices of its new condition). In the order of the list the one that
 * wins on a device goes last, so that no device visits an even older content on its way. */
static int superseded_plan(struct draft *draft, const struct desired_configuration *desired, const struct look *look,
                           struct error *error)
{
    if (look->clears)
        return cleared_plan(draft, desired, error);
    if (!look->current)
        return 0;
    if (!look->current->evaluated)
        draft->plan.pending = true;
    for (size_t i = 0; i < draft->input->observed->count; i++) {
        const struct observed_configuration *elder = &draft->input->observed->items[i];

        if (elder == look->current || !observed_is_of(elder, desired->namespace, desired->name))
            continue;
        if (!look->current->evaluated || look->outdated)
            draft->plan.pending = true;
        else if (delete_add(draft, elder, look_leaves_modules(draft->input, elder, look->current->target_condition),
                            error) < 0)
            return -1;
    }
    return 0;
}

static bool is_desired(const struct plan_input *input, const char *namespace, const char *name)
{
    for (size_t i = 0; i < input->desired_count; i++)
        if (strcmp(input->desired[i].namespace, namespace) == 0 && strcmp(input->desired[i].name, name) == 0)
            return true;
    return false;
}

static int ended_plan(struct draft *draft, const struct ended_deployment *ended, struct error *error)
{
    if (is_desired(draft->input, ended->namespace, ended->name))
        return 0;
    for (size_t i = 0; i < draft->input->observed->count; i++) {
        const struct observed_configuration *configuration = &draft->input->observed->items[i];

        if (!observed_is_of(configuration, ended->namespace, ended->name))
            continue;
        /* The Deployment is gone, so its policy is the one that the label tells. */
        if (!ended->displaced && ownership_outlives(&configuration->ownership))
            continue;
        if (delete_add(draft, configuration, look_leaves_modules(draft->input, configuration, NULL), error) < 0)
            return -1;
    }
    return 0;
}

static int deletes_plan(struct draft *draft, struct error *error)
{
    for (size_t i = 0; i < draft->input->desired_count; i++)
        if (superseded_plan(draft, &draft->input->desired[i], &draft->looks[i], error) < 0)
            return -1;
    for (size_t i = 0; i < draft->input->ended_count; i++)
        if (ended_plan(draft, &draft->input->ended[i], error) < 0)
            return -1;
    return 0;
}

static int standing_write(const struct observed_configuration *stands, struct plan_standing *standing,
                          struct error *error)
{
    standing->targeted = -1;
    if (!stands)
        return 0;
    standing->id = strdup(stands->id);
    standing->content_hash = strdup(stands->ownership.content_hash);
    standing->evaluated = stands->evaluated;
    standing->targeted = stands->targeted;
    if (stands->created_time)
        standing->created_time = strdup(stands->created_time);
    if (!standing->id || !standing->content_hash || (stands->created_time && !standing->created_time))
        return out_of_memory(error);
    return 0;
}

static int standings_write(struct draft *draft, struct error *error)
{
    size_t count = draft->input->desired_count;

    draft->plan.standings = calloc(count + 1, sizeof *draft->plan.standings);
    if (!draft->plan.standings)
        return out_of_memory(error);
    draft->plan.standing_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct look *look = &draft->looks[i];
        bool is_frozen = !draft->input->desired[i].content;

        if (standing_write(is_frozen ? look->newest : look->current, &draft->plan.standings[i], error) < 0)
            return -1;
        if (look_tie(draft->input, &draft->input->desired[i], &draft->looks[i], &draft->plan.standings[i].tie) < 0)
            return out_of_memory(error);
    }
    return 0;
}

static int looks_take(struct draft *draft, struct error *error)
{
    draft->slots_used = draft->input->observed->count;
    draft->looks = calloc(draft->input->desired_count + 1, sizeof *draft->looks);
    if (!draft->looks)
        return out_of_memory(error);
    for (size_t i = 0; i < draft->input->desired_count; i++)
        if (look_take(draft->input, &draft->input->desired[i], &draft->looks[i], error) < 0)
            return -1;
    return 0;
}

/* It takes a slot after the Deployments have theirs. */
static int baseline_join(struct draft *draft, struct error *error)
{
    struct baseline_calls calls = {.creates = &draft->creates,
                                   .updates = &draft->updates,
                                   .deletes = &draft->deletes,
                                   .slot_free = slot_free(draft, false)};
    int result = baseline_plan(draft->input, &calls, error);

    draft->plan.baseline_problem = calls.problem;
    draft->plan.pending = draft->plan.pending || calls.pending;
    return result;
}

/* Creates, then updates, then deletes: whatever comes between two calls, more is on the hub than at the end, not less.
 * A content that needs a gap is created by the plan that is made when the deletes have been. */
static int calls_join(struct draft *draft, struct error *error)
{
    cleanup_plan_calls struct plan_calls all = PLAN_CALLS_INIT;

    if (plan_calls_move(&all, &draft->creates) < 0 || plan_calls_move(&all, &draft->reads) < 0 ||
        plan_calls_move(&all, &draft->adoptions) < 0 || plan_calls_move(&all, &draft->updates) < 0 ||
        plan_calls_move(&all, &draft->deletes) < 0)
        return out_of_memory(error);
    draft->plan.calls = steal_ptr(all.items);
    draft->plan.call_count = all.count;
    all.count = 0;
    return 0;
}

int plan_make(const struct plan_input *input, struct plan *ret_plan, struct error *error)
{
    cleanup_draft struct draft draft = {.input = input, .plan = PLAN_INIT};

    if (looks_take(&draft, error) < 0 || creates_plan(&draft, true, error) < 0 ||
        creates_plan(&draft, false, error) < 0 || adoptions_plan(&draft, error) < 0 ||
        updates_plan(&draft, error) < 0 || deletes_plan(&draft, error) < 0 || baseline_join(&draft, error) < 0 ||
        standings_write(&draft, error) < 0 || calls_join(&draft, error) < 0)
        return -1;
    *ret_plan = draft.plan;
    draft.plan = (struct plan)PLAN_INIT;
    return 0;
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->call_count; i++)
        plan_call_release(&plan->calls[i]);
    free(plan->calls);
    for (size_t i = 0; i < plan->problem_count; i++) {
        free(plan->problems[i].namespace);
        free(plan->problems[i].name);
        free(plan->problems[i].message);
    }
    free(plan->problems);
    for (size_t i = 0; i < plan->standing_count; i++) {
        free(plan->standings[i].id);
        free(plan->standings[i].content_hash);
        free(plan->standings[i].created_time);
        free(plan->standings[i].tie);
    }
    free(plan->standings);
    free(plan->baseline_problem);
    *plan = (struct plan)PLAN_INIT;
}
