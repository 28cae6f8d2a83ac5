#include "server/hub_call.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "server/hub_list.h"
#include "server/hub_report.h"
#include "server/hub_tell.h"
#include "server/wipe.h"

#include <string.h>

#define FIRST_BACKOFF_MS 1000
#define THROTTLED_MS     10000 /* the hub asks for this much, in words */
#define FULL_MS          60000 /* somebody may delete something */
#define TIMES_TO_TELL    3

/* --- calls as things -------------------------------------------------------------------------- */

void hub_call_move(struct plan_call *to, struct plan_call *from)
{
    hub_call_release(to);
    *to = *from;
    *from = (struct plan_call){.action = from->action};
}

void hub_call_release(struct plan_call *call)
{
    free(call->id);
    free(call->etag);
    wipe_text(call->body);
    free(call->body);
    free(call->namespace);
    free(call->name);
    *call = (struct plan_call){.action = PLAN_CREATE};
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

/* --- what goes wrong -------------------------------------------------------------------------- */

static int64_t longest_pause_ms(const struct hub_worker *worker)
{
    return worker->engine->config->error_backoff_ms;
}

static int64_t pause_after(struct hub_worker *worker, enum iothub_result result)
{
    int64_t longest_ms = longest_pause_ms(worker), asked_ms = iothub_client_retry_after_ms(worker->client);
    int64_t pause_ms = result == IOTHUB_THROTTLED
                           ? THROTTLED_MS + backoff_ms(worker->failures, THROTTLED_MS, longest_ms)
                           : backoff_ms(worker->failures, FIRST_BACKOFF_MS, longest_ms);
    if (pause_ms > longest_ms)
        pause_ms = longest_ms;
    return pause_ms < asked_ms ? asked_ms : pause_ms;
}

enum hub_step hub_call_trouble(struct hub_worker *worker, enum iothub_result result, const char *message)
{
    if (result == IOTHUB_STOPPED)
        return HUB_STEP_STOPPED;
    int64_t now_ms = clock_now_ms(), pause_ms = pause_after(worker, result);
    if (result == IOTHUB_THROTTLED)
        rate_limit_empty(&worker->configuration_calls, now_ms, pause_ms);
    worker->metrics->consecutive_errors = ++worker->failures;
    worker->next_list_ms = now_ms + pause_ms;
    hub_report_trouble(worker, result, message);
    /* One lost connection is no news to a Deployment; that it may not be written is, and that the hub asks to wait. */
    if (worker->failures >= TIMES_TO_TELL || result == IOTHUB_UNAUTHORIZED || result == IOTHUB_THROTTLED)
        hub_tell_waiting(worker, result);
    return HUB_STEP_TROUBLE;
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

enum hub_step hub_call_refuse(struct hub_worker *worker, const struct plan_call *call, const char *reason,
                              const char *message, int64_t pause_ms)
{
    struct hub_refusal *refusal = hub_refusal_add(&worker->refusals, call);
    if (!refusal)
        return hub_call_trouble(worker, IOTHUB_UNSENT, "out of memory");
    refusal->retry_ms = clock_now_ms() + pause_ms;
    tell_refused(worker, refusal, reason, message);
    return HUB_STEP_AGAIN;
}

/* It did not take effect, and may the next time, after the others; what is no passing trouble is told. NULL without
 * memory. */
static struct hub_refusal *put_off(struct hub_worker *worker, const struct plan_call *call, const char *message)
{
    struct hub_refusal *refusal = hub_refusal_add(&worker->refusals, call);
    if (!refusal)
        return NULL;
    refusal->retry_ms = clock_now_ms() + backoff_ms(refusal->times - 1, FIRST_BACKOFF_MS, longest_pause_ms(worker));
    if (refusal->times >= TIMES_TO_TELL)
        tell_refused(worker, refusal, "SyncFailed", message);
    return refusal;
}

/* It had no answer, and the hub does not have it, yet. */
static void put_off_doubtful(struct hub_worker *worker, const struct plan_call *call, enum iothub_result result,
                             const char *message)
{
    struct hub_refusal *refusal = put_off(worker, call, message);
    if (refusal && call->action == PLAN_CREATE && result == IOTHUB_UNKNOWN)
        refusal->fence_ms = clock_now_ms() + worker->engine->config->hub_timeout_ms;
}

/* Somebody else was there since the list was made. What the GET showed may be enough to try again; when it is not, the
 * next list must tell. */
static void wait_for_list(struct hub_worker *worker, const struct plan_call *call, const char *message)
{
    struct hub_refusal *refusal = hub_refusal_add(&worker->refusals, call);
    if (!refusal)
        return;
    refusal->retry_ms = refusal->times == 1 ? 0 : INT64_MAX;
    worker->pass.pending = worker->pass.pending || refusal->times > 1;
    if (refusal->times >= TIMES_TO_TELL)
        tell_refused(worker, refusal, "SyncFailed", message);
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

/* --- what the hub has ------------------------------------------------------------------------- */

/* Keeps our copy of the hub's list in step with what a call has changed. configuration NULL removes. That its content
 * is another one than was sent is seen by the next plan, which leaves such a one alone. */
static enum iothub_result observe(struct hub_worker *worker, const char *id, const cJSON *configuration,
                                  struct error *error)
{
    if (configuration)
        return hub_list_take(worker, id, configuration, error);
    observed_remove(&worker->observed, id);
    return IOTHUB_OK;
}

/* Takes what the hub has now over, NULL after a delete, and tells of it. */
static enum iothub_result take_effect(struct hub_worker *worker, const struct plan_call *call,
                                      const cJSON *configuration, const char *remark, struct error *error)
{
    cleanup_hub_telling struct hub_telling telling = {.reason = NULL};
    hub_telling_write(worker, call, configuration, &telling);
    enum iothub_result result = observe(worker, call->id, configuration, error);
    if (result != IOTHUB_OK)
        return result;
    hub_refusals_forget(&worker->refusals, call);
    hub_tell_done(worker, call, &telling, remark);
    hub_report_well(worker);
    return IOTHUB_OK;
}

static enum iothub_result put(struct hub_worker *worker, const struct plan_call *call, struct error *error)
{
    cleanup_json cJSON *configuration = NULL;
    const char *etag = call->action == PLAN_CREATE ? NULL : call->etag;
    enum iothub_result result =
        iothub_configuration_put(worker->client, call->id, etag, call->body, &configuration, error);
    return result == IOTHUB_OK ? take_effect(worker, call, configuration, "", error) : result;
}

static enum iothub_result take_away(struct hub_worker *worker, const struct plan_call *call, struct error *error)
{
    enum iothub_result result = iothub_configuration_delete(worker->client, call->id, call->etag, error);
    return result == IOTHUB_OK || result == IOTHUB_NOT_FOUND ? take_effect(worker, call, NULL, "", error) : result;
}

static enum iothub_result send_call(struct hub_worker *worker, const struct plan_call *call, struct error *error)
{
    switch (call->action) {
    case PLAN_READ:
        return hub_list_look_up(worker, call->id, error);
    case PLAN_DELETE:
        return take_away(worker, call, error);
    default:
        return put(worker, call, error);
    }
}

/* --- making sure ------------------------------------------------------------------------------ */

bool hub_call_is_open(const struct hub_worker *worker)
{
    return worker->pass.unsure.id != NULL;
}

void hub_call_forget(struct hub_worker *worker)
{
    hub_call_release(&worker->pass.unsure);
    free(worker->pass.unsure_message);
    worker->pass.unsure_message = NULL;
}

static bool was_lost(enum iothub_result result)
{
    return result == IOTHUB_UNKNOWN || result == IOTHUB_SERVER_ERROR;
}

static enum hub_step make_sure(struct hub_worker *worker, const struct plan_call *call, enum iothub_result result,
                               const char *message)
{
    struct hub_pass *pass = &worker->pass;
    log_info("hub %s: %s; what it has now is looked up", worker->hub->name, message);
    if (was_lost(result))
        hub_drift_doubt(&worker->drift, call->id, clock_now_ms() + worker->engine->config->hub_timeout_ms);
    pass->unsure = (struct plan_call){.action = call->action,
                                      .id = copy(call->id),
                                      .etag = copy(call->etag),
                                      .body = copy(call->body),
                                      .namespace = copy(call->namespace),
                                      .name = copy(call->name),
                                      .baseline = call->baseline,
                                      .leaves_modules = call->leaves_modules};
    pass->unsure_result = result;
    pass->unsure_message = strdup(message);
    if (pass->unsure.id && pass->unsure.namespace && pass->unsure.name && (pass->unsure.body || !call->body))
        return HUB_STEP_AGAIN;
    hub_call_forget(worker);
    return hub_call_trouble(worker, result, message); /* the list tells as well */
}

/* Whether the hub has what the call was to bring about. */
static bool has_effect(const struct plan_call *call, const cJSON *configuration)
{
    static const char *const parts[] = {"content", "labels", "targetCondition", "priority"};
    cleanup_json cJSON *body = NULL;
    if (call->action == PLAN_DELETE)
        return !configuration;
    if (!configuration || json_parse(call->body, strlen(call->body), &body, NULL) < 0)
        return false;
    for (size_t i = 0; i < array_length(parts); i++)
        if (!json_equal(json_get(configuration, parts[i]), json_get(body, parts[i])))
            return false;
    return true;
}

/* configuration NULL: the hub has none. */
static enum iothub_result settle(struct hub_worker *worker, const cJSON *configuration, struct error *error)
{
    const struct hub_pass *pass = &worker->pass;
    bool lost = was_lost(pass->unsure_result), done = has_effect(&pass->unsure, configuration);
    const char *message = pass->unsure_message ? pass->unsure_message : "the answer was lost";
    if (done && lost)
        return take_effect(worker, &pass->unsure, configuration, " (its answer was lost; the hub was asked)", error);
    enum iothub_result result = observe(worker, pass->unsure.id, configuration, error);
    /* What was there before we came is no change of ours, and none of somebody else's that we had to put right. */
    if (done)
        hub_refusals_forget(&worker->refusals, &pass->unsure);
    if (done)
        free(hub_drift_take(&worker->drift, pass->unsure.namespace, pass->unsure.name));
    else if (lost)
        put_off_doubtful(worker, &pass->unsure, pass->unsure_result, message);
    else
        wait_for_list(worker, &pass->unsure, message);
    return result;
}

enum hub_step hub_call_check(struct hub_worker *worker)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *configuration = NULL;
    enum iothub_result result =
        iothub_configuration_get(worker->client, worker->pass.unsure.id, &configuration, &error);
    if (result == IOTHUB_STOPPED)
        return HUB_STEP_STOPPED;
    if (result == IOTHUB_OK || result == IOTHUB_NOT_FOUND)
        result = settle(worker, configuration, &error);
    if (result != IOTHUB_OK)
        put_off_doubtful(worker, &worker->pass.unsure, worker->pass.unsure_result, error_message(&error));
    hub_call_forget(worker);
    return result == IOTHUB_OK ? HUB_STEP_AGAIN : hub_call_trouble(worker, result, error_message(&error));
}

/* --- a call ----------------------------------------------------------------------------------- */

/* What was to be looked at is gone, or cannot be had. */
static enum hub_step read_in_vain(struct hub_worker *worker, const struct plan_call *call, enum iothub_result result,
                                  const char *message)
{
    if (result == IOTHUB_NOT_FOUND) {
        wait_for_list(worker, call, message);
        return HUB_STEP_AGAIN;
    }
    put_off(worker, call, message);
    return hub_call_trouble(worker, result, message);
}

static enum hub_step write_in_vain(struct hub_worker *worker, const struct plan_call *call, enum iothub_result result,
                                   const char *message)
{
    const struct config *config = worker->engine->config;
    switch (result) {
    case IOTHUB_REFUSED:
        return hub_call_refuse(worker, call, "RefusedByHub", message, config->error_backoff_ms);
    case IOTHUB_LIMIT_REACHED:
        return hub_call_refuse(worker, call, "HubFull", message,
                               config->resync_ms < FULL_MS ? config->resync_ms : FULL_MS);
    case IOTHUB_CONFLICT:
    case IOTHUB_PRECONDITION_FAILED:
    case IOTHUB_NOT_FOUND:
    case IOTHUB_UNKNOWN:
    case IOTHUB_SERVER_ERROR:
        return make_sure(worker, call, result, message);
    case IOTHUB_STOPPED:
        worker->engine->cut_off = true;
        return HUB_STEP_STOPPED;
    case IOTHUB_UNSENT:
        put_off(worker, call, message);
        return hub_call_trouble(worker, result, message);
    default:
        return hub_call_trouble(worker, result, message);
    }
}

enum hub_step hub_call_make(struct hub_worker *worker, const struct plan_call *call)
{
    cleanup_error struct error error = {NULL};
    worker->pass.calls++;
    enum iothub_result result = send_call(worker, call, &error);
    if (result == IOTHUB_OK)
        return HUB_STEP_AGAIN;
    hush(worker, call, &error);
    return call->action == PLAN_READ ? read_in_vain(worker, call, result, error_message(&error))
                                     : write_in_vain(worker, call, result, error_message(&error));
}
