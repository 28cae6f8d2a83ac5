#include "server/hub_tell.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "server/hub_plan.h"

#include <string.h>

/* Microsoft's page "Understand IoT Edge automatic deployments": a deployment that is deleted, or whose target condition
 * no longer matches, leaves a device as it is until another one applies. */
#define MODULES_STAY "modules go on running on devices that no other deployment targets"

static const char *const done_words[] = {
    [PLAN_CREATE] = "created", [PLAN_ADOPT] = "adopted", [PLAN_UPDATE] = "updated", [PLAN_DELETE] = "deleted"};

/* --- sentences -------------------------------------------------------------------------------- */

/* Of the same Deployment, the one that wins on a device; NULL: none. */
static const struct observed_configuration *find_other(const struct hub_worker *worker, const struct plan_call *call)
{
    const struct observed_configuration *other = NULL;
    for (size_t i = 0; i < worker->observed.count; i++) {
        const struct observed_configuration *item = &worker->observed.items[i];
        if (observed_is_of(item, call->namespace, call->name) && strcmp(item->id, call->id) != 0)
            other = item;
    }
    return other;
}

static void write_created(struct strbuf *text, const struct hub_worker *worker, const struct plan_call *call,
                          const struct observed_configuration *elder)
{
    strbuf_add_format(text, "configuration %s is on hub %s", call->id, worker->hub->name);
    if (elder)
        strbuf_add_format(text, "; it takes the place of %s, which is deleted when the hub has evaluated the new one",
                          elder->id);
}

static void write_updated(struct strbuf *text, const struct hub_worker *worker, const struct plan_call *call,
                          const cJSON *now)
{
    const struct observed_configuration *before = observed_find(&worker->observed, call->id);
    const char *condition = json_string_or(now, "targetCondition", "");
    int64_t priority = 0;
    strbuf_add_format(text, "configuration %s on hub %s was %s in place", call->id, worker->hub->name,
                      done_words[call->action]);
    if (before && json_int64(now, "priority", &priority) && before->priority != priority)
        strbuf_add_format(text, "; its priority was %lld and is %lld", (long long)before->priority,
                          (long long)priority);
    if (before && before->target_condition && strcmp(before->target_condition, condition) != 0)
        strbuf_add_format(text, "; its target condition was %s and is %s", before->target_condition, condition);
    if (call->leaves_modules)
        strbuf_add_string(text, "; " MODULES_STAY);
}

static void write_deleted(struct strbuf *text, const struct hub_worker *worker, const struct plan_call *call,
                          const struct observed_configuration *other)
{
    strbuf_add_format(text, "configuration %s was deleted on hub %s", call->id, worker->hub->name);
    if (other)
        strbuf_add_format(text, "; %s has taken its place", other->id);
    if (call->leaves_modules)
        strbuf_add_string(text, "; " MODULES_STAY);
}

/* What was put right is told as that, whatever else the call changed. */
static bool write_corrected(struct strbuf *text, struct hub_worker *worker, const struct plan_call *call)
{
    cleanup_free char *found = hub_drift_take(&worker->drift, call->namespace, call->name);
    if (found)
        strbuf_add_format(text, "somebody else changed hub %s: %s; configuration %s was %s to put that right",
                          worker->hub->name, found, call->id, done_words[call->action]);
    return found != NULL;
}

/* Returns the reason. */
static const char *write_change(struct strbuf *text, struct hub_worker *worker, const struct plan_call *call,
                                const cJSON *now)
{
    const struct observed_configuration *other = find_other(worker, call);
    if (call->action == PLAN_DELETE) {
        write_deleted(text, worker, call, other);
        return "Deleted";
    }
    if (write_corrected(text, worker, call))
        return "DriftCorrected";
    if (call->action == PLAN_CREATE)
        write_created(text, worker, call, other);
    else
        write_updated(text, worker, call, now);
    return call->action == PLAN_UPDATE || other ? "Updated" : "Synced";
}

void hub_telling_write(struct hub_worker *worker, const struct plan_call *call, const cJSON *configuration,
                       struct hub_telling *ret_telling)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    const struct observed_configuration *known = observed_find(&worker->observed, call->id);
    const char *uid = known && known->ours ? known->ownership.uid : NULL;
    ret_telling->reason = write_change(&text, worker, call, configuration);
    ret_telling->warning = strcmp(ret_telling->reason, "DriftCorrected") == 0;
    ret_telling->message = strbuf_steal(&text);
    ret_telling->uid = uid ? strdup(uid) : NULL;
}

void hub_telling_release(struct hub_telling *telling)
{
    free(telling->message);
    free(telling->uid);
}

/* --- telling ---------------------------------------------------------------------------------- */

void hub_tell_done(struct hub_worker *worker, const struct plan_call *call, const struct hub_telling *telling,
                   const char *remark)
{
    struct engine *engine = worker->engine;
    if (call->baseline) {
        log_info("hub %s: %s configuration %s, the hub's baseline%s", worker->hub->name, done_words[call->action],
                 call->id, remark);
        return;
    }
    log_info("hub %s: %s configuration %s for Deployment %s/%s%s", worker->hub->name, done_words[call->action],
             call->id, call->namespace, call->name, remark);
    pthread_mutex_lock(&engine->lock);
    /* The Deployment may be gone: then the Event is about the one that the configuration was made for. */
    if (cluster_find_deployment(&engine->cluster, call->namespace, call->name))
        engine_tell_deployment(engine, call->namespace, call->name, telling->warning, telling->reason,
                               telling->message);
    else
        engine_tell_gone(engine, call->namespace, call->name, telling->uid, telling->warning, telling->reason,
                         telling->message);
    pthread_mutex_unlock(&engine->lock);
}

void hub_tell_found(const struct hub_worker *worker)
{
    const struct hub_drift_note *note = NULL;
    TAILQ_FOREACH(note, &worker->drift.notes, link)
    {
        if (note->is_new)
            log_warning("hub %s: somebody else changed what Deployment %s/%s has there: %s", worker->hub->name,
                        note->namespace, note->name, note->found);
    }
}

void hub_tell_waiting(struct hub_worker *worker, enum iothub_result result)
{
    struct engine *engine = worker->engine;
    cleanup_error struct error error = {NULL};
    cleanup_plan struct plan plan = PLAN_INIT;
    cleanup_free char *message = NULL;
    if (!worker->observed.items)
        return;
    pthread_mutex_lock(&engine->lock);
    if (asprintf(&message, "hub %s: %s; it is tried again until it works", worker->hub->name,
                 worker->trouble ? worker->trouble : iothub_result_name(result)) < 0)
        message = NULL;
    if (message && hub_plan_make(worker, clock_now_ms(), &plan, &error) == 0)
        for (size_t i = 0; i < plan.call_count; i++)
            if (!plan.calls[i].baseline)
                engine_tell_deployment(engine, plan.calls[i].namespace, plan.calls[i].name, true,
                                       result == IOTHUB_THROTTLED ? "Throttled" : "SyncFailed", message);
    pthread_mutex_unlock(&engine->lock);
}
