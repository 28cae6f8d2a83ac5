#include "server/cluster_private.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <string.h>

bool cluster_deployment_uses(const struct cluster_deployment *deployment, const char *config_map)
{
    return manifest_reads_config_map(deployment->object, config_map);
}

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

static bool is_read(const struct cluster *cluster, const char *namespace, const char *name)
{
    const struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    {
        if (strcmp(deployment->namespace, namespace) == 0 && cluster_deployment_uses(deployment, name))
            return true;
    }
    return false;
}

bool cluster_lacks_config_map(const struct cluster *cluster, const struct cluster_deployment *deployment)
{
    const struct cluster_config_map *map = NULL;
    TAILQ_FOREACH(map, &cluster->config_maps, link)
    {
        if (!map->data && strcmp(map->namespace, deployment->namespace) == 0 &&
            cluster_deployment_uses(deployment, map->name))
            return true;
    }
    return false;
}

bool cluster_lacks_config_maps(const struct cluster *cluster)
{
    const struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    {
        if (deployment->lacks_config_map)
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
            deployment->lacks_config_map = cluster_lacks_config_map(cluster, deployment);
            cluster_deployment_changed(cluster, deployment, now_ms);
            used = true;
        }
    }
    return used;
}

bool cluster_drop_config_map(struct cluster *cluster, struct cluster_config_map *map, int64_t now_ms)
{
    cluster_index_remove(&cluster->config_map_index, map->key);
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
    added->namespace = cluster_object_copy(metadata, "namespace");
    added->name = cluster_object_copy(metadata, "name");
    if (!added->key || !added->namespace || !added->name ||
        cluster_index_add(&cluster->config_map_index, added->key, added) < 0) {
        free(added->key);
        free(added->namespace);
        free(added->name);
        free(added);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&cluster->config_maps, added, link);
    return added;
}

static enum cluster_change change_of(bool used)
{
    return used ? CLUSTER_HUBS_CHANGED : CLUSTER_SAME;
}

/* NULL of one that nobody reads: a cluster has many, and large ones. */
static cJSON *data_to_keep(const struct cluster *cluster, const struct cluster_config_map *map, const cJSON *object)
{
    const cJSON *data = json_get(object, "data");
    if (!map->data && !has_key_of_ours(object) && !is_read(cluster, map->namespace, map->name))
        return NULL;
    return cJSON_IsObject(data) ? cJSON_Duplicate(data, true) : cJSON_CreateObject();
}

enum cluster_change cluster_put_config_map(struct cluster *cluster, const cJSON *object,
                                           const struct cluster_arrival *arrival)
{
    cleanup_free char *key = cluster_object_key(object);
    if (!key)
        return CLUSTER_SAME;
    struct cluster_config_map *map = cluster_index_find(&cluster->config_map_index, key);
    if (!map)
        map = config_map_add(cluster, key, object);
    if (!map)
        return CLUSTER_SAME;
    map->round = arrival->round;
    cleanup_json cJSON *data = data_to_keep(cluster, map, object);
    if (!data)
        return CLUSTER_SAME;
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    char digest[CONTENT_HASH_SIZE];
    cluster_digest_value(&writer, data);
    cluster_digest_finish(&text, digest);
    if (strcmp(map->digest, digest) == 0)
        return CLUSTER_SAME;
    memcpy(map->digest, digest, sizeof(digest));
    cJSON_Delete(map->data);
    map->data = steal_ptr(data);
    return change_of(config_map_changed(cluster, map->namespace, map->name, arrival->now_ms));
}

enum cluster_change cluster_remove_config_map(struct cluster *cluster, const cJSON *object,
                                              const struct cluster_arrival *arrival)
{
    cleanup_free char *key = cluster_object_key(object);
    struct cluster_config_map *map = key ? cluster_index_find(&cluster->config_map_index, key) : NULL;
    return map ? change_of(cluster_drop_config_map(cluster, map, arrival->now_ms)) : CLUSTER_SAME;
}

struct cluster_config_map *cluster_find_config_map(const struct cluster *cluster, const char *namespace,
                                                   const char *name)
{
    cleanup_free char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        return NULL;
    }
    return cluster_index_find(&cluster->config_map_index, key);
}
