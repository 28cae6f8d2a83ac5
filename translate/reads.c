/* Which objects of the cluster a translation looks at. */
#include "common/json.h"
#include "translate/annotations.h"
#include "translate/config_map.h"
#include "translate/manifest.h"

#include <string.h>

struct reference_kind {
    const char *key_ref; /* in env[].valueFrom */
    const char *all_ref; /* in envFrom[] */
};

/* Whether a reference is to that name; name NULL: to anything. */
static bool is_to(const cJSON *reference, const char *name)
{
    return reference && (!name || strcmp(json_string_or(reference, "name", ""), name) == 0);
}

static bool is_referred_to(const cJSON *container, const struct reference_kind *kind, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, json_get(container, "env"))
    {
        if (is_to(json_at(item, "valueFrom", kind->key_ref, NULL), name))
            return true;
    }
    cJSON_ArrayForEach(item, json_get(container, "envFrom"))
    {
        if (is_to(json_get(item, kind->all_ref), name))
            return true;
    }
    return false;
}

bool manifest_reads_config_map(const cJSON *deployment, const char *name)
{
    static const struct reference_kind kind = {"configMapKeyRef", "configMapRef"};
    const char *prefix =
        json_string_or(json_at(deployment, "metadata", "annotations", NULL), ANNOTATION_CONFIGMAP_PREFIX, "");
    const cJSON *containers = json_at(deployment, "spec", "template", "spec", "containers", NULL);
    size_t length = strlen(prefix);
    const char *own = strncmp(name, prefix, length) == 0 ? name + length : NULL;
    const cJSON *container;

    if (own && config_map_is_system(own))
        return true;
    cJSON_ArrayForEach(container, containers)
    {
        if (own && strcmp(json_string_or(container, "name", ""), own) == 0)
            return true;
        if (is_referred_to(container, &kind, name))
            return true;
    }
    return false;
}

bool manifest_reads_secret(const cJSON *deployment, const char *name)
{
    static const struct reference_kind kind = {"secretKeyRef", "secretRef"};
    const cJSON *pod_spec = json_at(deployment, "spec", "template", "spec", NULL);
    const cJSON *item;

    cJSON_ArrayForEach(item, json_get(pod_spec, "imagePullSecrets"))
    {
        if (is_to(item, name))
            return true;
    }
    cJSON_ArrayForEach(item, json_get(pod_spec, "containers"))
    {
        if (is_referred_to(item, &kind, name))
            return true;
    }
    return false;
}

bool manifest_reads_key(const char *key)
{
    return config_map_knows_key(key);
}
