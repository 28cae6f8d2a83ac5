#include "server/hub_plan.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "sync/ownership.h"
#include "sync/placement.h"

#include <string.h>

/* What goes into the plan, and what it is made of. */
struct gathering {
    struct hub_worker *worker;
    int64_t now_ms;
    struct desired_configuration *desired;
    struct hub_standing **standings; /* of desired[i] */
    struct cluster_deployment **deployments;
    char **config_maps; /* of desired[i], owned */
    size_t desired_count;
    struct ended_deployment *ended;
    size_t ended_count;
};

static void gathering_release(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->desired_count; i++)
        free(gathering->config_maps[i]);
    free(gathering->config_maps);
    free(gathering->desired);
    free(gathering->standings);
    free(gathering->deployments);
    free(gathering->ended);
}

static size_t count_deployments(const struct cluster *cluster)
{
    size_t count = 0;
    const struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    count++;
    const struct cluster_gone *gone = NULL;
    TAILQ_FOREACH(gone, &cluster->gones, link)
    count++;
    return count;
}

static int gathering_init(struct gathering *gathering, struct hub_worker *worker, int64_t now_ms)
{
    size_t most = count_deployments(&worker->engine->cluster) + 1;
    *gathering = (struct gathering){.worker = worker,
                                    .now_ms = now_ms,
                                    .desired = calloc(most, sizeof(*gathering->desired)),
                                    .standings = calloc(most, sizeof(struct hub_standing *)),
                                    .deployments = calloc(most, sizeof(struct cluster_deployment *)),
                                    .config_maps = calloc(most, sizeof(char *)),
                                    .ended = calloc(most, sizeof(*gathering->ended))};
    return gathering->desired && gathering->standings && gathering->deployments && gathering->config_maps &&
                   gathering->ended
               ? 0
               : -1;
}

/* --- standings ------------------------------------------------------------------------------------------------------
 */

struct hub_standing *hub_worker_standing(const struct hub_worker *worker, const char *key)
{
    struct hub_standing *standing = NULL;
    TAILQ_FOREACH(standing, &worker->standings, link)
    {
        if (strcmp(standing->key, key) == 0)
            return standing;
    }
    return NULL;
}

static void standing_free(struct hub_worker *worker, struct hub_standing *standing)
{
    TAILQ_REMOVE(&worker->standings, standing, link);
    module_states_release(&standing->states);
    free(standing->key);
    free(standing->namespace);
    free(standing->name);
    free(standing->id);
    free(standing->reason);
    free(standing->message);
    free(standing);
}

void hub_plan_release(struct hub_worker *worker)
{
    while (!TAILQ_EMPTY(&worker->standings))
        standing_free(worker, TAILQ_FIRST(&worker->standings));
}

static struct hub_standing *standing_get(struct hub_worker *worker, const char *namespace, const char *name)
{
    cleanup_free char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        return NULL;
    }
    struct hub_standing *standing = hub_worker_standing(worker, key);
    if (standing)
        return standing;
    standing = calloc(1, sizeof(*standing));
    if (!standing)
        return NULL;
    *standing = (struct hub_standing){.key = steal_ptr(key),
                                      .namespace = strdup(namespace),
                                      .name = strdup(name),
                                      .targeted = -1,
                                      .states = MODULE_STATES_INIT};
    TAILQ_INSERT_TAIL(&worker->standings, standing, link);
    if (!standing->namespace || !standing->name) {
        standing_free(worker, standing);
        return NULL;
    }
    return standing;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

void hub_standing_trouble(struct hub_worker *worker, struct hub_standing *standing, const char *reason,
                          const char *message)
{
    if (same_text(standing->reason, reason) && same_text(standing->message, message))
        return;
    free(standing->reason);
    free(standing->message);
    standing->reason = reason ? strdup(reason) : NULL;
    standing->message = message ? strdup(message) : NULL;
    if (reason)
        engine_add_event(worker->engine, standing->namespace, standing->name, worker->index, true, reason, message);
    engine_changed(worker->engine, false);
}

/* What the hub's list says: who holds something here, and what is ours without a Deployment. Returns the number of
 * ours. */
