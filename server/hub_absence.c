#include "server/hub_absence.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"

#include <string.h>

bool hub_absence_is_proof(int status, const cJSON *answer, const char *name)
{
    if (status == 200)
        return strcmp(json_string_or(json_get(answer, "metadata"), "name", ""), name) == 0 &&
               !deployment_is_edge(answer);
    return status == 404 && strcmp(json_string_or(answer, "reason", ""), "NotFound") == 0 &&
           strcmp(json_string_or(json_get(answer, "details"), "name", ""), name) == 0;
}

/* The names come from labels on the hub, where others can write as well. */
static bool ask(struct hub_worker *worker, const char *namespace, const char *name)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *answer = NULL;
    cleanup_free char *path = kube_object_path("/apis/apps/v1", namespace, "deployments", name);
    if (!path)
        return false;
    int status = kube_call(worker->kube, "GET", path, NULL, NULL, 0, &answer, &error);
    return hub_absence_is_proof(status, answer, name);
}

/* Without the lock while it asks; what was absent may be back by then. */
static void ask_all(struct hub_worker *worker)
{
    struct engine *engine = worker->engine;
    int64_t listed_ms = engine_deployments_listed_ms(engine);
    struct absence *asked = NULL;
    while (!engine->stopping &&
           (asked = absences_to_ask(&worker->absences, listed_ms, engine->config->absence_ms)) != NULL) {
        cleanup_free char *key = strdup(asked->key);
        cleanup_free char *namespace = strdup(asked->namespace);
        cleanup_free char *name = strdup(asked->name);
        if (!key || !namespace || !name)
            return;
        pthread_mutex_unlock(&engine->lock);
        bool gone = ask(worker, namespace, name);
        pthread_mutex_lock(&engine->lock);
        asked = absences_find(&worker->absences, key);
        if (!asked)
            continue;
        asked->certain = gone;
        if (!gone)
            asked->first_list_ms = listed_ms; /* from the beginning */
    }
}

/* What has come back since it was found to be gone is not gone. */
static void doubt_those_that_came_back(struct hub_worker *worker)
{
    struct absence *absence = NULL;
    TAILQ_FOREACH(absence, &worker->absences.list, link)
    {
        if (absence->certain && cluster_find_deployment(&worker->engine->cluster, absence->namespace, absence->name)) {
            absence->certain = false;
            absence->first_list_ms = engine_deployments_listed_ms(worker->engine);
        }
    }
}

static size_t count_held(const struct hub_worker *worker)
{
    size_t count = 0;
    const struct hub_standing *standing = NULL;
    TAILQ_FOREACH(standing, &worker->standings, link)
    count += standing->holds;
    return count;
}

static void tell_blocked(struct hub_worker *worker, size_t ends)
{
    const struct config *config = worker->engine->config;
    cleanup_free char *message = NULL;
    if (asprintf(&message,
                 "hub %s: %zu Deployments are gone without a trace of their deletion; nothing of theirs is deleted on "
                 "the hub before the Lease's annotation " CONFIRM_ANNOTATION " says \"%zu\": kubectl --namespace %s "
                 "annotate --overwrite lease %s " CONFIRM_ANNOTATION "=%zu",
                 worker->hub->name, ends, ends, config->lease_namespace, config->lease_name, ends) < 0)
        return;
    log_warning("%s", message);
    engine_tell_lease(worker->engine, "MassDeleteBlocked", message);
}

static void set_blocked(struct hub_worker *worker, size_t ends)
{
    struct engine *engine = worker->engine;
    if (ends && ends != worker->blocked_deletions)
        tell_blocked(worker, ends);
    worker->blocked_deletions = ends;
    bool any = false;
    for (size_t i = 0; i < engine->hub_count; i++)
        any = any || engine->hubs[i].blocked_deletions;
    engine->metrics->deletions_blocked = any;
}

/* An end that one hub infers is an end on all of them: where many are missing on one, none goes on another. */
static bool many_are_missing(struct hub_worker *worker)
{
    const struct engine *engine = worker->engine;
    bool many = absences_are_many(&worker->absences, count_held(worker) + worker->absences.recent_count);
    for (size_t i = 0; i < engine->hub_count; i++)
        many = many || engine->hubs[i].absences.many;
    return many;
}

bool hub_absence_may_delete(struct hub_worker *worker, int64_t now_ms)
{
    struct engine *engine = worker->engine;
    doubt_those_that_came_back(worker);
    size_t ends = absences_count(&worker->absences, now_ms);
    bool waiting = ends > worker->absences.recent_count;
    bool confirm = many_are_missing(worker);
    bool confirmed = engine->confirmed_deletions == (int64_t)ends;
    set_blocked(worker, waiting && confirm && !confirmed ? ends : 0);
    if (waiting && confirm && confirmed) {
        engine->confirmed_deletions = 0; /* it was said once, and for this hub */
        engine->confirmation_used = true;
    }
    return waiting && (!confirm || confirmed);
}

static void take(void *context, const char *namespace, const char *name)
{
    struct hub_worker *worker = context;
    cluster_add_gone(&worker->engine->cluster, namespace, name, RECONCILE_MANAGE, clock_now_ms());
    log_info("hub %s: Deployment %s/%s is gone: its configuration will be deleted", worker->hub->name, namespace, name);
}

int64_t hub_absence_due(const struct hub_worker *worker)
{
    const struct engine *engine = worker->engine;
    int64_t listed_ms = engine_deployments_listed_ms(engine), apart_ms = engine->config->absence_ms;
    if (worker->judge || absences_to_ask(&worker->absences, listed_ms, apart_ms))
        return 0;
    int64_t due_ms = absences_list_due(&worker->absences, listed_ms, apart_ms);
    return due_ms ? due_ms : INT64_MAX;
}

void hub_absence_judge(struct hub_worker *worker)
{
    struct engine *engine = worker->engine;
    pthread_mutex_lock(&engine->lock);
    worker->judge = false;
    ask_all(worker);
    if (hub_absence_may_delete(worker, clock_now_ms()) && hub_worker_leads(worker)) {
        absences_carry_out(&worker->absences, clock_now_ms(), take, worker);
        worker->dirty = true;
    }
    int64_t due_ms =
        absences_list_due(&worker->absences, engine_deployments_listed_ms(engine), engine->config->absence_ms);
    if (due_ms && clock_now_ms() >= due_ms)
        engine_relist_deployments(engine);
    pthread_mutex_unlock(&engine->lock);
}
