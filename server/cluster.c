#include "server/cluster.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "translate/defaults.h"
#include "translate/validate.h"

#include <search.h>
#include <string.h>

/* Every entry begins with its link and then its key, but the links differ in type; the index holds this pair instead.
 */
struct index_entry {
    const char *key;
    void *entry;
};

static int index_compare(const void *a, const void *b)
{
    return strcmp(((const struct index_entry *)a)->key, ((const struct index_entry *)b)->key);
}

static void *index_find(void *const *index, const char *key)
{
    struct index_entry wanted = {.key = key};
    struct index_entry **found = tfind(&wanted, index, index_compare);
    return found ? (*found)->entry : NULL;
}

static int index_add(void **index, const char *key, void *entry)
{
    cleanup_free struct index_entry *added = malloc(sizeof(*added));
    if (!added)
        return -1;
    *added = (struct index_entry){key, entry};
    if (!tsearch(added, index, index_compare))
        return -1;
    (void)steal_ptr(added);
    return 0;
}

static void index_remove(void **index, const char *key)
{
    struct index_entry wanted = {.key = key};
    struct index_entry **found = tfind(&wanted, index, index_compare);
    if (!found)
        return;
    struct index_entry *removed = *found;
    tdelete(&wanted, index, index_compare);
    free(removed);
}

static char *object_key(const cJSON *object)
{
    const cJSON *metadata = json_get(object, "metadata");
    const char *namespace = json_string(metadata, "namespace");
    const char *name = json_string(metadata, "name");
    char *key = NULL;
    if (!namespace || !name || asprintf(&key, "%s/%s", namespace, name) < 0)
        return NULL;
    return key;
}

static char *copy_string(const cJSON *object, const char *name)
{
    const char *text = json_string(object, name);
    return text ? strdup(text) : NULL;
}

static void digest_value(struct json_writer *writer, const cJSON *value)
{
    if (value)
        json_add_canonical(writer, value);
    else
        json_add_null(writer);
}

static void digest_finish(struct strbuf *text, char digest[CONTENT_HASH_SIZE])
{
    content_hash(strbuf_string(text), digest);
}

/* Copies the named members of one object to another. */
static void copy_members(cJSON *to, const cJSON *from, const char *const *names)
{
    for (; *names; names++) {
        const cJSON *member = json_get(from, *names);
        if (member)
            cJSON_AddItemToObject(to, *names, cJSON_Duplicate(member, true));
    }
}

static cJSON *reduce(const cJSON *object, const char *const *metadata, const char *const *spec,
                     const char *const *status)
{
    cleanup_json cJSON *reduced = cJSON_CreateObject();
    if (!reduced)
        return NULL;
    const struct {
        const char *name;
        const char *const *members;
    } parts[] = {{"metadata", metadata}, {"spec", spec}, {"status", status}};
    for (size_t i = 0; i < array_length(parts); i++) {
        cJSON *part = cJSON_AddObjectToObject(reduced, parts[i].name);
        if (!part)
            return NULL;
        copy_members(part, json_get(object, parts[i].name), parts[i].members);
    }
    return steal_ptr(reduced);
}

void cluster_init(struct cluster *cluster, size_t hub_count)
{
    *cluster = (struct cluster){.hub_count = hub_count};
    TAILQ_INIT(&cluster->deployments);
    TAILQ_INIT(&cluster->replica_sets);
    TAILQ_INIT(&cluster->config_maps);
    TAILQ_INIT(&cluster->pods);
    TAILQ_INIT(&cluster->gones);
}

/* --- Deployments ----------------------------------------------------------------------------------------------------
 */

static void translations_drop(const struct cluster *cluster, struct cluster_deployment *deployment)
{
    for (size_t i = 0; deployment->translations && i < cluster->hub_count; i++) {
        manifest_release(&deployment->translations[i].manifest);
        free(deployment->translations[i].problem);
        deployment->translations[i] = (struct cluster_translation){.manifest = MANIFEST_INIT};
    }
}