static int64_t read_observed(struct hub_worker *worker)
{
    struct engine *engine = worker->engine;
    struct hub_standing *standing = NULL;
    TAILQ_FOREACH(standing, &worker->standings, link)
    standing->holds = standing->seen = false;
    absences_begin(&worker->absences);
    int64_t ours = 0;
    const cJSON *configuration = NULL;
    cJSON_ArrayForEach(configuration, worker->observed)
    {
        struct ownership owned;
        if (!ownership_read(configuration, &owned) || strcmp(owned.owner, engine->owner) != 0 ||
            strcmp(owned.hub ? owned.hub : "", worker->hub->name) != 0)
            continue;
        ours++;
        standing = standing_get(worker, owned.namespace, owned.name);
        if (standing)
            standing->holds = true;
        bool detached = owned.reconcile_policy &&
                        strcmp(owned.reconcile_policy, reconcile_policy_name(RECONCILE_DETACH_ON_DELETE)) == 0;
        if (!detached && !cluster_find_deployment(&engine->cluster, owned.namespace, owned.name) &&
            !cluster_is_gone(&engine->cluster, owned.namespace, owned.name))
            absences_add(&worker->absences, owned.namespace, owned.name, owned.uid,
                         engine_deployments_watch(engine)->listed_ms);
    }
    return ours;
}

/* --- who belongs here -----------------------------------------------------------------------------------------------
 */

bool hub_worker_has_pod(const struct hub_worker *worker, const struct cluster_deployment *deployment)
{
    const struct cluster *cluster = &worker->engine->cluster;
    const struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &cluster->pods, link)
    {
        const char *node = pod->node_name ? pod->node_name : pod->pinned_to;
        if (!node || pod->gated || pod->deleting || pod->finished || strcmp(node, worker->node_name) != 0)
            continue;
        if (cluster_pod_deployment(cluster, pod, NULL) == deployment)
            return true;
    }
    return false;
}

static int64_t holders(const struct engine *engine, const char *key)
{
    int64_t count = 0;
    for (size_t i = 0; i < engine->hub_count; i++) {
        const struct hub_standing *standing = hub_worker_standing(&engine->hubs[i], key);
        count += standing && standing->holds;
    }
    return count;
}

static bool all_listed(const struct engine *engine)
{
    for (size_t i = 0; i < engine->hub_count; i++)
        if (!engine->hubs[i].listed)
            return false;
    return true;
}

/* A placement ends by the user's word only, never because a pod is missing. */
static bool placement_ended(const struct hub_worker *worker, const struct cluster_deployment *deployment, bool has_pod)
{
    if (deployment->paused || deployment->deleting)
        return false;
    if (deployment->replicas == 0)
        return true;
    if (!placement_admits(json_at(deployment->object, "spec", "template", NULL), worker->node_labels))
        return true;
    return !has_pod && deployment->rolled_out && all_listed(worker->engine) &&
           holders(worker->engine, deployment->key) > deployment->replicas;
}

/* --- what is desired of one Deployment ------------------------------------------------------------------------------
 */

/* A ConfigMap that the configuration was made with and that is gone from under a Deployment that still reads it. */
static char *missing_config_map(const struct gathering *gathering, const struct cluster_deployment *deployment)
{
    const struct hub_worker *worker = gathering->worker;
    const cJSON *configuration = NULL;
    cJSON_ArrayForEach(configuration, worker->observed)
    {
        struct ownership owned;
        if (!ownership_read(configuration, &owned) || strcmp(owned.owner, worker->engine->owner) != 0 ||
            strcmp(owned.namespace, deployment->namespace) != 0 || strcmp(owned.name, deployment->name) != 0 ||
            !owned.config_maps)
            continue;
        cleanup_free char *names = strdup(owned.config_maps);
        char *rest = names;
        for (char *name = strsep(&rest, ","); name; name = strsep(&rest, ","))
            if (name[0] && cluster_deployment_uses(deployment, name) &&
                !cluster_find_config_map(&worker->engine->cluster, deployment->namespace, name))
                return strdup(name);
    }
    return NULL;
}

static char *join(char *const *names, size_t count)
{
    cleanup_strbuf struct strbuf joined = STRBUF_INIT;
    for (size_t i = 0; i < count; i++)
        strbuf_add_format(&joined, "%s%s", i ? "," : "", names[i]);
    return strbuf_steal(&joined);
}

