#include "server/hub_gather.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"
#include "server/hub_layer.h"
#include "server/hub_owned.h"
#include "sync/placement.h"

#include <string.h>

void hub_gathering_release(struct hub_gathering *gathering)
{
    for (size_t i = 0; i < gathering->desired_count; i++) {
        free(gathering->config_maps[i]);
        free(gathering->secrets[i]);
    }
    free(gathering->config_maps);
    free(gathering->secrets);
    free(gathering->desired);
    free(gathering->standings);
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

static int gathering_init(struct hub_gathering *gathering, struct hub_worker *worker, int64_t now_ms)
{
    size_t most = count_deployments(&worker->engine->cluster) + 1;
    *gathering = (struct hub_gathering){.worker = worker,
                                        .now_ms = now_ms,
                                        .desired = calloc(most, sizeof(*gathering->desired)),
                                        .standings = calloc(most, sizeof(struct hub_standing *)),
                                        .config_maps = calloc(most, sizeof(char *)),
                                        .secrets = calloc(most, sizeof(char *)),
                                        .ended = calloc(most, sizeof(*gathering->ended))};
    return gathering->desired && gathering->standings && gathering->config_maps && gathering->secrets &&
                   gathering->ended
               ? 0
               : -1;
}

/* --- what is there ---------------------------------------------------------------------------- */

static void note_text(char **text, const char *now)
{
    if (text_is_same(*text, now))
        return;
    free(*text);
    *text = now ? strdup(now) : NULL;
}

/* Nobody saw its end, and its Deployment is not there. What outlives its Deployment is not missing it. */
static void note_absence(struct hub_worker *worker, const struct ownership *owned)
{
    struct engine *engine = worker->engine;
    if (!ownership_outlives(owned) && !cluster_is_gone(&engine->cluster, owned->namespace, owned->name))
        absences_add(&worker->absences, owned->namespace, owned->name, engine_deployments_listed_ms(engine));
}

/* Of several the one that wins comes last. */
static void note_held(struct hub_worker *worker, const struct ownership *owned)
{
    struct hub_standing *standing = hub_standing_get(worker, owned->namespace, owned->name);
    if (standing) {
        standing->holds = true;
        standing->mortal = standing->mortal || !ownership_outlives(owned);
    }
    struct cluster_deployment *deployment =
        cluster_find_deployment(&worker->engine->cluster, owned->namespace, owned->name);
    if (!deployment) {
        note_absence(worker, owned);
        return;
    }
    note_text(&deployment->made_with[CLUSTER_CONFIG_MAP], owned->config_maps);
    note_text(&deployment->made_with[CLUSTER_SECRET], owned->secrets);
}

/* What the hub's list says: who holds something here, and what is ours without a Deployment. */
static void read_observed(struct hub_worker *worker)
{
    int64_t ours = 0;
    struct hub_standing *standing = NULL;
    TAILQ_FOREACH(standing, &worker->standings, link)
    standing->holds = standing->mortal = standing->seen = false;
    absences_begin(&worker->absences);
    for (size_t i = 0; i < worker->observed.count; i++) {
        const struct ownership *owned = &worker->observed.items[i].ownership;
        if (!worker->observed.items[i].ours)
            continue;
        ours++;
        note_held(worker, owned);
    }
    absences_end(&worker->absences);
    worker->metrics->managed = ours;
}

/* Others may have waited for it: pods without a place, and hubs that would know whether they are one too many. What was
 * read in an earlier term does not count. */
static void note_listed(struct hub_worker *worker)
{
    if (worker->listed || worker->term != worker->engine->term)
        return;
    worker->listed = true;
    engine_changed(worker->engine, CLUSTER_HUBS_CHANGED);
}

/* --- who belongs here ------------------------------------------------------------------------- */

/* Marks the Deployments that have a pod on the hub's node. */
static void mark_those_with_pods(const struct hub_worker *worker)
{
    const struct cluster *cluster = &worker->engine->cluster;
    struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    deployment->marked = false;
    const struct cluster_pod *pod = NULL;
    TAILQ_FOREACH(pod, &cluster->pods, link)
    {
        const char *node = cluster_pod_stands_on(pod);
        if (!node || strcmp(node, worker->node_name) != 0)
            continue;
        deployment = cluster_pod_deployment(cluster, pod, NULL);
        if (deployment)
            deployment->marked = true;
    }
}

/* How many hubs hold it; -1 while one of them is not known. */
static int64_t count_holders(const struct engine *engine, const char *key)
{
    int64_t count = 0;
    for (size_t i = 0; i < engine->hub_count; i++) {
        const struct hub_standing *standing = hub_standing_find(&engine->hubs[i], key);
        if (!engine->hubs[i].listed)
            return -1;
        count += standing && standing->holds;
    }
    return count;
}

/* On how many hubs a living pod of it counts. */
static int64_t count_peopled(const struct engine *engine, const struct cluster_deployment *deployment)
{
    int64_t count = 0;
    for (size_t i = 0; i < engine->hub_count; i++) {
        const struct cluster_pod *pod = NULL;
        TAILQ_FOREACH(pod, &engine->cluster.pods, link)
        {
            const char *node = cluster_pod_stands_on(pod);
            if (node && strcmp(node, engine->hubs[i].node_name) == 0 &&
                cluster_pod_deployment(&engine->cluster, pod, NULL) == deployment)
                break;
        }
        count += pod != NULL;
    }
    return count;
}

/* More hubs hold it than there are to be, and this is one of those without a pod. The pods on the others are counted as
 * well: when one of them has just been evicted, the Deployment's status does not say so yet, and of two hubs without a
 * pod neither may go. */
static bool is_surplus(const struct hub_worker *worker, const struct cluster_deployment *deployment)
{
    return !deployment->marked && deployment->rolled_out &&
           count_holders(worker->engine, deployment->key) > deployment->replicas &&
           count_peopled(worker->engine, deployment) >= deployment->replicas;
}

/* A placement ends by the user's word only, never because a pod is missing. */
static bool placement_ended(const struct hub_worker *worker, const struct cluster_deployment *deployment)
{
    if (deployment->paused || deployment->deleting || deployment->annotations.reconcile_policy == RECONCILE_SKIP)
        return false;
    if (deployment->replicas == 0)
        return true;
    cleanup_json cJSON *object = cluster_deployment_open(deployment);
    if (object && !placement_admits(json_at(object, "spec", "template", NULL), worker->node_labels))
        return true;
    return is_surplus(worker, deployment);
}

/* --- what is desired of one Deployment -------------------------------------------------------- */

/* Whether something that the configuration was made with is gone. */
static bool source_is_missing(struct hub_worker *worker, const struct cluster_deployment *deployment,
                              struct hub_standing *standing)
{
    static const struct {
        const char *name, *reason, *otherwise;
    } kinds[CLUSTER_SOURCE_KINDS] = {
        [CLUSTER_CONFIG_MAP] =
            {"ConfigMap", "ConfigMapMissing",
             "the ConfigMap is back (an empty one asks for the defaults) or its container is removed"},
        [CLUSTER_SECRET] = {"Secret", "SecretMissing", "the Secret is back or nothing refers to it"}};
    enum cluster_source_kind kind = CLUSTER_CONFIG_MAP;
    cleanup_free char *missing = hub_owned_missing(worker, deployment, kind);
    cleanup_free char *message = NULL;
    if (!missing)
        missing = hub_owned_missing(worker, deployment, kind = CLUSTER_SECRET);
    if (!missing)
        return false;
    if (asprintf(&message,
                 "%s %s, with which the deployment on IoT Hub was made, is gone; what is there stays as it is until %s",
                 kinds[kind].name, missing, kinds[kind].otherwise) < 0)
        message = NULL;
    hub_standing_trouble(worker, standing, true, kinds[kind].reason, message);
    return true;
}

/* The worker is woken when what is restless has come to rest. */
static void wake_at(struct hub_worker *worker, int64_t due_ms)
{
    if (!worker->settle_due_ms || due_ms < worker->settle_due_ms)
        worker->settle_due_ms = due_ms;
}

static bool is_settled(struct hub_gathering *gathering, struct cluster_deployment *deployment)
{
    int64_t wait_ms = 0;
    if (cluster_settled(&gathering->worker->engine->cluster, deployment, gathering->now_ms, &wait_ms))
        return true;
    wake_at(gathering->worker, gathering->now_ms + wait_ms);
    return false;
}

/* The translation when it is to go to the hub now; NULL leaves the content there as it is. */
static const struct cluster_translation *
wanted_translation(struct hub_worker *worker, struct cluster_deployment *deployment, struct hub_standing *standing)
{
    if (deployment->deleting || deployment->paused || deployment->annotations.reconcile_policy == RECONCILE_SKIP) {
        hub_standing_trouble(worker, standing, false, NULL, NULL);
        return NULL;
    }
    const struct cluster_translation *translation =
        cluster_translate(&worker->engine->cluster, deployment, worker->index, &worker->system_modules);
    if (!translation || cluster_deployment_misses(deployment))
        return NULL;
    if (translation->problem) {
        hub_standing_trouble(worker, standing, true, "InvalidEdgeDeployment", translation->problem);
        return NULL;
    }
    return source_is_missing(worker, deployment, standing) ? NULL : translation;
}

/* What it reads may be forbidden to us: without a word it would wait for ever. */
static void tell_unreadable(struct hub_worker *worker, const struct cluster_deployment *deployment,
                            struct hub_standing *standing)
{
    const char *reason = NULL;
    cleanup_free char *message = engine_sources_trouble(worker->engine, deployment, &reason);
    if (message)
        hub_standing_trouble(worker, standing, true, reason, message);
}

/* Of two base deployments of equal priority the newest wins, and the baseline must win over none. */
static bool is_below_baseline(struct hub_worker *worker, const struct cluster_translation *translation,
                              struct hub_standing *standing)
{
    if (!worker->hub->baseline.wanted || translation->manifest.priority > 0)
        return false;
    hub_standing_trouble(worker, standing, true, "PriorityReserved",
                         "priority 0 is the baseline's on this hub: give the pod template's annotation priority 1 or "
                         "more");
    return true;
}

static char *join(char *const *names, size_t count)
{
    cleanup_strbuf struct strbuf joined = STRBUF_INIT;
    for (size_t i = 0; i < count; i++)
        strbuf_add_format(&joined, "%s%s", i ? "," : "", names[i]);
    return strbuf_steal(&joined);
}

static void want(struct hub_gathering *gathering, struct cluster_deployment *deployment, struct hub_standing *standing)
{
    size_t i = gathering->desired_count++;
    struct desired_configuration *desired = &gathering->desired[i];
    *desired = (struct desired_configuration){
        .namespace = deployment->namespace, .name = deployment->name, .uid = deployment->uid, .may_create = true};
    gathering->standings[i] = standing;
    if (!is_settled(gathering, deployment)) {
        tell_unreadable(gathering->worker, deployment, standing);
        return;
    }
    desired->reconcile_policy = reconcile_policy_name(deployment->annotations.reconcile_policy);
    const struct cluster_translation *translation = wanted_translation(gathering->worker, deployment, standing);
    if (!translation || is_below_baseline(gathering->worker, translation, standing) ||
        !hub_layer_may_go(gathering->worker, deployment, translation, standing, desired))
        return;
    gathering->config_maps[i] = join(translation->manifest.config_maps, translation->manifest.config_map_count);
    gathering->secrets[i] = cluster_secrets_read(deployment);
    desired->content = translation->manifest.content;
    desired->target_condition = translation->manifest.target_condition;
    desired->adopt = deployment->annotations.adopt;
    desired->replace_system_modules = deployment->annotations.replace_system_modules;
    desired->priority = translation->manifest.priority;
    desired->config_maps = gathering->config_maps[i];
    desired->secrets = gathering->secrets[i];
    desired->template_labels = deployment->template_labels;
}

static void gather_deployment(struct hub_gathering *gathering, struct cluster_deployment *deployment)
{
    struct hub_worker *worker = gathering->worker;
    struct hub_standing *standing = hub_standing_find(worker, deployment->key);
    bool held = standing && standing->holds;
    if (!held && !deployment->marked)
        return;
    if (placement_ended(worker, deployment)) {
        if (held)
            gathering->ended[gathering->ended_count++] =
                (struct ended_deployment){deployment->namespace, deployment->name, true};
        return;
    }
    standing = hub_standing_get(worker, deployment->namespace, deployment->name);
    if (!standing)
        return;
    standing->seen = true;
    want(gathering, deployment, standing);
}

/* What outlives its Deployment says so in its label before the end is forgotten: the next process knows nothing else.
 */
static void gather_gone_one(struct hub_gathering *gathering, struct cluster_gone *gone)
{
    struct hub_worker *worker = gathering->worker;
    const struct hub_standing *standing = hub_standing_find(worker, gone->key);
    int64_t due_ms = gone->gone_ms + worker->engine->cluster.settle_ms;
    if (gathering->now_ms < due_ms) {
        wake_at(worker, due_ms);
        return;
    }
    if (!standing || !standing->holds || !standing->mortal)
        cluster_gone_done(&worker->engine->cluster, gone, worker->index);
    else if (gone->policy == RECONCILE_MANAGE)
        gathering->ended[gathering->ended_count++] = (struct ended_deployment){gone->namespace, gone->name, false};
    else
        gathering->desired[gathering->desired_count++] = (struct desired_configuration){
            .namespace = gone->namespace, .name = gone->name, .reconcile_policy = reconcile_policy_name(gone->policy)};
}

int hub_gather(struct hub_worker *worker, int64_t now_ms, struct hub_gathering *ret_gathering)
{
    struct cluster *cluster = &worker->engine->cluster;
    if (gathering_init(ret_gathering, worker, now_ms) < 0)
        return -1;
    read_observed(worker);
    note_listed(worker);
    worker->settle_due_ms = 0;
    mark_those_with_pods(worker);
    struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    gather_deployment(ret_gathering, deployment);
    struct cluster_gone *gone = TAILQ_FIRST(&cluster->gones);
    while (gone) {
        struct cluster_gone *next = TAILQ_NEXT(gone, link);
        gather_gone_one(ret_gathering, gone);
        gone = next;
    }
    return 0;
}
