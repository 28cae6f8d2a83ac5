#include "common/cleanup.h"
#include "common/json.h"
#include "translate/containers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS            "…"
#define LIST_LENGTH         48
#define LIST_SIZE           (LIST_LENGTH + sizeof(ELLIPSIS))
#define TOKEN_VOLUME_PREFIX "kube-api-access-"
#define TOKEN_MOUNT         "/var/run/secrets/kubernetes.io/serviceaccount"

/* A field that is silent: always, or when it has the value that the API server fills in. */
struct silent_field {
    const char *name;
    const char *filled_in; /* NULL: always silent */
};

static const struct silent_field container_fields[] = {
    {"name", NULL},
    {"image", NULL},
    {"terminationMessagePath", "/dev/termination-log"},
    {"terminationMessagePolicy", "File"},
    {NULL, NULL},
};

static const struct silent_field pod_fields[] = {
    {"containers", NULL},
    {"initContainers", NULL},
    {"nodeSelector", NULL},
    {"affinity", NULL},
    {"tolerations", NULL},
    {"schedulingGates", NULL},
    {"schedulerName", NULL},
    {"serviceAccountName", NULL},
    {"serviceAccount", NULL},
    {"automountServiceAccountToken", NULL},
    {"enableServiceLinks", NULL},
    {"priority", NULL},
    {"priorityClassName", NULL},
    {"preemptionPolicy", NULL},
    {"topologySpreadConstraints", NULL},
    {"nodeName", NULL},
    {"os", NULL},
    {"overhead", NULL},
    {"restartPolicy", "Always"},
    {"dnsPolicy", "ClusterFirst"},
    {NULL, NULL},
};

static bool is_silent(const cJSON *item, const struct silent_field *fields)
{
    for (; fields->name; fields++) {
        if (strcmp(item->string, fields->name) == 0)
            return !fields->filled_in || (cJSON_IsString(item) && strcmp(item->valuestring, fields->filled_in) == 0);
    }
    return false;
}

static bool is_empty(const cJSON *item)
{
    return cJSON_IsNull(item) || cJSON_IsFalse(item) || (cJSON_IsString(item) && !*item->valuestring) ||
           ((cJSON_IsObject(item) || cJSON_IsArray(item)) && !item->child);
}

/* The token of the service account, which the API server mounts into every pod. */
static bool is_token_only(const cJSON *list)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        const char *name = json_string_or(item, "name", "");

        if (strncmp(name, TOKEN_VOLUME_PREFIX, strlen(TOKEN_VOLUME_PREFIX)) != 0)
            return false;
        if (!json_get(item, "projected") && strcmp(json_string_or(item, "mountPath", ""), TOKEN_MOUNT) != 0)
            return false;
    }
    return true;
}

static bool is_wish(const cJSON *item)
{
    if (is_empty(item))
        return false;
    if (strcmp(item->string, "imagePullPolicy") == 0)
        return strcmp(cJSON_IsString(item) ? item->valuestring : "", "Never") == 0;
    if (strcmp(item->string, "terminationGracePeriodSeconds") == 0)
        return item->valueint != 30;
    if (strcmp(item->string, "volumes") == 0 || strcmp(item->string, "volumeMounts") == 0)
        return !is_token_only(item);
    return true;
}

/* Names of the members that are wishes, joined by commas; whether there are any. */
static bool list_wishes(const cJSON *object, const struct silent_field *silent, char list[LIST_SIZE])
{
    size_t length = 0;

    list[0] = '\0';
    for (const cJSON *item = object ? object->child : NULL; item; item = item->next) {
        int written;

        if (!item->string || is_silent(item, silent) || !is_wish(item))
            continue;
        written = snprintf(list + length, LIST_LENGTH - length, "%s%s", length ? ", " : "", item->string);
        if (written < 0 || (size_t)written >= LIST_LENGTH - length) {
            (void)snprintf(list + length, LIST_SIZE - length, "%s", ELLIPSIS);
            return true;
        }
        length += (size_t)written;
    }
    return length > 0;
}

void containers_warn_unforwarded(const cJSON *pod_spec, struct findings *findings)
{
    const cJSON *containers = json_get(pod_spec, "containers");
    const cJSON *container;
    char list[LIST_SIZE];

    cJSON_ArrayForEach(container, containers)
    {
        if (list_wishes(container, container_fields, list))
            findings_add_warning(findings, "not sent to the device: %s of container %s; use createOptions", list,
                                 json_string_or(container, "name", "?"));
    }
    if (list_wishes(pod_spec, pod_fields, list))
        findings_add_warning(findings, "not sent to the device: %s of the pod; use createOptions", list);
}
