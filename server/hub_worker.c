/* One thread a hub: lists its configurations, makes the calls of the plan one by one, reads the devices' state. Every
 * call is followed by a new plan, so that it always acts on the world as it is now. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/log.h"
#include "server/engine_state.h"
#include "server/hub_plan.h"
#include "server/hub_status.h"

#include <string.h>

#define CALLS_A_MINUTE   20 /* of one unit, for configurations; and as many queries */
#define THROTTLED_MS     60000
#define FIRST_BACKOFF_MS 1000

/* What came of a pass. */
enum pass { PASS_DONE, PASS_AGAIN, PASS_TROUBLE, PASS_STOPPED };

static bool may_work(const struct hub_worker *worker)
{
    return engine_leads(worker->engine) && engine_synced(worker->engine);
}

/* Waits without working; false when it is time to stop. Takes the lock. */
static bool pause_for(struct hub_worker *worker, int64_t ms)
{
    pthread_mutex_lock(&worker->engine->lock);
    engine_wait(worker->engine, &worker->wake, ms);
    pthread_mutex_unlock(&worker->engine->lock);
    return !worker->engine->stopping && engine_leads(worker->engine);
}

/* Waits for a token of the configuration budget. */
static bool take_token(struct hub_worker *worker)
{
    for (;;) {
        int64_t wait_ms = rate_limit_take(&worker->configuration_calls, clock_now_ms());
        if (wait_ms == 0)
            return true;
        if (!pause_for(worker, wait_ms))
            return false;
    }
}

/* --- how the hub is doing -------------------------------------------------------------------------------------------
 */

static const char *trouble_reason(enum iothub_result result)
{
    switch (result) {
    case IOTHUB_UNAUTHORIZED:
        return "HubUnauthorized";
    case IOTHUB_THROTTLED:
        return "HubThrottled";
    default:
        return "HubUnreachable";
    }
}

static void report_well(struct hub_worker *worker)
{
    pthread_mutex_lock(&worker->engine->lock);
    if (!worker->reachable) {
        log_info("hub %s: reached", worker->hub->name);
        worker->reachable = worker->ever_reachable = true;
        worker->reachable_since_wall_s = clock_wall_s();
        engine_changed(worker->engine, false);
        pthread_cond_signal(&worker->engine->leader_wake);
    }
    free(worker->trouble);
    worker->trouble = NULL;
    worker->trouble_reason = NULL;
    pthread_mutex_unlock(&worker->engine->lock);
    worker->metrics->reachable = true;
    worker->failures = 0;
}

static void report_trouble(struct hub_worker *worker, enum iothub_result result, const char *message)
{
    pthread_mutex_lock(&worker->engine->lock);
    bool news = !worker->trouble || strcmp(worker->trouble, message) != 0;
    if (news) {
        log_warning("hub %s: %s", worker->hub->name, message);
        free(worker->trouble);
        worker->trouble = strdup(message);
        worker->trouble_reason = trouble_reason(result);
        engine_changed(worker->engine, false);
        pthread_cond_signal(&worker->engine->leader_wake);
    }
    if (result != IOTHUB_THROTTLED && (worker->reachable || !worker->reachable_since_wall_s)) {
        worker->reachable = false;
        worker->reachable_since_wall_s = clock_wall_s();
    }
    pthread_mutex_unlock(&worker->engine->lock);
    if (result != IOTHUB_THROTTLED)
        worker->metrics->reachable = false;
}

static enum pass trouble(struct hub_worker *worker, enum iothub_result result, const char *message)
{
    if (result == IOTHUB_STOPPED)
        return PASS_STOPPED;
    if (result == IOTHUB_THROTTLED) {
        worker->metrics->throttled++;
        rate_limit_empty(&worker->configuration_calls, clock_now_ms(), THROTTLED_MS / worker->hub->units);
    }
    report_trouble(worker, result, message);
    return PASS_TROUBLE;
}

/* --- refusals -------------------------------------------------------------------------------------------------------
 */

static void call_digest(const struct plan_call *call, char digest[CONTENT_HASH_SIZE])
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    strbuf_add_format(&text, "%d %s %s", (int)call->action, call->id, call->body ? call->body : "");
    content_hash(strbuf_string(&text), digest);
}

static void refusal_free(struct hub_worker *worker, struct hub_refusal *refusal)
{
    TAILQ_REMOVE(&worker->refusals, refusal, link);
    free(refusal->key);
    free(refusal->reason);
    free(refusal->message);
    free(refusal);
}

