#include "translate/pod_size.h"

#include "common/json.h"

#include <string.h>

/* What stands around a text in the create options: quotes and a comma. */
#define AROUND 3
/* "80/tcp":{}, */
#define LEAST_PORT 12

/* References may be replaced by nothing. */
static size_t text_size(const cJSON *item)
{
    return cJSON_IsString(item) && !strchr(item->valuestring, '$') ? strlen(item->valuestring) : 0;
}

/* "name=value" in the create options, or in the manifest a name with "value" in it. */
static size_t env_size(const cJSON *list)
{
    const cJSON *item;
    size_t size = 0;

    cJSON_ArrayForEach(item, list) size +=
        strlen(json_string_or(item, "name", "")) + 1 + AROUND + text_size(json_get(item, "value"));
    return size;
}

static size_t texts_size(const cJSON *list)
{
    const cJSON *item;
    size_t size = 0;

    cJSON_ArrayForEach(item, list) size += text_size(item) + AROUND;
    return size;
}

static size_t mounts_size(const cJSON *list)
{
    const cJSON *item;
    size_t size = 0;

    cJSON_ArrayForEach(item, list) size += strlen(json_string_or(item, "mountPath", "")) + AROUND;
    return size;
}

/* name:address in the create options of each module. */
static size_t aliases_size(const cJSON *list)
{
    const cJSON *item;
    size_t size = 0;

    cJSON_ArrayForEach(item, list)
    {
        size_t count = (size_t)cJSON_GetArraySize(json_get(item, "hostnames"));

        size += count * (strlen(json_string_or(item, "ip", "")) + 1) + texts_size(json_get(item, "hostnames"));
    }
    return size;
}

size_t pod_least_size(const cJSON *pod_spec)
{
    const cJSON *container;
    size_t aliases = aliases_size(json_get(pod_spec, "hostAliases"));
    size_t size = 0;

    cJSON_ArrayForEach(container, json_get(pod_spec, "containers"))
    {
        size += aliases;
        size += env_size(json_get(container, "env"));
        size += texts_size(json_get(container, "args")) + texts_size(json_get(container, "command"));
        size += mounts_size(json_get(container, "volumeMounts"));
        size += LEAST_PORT * (size_t)cJSON_GetArraySize(json_get(container, "ports"));
    }
    return size;
}
