/* ConfigMaps and Secrets: what Deployments read besides themselves. Only those that one reads are known here, however
 * many the cluster has; the watches tell of their coming and going, and their data are read one by one. */
#include "server/cluster_private.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "server/wipe.h"

#include <string.h>

/* Which of the namespaces whose Secrets are watched it is; -1: none of them. */
static int secrets_namespace(const struct cluster *cluster, const char *namespace)
{
    for (size_t i = 0; cluster->secrets_from && i < cluster->secrets_from->count; i++)
        if (strcmp(cluster->secrets_from->names[i], namespace) == 0)
            return (int)i;
    return -1;
}

int cluster_allow_secrets(struct cluster *cluster, const struct namespaces *namespaces)
{
    cluster->secrets_listed = calloc(namespaces->count + 1, sizeof(*cluster->secrets_listed));
    if (!cluster->secrets_listed)
        return -1;
    cluster->secrets_from = namespaces;
    return 0;
}

/* --- who reads what --------------------------------------------------------------------------- */

static bool is_read_by(const struct cluster_source *source, const struct cluster_deployment *deployment)
{
    for (size_t i = 0; i < deployment->read_count; i++)
        if (deployment->reads[i] == source)
            return true;
    return false;
}

bool cluster_deployment_reads(const struct cluster_deployment *deployment, enum cluster_source_kind kind,
                              const char *name)
{
    for (size_t i = 0; i < deployment->read_count; i++)
        if (deployment->reads[i]->kind == kind && (!name || strcmp(deployment->reads[i]->name, name) == 0))
            return true;
    return false;
}

bool cluster_deployment_lacks(const struct cluster_deployment *deployment)
{
    for (size_t i = 0; i < deployment->read_count; i++)
        if (!deployment->reads[i]->known || deployment->reads[i]->due)
            return true;
    return false;
}

bool cluster_deployment_misses(const struct cluster_deployment *deployment)
{
    for (size_t i = 0; i < deployment->read_count; i++)
        if (deployment->reads[i]->gone_ms)
            return true;
    return false;
}

bool cluster_source_readers_changed(struct cluster *cluster, const struct cluster_source *source, int64_t now_ms)
{
    bool used = false;
    struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    {
        if (!is_read_by(source, deployment))
            continue;
        cluster_deployment_changed(cluster, deployment, now_ms);
        used = true;
    }
    return used;
}

/* --- coming and going ------------------------------------------------------------------------- */

void cluster_source_forget_data(struct cluster_source *source)
{
    if (source->kind == CLUSTER_SECRET)
        wipe_json(source->data);
    cJSON_Delete(source->data);
    free(source->version);
    source->data = NULL;
    source->version = NULL;
    source->digest[0] = '\0';
    source->gone_ms = 0;
}

static void source_free(struct cluster_source *source)
{
    cluster_source_forget_data(source);
    free(source->key);
    free(source->namespace);
    free(source->name);
    free(source->trouble);
    free(source);
}

static struct cluster_source *source_add(struct cluster *cluster, enum cluster_source_kind kind, const char *namespace,
                                         const char *name)
{
    int listed = secrets_namespace(cluster, namespace);
    struct cluster_store *store = &cluster->stores[kind];
    struct cluster_source *added = calloc(1, sizeof(*added));
    if (!added)
        return NULL;
    added->kind = kind;
    added->watch = kind == CLUSTER_SECRET && listed > 0 ? (unsigned)listed : 0;
    added->due = true;
    added->namespace = strdup(namespace);
    added->name = strdup(name);
    if (asprintf(&added->key, "%s/%s", namespace, name) < 0)
        added->key = NULL;
    if (!added->key || !added->namespace || !added->name || index_add(&store->index, added->key, added) < 0) {
        source_free(added);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&store->list, added, link);
    return added;
}

static void source_drop(struct cluster *cluster, struct cluster_source *source)
{
    struct cluster_store *store = &cluster->stores[source->kind];
    index_remove(&store->index, source->key);
    TAILQ_REMOVE(&store->list, source, link);
    source_free(source);
}

