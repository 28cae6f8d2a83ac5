/* ConfigMaps and Secrets: what Deployments read besides themselves. */
#include "server/cluster_private.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "server/wipe.h"

#include <string.h>

static bool has_key_of_ours(const cJSON *object)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_get(object, "data"))
    {
        if (manifest_reads_key(item->string))
            return true;
    }
    return false;
}

bool cluster_deployment_reads(const struct cluster_deployment *deployment, enum cluster_source_kind kind,
                              const char *name)
{
    return kind == CLUSTER_SECRET ? manifest_reads_secret(deployment->object, name)
                                  : manifest_reads_config_map(deployment->object, name);
}

static bool is_read_by(const struct cluster_source *source, const struct cluster_deployment *deployment)
{
    return strcmp(deployment->namespace, source->namespace) == 0 &&
           cluster_deployment_reads(deployment, source->kind, source->name);
}

static bool is_read(const struct cluster *cluster, const struct cluster_source *source)
{
    const struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    {
        if (is_read_by(source, deployment))
            return true;
    }
    return false;
}

/* --- what is lacking -------------------------------------------------------------------------- */

static bool lacks_data(const struct cluster *cluster, const struct cluster_deployment *deployment,
                       enum cluster_source_kind kind)
{
    const struct cluster_source *source = NULL;
    TAILQ_FOREACH(source, &cluster->stores[kind].list, link)
    {
        if (!source->data && is_read_by(source, deployment))
            return true;
    }
    return false;
}

/* Which of the namespaces whose Secrets are watched it is; -1: none of them. */
static int secrets_namespace(const struct cluster *cluster, const char *namespace)
{
    for (size_t i = 0; cluster->secrets_from && i < cluster->secrets_from->count; i++)
        if (strcmp(cluster->secrets_from->names[i], namespace) == 0)
            return (int)i;
    return -1;
}

/* Where a namespace's Secrets cannot be listed, only the Deployments that read some wait for it. */
static bool lacks_secret(const struct cluster *cluster, const struct cluster_deployment *deployment)
{
    int listed = secrets_namespace(cluster, deployment->namespace);
    if (listed < 0 || !manifest_reads_secret(deployment->object, NULL))
        return false;
    return !cluster->secrets_listed[listed] || lacks_data(cluster, deployment, CLUSTER_SECRET);
}

void cluster_note_lacking(const struct cluster *cluster, struct cluster_deployment *deployment)
{
    deployment->lacks[CLUSTER_CONFIG_MAP] = lacks_data(cluster, deployment, CLUSTER_CONFIG_MAP);
    deployment->lacks[CLUSTER_SECRET] = lacks_secret(cluster, deployment);
}

bool cluster_lacks_sources(const struct cluster *cluster, enum cluster_source_kind kind, unsigned source)
{
    const struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    {
        if (deployment->lacks[kind] &&
            (kind != CLUSTER_SECRET || strcmp(cluster->secrets_from->names[source], deployment->namespace) == 0))
            return true;
    }
    return false;
}

int cluster_allow_secrets(struct cluster *cluster, const struct namespaces *namespaces)
{
    cluster->secrets_listed = calloc(namespaces->count + 1, sizeof(*cluster->secrets_listed));
    if (!cluster->secrets_listed)
        return -1;
    cluster->secrets_from = namespaces;
    return 0;
}

/* --- coming and going ------------------------------------------------------------------------- */

/* Tells the Deployments that read it; returns whether there was one. */
static bool source_changed(struct cluster *cluster, const struct cluster_source *source, int64_t now_ms)
{
    bool used = false;
    struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    {
        if (!is_read_by(source, deployment))
            continue;
        cluster_note_lacking(cluster, deployment);
        cluster_deployment_changed(cluster, deployment, now_ms);
        used = true;
    }
    return used;
}

static void data_forget(struct cluster_source *source)
{
    if (source->kind == CLUSTER_SECRET)
        wipe_json(source->data);
    cJSON_Delete(source->data);
    source->data = NULL;
    source->digest[0] = '\0';
}