static void deployment_free(struct cluster *cluster, struct cluster_deployment *deployment)
{
    index_remove(&cluster->deployment_index, deployment->key);
    TAILQ_REMOVE(&cluster->deployments, deployment, link);
    translations_drop(cluster, deployment);
    free(deployment->translations);
    cJSON_Delete(deployment->object);
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
    added->namespace = copy_string(metadata, "namespace");
    added->name = copy_string(metadata, "name");
    added->translations = calloc(cluster->hub_count ? cluster->hub_count : 1, sizeof(*added->translations));
    TAILQ_INSERT_TAIL(&cluster->deployments, added, link);
    if (!added->key || !added->namespace || !added->name || !added->translations ||
        index_add(&cluster->deployment_index, added->key, added) < 0) {
        TAILQ_REMOVE(&cluster->deployments, added, link);
        free(added->key);
        free(added->namespace);
        free(added->name);
        free(added->translations);
        free(added);
        return NULL;
    }
    return added;
}

/* The ReplicaSet's template is the Deployment's and one label more. */
static void template_digest(const cJSON *template, char digest[CONTENT_HASH_SIZE])
{
    cleanup_json cJSON *copy = cJSON_Duplicate(template, true);
    cJSON *labels = json_at(copy, "metadata", "labels", NULL);
    cJSON_DeleteItemFromObjectCaseSensitive(labels, "pod-template-hash");
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    digest_value(&writer, copy);
    digest_finish(&text, digest);
}

/* Over what decides about the content and how it is forwarded. A status or a label of the Deployment is not in it. */
static void input_digest(const cJSON *object, char digest[CONTENT_HASH_SIZE])
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    json_begin_array(&writer);
    digest_value(&writer, json_at(object, "spec", "template", NULL));
    digest_value(&writer, json_at(object, "spec", "selector", NULL));
    digest_value(&writer, json_at(object, "spec", "paused", NULL));
    const cJSON *annotation = NULL;
    cJSON_ArrayForEach(annotation, json_at(object, "metadata", "annotations", NULL))
    {
        if (strncmp(annotation->string, ANNOTATION_PREFIX, strlen(ANNOTATION_PREFIX)) == 0) {
            json_add_string(&writer, annotation->string);
            digest_value(&writer, annotation);
        }
    }
    json_end_array(&writer);
    digest_finish(&text, digest);
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

static void deployment_mark_changed(const struct cluster *cluster, struct cluster_deployment *deployment,
                                    int64_t now_ms)
{
    translations_drop(cluster, deployment);
    deployment->changed_ms = now_ms;
    if (!deployment->unsettled_since_ms)
        deployment->unsettled_since_ms = now_ms;
}

static void gone_free(struct cluster *cluster, struct cluster_gone *gone)
{
    TAILQ_REMOVE(&cluster->gones, gone, link);
    free(gone->key);
    free(gone->namespace);
    free(gone->name);
    free(gone->done);
    free(gone);
}

static void gone_forget(struct cluster *cluster, const char *key)
{
    struct cluster_gone *gone = NULL;
    TAILQ_FOREACH(gone, &cluster->gones, link)
    {
        if (strcmp(gone->key, key) == 0) {
            gone_free(cluster, gone);
            return;
        }
    }
}

void cluster_add_gone(struct cluster *cluster, const char *namespace, const char *name)
{
    cleanup_free char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        return;
    }
    gone_forget(cluster, key);
    struct cluster_gone *gone = calloc(1, sizeof(*gone));
    if (!gone)
        return;
    gone->key = steal_ptr(key);
    gone->namespace = strdup(namespace);
    gone->name = strdup(name);
    gone->done = calloc(cluster->hub_count ? cluster->hub_count : 1, sizeof(*gone->done));
    TAILQ_INSERT_TAIL(&cluster->gones, gone, link);
    if (!gone->namespace || !gone->name || !gone->done)
        gone_free(cluster, gone);
}

bool cluster_is_gone(const struct cluster *cluster, const char *namespace, const char *name)
{
    const struct cluster_gone *gone = NULL;
    TAILQ_FOREACH(gone, &cluster->gones, link)
    {
        if (strcmp(gone->namespace, namespace) == 0 && strcmp(gone->name, name) == 0)
            return true;
    }
    return false;
}

void cluster_gone_done(struct cluster *cluster, struct cluster_gone *gone, size_t hub)
{
    gone->done[hub] = true;
    for (size_t i = 0; i < cluster->hub_count; i++)
        if (!gone->done[i])
            return;
    gone_free(cluster, gone);
}

