#include "server/hub_pass.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "server/hub_list.h"
#include "server/hub_plan.h"
#include "server/hub_report.h"
#include "server/wipe.h"

#include <string.h>

#define THROTTLED_MS     60000
#define FIRST_BACKOFF_MS 1000
#define TIMES_TO_TELL    3

/* What came of a step. */
enum step { STEP_DONE, STEP_AGAIN, STEP_TROUBLE, STEP_STOPPED };

struct pass {
    unsigned calls;   /* that were made */
    bool pending;     /* the hub is to be looked at again soon */
    int64_t pause_ms; /* for which the hub asked */
};

/* --- waiting ---------------------------------------------------------------------------------- */

/* False when it is time to stop. */
static bool pause_for(struct hub_worker *worker, int64_t ms)
{
    pthread_mutex_lock(&worker->engine->lock);
    engine_wait(worker->engine, &worker->wake, ms);
    pthread_mutex_unlock(&worker->engine->lock);
    return hub_worker_leads(worker);
}

static bool take_token(struct hub_worker *worker)
{
    for (;;) {
        int64_t wait_ms = rate_limit_take(&worker->configuration_calls, clock_now_ms());
        if (wait_ms == 0)
            return hub_worker_leads(worker);
        if (!pause_for(worker, wait_ms))
            return false;
    }
}

/* --- what goes wrong -------------------------------------------------------------------------- */

static enum step trouble(struct hub_worker *worker, struct pass *pass, enum iothub_result result, const char *message)
{
    int64_t asked_ms = iothub_client_retry_after_ms(worker->client);
    if (result == IOTHUB_STOPPED)
        return STEP_STOPPED;
    if (asked_ms > 0)
        pass->pause_ms = asked_ms;
    if (result == IOTHUB_THROTTLED) {
        if (asked_ms <= 0)
            pass->pause_ms = THROTTLED_MS / worker->hub->units;
        rate_limit_empty(&worker->configuration_calls, clock_now_ms(), pass->pause_ms);
    }
    hub_report_trouble(worker, result, message);
    return STEP_TROUBLE;
}

/* Says what stands in a Deployment's way, until the call is not wanted any more or succeeds. */
static void tell_refused(struct hub_worker *worker, const struct hub_refusal *refusal, const char *reason,
                         const char *message)
{
    log_warning("hub %s: %s: %s", worker->hub->name, refusal->key, message);
    pthread_mutex_lock(&worker->engine->lock);
    struct hub_standing *standing = hub_standing_find(worker, refusal->key);
    if (standing) {
        hub_standing_trouble(worker, standing, true, reason, message);
        standing->refused = true;
    }
    pthread_mutex_unlock(&worker->engine->lock);
}

/* The hub will not have this; the others go on. */
static enum step refuse(struct hub_worker *worker, const struct plan_call *call, const char *reason,
                        const char *message, int64_t pause_ms)
{
    struct hub_refusal *refusal = hub_refusal_add(&worker->refusals, call);
    if (!refusal)
        return STEP_TROUBLE;
    refusal->retry_ms = clock_now_ms() + pause_ms;
    tell_refused(worker, refusal, reason, message);
    return STEP_AGAIN;
}

/* Somebody else was there since the list was made, or an earlier call of ours took effect late: the next list tells.
 * Until then the others go on. */
static enum step wait_for_list(struct hub_worker *worker, struct pass *pass, const struct plan_call *call,
                               const char *message)
{
    struct hub_refusal *refusal = hub_refusal_add(&worker->refusals, call);
    log_info("hub %s: %s", worker->hub->name, message);
    pass->pending = true;
    if (!refusal)
        return STEP_DONE;
    refusal->retry_ms = INT64_MAX;
    return STEP_AGAIN;
}

/* The hub is in trouble, or with this call alone: the others come first the next time. A key without the right to write
 * is no matter of one call: as long as something is to be written, the hub is not well. */
static enum step fail(struct hub_worker *worker, struct pass *pass, const struct plan_call *call,
                      enum iothub_result result, const char *message)
{
    bool alone = result == IOTHUB_SERVER_ERROR || result == IOTHUB_UNKNOWN || result == IOTHUB_UNSENT;
    struct hub_refusal *refusal = alone ? hub_refusal_add(&worker->refusals, call) : NULL;
    if (refusal)
        refusal->retry_ms =
            clock_now_ms() + backoff_ms(refusal->times - 1, FIRST_BACKOFF_MS, worker->engine->config->error_backoff_ms);
    /* What is no passing trouble, and keeps a content from the hub. */
    if (refusal && refusal->times >= TIMES_TO_TELL && call->action == PLAN_CREATE)
        tell_refused(worker, refusal, "HubError", message);
    if (result == IOTHUB_STOPPED)
        worker->engine->cut_off = true;
    return trouble(worker, pass, result, message);
}

/* --- calls ------------------------------------------------------------------------------------ */

