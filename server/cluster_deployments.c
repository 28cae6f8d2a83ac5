#include "server/cluster_private.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "server/packed.h"
#include "server/wipe.h"
#include "translate/defaults.h"
#include "translate/validate.h"

#include <string.h>

static void translation_free(struct cluster_translation *translation)
{
    wipe_text(translation->manifest.content); /* it may hold values of Secrets */
    manifest_release(&translation->manifest);
    free(translation->problem);
    free(translation);
}

static void translations_drop(struct cluster_deployment *deployment)
{
    while (!SLIST_EMPTY(&deployment->translations)) {
        struct cluster_translation *first = SLIST_FIRST(&deployment->translations);
        SLIST_REMOVE_HEAD(&deployment->translations, link);
        translation_free(first);
    }
}

void cluster_drop_deployment(struct cluster *cluster, struct cluster_deployment *deployment)
{
    index_remove(&cluster->deployment_index, deployment->key);
    TAILQ_REMOVE(&cluster->deployments, deployment, link);
    translations_drop(deployment);
    cluster_deployment_forget_reads(cluster, deployment);
    cJSON_Delete(deployment->template_labels);
    for (size_t kind = 0; kind < CLUSTER_SOURCE_KINDS; kind++)
        free(deployment->made_with[kind]);
    free(deployment->packed);
    free(deployment->key);
    free(deployment->namespace);
    free(deployment->name);
    free(deployment->uid);
    free(deployment);
}

static struct cluster_deployment *deployment_add(struct cluster *cluster, const char *key, const cJSON *object)
{
    struct cluster_deployment *added = calloc(1, sizeof(*added));
    if (!added)
        return NULL;
    const cJSON *metadata = json_get(object, "metadata");
    added->key = strdup(key);
    added->namespace = cluster_object_copy(metadata, "namespace");
    added->name = cluster_object_copy(metadata, "name");
    SLIST_INIT(&added->translations);
    TAILQ_INSERT_TAIL(&cluster->deployments, added, link);
    if (!added->key || !added->namespace || !added->name ||
        index_add(&cluster->deployment_index, added->key, added) < 0) {
        TAILQ_REMOVE(&cluster->deployments, added, link);
        free(added->key);
        free(added->namespace);
        free(added->name);
        free(added);
        return NULL;
    }
    return added;
}

/* Over what decides about the content and how it is forwarded. A status or a label of the Deployment is not in it. */
static void input_digest(const cJSON *object, char digest[CONTENT_HASH_SIZE])
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    json_begin_array(&writer);
    cluster_digest_value(&writer, json_at(object, "spec", "template", NULL));
    cluster_digest_value(&writer, json_at(object, "spec", "selector", NULL));
    cluster_digest_value(&writer, json_at(object, "spec", "paused", NULL));
    const cJSON *annotation = NULL;
    cJSON_ArrayForEach(annotation, json_at(object, "metadata", "annotations", NULL))
    {
        if (strncmp(annotation->string, ANNOTATION_PREFIX, strlen(ANNOTATION_PREFIX)) == 0) {
            json_add_string(&writer, annotation->string);
            cluster_digest_value(&writer, annotation);
        }
    }
    json_end_array(&writer);
    cluster_digest_finish(&text, digest);
}

static int64_t int64_or(const cJSON *object, const char *name, int64_t otherwise)
{
    int64_t value = 0;
    return json_int64(object, name, &value) ? value : otherwise;
}

static bool deployment_rolled_out(const cJSON *object, int64_t replicas)
{
    const cJSON *status = json_get(object, "status");
    return int64_or(status, "observedGeneration", 0) >= int64_or(json_get(object, "metadata"), "generation", 0) &&
           int64_or(status, "updatedReplicas", 0) == replicas && int64_or(status, "replicas", 0) == replicas &&
           int64_or(status, "availableReplicas", 0) == replicas;
}

void cluster_deployment_changed(const struct cluster *cluster, struct cluster_deployment *deployment, int64_t now_ms)
{
    bool rested = now_ms - deployment->changed_ms >= cluster->settle_ms;
    translations_drop(deployment);
    deployment->changed_ms = now_ms;
    if (!deployment->unsettled_since_ms || rested)
        deployment->unsettled_since_ms = now_ms;
}

