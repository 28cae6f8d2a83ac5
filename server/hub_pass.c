#include "server/hub_pass.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "server/hub_call.h"
#include "server/hub_list.h"
#include "server/hub_plan.h"
#include "server/hub_report.h"
#include "server/hub_tell.h"

#include <string.h>

/* For so long lists wait while there is something to write: an evaluation by the hub takes as long. */
#define CROWDED_LIST_MS ((int64_t)5 * 60 * 1000)

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void close_pass(struct hub_worker *worker)
{
    hub_call_forget(worker);
    hub_call_release(&worker->pass.before);
    hub_call_release(&worker->pass.next);
    worker->pass = (struct hub_pass){.open = false};
}

void hub_pass_forget(struct hub_worker *worker)
{
    close_pass(worker);
    hub_drift_release(&worker->drift);
    observed_release(&worker->observed); /* in another term it is no measure of what somebody else did */
}

/* --- planning --------------------------------------------------------------------------------- */

static int make_plan(struct hub_worker *worker, struct plan *ret_plan, struct error *error)
{
    pthread_mutex_lock(&worker->engine->lock);
    int result = hub_plan_make(worker, clock_now_ms(), ret_plan, error);
    pthread_mutex_unlock(&worker->engine->lock);
    return result;
}

/* Plans, and keeps the call that is to be made next: HUB_STEP_AGAIN with one, HUB_STEP_DONE without. What stands in a
 * Deployment's way, and how it stands, is published by that, which costs the hub nothing. */
static enum hub_step plan_next(struct hub_worker *worker)
{
    cleanup_error struct error error = {NULL};
    cleanup_plan struct plan plan = PLAN_INIT;
    struct hub_pass *pass = &worker->pass;
    hub_call_release(&pass->next);
    if (make_plan(worker, &plan, &error) < 0)
        return hub_call_trouble(worker, IOTHUB_SERVER_ERROR, error_message(&error));
    pass->pending = pass->pending || plan.pending;
    if (plan.pending)
        worker->next_list_ms =
            earlier(worker->next_list_ms, worker->listed_ms + worker->engine->config->evaluation_poll_ms);
    struct plan_call *call = hub_refusals_choose(&worker->refusals, &plan, clock_now_ms());
    if (!call)
        return HUB_STEP_DONE;
    hub_call_move(&pass->next, call);
    return HUB_STEP_AGAIN;
}

/* --- when ------------------------------------------------------------------------------------- */

/* The cluster may want something of the hub that is not on it: that is seen without a call. */
static bool wants_look(struct hub_worker *worker, int64_t now_ms)
{
    pthread_mutex_lock(&worker->engine->lock);
    bool settled = worker->settle_due_ms && worker->settle_due_ms <= now_ms;
    bool wants = worker->dirty || settled || hub_refusals_due(&worker->refusals) <= now_ms;
    worker->dirty = false;
    pthread_mutex_unlock(&worker->engine->lock);
    return wants;
}

static bool is_old(const struct hub_worker *worker, int64_t now_ms)
{
    return now_ms - worker->listed_ms >= worker->engine->config->evaluation_poll_ms;
}

/* In trouble only the back-off counts. */
static bool is_open(struct hub_worker *worker)
{
    struct hub_pass *pass = &worker->pass;
    int64_t now_ms = clock_now_ms();
    bool wants = worker->failures == 0 && worker->observed.items && wants_look(worker, now_ms);
    if (wants)
        hub_call_release(&pass->next); /* the world is another one */
    if (pass->open)
        return true;
    if (worker->next_list_ms <= now_ms) {
        pass->open = pass->wants_list = true;
    } else if (wants && plan_next(worker) == HUB_STEP_AGAIN) {
        pass->open = true;
        pass->wants_list = is_old(worker, now_ms);
    } else {
        close_pass(worker);
    }
    return pass->open;
}

int64_t hub_pass_due(const struct hub_worker *worker)
{
    if (worker->failures > 0)
        return worker->next_list_ms;
    if (worker->dirty)
        return 0;
    if (worker->pass.open)
        return worker->budget_due_ms;
    int64_t due_ms = earlier(worker->next_list_ms, hub_refusals_due(&worker->refusals));
    return worker->settle_due_ms ? earlier(due_ms, worker->settle_due_ms) : due_ms;
}

/* --- steps ------------------------------------------------------------------------------------ */