static void leave(struct cluster *cluster, struct cluster_source *source)
{
    if (--source->readers == 0)
        source_drop(cluster, source);
}

struct reading {
    struct cluster *cluster;
    const struct cluster_deployment *deployment;
    enum cluster_source_kind kind;
    struct cluster_source **sources;
    size_t count;
    bool failed;
};

static void add_read(void *context, const char *name)
{
    struct reading *reading = context;
    const char *namespace = reading->deployment->namespace;
    struct cluster_source *source = cluster_find_source(reading->cluster, reading->kind, namespace, name);
    if (!source)
        source = source_add(reading->cluster, reading->kind, namespace, name);
    for (size_t i = 0; source && i < reading->count; i++)
        if (reading->sources[i] == source)
            return;
    struct cluster_source **longer =
        source ? reallocarray(reading->sources, reading->count + 1, sizeof(struct cluster_source *)) : NULL;
    if (!longer) {
        reading->failed = true;
        return;
    }
    reading->sources = longer;
    reading->sources[reading->count++] = source;
    source->readers++;
}

/* Secrets that may not be used are none of its. What is read as before is kept. Without memory it reads nothing new:
 * then its translation does not find it, which is seen as a refusal, and nothing on a hub changes. */
void cluster_deployment_note_reads(struct cluster *cluster, struct cluster_deployment *deployment, const cJSON *object)
{
    struct reading reading = {.cluster = cluster, .deployment = deployment, .kind = CLUSTER_CONFIG_MAP};
    manifest_each_config_map(object, add_read, &reading);
    reading.kind = CLUSTER_SECRET;
    if (namespaces_have(cluster->secrets_from, deployment->namespace))
        manifest_each_secret(object, add_read, &reading);
    cluster_deployment_forget_reads(cluster, deployment);
    deployment->reads = reading.sources;
    deployment->read_count = reading.count;
}

void cluster_deployment_forget_reads(struct cluster *cluster, struct cluster_deployment *deployment)
{
    for (size_t i = 0; i < deployment->read_count; i++)
        leave(cluster, deployment->reads[i]);
    free(deployment->reads);
    deployment->reads = NULL;
    deployment->read_count = 0;
}

void cluster_release_sources(struct cluster *cluster)
{
    free(cluster->secrets_listed);
    cluster->secrets_listed = NULL;
}

/* --- what the watches tell -------------------------------------------------------------------- */

static struct cluster_source *find_object(const struct cluster *cluster, enum cluster_source_kind kind,
                                          const cJSON *object)
{
    cleanup_free char *key = cluster_object_key(object);
    return key ? index_find(&cluster->stores[kind].index, key) : NULL;
}

/* Only the metadata is looked at. Of another version than what was read the data are to be read again. */
static enum cluster_change source_told(struct cluster *cluster, enum cluster_source_kind kind, const cJSON *object)
{
    struct cluster_source *source = find_object(cluster, kind, object);
    if (!source)
        return CLUSTER_SAME;
    const char *version = json_string_or(json_get(object, "metadata"), "resourceVersion", "");
    bool was_gone = source->gone_ms != 0;
    source->awaited = false;
    source->gone_ms = 0;
    source->news++;
    source->due = !source->version || strcmp(source->version, version) != 0;
    return was_gone ? CLUSTER_HUBS_CHANGED : CLUSTER_SAME;
}

/* What was there is missing from now on, which counts later. */
static enum cluster_change source_went(struct cluster_source *source, int64_t now_ms)
{
    bool was_due = source->known && source->due;
    source->news++;
    source->due = !source->known;
    if (!source->data || source->gone_ms)
        return was_due ? CLUSTER_HUBS_CHANGED : CLUSTER_SAME;
    source->gone_ms = now_ms;
    source->read_after_ms = 0;
    return CLUSTER_HUBS_CHANGED;
}