static enum cluster_change deployment_end(struct cluster *cluster, struct cluster_deployment *deployment,
                                          int64_t now_ms)
{
    cluster_add_gone(cluster, deployment->namespace, deployment->name, deployment->annotations.reconcile_policy,
                     now_ms);
    cluster_drop_deployment(cluster, deployment);
    return CLUSTER_HUBS_CHANGED;
}

static cJSON *deployment_reduce(const cJSON *object)
{
    static const char *const metadata[] = {"name",   "namespace",  "uid",         "resourceVersion",
                                           "labels", "generation", "annotations", "deletionTimestamp",
                                           NULL};
    static const char *const spec[] = {
        "template", "selector", "replicas", "paused", "strategy", "progressDeadlineSeconds", NULL};
    static const char *const status[] = {"observedGeneration", "replicas", "updatedReplicas", "availableReplicas",
                                         NULL};
    cJSON *reduced = cluster_object_reduce(object, metadata, spec, status);
    cJSON_DeleteItemFromObjectCaseSensitive(json_at(reduced, "metadata", "annotations", NULL),
                                            "kubectl.kubernetes.io/last-applied-configuration");
    return reduced;
}

static void keep_object(struct cluster_deployment *deployment, const cJSON *object)
{
    struct edge_annotations *annotations = &deployment->annotations;
    const cJSON *labels = json_at(object, "spec", "template", "metadata", "labels", NULL);
    free(deployment->packed);
    cJSON_Delete(deployment->template_labels);
    deployment->packed = packed_text(object);
    deployment->template_labels = labels ? cJSON_Duplicate(labels, true) : NULL;
    edge_annotations_read(object, annotations, NULL);
    annotations->target_condition = annotations->logging_options = annotations->config_map_prefix = NULL;
}

cJSON *cluster_deployment_open(const struct cluster_deployment *deployment)
{
    return packed_open(deployment->packed);
}

static enum cluster_change deployment_take(struct cluster *cluster, struct cluster_deployment *deployment,
                                           cJSON *reduced, const struct cluster_arrival *arrival)
{
    const cJSON *metadata = json_get(reduced, "metadata");
    char digest[CONTENT_HASH_SIZE], template[CONTENT_HASH_SIZE];
    input_digest(reduced, digest);
    cluster_template_digest(json_at(reduced, "spec", "template", NULL), template);
    bool same_uid = deployment->uid && strcmp(deployment->uid, json_string_or(metadata, "uid", "")) == 0;
    bool same_input = same_uid && strcmp(digest, deployment->input_digest) == 0;
    int64_t replicas = int64_or(json_get(reduced, "spec"), "replicas", 1);
    bool deleting = json_get(metadata, "deletionTimestamp") != NULL;
    bool rolled_out = deployment_rolled_out(reduced, replicas);
    bool changed = !same_input || replicas != deployment->replicas || deleting != deployment->deleting ||
                   rolled_out != deployment->rolled_out;

    if (!same_uid) {
        free(deployment->uid);
        deployment->uid = cluster_object_copy(metadata, "uid");
        deployment->born_ms = arrival->in_list ? 0 : arrival->now_ms;
    }
    memcpy(deployment->input_digest, digest, sizeof(digest));
    memcpy(deployment->template_digest, template, sizeof(template));
    defaults_apply(reduced, NULL);
    keep_object(deployment, reduced);
    deployment->replicas = replicas;
    deployment->deleting = deleting;
    deployment->rolled_out = rolled_out;
    deployment->paused = json_bool(json_get(reduced, "spec"), "paused", false);
    if (!same_input) {
        cluster_deployment_note_reads(cluster, deployment, reduced);
        cluster_deployment_changed(cluster, deployment, arrival->now_ms);
    }
    return changed ? CLUSTER_HUBS_CHANGED : CLUSTER_SAME;
}

enum cluster_change cluster_put_deployment(struct cluster *cluster, const cJSON *object,
                                           const struct cluster_arrival *arrival)
{
    cleanup_free char *key = cluster_object_key(object);
    if (!key)
        return CLUSTER_SAME;
    struct cluster_deployment *deployment = index_find(&cluster->deployment_index, key);
    if (!deployment_is_edge(object))
        return deployment ? deployment_end(cluster, deployment, arrival->now_ms) : CLUSTER_SAME;
    cleanup_json cJSON *reduced = deployment_reduce(object);
    if (!reduced)
        return CLUSTER_SAME;
    if (!deployment)
        deployment = deployment_add(cluster, key, object);
    if (!deployment)
        return CLUSTER_SAME;
    cluster_forget_gone(cluster, key);
    deployment->round = arrival->round;
    return deployment_take(cluster, deployment, reduced, arrival);
}

