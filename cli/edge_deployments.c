#include "cli/edge_deployments.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "translate/annotations.h"

#include <string.h>

#define PAGE "limit=200"

void edge_deployments_release(struct edge_deployments *deployments)
{
    for (size_t i = 0; i < deployments->count; i++)
        free(deployments->keys[i]);
    free(deployments->keys);
    *deployments = (struct edge_deployments)EDGE_DEPLOYMENTS_INIT;
}

static int add(struct edge_deployments *deployments, const cJSON *deployment)
{
    const cJSON *metadata = json_get(deployment, "metadata");
    char **keys = reallocarray(deployments->keys, deployments->count + 1, sizeof(*keys));

    if (!keys)
        return -1;
    deployments->keys = keys;
    if (asprintf(&keys[deployments->count], "%s/%s", json_string_or(metadata, "namespace", ""),
                 json_string_or(metadata, "name", "")) < 0)
        return -1;
    deployments->count++;
    return 0;
}

/* One page. *continue_token is the one for it, and becomes the one for the next; NULL: there is none. */
static int list_page(struct cluster_connection *cluster, const char *path, char **continue_token,
                     struct edge_deployments *deployments, struct error *error)
{
    cleanup_strbuf struct strbuf query = STRBUF_INIT;
    cleanup_json cJSON *list = NULL;
    const cJSON *item = NULL;

    strbuf_add_format(&query, "%s?" PAGE, path);
    if (*continue_token)
        strbuf_add_format(&query, "&continue=%s", *continue_token);
    if (kube_call(cluster->kube, "GET", strbuf_string(&query), NULL, NULL, 0, &list, error) != 200)
        return -1;
    cJSON_ArrayForEach(item, json_get(list, "items"))
    {
        if (deployment_is_edge(item) && add(deployments, item) < 0)
            return error_set(error, "no memory left");
    }
    const char *next = json_string(json_get(list, "metadata"), "continue");

    free(*continue_token);
    *continue_token = next && *next ? kube_path_escape(next) : NULL;
    return next && *next && !*continue_token ? error_set(error, "no memory left") : 0;
}

int edge_deployments_list(struct cluster_connection *cluster, const char *namespace,
                          struct edge_deployments *deployments, struct error *error)
{
    cleanup_strbuf struct strbuf path = STRBUF_INIT;
    cleanup_free char *escaped = kube_path_escape(namespace ? namespace : "");
    cleanup_free char *continue_token = NULL;

    if (!escaped)
        return error_set(error, "no memory left");
    strbuf_add_format(&path, "/apis/apps/v1%s%s/deployments", namespace ? "/namespaces/" : "", escaped);
    do {
        if (list_page(cluster, strbuf_string(&path), &continue_token, deployments, error) < 0)
            return -1;
    } while (continue_token);
    return 0;
}

bool edge_deployments_have(const struct edge_deployments *deployments, const char *namespace, const char *name)
{
    size_t length = strlen(namespace);

    for (size_t i = 0; i < deployments->count; i++) {
        const char *key = deployments->keys[i];

        if (strncmp(key, namespace, length) == 0 && key[length] == '/' && strcmp(key + length + 1, name) == 0)
            return true;
    }
    return false;
}

const char *edge_deployments_named(const struct edge_deployments *deployments, const char *name)
{
    for (size_t i = 0; i < deployments->count; i++)
        if (strcmp(strchr(deployments->keys[i], '/') + 1, name) == 0)
            return deployments->keys[i];
    return NULL;
}