static bool is_refused(struct hub_worker *worker, const struct plan_call *call, int64_t now_ms)
{
    char digest[CONTENT_HASH_SIZE];
    call_digest(call, digest);
    struct hub_refusal *refusal = TAILQ_FIRST(&worker->refusals);
    while (refusal) {
        struct hub_refusal *next = TAILQ_NEXT(refusal, link);
        if (refusal->retry_ms <= now_ms)
            refusal_free(worker, refusal);
        else if (strcmp(refusal->digest, digest) == 0)
            return true;
        refusal = next;
    }
    return false;
}

/* The hub will not have this; the others go on. Takes the lock. */
static void refuse(struct hub_worker *worker, const struct plan_call *call, const char *reason, const char *message,
                   int64_t pause_ms)
{
    struct hub_refusal *refusal = calloc(1, sizeof(*refusal));
    if (!refusal || asprintf(&refusal->key, "%s/%s", call->namespace, call->name) < 0) {
        free(refusal);
        return;
    }
    call_digest(call, refusal->digest);
    refusal->reason = strdup(reason);
    refusal->message = strdup(message);
    refusal->retry_ms = clock_now_ms() + pause_ms;
    pthread_mutex_lock(&worker->engine->lock);
    TAILQ_INSERT_TAIL(&worker->refusals, refusal, link);
    struct hub_standing *standing = hub_worker_standing(worker, refusal->key);
    if (standing)
        hub_standing_trouble(worker, standing, reason, message);
    pthread_mutex_unlock(&worker->engine->lock);
    log_warning("hub %s: %s/%s: %s", worker->hub->name, call->namespace, call->name, message);
}

/* --- calls ----------------------------------------------------------------------------------------------------------
 */

/* Keeps our copy of the hub's list in step with what a call has changed. configuration NULL removes. */
static void observe(struct hub_worker *worker, const char *id, cJSON *configuration)
{
    int index = 0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, worker->observed)
    {
        if (strcmp(json_string_or(item, "id", ""), id) == 0)
            break;
        index++;
    }
    if (item)
        cJSON_DeleteItemFromArray(worker->observed, index);
    if (configuration)
        cJSON_AddItemToArray(worker->observed, configuration);
}

static const char *const action_names[] = {
    [PLAN_CREATE] = "created", [PLAN_UPDATE] = "updated", [PLAN_DELETE] = "deleted"};
static const enum hub_operation action_operations[] = {
    [PLAN_CREATE] = HUB_CREATE, [PLAN_UPDATE] = HUB_UPDATE, [PLAN_DELETE] = HUB_DELETE};

static enum iothub_result send_call(struct hub_worker *worker, const struct plan_call *call, cJSON **ret_configuration,
                                    struct error *error)
{
    if (call->action != PLAN_DELETE)
        return iothub_configuration_put(worker->client, call->id, call->action == PLAN_CREATE ? NULL : call->etag,
                                        call->body, ret_configuration, error);
    enum iothub_result result = iothub_configuration_delete(worker->client, call->id, call->etag, error);
    return result == IOTHUB_NOT_FOUND ? IOTHUB_OK : result;
}

static enum pass make_call(struct hub_worker *worker, const struct plan_call *call)
{
    cleanup_error struct error error = {NULL};
    cJSON *configuration = NULL;
    worker->metrics->calls[action_operations[call->action]]++;
    enum iothub_result result = send_call(worker, call, &configuration, &error);
    if (result == IOTHUB_OK) {
        observe(worker, call->id, configuration);
        log_info("hub %s: %s configuration %s for Deployment %s/%s", worker->hub->name, action_names[call->action],
                 call->id, call->namespace, call->name);
        return PASS_AGAIN;
    }
    cJSON_Delete(configuration);
    worker->metrics->failures[action_operations[call->action]]++;
    switch (result) {
    case IOTHUB_REFUSED:
        refuse(worker, call, "RefusedByHub", error_message(&error), worker->engine->config->error_backoff_ms);
        return PASS_AGAIN;
    case IOTHUB_LIMIT_REACHED:
        refuse(worker, call, "HubFull", error_message(&error), worker->engine->config->resync_ms);
        return PASS_AGAIN;
    case IOTHUB_CONFLICT:
    case IOTHUB_PRECONDITION_FAILED:
    case IOTHUB_NOT_FOUND:
        /* Somebody else was there since the list was made, or an earlier call of ours took effect late: look again. */
        log_info("hub %s: %s", worker->hub->name, error_message(&error));
        worker->pending = true;
        return PASS_DONE;
    default:
        return trouble(worker, result, error_message(&error));
    }
}