static const char *const done_words[] = {
    [PLAN_CREATE] = "created", [PLAN_ADOPT] = "adopted", [PLAN_UPDATE] = "updated", [PLAN_DELETE] = "deleted"};

static enum iothub_result put(struct hub_worker *worker, const struct plan_call *call, struct error *error)
{
    cleanup_json cJSON *configuration = NULL;
    enum iothub_result result = iothub_configuration_put(
        worker->client, call->id, call->action == PLAN_CREATE ? NULL : call->etag, call->body, &configuration, error);
    return result == IOTHUB_OK ? hub_list_take(worker, call->id, configuration, error) : result;
}

static enum iothub_result delete (struct hub_worker *worker, const struct plan_call *call, struct error *error) {
    enum iothub_result result = iothub_configuration_delete(worker->client, call->id, call->etag, error);
    if (result != IOTHUB_OK && result != IOTHUB_NOT_FOUND) return result;
    observed_remove(&worker->observed, call->id);
    return IOTHUB_OK;
}

/* Our copy of the hub's list is in step afterwards with what the call has changed. */
static enum iothub_result send_call(struct hub_worker *worker, const struct plan_call *call, struct error *error)
{
    switch (call->action) {
    case PLAN_READ:
        return hub_list_look_up(worker, call->id, error);
    case PLAN_DELETE:
        return delete (worker, call, error);
    default:
        return put(worker, call, error);
    }
}

/* Where the hub's own words begin in the sentence about its refusal, or NULL: behind the status, and behind the error's
 * code unless that is a part of the body. */
static const char *hubs_words(const char *sentence, const struct plan_call *call)
{
    static const char mark[] = ": HTTP status ";
    const char *status = strstr(sentence, mark);
    if (!status)
        return NULL;
    const char *end = status + strlen(mark);
    end += strspn(end, "0123456789");
    if (strncmp(end, ", ", 2) != 0)
        return end;
    size_t length = strcspn(end + 2, ":;");
    return call->body && memmem(call->body, strlen(call->body), end + 2, length) ? end : end + 2 + length;
}

/* What the hub says about a configuration may quote it, and what it says goes into logs and Events: where values of
 * Secrets are in it, the words are left out. */
static void hush(const struct hub_worker *worker, const struct plan_call *call, struct error *error)
{
    struct engine *engine = worker->engine;
    pthread_mutex_lock(&engine->lock);
    const struct cluster_deployment *deployment =
        cluster_find_deployment(&engine->cluster, call->namespace, call->name);
    bool reads = !deployment || cluster_deployment_reads(deployment, CLUSTER_SECRET, NULL);
    pthread_mutex_unlock(&engine->lock);
    const char *words = reads ? hubs_words(error_message(error), call) : NULL;
    if (!words || !*words)
        return;
    cleanup_free char *safe = strndup(error->message, (size_t)(words - error->message));
    error_set(error, "%s (its words are left out: they may quote the value of a Secret)", safe ? safe : "the hub");
}

static enum step make_call(struct hub_worker *worker, struct pass *pass, const struct plan_call *call)
{
    cleanup_error struct error error = {NULL};
    pass->calls++;
    enum iothub_result result = send_call(worker, call, &error);
    if (result == IOTHUB_OK) {
        if (call->action != PLAN_READ)
            log_info("hub %s: %s configuration %s for Deployment %s/%s", worker->hub->name, done_words[call->action],
                     call->id, call->namespace, call->name);
        hub_report_well(worker);
        return STEP_AGAIN;
    }
    hush(worker, call, &error);
    switch (result) {
    case IOTHUB_REFUSED:
        return refuse(worker, call, "RefusedByHub", error_message(&error), worker->engine->config->error_backoff_ms);
    case IOTHUB_LIMIT_REACHED:
        return refuse(worker, call, "HubFull", error_message(&error), worker->engine->config->resync_ms);
    case IOTHUB_CONFLICT:
    case IOTHUB_PRECONDITION_FAILED:
    case IOTHUB_NOT_FOUND:
        return wait_for_list(worker, pass, call, error_message(&error));
    default:
        return fail(worker, pass, call, result, error_message(&error));
    }
}

/* --- planning --------------------------------------------------------------------------------- */

static void move_call(struct plan_call *to, struct plan_call *from)
{
    *to = *from;
    *from = (struct plan_call){.action = from->action};
}

static void call_release(struct plan_call *call)
{
    free(call->id);
    free(call->etag);
    wipe_text(call->body);
    free(call->body);
    free(call->namespace);
    free(call->name);
    *call = (struct plan_call){.action = PLAN_CREATE};
}

static int make_plan(struct hub_worker *worker, struct plan *ret_plan, struct error *error)
{
    pthread_mutex_lock(&worker->engine->lock);
    int result = hub_plan_make(worker, clock_now_ms(), ret_plan, error);
    pthread_mutex_unlock(&worker->engine->lock);
    return result;
}