static bool deployment_end(struct cluster *cluster, struct cluster_deployment *deployment)
{
    cluster_add_gone(cluster, deployment->namespace, deployment->name);
    deployment_free(cluster, deployment);
    return true;
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
    cJSON *reduced = reduce(object, metadata, spec, status);
    cJSON_DeleteItemFromObjectCaseSensitive(json_at(reduced, "metadata", "annotations", NULL),
                                            "kubectl.kubernetes.io/last-applied-configuration");
    return reduced;
}

static bool deployment_take(struct cluster *cluster, struct cluster_deployment *deployment, cJSON *reduced,
                            int64_t now_ms)
{
    const cJSON *metadata = json_get(reduced, "metadata");
    char digest[CONTENT_HASH_SIZE], template[CONTENT_HASH_SIZE];
    input_digest(reduced, digest);
    template_digest(json_at(reduced, "spec", "template", NULL), template);
    bool same_uid = deployment->uid && strcmp(deployment->uid, json_string_or(metadata, "uid", "")) == 0;
    bool same_input = same_uid && strcmp(digest, deployment->input_digest) == 0;
    int64_t replicas = int64_or(json_get(reduced, "spec"), "replicas", 1);
    bool deleting = json_get(metadata, "deletionTimestamp") != NULL;
    bool rolled_out = deployment_rolled_out(reduced, replicas);
    bool changed = !same_input || replicas != deployment->replicas || deleting != deployment->deleting ||
                   rolled_out != deployment->rolled_out;

    if (!same_uid) {
        free(deployment->uid);
        deployment->uid = copy_string(metadata, "uid");
    }
    memcpy(deployment->input_digest, digest, sizeof(digest));
    memcpy(deployment->template_digest, template, sizeof(template));
    defaults_apply(reduced, NULL);
    cJSON_Delete(deployment->object);
    deployment->object = reduced;
    edge_annotations_read(reduced, &deployment->annotations, NULL);
    deployment->replicas = replicas;
    deployment->deleting = deleting;
    deployment->rolled_out = rolled_out;
    deployment->paused = json_bool(json_get(reduced, "spec"), "paused", false);
    if (!same_input)
        deployment_mark_changed(cluster, deployment, now_ms);
    return changed;
}

bool cluster_put_deployment(struct cluster *cluster, const cJSON *object, unsigned round, int64_t now_ms)
{
    cleanup_free char *key = object_key(object);
    if (!key)
        return false;
    struct cluster_deployment *deployment = index_find(&cluster->deployment_index, key);
    if (!deployment_is_edge(object))
        return deployment ? deployment_end(cluster, deployment) : false;
    cJSON *reduced = deployment_reduce(object);
    if (!reduced)
        return false;
    if (!deployment)
        deployment = deployment_add(cluster, key, object);
    if (!deployment) {
        cJSON_Delete(reduced);
        return false;
    }
    gone_forget(cluster, key);
    deployment->round = round;
    return deployment_take(cluster, deployment, reduced, now_ms);
}