/* The translation when it is to go to the hub now; NULL leaves the hub as it is. */
static const struct cluster_translation *
wanted_translation(struct gathering *gathering, struct cluster_deployment *deployment, struct hub_standing *standing)
{
    struct hub_worker *worker = gathering->worker;
    struct engine *engine = worker->engine;
    int64_t wait_ms = 0;
    if (deployment->deleting || deployment->paused)
        return NULL;
    if (deployment->annotations.reconcile_policy == RECONCILE_SKIP) {
        hub_standing_trouble(worker, standing, "ReconcileSkipped",
                             "the annotation iot-edge-connector/reconcile-policy says skip: nothing is forwarded");
        return NULL;
    }
    if (!cluster_settled(deployment, engine->config->settle_ms, gathering->now_ms, &wait_ms)) {
        int64_t due = gathering->now_ms + wait_ms;
        if (!worker->settle_due_ms || due < worker->settle_due_ms)
            worker->settle_due_ms = due;
        return NULL;
    }
    const struct cluster_translation *translation =
        cluster_translate(&engine->cluster, deployment, worker->index, &worker->system_modules);
    if (!translation)
        return NULL;
    if (translation->problem) {
        hub_standing_trouble(worker, standing, "InvalidEdgeDeployment", translation->problem);
        return NULL;
    }
    cleanup_free char *missing = missing_config_map(gathering, deployment);
    if (missing) {
        cleanup_free char *message = NULL;
        if (asprintf(
                &message,
                "ConfigMap %s, with which the deployment on IoT Hub was made, is gone; what is there stays as it is "
                "until the ConfigMap is back or its container is removed",
                missing) < 0)
            message = NULL;
        hub_standing_trouble(worker, standing, "ConfigMapMissing", message);
        return NULL;
    }
    return translation;
}

static void gather_deployment(struct gathering *gathering, struct cluster_deployment *deployment)
{
    struct hub_worker *worker = gathering->worker;
    struct hub_standing *standing = hub_worker_standing(worker, deployment->key);
    bool has_pod = hub_worker_has_pod(worker, deployment);
    bool held = standing && standing->holds;
    if (!held && !has_pod)
        return;
    if (placement_ended(worker, deployment, has_pod)) {
        if (held)
            gathering->ended[gathering->ended_count++] =
                (struct ended_deployment){deployment->namespace, deployment->name, true};
        return;
    }
    standing = standing_get(worker, deployment->namespace, deployment->name);
    if (!standing)
        return;
    standing->seen = true;
    size_t i = gathering->desired_count++;
    const struct cluster_translation *translation = wanted_translation(gathering, deployment, standing);
    gathering->standings[i] = standing;
    gathering->deployments[i] = deployment;
    gathering->desired[i] = (struct desired_configuration){
        .namespace = deployment->namespace, .name = deployment->name, .uid = deployment->uid, .may_create = true};
    if (!translation)
        return;
    gathering->config_maps[i] = join(translation->manifest.config_maps, translation->manifest.config_map_count);
    gathering->desired[i].content = translation->manifest.content;
    gathering->desired[i].target_condition = translation->manifest.target_condition;
    gathering->desired[i].priority = translation->manifest.priority;
    gathering->desired[i].reconcile_policy = reconcile_policy_name(deployment->annotations.reconcile_policy);
    gathering->desired[i].config_maps = gathering->config_maps[i];
    gathering->desired[i].template_labels = json_at(deployment->object, "spec", "template", "metadata", "labels", NULL);
}

static void gather_gone(struct gathering *gathering)
{
    struct hub_worker *worker = gathering->worker;
    struct cluster *cluster = &worker->engine->cluster;
    struct cluster_gone *gone = TAILQ_FIRST(&cluster->gones);
    while (gone) {
        struct cluster_gone *next = TAILQ_NEXT(gone, link);
        const struct hub_standing *standing = hub_worker_standing(worker, gone->key);
        if (standing && standing->holds)
            gathering->ended[gathering->ended_count++] = (struct ended_deployment){gone->namespace, gone->name, false};
        else
            cluster_gone_done(cluster, gone, worker->index);
        gone = next;
    }
}

/* --- the plan -------------------------------------------------------------------------------------------------------
 */

