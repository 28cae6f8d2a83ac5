#include "server/dry_run.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "server/dry_run_print.h"
#include "server/engine_state.h"
#include "server/hub_baseline.h"
#include "server/hub_list.h"
#include "server/hub_plan.h"
#include "server/pod_placement.h"
#include "server/pod_report.h"

#include <string.h>

#define LOOK_MS     50
#define PATIENCE_MS 60000

/* --- what is read ----------------------------------------------------------------------------- */

/* Why a list does not come, or NULL. Secrets may be forbidden to us. */
static const char *watch_trouble_of(const struct engine *engine)
{
    for (size_t i = 0; i < engine->watch_count; i++)
        if (engine->watches[i].kind != CLUSTER_SECRETS && engine->watches[i].trouble)
            return engine->watches[i].trouble;
    return NULL;
}

/* Whether everything is known that the Deployments read. */
static bool is_known(const struct engine *engine)
{
    const struct cluster_deployment *deployment = NULL;
    if (!engine_synced(engine))
        return false;
    TAILQ_FOREACH(deployment, &engine->cluster.deployments, link)
    {
        const char *reason = NULL;
        cleanup_free char *unreadable = engine_sources_trouble(engine, deployment, &reason);
        if (cluster_deployment_lacks(deployment) && !unreadable)
            return false;
    }
    return true;
}

/* A list that fails is not waited for: whoever asks once is there to try again. */
static int wait_for_lists(struct engine *engine, struct error *error)
{
    int64_t give_up_ms = clock_now_ms() + PATIENCE_MS;
    int result = 0;
    pthread_mutex_lock(&engine->lock);
    while (result == 0 && !is_known(engine)) {
        const char *trouble = watch_trouble_of(engine);
        if (trouble)
            result = error_set(error, "%s", trouble);
        else if (clock_now_ms() >= give_up_ms)
            result = error_set(error, "the API server's lists did not come within %d s", PATIENCE_MS / 1000);
        else
            engine_wait(engine, &engine->reconciler_wake, LOOK_MS);
    }
    pthread_mutex_unlock(&engine->lock);
    return result;
}

static int read_cluster(struct engine *engine, struct error *error)
{
    engine->cluster.settle_ms = 0; /* what the lists show is what is meant */
    if (engine_start_watches(engine, error) < 0 || leader_find_owner(engine, error) < 0)
        return -1;
    return wait_for_lists(engine, error);
}

static void read_hub(struct hub_worker *worker)
{
    cleanup_error struct error error = {NULL};
    if (hub_list_read(worker, clock_now_ms(), &error) != IOTHUB_OK || hub_baseline_ask_all(worker, &error) < 0)
        worker->trouble = strdup(error_message(&error));
}

/* The ids of what the plan needs whole; for the caller to free, as is each of them. */
static size_t find_reads(struct hub_worker *worker, char ***ret_ids, struct error *error)
{
    cleanup_plan struct plan plan = PLAN_INIT;
    size_t count = 0;
    pthread_mutex_lock(&worker->engine->lock);
    int result = hub_plan_make(worker, clock_now_ms(), &plan, error);
    pthread_mutex_unlock(&worker->engine->lock);
    *ret_ids = result == 0 ? calloc(plan.call_count + 1, sizeof(char *)) : NULL;
    for (size_t i = 0; *ret_ids && i < plan.call_count; i++)
        if (plan.calls[i].action == PLAN_READ)
            (*ret_ids)[count++] = steal_ptr(plan.calls[i].id);
    return count;
}

/* A pass would read it before it went on. */
static void read_whole(struct hub_worker *worker)
{
    cleanup_error struct error error = {NULL};
    char **ids = NULL;
    size_t count = worker->trouble ? 0 : find_reads(worker, &ids, &error);
    for (size_t i = 0; i < count; i++) {
        if (!worker->trouble && hub_list_look_up(worker, ids[i], &error) != IOTHUB_OK)
            worker->trouble = strdup(error_message(&error));
        free(ids[i]);
    }
    free(ids);
}

/* --- what follows ----------------------------------------------------------------------------- */

/* Of all hubs that were read. Guarded. */
static int plan_hubs(struct engine *engine, struct error *error)
{
    for (size_t i = 0; i < engine->hub_count; i++) {
        cleanup_plan struct plan plan = PLAN_INIT;
        if (engine->hubs[i].observed.items && hub_plan_make(&engine->hubs[i], clock_now_ms(), &plan, error) < 0)
            return error_wrap(error, "hub %s", engine->hubs[i].hub->name);
    }
    return 0;
}

/* The hub's node that a call pins its pod to, or NULL when it only lets the pod go. */
static const char *pinned_node(const struct engine *engine, const struct pod_write *write)
{
    cleanup_json cJSON *body = NULL;
    if (json_parse(write->body, strlen(write->body), &body, NULL) < 0)
        return NULL;
    const char *node = json_string(json_at(body, "spec", "nodeSelector", NULL), "kubernetes.io/hostname");
    int hub = pod_report_hub(engine, node);
    return hub < 0 ? NULL : engine->hubs[hub].node_name;
}

/* Pods get their places as they would, so that the plan shows what follows from it. Guarded. */
static void place_pods(struct engine *engine, struct dry_run_plan *plan)
{
    struct pod_writes writes = STAILQ_HEAD_INITIALIZER(writes);
    pod_placement_decide(engine, clock_now_ms(), &writes);
    struct pod_write *write = NULL;
    while ((write = STAILQ_FIRST(&writes)) != NULL) {
        STAILQ_REMOVE_HEAD(&writes, link);
        struct cluster_pod *pod = cluster_find_pod(&engine->cluster, write->uid);
        const char *node = pinned_node(engine, write);
        if (pod && dry_run_plan_place(plan, pod, node) == 0) {
            pod->gated = false;
            free(pod->pinned_to);
            pod->pinned_to = node ? strdup(node) : NULL;
        }
        pod_write_free(write);
    }
}

/* The first plan shows who holds what, which the places of the pods depend on, and whether a hub has one too many. */
static int make_plan(struct engine *engine, struct dry_run_plan *plan, struct error *error)
{
    pthread_mutex_lock(&engine->lock);
    int result = plan_hubs(engine, error);
    if (result == 0) {
        place_pods(engine, plan);
        result = plan_hubs(engine, error);
    }
    pthread_mutex_unlock(&engine->lock);
    return result;
}

static int tell_trouble(const struct engine *engine, struct error *error)
{
    for (size_t i = 0; i < engine->hub_count; i++)
        if (engine->hubs[i].trouble)
            return error_set(error, "hub %s: %s", engine->hubs[i].hub->name, engine->hubs[i].trouble);
    return 0;
}

enum dry_run_result dry_run(struct engine *engine, enum dry_run_output output, FILE *out, struct error *error)
{
    cleanup_dry_run_plan struct dry_run_plan plan = {.engine = engine};
    int result = read_cluster(engine, error);
    for (size_t i = 0; result == 0 && i < engine->hub_count; i++) {
        read_hub(&engine->hubs[i]);
        read_whole(&engine->hubs[i]);
    }
    if (result == 0)
        result = make_plan(engine, &plan, error);
    engine_stop(engine);
    if (result < 0)
        return DRY_RUN_TROUBLE;
    bool something = output == DRY_RUN_JSON ? dry_run_print_json(&plan, out) : dry_run_print_text(&plan, out);
    if (tell_trouble(engine, error) < 0)
        return DRY_RUN_TROUBLE;
    return something ? DRY_RUN_SOMETHING : DRY_RUN_IN_STEP;
}