bool cluster_remove_deployment(struct cluster *cluster, const cJSON *object)
{
    cleanup_free char *key = object_key(object);
    struct cluster_deployment *deployment = key ? index_find(&cluster->deployment_index, key) : NULL;
    return deployment ? deployment_end(cluster, deployment) : false;
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

bool cluster_settled(struct cluster_deployment *deployment, int64_t settle_ms, int64_t now_ms, int64_t *ret_wait_ms)
{
    *ret_wait_ms = 0;
    if (!deployment->unsettled_since_ms)
        return true;
    int64_t quiet = deployment->changed_ms + settle_ms;
    int64_t longest = deployment->unsettled_since_ms + 10 * settle_ms;
    int64_t due = quiet < longest ? quiet : longest;
    if (now_ms < due) {
        *ret_wait_ms = due - now_ms;
        return false;
    }
    deployment->unsettled_since_ms = 0;
    return true;
}

/* --- translation ----------------------------------------------------------------------------------------------------
 */

struct lookup {
    const struct cluster *cluster;
    const char *namespace;
};

static const cJSON *lookup_config_map(void *context, const char *name)
{
    const struct lookup *lookup = context;
    const struct cluster_config_map *found = cluster_find_config_map(lookup->cluster, lookup->namespace, name);
    return found ? found->data : NULL;
}

const struct cluster_translation *cluster_translate(const struct cluster *cluster,
                                                    struct cluster_deployment *deployment, size_t hub,
                                                    const struct system_modules *system_modules)
{
    struct cluster_translation *translation = &deployment->translations[hub];
    if (translation->done)
        return translation;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    struct lookup lookup = {cluster, deployment->namespace};
    struct manifest_input input = {.deployment = deployment->object,
                                   .config_map = lookup_config_map,
                                   .context = &lookup,
                                   .system_modules = *system_modules};
    validate_deployment(deployment->object, &findings);
    if (findings.error_count == 0 && manifest_translate(&input, &translation->manifest, &findings) == 0)
        content_hash(translation->manifest.content, translation->hash);
    if (findings.failed)
        return NULL;
    if (findings.error_count > 0) {
        translation->problem = findings_summary(&findings);
        if (!translation->problem)
            return NULL;
    }
    translation->done = true;
    return translation;
}

/* --- ReplicaSets ----------------------------------------------------------------------------------------------------
 */

static const cJSON *controller_of(const cJSON *object)
{
    const cJSON *reference = NULL;
    cJSON_ArrayForEach(reference, json_at(object, "metadata", "ownerReferences", NULL))
    {
        if (json_bool(reference, "controller", false))
            return reference;
    }
    return NULL;
}

static const char *controller_uid(const cJSON *object, const char *kind)
{
    const cJSON *reference = controller_of(object);
    if (!reference || strcmp(json_string_or(reference, "kind", ""), kind) != 0)
        return NULL;
    return json_string(reference, "uid");
}

static void replica_set_free_parts(struct cluster_replica_set *set)
{
    free(set->key);
    free(set->deployment_uid);
    free(set->deployment_name);
    free(set->namespace);
    free(set);
}

static void replica_set_free(struct cluster *cluster, struct cluster_replica_set *set)
{
    index_remove(&cluster->replica_set_index, set->key);
    TAILQ_REMOVE(&cluster->replica_sets, set, link);
    replica_set_free_parts(set);
}

static struct cluster_replica_set *replica_set_add(struct cluster *cluster, const cJSON *object)
{
    struct cluster_replica_set *added = calloc(1, sizeof(*added));
    if (!added)
        return NULL;
    const cJSON *owner = controller_of(object);
    added->key = copy_string(json_get(object, "metadata"), "uid");
    added->deployment_uid = copy_string(owner, "uid");
    added->deployment_name = copy_string(owner, "name");
    added->namespace = copy_string(json_get(object, "metadata"), "namespace");
    if (!added->key || !added->deployment_uid || !added->deployment_name || !added->namespace ||
        index_add(&cluster->replica_set_index, added->key, added) < 0) {
        replica_set_free_parts(added);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&cluster->replica_sets, added, link);
    return added;
}

bool cluster_put_replica_set(struct cluster *cluster, const cJSON *object, unsigned round)
{
    const char *uid = json_string(json_get(object, "metadata"), "uid");
    bool of_deployment = controller_uid(object, "Deployment") != NULL;
    if (!uid)
        return false;
    struct cluster_replica_set *set = index_find(&cluster->replica_set_index, uid);
    if (!of_deployment || !deployment_is_edge(object)) {
        if (set)
            replica_set_free(cluster, set);
        return set != NULL;
    }
    if (set) {
        set->round = round; /* its template never changes */
        return false;
    }
    set = replica_set_add(cluster, object);
    if (!set)
        return false;
    set->round = round;
    template_digest(json_at(object, "spec", "template", NULL), set->template_digest);
    return true;
}

bool cluster_remove_replica_set(struct cluster *cluster, const cJSON *object)
{
    const char *uid = json_string(json_get(object, "metadata"), "uid");
    struct cluster_replica_set *set = uid ? index_find(&cluster->replica_set_index, uid) : NULL;
    if (!set)
        return false;
    replica_set_free(cluster, set);
    return true;
}

/* --- ConfigMaps -----------------------------------------------------------------------------------------------------
 */

static bool config_map_may_be_ours(const cJSON *object)
{
    static const char *const keys[] = {"createOptions", "desiredProperties", "status", "restartPolicy", "version"};
    const char *name = json_string_or(json_get(object, "metadata"), "name", "");
    if (strcmp(name, "edgehub") == 0 || strcmp(name, "edgeagent") == 0)
        return true;
    const cJSON *data = json_get(object, "data");
    for (size_t i = 0; i < array_length(keys); i++)
        if (json_get(data, keys[i]))
            return true;
    return false;
}

bool cluster_deployment_uses(const struct cluster_deployment *deployment, const char *config_map)
{
    if (strcmp(config_map, "edgehub") == 0 || strcmp(config_map, "edgeagent") == 0)
        return true;
    const cJSON *container = NULL;
    cJSON_ArrayForEach(container, json_at(deployment->object, "spec", "template", "spec", "containers", NULL))
    {
        if (strcmp(json_string_or(container, "name", ""), config_map) == 0)
            return true;
    }
    return false;
}

/* Tells the Deployments that read this ConfigMap; returns whether there was one. */
static bool config_map_changed(struct cluster *cluster, const char *namespace, const char *name, int64_t now_ms)
{
    bool used = false;
    struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    {
        if (strcmp(deployment->namespace, namespace) == 0 && cluster_deployment_uses(deployment, name)) {
            deployment_mark_changed(cluster, deployment, now_ms);
            used = true;
        }
    }
    return used;
}

static bool config_map_free(struct cluster *cluster, struct cluster_config_map *map, int64_t now_ms)
{
    index_remove(&cluster->config_map_index, map->key);
    TAILQ_REMOVE(&cluster->config_maps, map, link);
    bool used = config_map_changed(cluster, map->namespace, map->name, now_ms);
    cJSON_Delete(map->data);
    free(map->key);
    free(map->namespace);
    free(map->name);
    free(map);
    return used;
}

static struct cluster_config_map *config_map_add(struct cluster *cluster, const char *key, const cJSON *object)
{
    const cJSON *metadata = json_get(object, "metadata");
    struct cluster_config_map *added = calloc(1, sizeof(*added));
    if (!added)
        return NULL;
    added->key = strdup(key);
    added->namespace = copy_string(metadata, "namespace");
    added->name = copy_string(metadata, "name");
    if (!added->key || !added->namespace || !added->name ||
        index_add(&cluster->config_map_index, added->key, added) < 0) {
        free(added->key);
        free(added->namespace);
        free(added->name);
        free(added);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&cluster->config_maps, added, link);
    return added;
}

bool cluster_put_config_map(struct cluster *cluster, const cJSON *object, unsigned round, int64_t now_ms)
{
    cleanup_free char *key = object_key(object);
    if (!key)
        return false;
    struct cluster_config_map *map = index_find(&cluster->config_map_index, key);
    if (!config_map_may_be_ours(object))
        return map ? config_map_free(cluster, map, now_ms) : false;
    cleanup_json cJSON *data =
        json_get(object, "data") ? cJSON_Duplicate(json_get(object, "data"), true) : cJSON_CreateObject();
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    char digest[CONTENT_HASH_SIZE];
    digest_value(&writer, data);
    digest_finish(&text, digest);
    bool added = map == NULL;
    if (added)
        map = config_map_add(cluster, key, object);
    if (!map || !data)
        return false;
    map->round = round;
    if (!added && strcmp(map->digest, digest) == 0)
        return false;
    memcpy(map->digest, digest, sizeof(digest));
    cJSON_Delete(map->data);
    map->data = steal_ptr(data);
    return config_map_changed(cluster, map->namespace, map->name, now_ms);
}

bool cluster_remove_config_map(struct cluster *cluster, const cJSON *object, int64_t now_ms)
{
    cleanup_free char *key = object_key(object);
    struct cluster_config_map *map = key ? index_find(&cluster->config_map_index, key) : NULL;
    return map ? config_map_free(cluster, map, now_ms) : false;
}

struct cluster_config_map *cluster_find_config_map(const struct cluster *cluster, const char *namespace,
                                                   const char *name)
{
    cleanup_free char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        return NULL;
    }
    return index_find(&cluster->config_map_index, key);
}