static enum hub_step list_configurations(struct hub_worker *worker)
{
    cleanup_error struct error error = {NULL};
    if (!hub_worker_take(worker, &worker->configuration_calls))
        return HUB_STEP_STOPPED;
    pthread_mutex_lock(&worker->engine->lock);
    worker->dirty = false;
    pthread_mutex_unlock(&worker->engine->lock);
    int64_t now_ms = clock_now_ms();
    enum iothub_result result = hub_list_read(worker, now_ms, &error);
    if (result != IOTHUB_OK)
        return hub_call_trouble(worker, result, error_message(&error));
    worker->pass.wants_list = false;
    worker->pass.listed = true;
    worker->listed_ms = now_ms;
    hub_tell_found(worker);
    hub_refusals_relisted(&worker->refusals);
    /* After trouble with a write a list that goes well tells nothing. */
    if (worker->failures == 0)
        hub_report_well(worker);
    return HUB_STEP_AGAIN;
}

static bool same_call(const struct plan_call *a, const struct plan_call *b)
{
    return b->id && a->action == b->action && strcmp(a->id, b->id) == 0 &&
           strcmp(a->body ? a->body : "", b->body ? b->body : "") == 0;
}

static enum hub_step make_next_call(struct hub_worker *worker)
{
    struct hub_pass *pass = &worker->pass;
    struct plan_call call = {.action = PLAN_CREATE};
    hub_call_move(&call, &pass->next);
    enum hub_step step = HUB_STEP_STOPPED;
    if (same_call(&call, &pass->before))
        step = hub_call_refuse(worker, &call, "SyncFailed", "the hub took the call and yet has something else",
                               worker->engine->config->error_backoff_ms);
    else if (hub_worker_take(worker, &worker->configuration_calls))
        step = hub_call_make(worker, &call);
    hub_call_release(&pass->before);
    /* One that is made sure of may come again. */
    if (step == HUB_STEP_AGAIN && !hub_call_is_open(worker))
        hub_call_move(&pass->before, &call);
    hub_call_release(&call);
    return step;
}

static enum hub_step check_call(struct hub_worker *worker)
{
    return hub_worker_take(worker, &worker->configuration_calls) ? hub_call_check(worker) : HUB_STEP_STOPPED;
}

static bool has_budget(struct hub_worker *worker)
{
    int64_t now_ms = clock_now_ms(), wait_ms = rate_limit_wait(&worker->configuration_calls, now_ms);
    worker->budget_due_ms = now_ms + wait_ms;
    return wait_ms == 0;
}

/* Whether it is known what to call. */
static bool is_planned(struct hub_worker *worker)
{
    const struct hub_pass *pass = &worker->pass;
    return hub_call_is_open(worker) || pass->wants_list || pass->next.id;
}

static enum hub_step make_call(struct hub_worker *worker)
{
    if (hub_call_is_open(worker))
        return check_call(worker);
    return worker->pass.wants_list ? list_configurations(worker) : make_next_call(worker);
}

/* There is nothing more to do. */
static void finish(struct hub_worker *worker)
{
    const struct config *config = worker->engine->config;
    const struct hub_pass *pass = &worker->pass;
    int64_t now_ms = clock_now_ms();
    /* A call without an answer may take effect yet, and only a list would tell. */
    bool soon = pass->pending || pass->calls > 0 || !TAILQ_EMPTY(&worker->drift.doubts);
    int64_t next_ms = now_ms + (soon ? config->evaluation_poll_ms : config->resync_ms);
    worker->next_list_ms = pass->listed ? next_ms : earlier(worker->next_list_ms, next_ms);
    worker->failures = 0;
    worker->metrics->consecutive_errors = 0;
    hub_report_well(worker);
    worker->metrics->last_success_wall_s = clock_wall_s();
    if (pass->listed) {
        worker->metrics->passes++;
        worker->metrics->no_op_passes += pass->calls == 0;
    }
    if (!soon && hub_refusals_due(&worker->refusals) == INT64_MAX)
        hub_drift_settle(&worker->drift, &worker->observed);
    close_pass(worker);
}

/* Lists wait while there is something to write, but not for ever: a delete may wait for what a list shows. */
static void remember_list(struct hub_worker *worker)
{
    if (clock_now_ms() - worker->listed_ms >= CROWDED_LIST_MS)
        worker->pass.wants_list = true;
}

bool hub_pass_step(struct hub_worker *worker)
{
    if (!is_open(worker))
        return false;
    remember_list(worker);
    enum hub_step step = is_planned(worker) ? HUB_STEP_AGAIN : plan_next(worker);
    if (step == HUB_STEP_AGAIN) {
        if (!has_budget(worker))
            return false;
        step = make_call(worker);
    }
    if (step == HUB_STEP_DONE)
        finish(worker);
    else if (step == HUB_STEP_TROUBLE)
        close_pass(worker);
    return true; /* one that is stopped ends with its term, or with the process */
}