static bool source_drop(struct cluster *cluster, struct cluster_source *source, int64_t now_ms)
{
    struct cluster_store *store = &cluster->stores[source->kind];
    cluster_index_remove(&store->index, source->key);
    TAILQ_REMOVE(&store->list, source, link);
    bool used = source_changed(cluster, source, now_ms);
    data_forget(source);
    free(source->key);
    free(source->namespace);
    free(source->name);
    free(source);
    return used;
}

static struct cluster_source *source_add(struct cluster *cluster, enum cluster_source_kind kind, const char *key,
                                         const cJSON *object)
{
    const cJSON *metadata = json_get(object, "metadata");
    struct cluster_store *store = &cluster->stores[kind];
    struct cluster_source *added = calloc(1, sizeof(*added));
    if (!added)
        return NULL;
    added->kind = kind;
    added->key = strdup(key);
    added->namespace = cluster_object_copy(metadata, "namespace");
    added->name = cluster_object_copy(metadata, "name");
    if (!added->key || !added->namespace || !added->name || cluster_index_add(&store->index, added->key, added) < 0) {
        free(added->key);
        free(added->namespace);
        free(added->name);
        free(added);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&store->list, added, link);
    return added;
}

static enum cluster_change change_of(bool used)
{
    return used ? CLUSTER_HUBS_CHANGED : CLUSTER_SAME;
}

/* Whether the data of one that comes is kept. Of a ConfigMap that nobody reads it is not: a cluster has many, and large
 * ones. Of a Secret that nobody reads any more it must not be. */
static bool is_to_keep(const struct cluster *cluster, const struct cluster_source *source, const cJSON *object)
{
    if (is_read(cluster, source))
        return true;
    return source->kind == CLUSTER_CONFIG_MAP && (source->data || has_key_of_ours(object));
}

static void digest_of(const cJSON *data, bool secret, char digest[CONTENT_HASH_SIZE])
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    const cJSON *item = NULL;
    size_t size = 64;
    /* In one piece: what grows leaves pieces behind. */
    cJSON_ArrayForEach(item, data) size +=
        strlen(item->string) + (cJSON_IsString(item) ? strlen(item->valuestring) : 0) + 8;
    strbuf_reserve(&text, size);
    cluster_digest_value(&writer, data);
    cluster_digest_finish(&text, digest);
    if (secret)
        wipe_strbuf(&text);
}

static enum cluster_change source_put(struct cluster *cluster, enum cluster_source_kind kind, const cJSON *object,
                                      const struct cluster_arrival *arrival)
{
    cleanup_free char *key = cluster_object_key(object);
    if (!key)
        return CLUSTER_SAME;
    struct cluster_source *source = cluster_index_find(&cluster->stores[kind].index, key);
    if (!source)
        source = source_add(cluster, kind, key, object);
    if (!source)
        return CLUSTER_SAME;
    source->watch = arrival->source;
    source->round = arrival->round;
    if (!is_to_keep(cluster, source, object)) {
        data_forget(source);
        return CLUSTER_SAME;
    }
    const cJSON *data = json_get(object, "data");
    char digest[CONTENT_HASH_SIZE];
    cleanup_json cJSON *kept = cJSON_IsObject(data) ? cJSON_Duplicate(data, true) : cJSON_CreateObject();
    if (!kept)
        return CLUSTER_SAME;
    digest_of(kept, kind == CLUSTER_SECRET, digest);
    if (strcmp(source->digest, digest) == 0) {
        if (kind == CLUSTER_SECRET)
            wipe_json(kept);
        return CLUSTER_SAME;
    }
    data_forget(source);
    memcpy(source->digest, digest, sizeof(digest));
    source->data = steal_ptr(kept);
    return change_of(source_changed(cluster, source, arrival->now_ms));
}

static enum cluster_change source_remove(struct cluster *cluster, enum cluster_source_kind kind, const cJSON *object,
                                         const struct cluster_arrival *arrival)
{
    cleanup_free char *key = cluster_object_key(object);
    struct cluster_source *source = key ? cluster_index_find(&cluster->stores[kind].index, key) : NULL;
    return source ? change_of(source_drop(cluster, source, arrival->now_ms)) : CLUSTER_SAME;
}