/* --- pods -----------------------------------------------------------------------------------------------------------
 */

static void pod_free(struct cluster *cluster, struct cluster_pod *pod)
{
    index_remove(&cluster->pod_index, pod->key);
    TAILQ_REMOVE(&cluster->pods, pod, link);
    cJSON_Delete(pod->object);
    free(pod->key);
    free(pod->namespace);
    free(pod->name);
    free(pod->owner_uid);
    free(pod);
}

static cJSON *pod_reduce(const cJSON *object)
{
    static const char *const metadata[] = {"name", "namespace", "uid", "generation", "deletionTimestamp", NULL};
    static const char *const spec[] = {"nodeName", "nodeSelector", "schedulingGates", "readinessGates", NULL};
    static const char *const status[] = {
        "phase", "reason", "message", "startTime", "observedGeneration", "conditions", "containerStatuses", NULL};
    static const char *const container_members[] = {"name", "image", NULL};
    cJSON *reduced = reduce(object, metadata, spec, status);
    cJSON *containers = reduced ? cJSON_AddArrayToObject(json_get(reduced, "spec"), "containers") : NULL;
    const cJSON *container = NULL;
    cJSON_ArrayForEach(container, json_at(object, "spec", "containers", NULL))
    {
        cJSON *copy = cJSON_CreateObject();
        copy_members(copy, container, container_members);
        cJSON_AddItemToArray(containers, copy);
    }
    return reduced;
}