/* Plans, and takes the call that is to be made next out of the plan: STEP_AGAIN with a call, STEP_DONE without. */
static enum step plan_next(struct hub_worker *worker, struct pass *pass, struct plan_call *ret_call)
{
    cleanup_error struct error error = {NULL};
    cleanup_plan struct plan plan = PLAN_INIT;
    if (make_plan(worker, &plan, &error) < 0)
        return trouble(worker, pass, IOTHUB_SERVER_ERROR, error_message(&error));
    pass->pending = pass->pending || plan.pending;
    struct plan_call *call = hub_refusals_choose(&worker->refusals, &plan, clock_now_ms());
    if (!call)
        return STEP_DONE;
    move_call(ret_call, call);
    return STEP_AGAIN;
}

bool hub_pass_look(struct hub_worker *worker)
{
    cleanup_error struct error error = {NULL};
    cleanup_plan struct plan plan = PLAN_INIT;
    if (make_plan(worker, &plan, &error) < 0)
        return true;
    int64_t soon_ms = worker->listed_ms + worker->engine->config->evaluation_poll_ms;
    if (plan.pending && soon_ms < worker->next_pass_ms)
        worker->next_pass_ms = soon_ms;
    return hub_refusals_choose(&worker->refusals, &plan, clock_now_ms()) != NULL;
}

/* --- a pass ----------------------------------------------------------------------------------- */

static enum step list_configurations(struct hub_worker *worker, struct pass *pass)
{
    cleanup_error struct error error = {NULL};
    if (!take_token(worker))
        return STEP_STOPPED;
    pthread_mutex_lock(&worker->engine->lock);
    worker->dirty = false;
    pthread_mutex_unlock(&worker->engine->lock);
    int64_t now_ms = clock_now_ms();
    enum iothub_result result = hub_list_read(worker, &error);
    if (result != IOTHUB_OK)
        return trouble(worker, pass, result, error_message(&error));
    worker->listed_ms = now_ms;
    hub_refusals_relisted(&worker->refusals);
    /* After trouble with a write a list that goes well tells nothing. */
    if (worker->failures == 0)
        hub_report_well(worker);
    return STEP_AGAIN;
}

static bool same_call(const struct plan_call *a, const struct plan_call *b)
{
    return b->id && a->action == b->action && strcmp(a->id, b->id) == 0 &&
           strcmp(a->body ? a->body : "", b->body ? b->body : "") == 0;
}

/* One call of the plan, when there is a token for it: the world may be another one after a wait. */
static enum step run_call(struct hub_worker *worker, struct pass *pass, struct plan_call *before)
{
    struct plan_call call = {.action = PLAN_CREATE};
    enum step step = plan_next(worker, pass, &call);
    if (step != STEP_AGAIN)
        return step;
    int64_t wait_ms = 0;
    if (same_call(&call, before))
        step = refuse(worker, &call, "HubDiffers", "the hub took the call and yet has something else",
                      worker->engine->config->error_backoff_ms);
    else if ((wait_ms = rate_limit_take(&worker->configuration_calls, clock_now_ms())) > 0)
        step = pause_for(worker, wait_ms) ? STEP_AGAIN : STEP_STOPPED;
    else if (!hub_worker_leads(worker))
        step = STEP_STOPPED;
    else
        step = make_call(worker, pass, &call);
    if (wait_ms == 0) {
        call_release(before);
        move_call(before, &call);
    }
    call_release(&call);
    return step;
}

static enum step run_calls(struct hub_worker *worker, struct pass *pass)
{
    struct plan_call before = {.action = PLAN_CREATE};
    enum step step = STEP_AGAIN;
    while (step == STEP_AGAIN)
        step = run_call(worker, pass, &before);
    call_release(&before);
    return step;
}

static void schedule_after_trouble(struct hub_worker *worker, const struct pass *pass)
{
    int64_t longest_ms = worker->engine->config->error_backoff_ms;
    int64_t pause_ms = backoff_ms(worker->failures++, FIRST_BACKOFF_MS, longest_ms);
    worker->metrics->consecutive_errors = worker->failures;
    worker->next_pass_ms = clock_now_ms() + (pause_ms < pass->pause_ms ? pass->pause_ms : pause_ms);
}

void hub_pass_run(struct hub_worker *worker)
{
    const struct config *config = worker->engine->config;
    struct pass pass = {0};
    enum step step = list_configurations(worker, &pass);
    if (step == STEP_AGAIN)
        step = run_calls(worker, &pass);
    if (step == STEP_STOPPED)
        return;
    if (step == STEP_TROUBLE) {
        schedule_after_trouble(worker, &pass);
        return;
    }
    worker->failures = 0;
    worker->metrics->consecutive_errors = 0;
    hub_report_well(worker);
    worker->metrics->passes++;
    if (pass.calls == 0)
        worker->metrics->no_op_passes++;
    worker->metrics->last_success_wall_s = clock_wall_s();
    worker->next_pass_ms =
        clock_now_ms() + (pass.pending || pass.calls ? config->evaluation_poll_ms : config->resync_ms);
}