/* The last state may carry a policy that no update showed. */
enum cluster_change cluster_remove_deployment(struct cluster *cluster, const cJSON *object,
                                              const struct cluster_arrival *arrival)
{
    (void)arrival;
    cleanup_free char *key = cluster_object_key(object);
    struct cluster_deployment *deployment = key ? index_find(&cluster->deployment_index, key) : NULL;
    const char *uid = json_string_or(json_get(object, "metadata"), "uid", "");
    if (!deployment || !deployment->uid || strcmp(deployment->uid, uid) != 0)
        return CLUSTER_SAME;
    struct edge_annotations last;
    edge_annotations_read(object, &last, NULL);
    deployment->annotations.reconcile_policy = last.reconcile_policy;
    return deployment_end(cluster, deployment, arrival->now_ms);
}

struct cluster_deployment *cluster_find_deployment(const struct cluster *cluster, const char *namespace,
                                                   const char *name)
{
    cleanup_free char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        return NULL;
    }
    return index_find(&cluster->deployment_index, key);
}

bool cluster_settled(const struct cluster *cluster, struct cluster_deployment *deployment, int64_t now_ms,
                     int64_t *ret_wait_ms)
{
    *ret_wait_ms = cluster->settle_ms;
    if (cluster_deployment_lacks(deployment))
        return false;
    *ret_wait_ms = 0;
    if (!deployment->unsettled_since_ms)
        return true;
    int64_t quiet = deployment->changed_ms + cluster->settle_ms;
    int64_t longest = deployment->unsettled_since_ms + 10 * cluster->settle_ms;
    int64_t due = quiet < longest ? quiet : longest;
    if (now_ms < due) {
        *ret_wait_ms = due - now_ms;
        return false;
    }
    deployment->unsettled_since_ms = 0;
    return true;
}

/* --- translation ------------------------------------------------------------------------------ */

struct lookup {
    const struct cluster *cluster;
    const char *namespace;
};

static const cJSON *lookup_source(const struct lookup *lookup, enum cluster_source_kind kind, const char *name)
{
    const struct cluster_source *found = cluster_find_source(lookup->cluster, kind, lookup->namespace, name);
    return found ? found->data : NULL;
}

static const cJSON *lookup_config_map(void *context, const char *name)
{
    return lookup_source(context, CLUSTER_CONFIG_MAP, name);
}

static const cJSON *lookup_secret(void *context, const char *name)
{
    return lookup_source(context, CLUSTER_SECRET, name);
}

const struct cluster_translation *cluster_translate(const struct cluster *cluster,
                                                    struct cluster_deployment *deployment, size_t hub,
                                                    const struct system_modules *system_modules)
{
    struct cluster_translation *translation = NULL;
    SLIST_FOREACH(translation, &deployment->translations, link)
    {
        if (translation->hub == hub)
            return translation;
    }
    cleanup_json cJSON *object = cluster_deployment_lacks(deployment) ? NULL : cluster_deployment_open(deployment);
    if (!object || !(translation = calloc(1, sizeof(*translation))))
        return NULL;
    *translation = (struct cluster_translation){.hub = hub, .manifest = MANIFEST_INIT};
    cleanup_findings struct findings findings = FINDINGS_INIT;
    struct lookup lookup = {cluster, deployment->namespace};
    const struct validate_settings settings = {namespaces_have(cluster->secrets_from, deployment->namespace)};
    struct manifest_input input = {.deployment = object,
                                   .config_map = lookup_config_map,
                                   .context = &lookup,
                                   .secret = settings.secrets ? lookup_secret : NULL,
                                   .system_modules = *system_modules};
    validate_deployment_with(object, &settings, &findings);
    if (findings.error_count == 0 && manifest_translate(&input, &translation->manifest, &findings) == 0)
        content_hash(translation->manifest.content, translation->hash);
    if (findings.error_count > 0)
        translation->problem = findings_summary(&findings);
    if (findings.failed || (findings.error_count > 0 && !translation->problem)) {
        translation_free(translation);
        return NULL;
    }
    SLIST_INSERT_HEAD(&deployment->translations, translation, link);
    return translation;
}