static bool pod_is_gated(const cJSON *object)
{
    const cJSON *gate = NULL;
    cJSON_ArrayForEach(gate, json_at(object, "spec", "schedulingGates", NULL))
    {
        if (strcmp(json_string_or(gate, "name", ""), PLACEMENT_GATE) == 0)
            return true;
    }
    return false;
}

static struct cluster_pod *pod_add(struct cluster *cluster, const char *uid)
{
    struct cluster_pod *added = calloc(1, sizeof(*added));
    if (!added)
        return NULL;
    added->key = strdup(uid);
    if (!added->key || index_add(&cluster->pod_index, added->key, added) < 0) {
        free(added->key);
        free(added);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&cluster->pods, added, link);
    return added;
}

/* Of the pods without a node only edge pods matter; of those on our nodes all. */
static bool pod_matters(const cJSON *object)
{
    const char *is_edge = json_string(json_at(object, "metadata", "annotations", NULL), ANNOTATION_IS_EDGE);
    return json_string(json_get(object, "spec"), "nodeName") || (is_edge && strcmp(is_edge, "true") == 0);
}

bool cluster_put_pod(struct cluster *cluster, const cJSON *object, unsigned source, unsigned round, bool *ret_moved)
{
    *ret_moved = false;
    const cJSON *metadata = json_get(object, "metadata");
    const char *uid = json_string(metadata, "uid");
    if (!uid || !pod_matters(object))
        return false;
    struct cluster_pod *pod = index_find(&cluster->pod_index, uid);
    uint64_t version = strtoull(json_string_or(metadata, "resourceVersion", "0"), NULL, 10);
    if (pod && pod->source == source)
        pod->round = round;
    if (pod && version < pod->version)
        return false;
    cleanup_json cJSON *reduced = pod_reduce(object);
    if (!pod)
        pod = pod_add(cluster, uid);
    if (!pod || !reduced)
        return false;
    const char *owner = controller_uid(object, "ReplicaSet");
    const char *is_edge = json_string(json_get(metadata, "annotations"), ANNOTATION_IS_EDGE);
    const char *phase = json_string_or(json_get(object, "status"), "phase", "");
    bool was_placed = pod->node_name || (pod->pinned_to && !pod->gated);
    free(pod->namespace);
    free(pod->name);
    free(pod->owner_uid);
    cJSON_Delete(pod->object);
    pod->namespace = copy_string(metadata, "namespace");
    pod->name = copy_string(metadata, "name");
    pod->owner_uid = owner ? strdup(owner) : NULL;
    pod->controlled = controller_of(object) != NULL;
    pod->object = steal_ptr(reduced);
    pod->node_name = json_string(json_get(pod->object, "spec"), "nodeName");
    pod->pinned_to = json_string(json_at(pod->object, "spec", "nodeSelector", NULL), "kubernetes.io/hostname");
    pod->edge = is_edge && strcmp(is_edge, "true") == 0;
    pod->gated = pod_is_gated(object);
    pod->deleting = json_get(metadata, "deletionTimestamp") != NULL;
    pod->finished = strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
    pod->source = source;
    pod->round = round;
    pod->version = version;
    *ret_moved = !was_placed && (pod->node_name || (pod->pinned_to && !pod->gated));
    return true;
}