enum cluster_change cluster_put_config_map(struct cluster *cluster, const cJSON *object,
                                           const struct cluster_arrival *arrival)
{
    return source_put(cluster, CLUSTER_CONFIG_MAP, object, arrival);
}

enum cluster_change cluster_put_secret(struct cluster *cluster, const cJSON *object,
                                       const struct cluster_arrival *arrival)
{
    return source_put(cluster, CLUSTER_SECRET, object, arrival);
}

enum cluster_change cluster_remove_config_map(struct cluster *cluster, const cJSON *object,
                                              const struct cluster_arrival *arrival)
{
    return source_remove(cluster, CLUSTER_CONFIG_MAP, object, arrival);
}

enum cluster_change cluster_remove_secret(struct cluster *cluster, const cJSON *object,
                                          const struct cluster_arrival *arrival)
{
    return source_remove(cluster, CLUSTER_SECRET, object, arrival);
}

/* The Secrets of a namespace are known from now on, what there is and what there is not. */
static bool secrets_listed(struct cluster *cluster, const struct cluster_arrival *arrival)
{
    bool changed = false;
    struct cluster_deployment *deployment = NULL;
    cluster->secrets_listed[arrival->source] = true;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    {
        bool lacked = deployment->lacks[CLUSTER_SECRET];
        cluster_note_lacking(cluster, deployment);
        if (lacked && !deployment->lacks[CLUSTER_SECRET]) {
            cluster_deployment_changed(cluster, deployment, arrival->now_ms);
            changed = true;
        }
    }
    return changed;
}

bool cluster_sweep_sources(struct cluster *cluster, enum cluster_source_kind kind,
                           const struct cluster_arrival *arrival)
{
    bool used = false;
    struct cluster_source *source = NULL, *next = NULL;
    FOREACH_REMOVABLE(source, next, &cluster->stores[kind].list)
    {
        if (source->watch == arrival->source && source->round != arrival->round &&
            source_drop(cluster, source, arrival->now_ms))
            used = true;
    }
    if (kind == CLUSTER_SECRET && secrets_listed(cluster, arrival))
        used = true;
    return used;
}

void cluster_forget_unread_secrets(const struct cluster *cluster, const char *namespace)
{
    struct cluster_source *source = NULL;
    TAILQ_FOREACH(source, &cluster->stores[CLUSTER_SECRET].list, link)
    {
        if (source->data && strcmp(source->namespace, namespace) == 0 && !is_read(cluster, source))
            data_forget(source);
    }
}

void cluster_release_sources(struct cluster *cluster)
{
    for (int kind = 0; kind < CLUSTER_SOURCE_KINDS; kind++)
        while (!TAILQ_EMPTY(&cluster->stores[kind].list))
            source_drop(cluster, TAILQ_FIRST(&cluster->stores[kind].list), 0);
    free(cluster->secrets_listed);
    cluster->secrets_listed = NULL;
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
    return cluster_index_find(&cluster->stores[kind].index, key);
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *cluster_secrets_read(const struct cluster *cluster, const struct cluster_deployment *deployment)
{
    const struct cluster_source *source = NULL;
    size_t count = 0;
    TAILQ_FOREACH(source, &cluster->stores[CLUSTER_SECRET].list, link)
    count++;
    cleanup_free const char **names = calloc(count + 1, sizeof(*names));
    if (!names)
        return NULL;
    count = 0;
    TAILQ_FOREACH(source, &cluster->stores[CLUSTER_SECRET].list, link)
    {
        if (is_read_by(source, deployment))
            names[count++] = source->name;
    }
    qsort(names, count, sizeof(*names), name_compare);
    cleanup_strbuf struct strbuf joined = STRBUF_INIT;
    for (size_t i = 0; i < count; i++)
        strbuf_add_format(&joined, "%s%s", i ? "," : "", names[i]);
    return strbuf_steal(&joined);
}