/* --- a pass ---------------------------------------------------------------------------------------------------------
 */

static enum pass list_configurations(struct hub_worker *worker)
{
    cleanup_error struct error error = {NULL};
    cJSON *list = NULL;
    if (!take_token(worker))
        return PASS_STOPPED;
    pthread_mutex_lock(&worker->engine->lock);
    worker->dirty = false;
    pthread_mutex_unlock(&worker->engine->lock);
    worker->metrics->calls[HUB_LIST]++;
    enum iothub_result result = iothub_configurations_list(worker->client, &list, &error);
    if (result != IOTHUB_OK) {
        worker->metrics->failures[HUB_LIST]++;
        return trouble(worker, result, error_message(&error));
    }
    cJSON_Delete(worker->observed);
    worker->observed = list;
    report_well(worker);
    return PASS_AGAIN;
}

static void move_call(struct plan_call *to, struct plan_call *from)
{
    *to = *from;
    *from = (struct plan_call){.action = from->action};
}

static void call_release(struct plan_call *call)
{
    free(call->id);
    free(call->etag);
    free(call->body);
    free(call->namespace);
    free(call->name);
}

/* Plans, and takes the first call that is to be made out of the plan. Returns PASS_AGAIN with a call, else PASS_DONE.
 */
static enum pass plan_next(struct hub_worker *worker, struct plan_call *ret_call)
{
    cleanup_error struct error error = {NULL};
    cleanup_plan struct plan plan = PLAN_INIT;
    int64_t now_ms = clock_now_ms();
    pthread_mutex_lock(&worker->engine->lock);
    int result = hub_plan_make(worker, now_ms, &plan, &error);
    pthread_mutex_unlock(&worker->engine->lock);
    if (result < 0)
        return trouble(worker, IOTHUB_SERVER_ERROR, error_message(&error));
    worker->pending = worker->pending || plan.pending;
    for (size_t i = 0; i < plan.call_count; i++) {
        if (is_refused(worker, &plan.calls[i], now_ms))
            continue;
        move_call(ret_call, &plan.calls[i]);
        return PASS_AGAIN;
    }
    return PASS_DONE;
}

static enum pass run_calls(struct hub_worker *worker, unsigned *ret_calls)
{
    enum pass pass = PASS_AGAIN;
    char before[CONTENT_HASH_SIZE] = "";
    *ret_calls = 0;
    while (pass == PASS_AGAIN) {
        struct plan_call call = {.action = PLAN_CREATE};
        char digest[CONTENT_HASH_SIZE];
        pass = plan_next(worker, &call);
        if (pass != PASS_AGAIN)
            break;
        call_digest(&call, digest);
        if (strcmp(before, digest) == 0) {
            /* The hub answered well and yet nothing moved; not twice in a row. */
            worker->pending = true;
            pass = PASS_DONE;
        } else if (rate_limit_take(&worker->configuration_calls, clock_now_ms()) > 0) {
            pass = take_token(worker) ? PASS_AGAIN : PASS_STOPPED;
            /* The world may be another one after the wait: the token is kept for what is planned then. */
            worker->configuration_calls.tokens += 1;
        } else if (!engine_leads(worker->engine)) {
            pass = PASS_STOPPED;
        } else {
            pass = make_call(worker, &call);
            memcpy(before, digest, sizeof(before));
            *ret_calls += 1;
        }
        call_release(&call);
    }
    return pass;
}

/* --- absences -------------------------------------------------------------------------------------------------------
 */

/* What the API server says of a Deployment by name: true when it is certainly gone, or no edge Deployment any more. */
static bool ask_whether_gone(struct hub_worker *worker, const char *namespace, const char *name)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *object = NULL;
    cleanup_free char *path = NULL;
    if (asprintf(&path, "/apis/apps/v1/namespaces/%s/deployments/%s", namespace, name) < 0)
        return false;
    int status = kube_call(worker->kube, "GET", path, NULL, NULL, 0, &object, &error);
    return status == 404 || (status == 200 && !deployment_is_edge(object));
}

static void take_gone(void *context, const char *namespace, const char *name)
{
    struct hub_worker *worker = context;
    cluster_add_gone(&worker->engine->cluster, namespace, name);
    log_info("hub %s: Deployment %s/%s is gone: its configuration will be deleted", worker->hub->name, namespace, name);
}

static size_t count_held(const struct hub_worker *worker)
{
    size_t count = 0;
    const struct hub_standing *standing = NULL;
    TAILQ_FOREACH(standing, &worker->standings, link)
    count += standing->holds;
    return count;
}