static enum cluster_change source_gone(struct cluster *cluster, enum cluster_source_kind kind, const cJSON *object,
                                       const struct cluster_arrival *arrival)
{
    struct cluster_source *source = find_object(cluster, kind, object);
    return source ? source_went(source, arrival->now_ms) : CLUSTER_SAME;
}

enum cluster_change cluster_put_config_map(struct cluster *cluster, const cJSON *object,
                                           const struct cluster_arrival *arrival)
{
    (void)arrival;
    return source_told(cluster, CLUSTER_CONFIG_MAP, object);
}

enum cluster_change cluster_put_secret(struct cluster *cluster, const cJSON *object,
                                       const struct cluster_arrival *arrival)
{
    (void)arrival;
    return source_told(cluster, CLUSTER_SECRET, object);
}

enum cluster_change cluster_remove_config_map(struct cluster *cluster, const cJSON *object,
                                              const struct cluster_arrival *arrival)
{
    return source_gone(cluster, CLUSTER_CONFIG_MAP, object, arrival);
}

enum cluster_change cluster_remove_secret(struct cluster *cluster, const cJSON *object,
                                          const struct cluster_arrival *arrival)
{
    return source_gone(cluster, CLUSTER_SECRET, object, arrival);
}

void cluster_expect_sources(struct cluster *cluster, enum cluster_source_kind kind,
                            const struct cluster_arrival *arrival)
{
    struct cluster_source *source = NULL;
    TAILQ_FOREACH(source, &cluster->stores[kind].list, link)
    {
        if (source->watch == arrival->source)
            source->awaited = true;
    }
}

/* It was asked for before the list began, and is not in it. */
static bool source_unlisted(struct cluster *cluster, struct cluster_source *source, int64_t now_ms)
{
    source->awaited = false;
    if (source->known)
        return source_went(source, now_ms) != CLUSTER_SAME;
    source->news++;
    source->known = true;
    source->due = false;
    return cluster_source_readers_changed(cluster, source, now_ms);
}

bool cluster_sweep_sources(struct cluster *cluster, enum cluster_source_kind kind,
                           const struct cluster_arrival *arrival)
{
    bool changed = false;
    struct cluster_source *source = NULL;
    if (kind == CLUSTER_SECRET)
        cluster->secrets_listed[arrival->source] = true;
    else
        cluster->config_maps_listed = true;
    TAILQ_FOREACH(source, &cluster->stores[kind].list, link)
    {
        if (source->watch == arrival->source && source->awaited && source_unlisted(cluster, source, arrival->now_ms))
            changed = true;
    }
    return changed;
}

/* --- looking up ------------------------------------------------------------------------------- */

struct cluster_source *cluster_find_source(const struct cluster *cluster, enum cluster_source_kind kind,
                                           const char *namespace, const char *name)
{
    cleanup_free char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        return NULL;
    }
    return index_find(&cluster->stores[kind].index, key);
}

bool cluster_source_is_absent(const struct cluster *cluster, enum cluster_source_kind kind, const char *namespace,
                              const char *name)
{
    const struct cluster_source *source = cluster_find_source(cluster, kind, namespace, name);
    return source && source->known && !source->due && !source->data;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *cluster_secrets_read(const struct cluster_deployment *deployment)
{
    size_t count = 0;
    cleanup_free const char **names = calloc(deployment->read_count + 1, sizeof(*names));
    if (!names)
        return NULL;
    for (size_t i = 0; i < deployment->read_count; i++)
        if (deployment->reads[i]->kind == CLUSTER_SECRET && deployment->reads[i]->data)
            names[count++] = deployment->reads[i]->name;
    qsort(names, count, sizeof(*names), name_compare);
    cleanup_strbuf struct strbuf joined = STRBUF_INIT;
    for (size_t i = 0; i < count; i++)
        strbuf_add_format(&joined, "%s%s", i ? "," : "", names[i]);
    return strbuf_steal(&joined);
}
