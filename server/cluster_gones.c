#include "server/cluster_private.h"

#include "common/cleanup.h"

#include <string.h>

static void gone_free(struct cluster *cluster, struct cluster_gone *gone)
{
    TAILQ_REMOVE(&cluster->gones, gone, link);
    free(gone->key);
    free(gone->namespace);
    free(gone->name);
    free(gone->done);
    free(gone);
}

void cluster_forget_gone(struct cluster *cluster, const char *key)
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

void cluster_add_gone(struct cluster *cluster, const char *namespace, const char *name, enum reconcile_policy policy,
                      int64_t now_ms)
{
    cleanup_free char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        return;
    }
    cluster_forget_gone(cluster, key);
    struct cluster_gone *gone = calloc(1, sizeof(*gone));
    if (!gone)
        return;
    gone->key = steal_ptr(key);
    gone->policy = policy;
    gone->gone_ms = now_ms;
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

void cluster_release_gones(struct cluster *cluster)
{
    while (!TAILQ_EMPTY(&cluster->gones))
        gone_free(cluster, TAILQ_FIRST(&cluster->gones));
}