/* Carries out what is certain, unless it is so much that the operator has to say yes. Guarded. */
static void end_absences(struct hub_worker *worker)
{
    struct engine *engine = worker->engine;
    size_t ends = absences_count(&worker->absences, clock_now_ms());
    bool waiting = ends > worker->absences.recent_count;
    bool confirm = absences_need_confirmation(ends, count_held(worker) + worker->absences.recent_count);
    bool blocked = waiting && confirm && engine->confirmed_deletions != (int64_t)ends;
    if (blocked && !worker->deletions_blocked)
        log_warning("hub %s: %zu Deployments are gone without a trace of their deletion; nothing of theirs is deleted "
                    "before the Lease's annotation iot-edge-connector/confirm-deletions says \"%zu\"",
                    worker->hub->name, ends, ends);
    worker->deletions_blocked = blocked;
    bool any = false;
    for (size_t i = 0; i < engine->hub_count; i++)
        any = any || engine->hubs[i].deletions_blocked;
    engine->metrics->deletions_blocked = any;
    if (blocked || !waiting)
        return;
    if (confirm)
        engine->confirmation_used = true;
    absences_carry_out(&worker->absences, clock_now_ms(), take_gone, worker);
    worker->dirty = true;
}

static void judge_absences(struct hub_worker *worker)
{
    struct engine *engine = worker->engine;
    int64_t apart_ms = engine->config->absence_ms;
    pthread_mutex_lock(&engine->lock);
    int64_t listed_ms = engine_deployments_watch(engine)->listed_ms;
    struct absence *asked = NULL;
    while ((asked = absences_to_ask(&worker->absences, listed_ms, apart_ms)) != NULL) {
        cleanup_free char *namespace = strdup(asked->namespace);
        cleanup_free char *name = strdup(asked->name);
        pthread_mutex_unlock(&engine->lock);
        bool gone = namespace && name && ask_whether_gone(worker, namespace, name);
        pthread_mutex_lock(&engine->lock);
        /* Only this thread changes the list of absences, so the entry is still there. */
        if (gone)
            asked->certain = true;
        else
            asked->first_list_ms = listed_ms; /* from the beginning */
        if (engine->stopping)
            break;
    }
    end_absences(worker);
    int64_t due_ms = absences_list_due(&worker->absences, listed_ms, apart_ms);
    if (due_ms && clock_now_ms() >= due_ms)
        engine_relist_deployments(engine);
    pthread_mutex_unlock(&engine->lock);
}

static void pass(struct hub_worker *worker)
{
    const struct config *config = worker->engine->config;
    unsigned calls = 0;
    worker->pending = false;
    enum pass result = list_configurations(worker);
    if (result == PASS_AGAIN)
        result = run_calls(worker, &calls);
    int64_t now_ms = clock_now_ms();
    if (result == PASS_STOPPED)
        return;
    if (result == PASS_TROUBLE) {
        worker->next_pass_ms = now_ms + backoff_ms(worker->failures++, FIRST_BACKOFF_MS, config->error_backoff_ms);
        return;
    }
    worker->metrics->passes++;
    if (calls == 0)
        worker->metrics->no_op_passes++;
    worker->metrics->last_success_wall_s = clock_wall_s();
    worker->next_pass_ms = now_ms + (worker->pending || calls ? config->evaluation_poll_ms : config->resync_ms);
}

/* --- the thread -----------------------------------------------------------------------------------------------------
 */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When a pass is due: after a change the settling decides, not the schedule. In trouble only the back-off counts.
 * Guarded. */
static int64_t pass_due(const struct hub_worker *worker, int64_t now_ms)
{
    if (worker->failures > 0)
        return worker->next_pass_ms;
    if (worker->dirty)
        return now_ms;
    return worker->settle_due_ms ? earlier(worker->settle_due_ms, worker->next_pass_ms) : worker->next_pass_ms;
}

static int64_t absences_due(const struct hub_worker *worker)
{
    const struct engine *engine = worker->engine;
    int64_t due = absences_list_due(&worker->absences, engine_deployments_watch(worker->engine)->listed_ms,
                                    engine->config->absence_ms);
    return due ? due : INT64_MAX;
}