bool cluster_refresh_pod(struct cluster *cluster, const cJSON *object, bool *ret_moved)
{
    const char *uid = json_string(json_get(object, "metadata"), "uid");
    const struct cluster_pod *pod = uid ? index_find(&cluster->pod_index, uid) : NULL;
    return pod && cluster_put_pod(cluster, object, pod->source, pod->round, ret_moved);
}

bool cluster_remove_pod(struct cluster *cluster, const cJSON *object, unsigned source)
{
    const char *uid = json_string(json_get(object, "metadata"), "uid");
    struct cluster_pod *pod = uid ? index_find(&cluster->pod_index, uid) : NULL;
    /* A pod that was bound leaves the watch of the unbound ones; another watch has it by now. */
    if (!pod || pod->source != source)
        return false;
    pod_free(cluster, pod);
    return true;
}

struct cluster_deployment *cluster_pod_deployment(const struct cluster *cluster, const struct cluster_pod *pod,
                                                  bool *ret_current)
{
    const struct cluster_replica_set *set =
        pod->owner_uid ? index_find(&cluster->replica_set_index, pod->owner_uid) : NULL;
    if (!set)
        return NULL;
    struct cluster_deployment *deployment = cluster_find_deployment(cluster, set->namespace, set->deployment_name);
    if (!deployment || !deployment->uid || strcmp(deployment->uid, set->deployment_uid) != 0)
        return NULL;
    if (ret_current)
        *ret_current = strcmp(set->template_digest, deployment->template_digest) == 0;
    return deployment;
}

/* --- sweeping -------------------------------------------------------------------------------------------------------
 */

/* Removing while walking: TAILQ_FOREACH_SAFE is not in glibc's sys/queue.h. */
#define FOREACH_REMOVABLE(entry, next, head)                                                                           \
    for ((entry) = TAILQ_FIRST(head); (entry) && ((next) = TAILQ_NEXT(entry, link), 1); (entry) = (next))

bool cluster_sweep(struct cluster *cluster, enum cluster_kind kind, unsigned source, unsigned round, int64_t now_ms)
{
    bool changed = false;
    struct cluster_deployment *deployment = NULL, *next_deployment = NULL;
    struct cluster_replica_set *set = NULL, *next_set = NULL;
    struct cluster_config_map *map = NULL, *next_map = NULL;
    struct cluster_pod *pod = NULL, *next_pod = NULL;
    switch (kind) {
    case CLUSTER_DEPLOYMENTS:
        FOREACH_REMOVABLE(deployment, next_deployment, &cluster->deployments)
        {
            if (deployment->round != round)
                deployment_free(cluster, deployment), changed = true;
        }
        break;
    case CLUSTER_REPLICA_SETS:
        FOREACH_REMOVABLE(set, next_set, &cluster->replica_sets)
        {
            if (set->round != round)
                replica_set_free(cluster, set), changed = true;
        }
        break;
    case CLUSTER_CONFIG_MAPS:
        FOREACH_REMOVABLE(map, next_map, &cluster->config_maps)
        {
            if (map->round != round && config_map_free(cluster, map, now_ms))
                changed = true;
        }
        break;
    case CLUSTER_PODS:
        FOREACH_REMOVABLE(pod, next_pod, &cluster->pods)
        {
            if (pod->source == source && pod->round != round)
                pod_free(cluster, pod), changed = true;
        }
        break;
    case CLUSTER_KINDS:
        break;
    }
    return changed;
}

void cluster_release(struct cluster *cluster)
{
    struct cluster_gone *gone = NULL, *next = NULL;
    for (unsigned kind = 0; kind < CLUSTER_PODS; kind++)
        cluster_sweep(cluster, (enum cluster_kind)kind, 0, 0, 0);
    while (!TAILQ_EMPTY(&cluster->pods))
        pod_free(cluster, TAILQ_FIRST(&cluster->pods));
    FOREACH_REMOVABLE(gone, next, &cluster->gones)
    gone_free(cluster, gone);
}