static const struct {
    enum plan_problem_kind kind;
    const char *reason;
} problem_reasons[] = {
    {PLAN_CONFLICT, "ConfigurationConflict"}, {PLAN_HUB_FULL, "HubFull"}, {PLAN_CONTENT_ALTERED, "ContentAltered"}};

static const struct plan_problem *find_problem(const struct plan *plan, const struct hub_standing *standing)
{
    for (size_t i = 0; i < plan->problem_count; i++)
        if (strcmp(plan->problems[i].namespace, standing->namespace) == 0 &&
            strcmp(plan->problems[i].name, standing->name) == 0)
            return &plan->problems[i];
    return NULL;
}

static const struct hub_refusal *find_refusal(const struct hub_worker *worker, const char *key)
{
    const struct hub_refusal *refusal = NULL;
    TAILQ_FOREACH(refusal, &worker->refusals, link)
    {
        if (strcmp(refusal->key, key) == 0)
            return refusal;
    }
    return NULL;
}

static void publish_standing(struct hub_worker *worker, struct hub_standing *standing,
                             const struct plan_standing *planned, const char *hash, const struct plan *plan)
{
    bool same = same_text(standing->id, planned->id) && standing->evaluated == planned->evaluated &&
                standing->targeted == planned->targeted && strcmp(standing->hash, planned->id ? hash : "") == 0;
    const struct plan_problem *problem = find_problem(plan, standing);
    const struct hub_refusal *refusal = find_refusal(worker, standing->key);
    if (problem) {
        const char *reason = "ConfigurationConflict";
        for (size_t i = 0; i < array_length(problem_reasons); i++)
            if (problem_reasons[i].kind == problem->kind)
                reason = problem_reasons[i].reason;
        hub_standing_trouble(worker, standing, reason, problem->message);
    } else if (!refusal || planned->id) {
        hub_standing_trouble(worker, standing, NULL, NULL);
    }
    if (same)
        return;
    if (!same_text(standing->id, planned->id)) {
        free(standing->id);
        standing->id = planned->id ? strdup(planned->id) : NULL;
    }
    snprintf(standing->hash, sizeof(standing->hash), "%s", planned->id ? hash : "");
    standing->evaluated = planned->evaluated;
    standing->targeted = planned->targeted;
    standing->created_wall_ms = 0;
    if (planned->created_time)
        clock_parse_rfc3339(planned->created_time, &standing->created_wall_ms);
    standing->next_query_ms = 0;
    engine_changed(worker->engine, false);
}

/* Standings of what neither holds something here nor is wanted here have nothing to say any more. */
static void drop_standings(struct hub_worker *worker)
{
    struct hub_standing *standing = TAILQ_FIRST(&worker->standings);
    while (standing) {
        struct hub_standing *next = TAILQ_NEXT(standing, link);
        if (!standing->seen && !standing->holds)
            standing_free(worker, standing);
        standing = next;
    }
}

int hub_plan_make(struct hub_worker *worker, int64_t now_ms, struct plan *ret_plan, struct error *error)
{
    struct engine *engine = worker->engine;
    struct gathering gathering = {0};
    if (gathering_init(&gathering, worker, now_ms) < 0) {
        gathering_release(&gathering);
        return error_set(error, "out of memory");
    }
    worker->metrics->managed = read_observed(worker);
    worker->listed = true;
    worker->settle_due_ms = 0;
    struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &engine->cluster.deployments, link)
    gather_deployment(&gathering, deployment);
    gather_gone(&gathering);
    absences_end(&worker->absences);

    struct plan_input input = {.owner = engine->owner,
                               .hub = worker->hub->name,
                               .desired = gathering.desired,
                               .desired_count = gathering.desired_count,
                               .ended = gathering.ended,
                               .ended_count = gathering.ended_count,
                               .observed = worker->observed,
                               .deletes_allowed = now_ms >= engine->deletes_allowed_ms,
                               .limit = worker->hub->configuration_limit};
    int result = plan_make(&input, ret_plan, error);
    for (size_t i = 0; result == 0 && i < gathering.desired_count; i++) {
        if (!gathering.desired[i].content)
            continue;
        publish_standing(worker, gathering.standings[i], &ret_plan->standings[i],
                         gathering.deployments[i]->translations[worker->index].hash, ret_plan);
    }
    drop_standings(worker);
    gathering_release(&gathering);
    return result;
}