static void work(struct hub_worker *worker)
{
    struct engine *engine = worker->engine;
    int64_t query_wait_ms = 0;
    pthread_mutex_lock(&engine->lock);
    bool idle = !may_work(worker);
    int64_t now_ms = clock_now_ms();
    int64_t due = pass_due(worker, now_ms);
    int64_t query_due = hub_status_due(worker);
    int64_t absence_due = absences_due(worker);
    pthread_mutex_unlock(&engine->lock);
    if (!idle && now_ms >= due)
        pass(worker);
    else if (!idle && now_ms >= query_due && worker->failures == 0)
        query_wait_ms = hub_status_read(worker);
    if (!idle && worker->failures == 0)
        judge_absences(worker);

    pthread_mutex_lock(&engine->lock);
    now_ms = clock_now_ms();
    int64_t next = pass_due(worker, now_ms);
    if (worker->failures == 0) {
        query_due = hub_status_due(worker);
        next = earlier(next, query_wait_ms ? now_ms + query_wait_ms : query_due);
        absence_due = absences_due(worker);
        next = earlier(next, absence_due > now_ms ? absence_due : now_ms + 1000);
    }
    if (idle)
        next = now_ms + 1000;
    if (next > now_ms && !engine->stopping)
        engine_wait(engine, &worker->wake, next - now_ms);
    pthread_mutex_unlock(&engine->lock);
}

void *hub_worker_run(void *context)
{
    struct hub_worker *worker = context;
    while (!worker->engine->stopping)
        work(worker);
    return NULL;
}

/* --- life -----------------------------------------------------------------------------------------------------------
 */

static cJSON *make_node_labels(const char *node_name)
{
    cleanup_json cJSON *labels = cJSON_CreateObject();
    const struct {
        const char *name, *value;
    } pairs[] = {{"type", "virtual-kubelet"},
                 {"kubernetes.io/role", "agent"},
                 {"kubernetes.io/hostname", node_name},
                 {"kubernetes.io/os", "linux"},
                 {"beta.kubernetes.io/os", "linux"}};
    for (size_t i = 0; i < array_length(pairs); i++)
        if (!cJSON_AddStringToObject(labels, pairs[i].name, pairs[i].value))
            return NULL;
    return steal_ptr(labels);
}

int hub_worker_init(struct hub_worker *worker, struct engine *engine, size_t index, struct error *error)
{
    const struct hub *hub = &engine->config->hubs.items[index];
    *worker = (struct hub_worker){.engine = engine,
                                  .hub = hub,
                                  .index = index,
                                  .metrics = &engine->metrics->hubs[index],
                                  .system_modules = {.edge_agent_image = hub->edge_agent_image,
                                                     .edge_hub_image = hub->edge_hub_image,
                                                     .edge_hub_create_options = hub->edge_hub_create_options},
                                  .dirty = true};
    TAILQ_INIT(&worker->standings);
    TAILQ_INIT(&worker->refusals);
    absences_init(&worker->absences);
    engine_condition_init(&worker->wake);
    int64_t now_ms = clock_now_ms();
    double per_minute = (double)CALLS_A_MINUTE * hub->units;
    rate_limit_init(&worker->configuration_calls, per_minute, per_minute, now_ms);
    rate_limit_init(&worker->queries, per_minute, per_minute, now_ms);
    worker->node_name = hub_node_name(hub->name);
    worker->node_labels = worker->node_name ? make_node_labels(worker->node_name) : NULL;
    if (!worker->node_labels)
        return error_set(error, "out of memory");
    struct iothub_client_options options = {.connection_string_file = hub->connection_string_file,
                                            .ca_file = hub->ca_file,
                                            .timeout_ms = (unsigned)engine->config->hub_timeout_ms,
                                            .user_agent = ENGINE_USER_AGENT};
    if (iothub_client_new(&options, &worker->client, error) < 0)
        return error_wrap(error, "hub %s", hub->name);
    return kube_client_new(engine->access, ENGINE_USER_AGENT, &worker->kube, error);
}

void hub_worker_stop(struct hub_worker *worker)
{
    if (worker->client)
        iothub_client_stop(worker->client);
    if (worker->kube)
        kube_client_stop(worker->kube);
}

void hub_worker_release(struct hub_worker *worker)
{
    hub_plan_release(worker);
    while (!TAILQ_EMPTY(&worker->refusals))
        refusal_free(worker, TAILQ_FIRST(&worker->refusals));
    absences_release(&worker->absences);
    cJSON_Delete(worker->observed);
    cJSON_Delete(worker->node_labels);
    iothub_client_free(worker->client);
    kube_client_free(worker->kube);
    pthread_cond_destroy(&worker->wake);
    free(worker->node_name);
    free(worker->trouble);
}
