/* Which objects of the cluster a translation looks at. */
#include "common/json.h"
#include "common/strbuf.h"
#include "translate/annotations.h"
#include "translate/config_map.h"
#include "translate/manifest.h"

#include <string.h>

struct reference_kind {
    const char *key_ref; /* in env[].valueFrom */
    const char *all_ref; /* in envFrom[] */
};

/* Whoever wants to hear of the names. */
struct listener {
    void (*name)(void *context, const char *name);
    void *context;
};

static void tell_reference(const cJSON *reference, const struct listener *listener)
{
    const char *name = json_string(reference, "name");

    if (name)
        listener->name(listener->context, name);
}

static void tell_references(const cJSON *container, const struct reference_kind *kind, const struct listener *listener)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, json_get(container, "env"))
        tell_reference(json_at(item, "valueFrom", kind->key_ref, NULL), listener);
    cJSON_ArrayForEach(item, json_get(container, "envFrom")) tell_reference(json_get(item, kind->all_ref), listener);
}

static void tell_prefixed(const char *prefix, const char *name, const struct listener *listener)
{
    cleanup_strbuf struct strbuf whole = STRBUF_INIT;

    strbuf_add_string(&whole, prefix);
    strbuf_add_string(&whole, name);
    listener->name(listener->context, strbuf_string(&whole));
}

void manifest_each_config_map(const cJSON *deployment, void (*name)(void *context, const char *name), void *context)
{
    static const struct reference_kind kind = {"configMapKeyRef", "configMapRef"};
    const struct listener listener = {name, context};
    const char *prefix =
        json_string_or(json_at(deployment, "metadata", "annotations", NULL), ANNOTATION_CONFIGMAP_PREFIX, "");
    const cJSON *container;

    tell_prefixed(prefix, CONFIG_MAP_EDGE_HUB, &listener);
    tell_prefixed(prefix, CONFIG_MAP_EDGE_AGENT, &listener);
    cJSON_ArrayForEach(container, json_at(deployment, "spec", "template", "spec", "containers", NULL))
    {
        if (json_string(container, "name"))
            tell_prefixed(prefix, json_string(container, "name"), &listener);
        tell_references(container, &kind, &listener);
    }
}

void manifest_each_secret(const cJSON *deployment, void (*name)(void *context, const char *name), void *context)
{
    static const struct reference_kind kind = {"secretKeyRef", "secretRef"};
    const struct listener listener = {name, context};
    const cJSON *pod_spec = json_at(deployment, "spec", "template", "spec", NULL);
    const cJSON *item;

    cJSON_ArrayForEach(item, json_get(pod_spec, "imagePullSecrets")) tell_reference(item, &listener);
    cJSON_ArrayForEach(item, json_get(pod_spec, "containers")) tell_references(item, &kind, &listener);
}

struct search {
    const char *name; /* NULL: any */
    bool found;
};

static void compare(void *context, const char *name)
{
    struct search *search = context;

    search->found = search->found || !search->name || strcmp(search->name, name) == 0;
}

bool manifest_reads_config_map(const cJSON *deployment, const char *name)
{
    struct search search = {.name = name};

    manifest_each_config_map(deployment, compare, &search);
    return search.found;
}

bool manifest_reads_secret(const cJSON *deployment, const char *name)
{
    struct search search = {.name = name};

    manifest_each_secret(deployment, compare, &search);
    return search.found;
}

bool manifest_reads_key(const char *key)
{
    return config_map_knows_key(key);
}
