#include "translate/security.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/capability.h"

#include <string.h>

#define CONTEXT "securityContext"

/* Where a value stands: with the container, or with the pod that gives it to all of them. */
struct effective {
    const cJSON *item;
    bool of_pod;
};

static struct effective find(const struct pod_reading *reading, const char *name)
{
    const cJSON *item = json_get(json_get(reading->container, CONTEXT), name);

    if (item && !cJSON_IsNull(item))
        return (struct effective){item, false};
    item = json_get(json_get(reading->pod_spec, CONTEXT), name);
    return (struct effective){item && !cJSON_IsNull(item) ? item : NULL, true};
}

/* What the pod says is told once, not for each container. */
static void refuse(struct pod_reading *reading, struct effective value, const char *name, const char *shown,
                   const char *detail)
{
    const cJSON *container = reading->container;
    char place[FIELD_PATH_SIZE];

    if (value.of_pod && reading->index > 0)
        return;
    if (value.of_pod)
        reading->container = NULL;
    pod_error(reading, shown ? FIELD_INVALID : FIELD_FORBIDDEN, field_path(place, CONTEXT ".%s", name), shown, "%s",
              detail);
    reading->container = container;
}

static bool is_id(struct pod_reading *reading, struct effective value, const char *name, int64_t *ret_id)
{
    char shown[POD_VALUE_SIZE];
    const cJSON *holder = json_get(value.of_pod ? reading->pod_spec : reading->container, CONTEXT);

    if (json_int64(holder, name, ret_id) && *ret_id >= 0 && *ret_id <= INT32_MAX)
        return true;
    refuse(reading, value, name, pod_value(value.item, shown), "must be a whole number from 0 to 2147483647");
    return false;
}

static void read_user(struct pod_reading *reading)
{
    struct effective user = find(reading, "runAsUser");
    struct effective group = find(reading, "runAsGroup");
    struct effective non_root = find(reading, "runAsNonRoot");
    int64_t uid = -1, gid = -1;
    char text[48];

    if (user.item && !is_id(reading, user, "runAsUser", &uid))
        return;
    if (group.item && !is_id(reading, group, "runAsGroup", &gid))
        return;
    if (group.item && !user.item)
        refuse(reading, group, "runAsGroup", NULL, "Docker takes a group only behind a user: set runAsUser as well");
    if (cJSON_IsTrue(non_root.item)) {
        if (uid == 0)
            refuse(reading, non_root, "runAsNonRoot", "true", "contradicts runAsUser 0");
        else if (!user.item && !(non_root.of_pod && reading->index > 0))
            pod_warning(reading, "container %s: a device does not check runAsNonRoot; set runAsUser to be sure",
                        pod_container_name(reading));
    }
    if (!user.item || !reading->wishes)
        return;
    if (group.item)
        (void)snprintf(text, sizeof(text), "%lld:%lld", (long long)uid, (long long)gid);
    else
        (void)snprintf(text, sizeof(text), "%lld", (long long)uid);
    pod_add_string(reading, pod_options(reading), "User", text);
}

static void read_capability_list(struct pod_reading *reading, const cJSON *list, const char *kind, const char *option)
{
    char place[FIELD_PATH_SIZE];
    const cJSON *item;

    field_path(place, CONTEXT ".capabilities.%s", kind);
    if (pod_item_is_empty(list) || !pod_check_strings(reading, list, place))
        return;
    cJSON_ArrayForEach(item, list)
    {
        if (!capability_is_known(item->valuestring))
            pod_error(reading, FIELD_INVALID, place, item->valuestring,
                      "Docker knows no such capability and would refuse the container");
        else
            pod_append_string(reading, pod_member_array(reading, pod_host_config(reading), option), item->valuestring);
    }
}

static void add_security_option(struct pod_reading *reading, const char *option)
{
    pod_append_string(reading, pod_member_array(reading, pod_host_config(reading), "SecurityOpt"), option);
}

/* seccompProfile and appArmorProfile. */
static void read_profile(struct pod_reading *reading, const char *name, const char *unconfined)
{
    struct effective profile = find(reading, name);
    const char *type = json_string_or(profile.item, "type", "");

    if (pod_item_is_empty(profile.item) || strcmp(type, "RuntimeDefault") == 0)
        return;
    if (strcmp(type, "Unconfined") == 0)
        add_security_option(reading, unconfined);
    else
        refuse(reading, profile, name, type,
               "a device has RuntimeDefault and Unconfined; give a profile of your own "
               "with HostConfig.SecurityOpt in createOptions");
}

static void read_se_linux(struct pod_reading *reading)
{
    struct effective options = find(reading, "seLinuxOptions");

    if (pod_item_is_empty(options.item))
        return;
    if (strcmp(json_string_or(options.item, "type", ""), "spc_t") == 0 && !options.item->child->next)
        add_security_option(reading, "label=disable");
    else
        refuse(reading, options, "seLinuxOptions", NULL,
               "labels differ between devices: give them with HostConfig.SecurityOpt in createOptions");
}

static void read_windows(struct pod_reading *reading)
{
    struct effective options = find(reading, "windowsOptions");

    if (!pod_item_is_empty(options.item))
        refuse(reading, options, "windowsOptions", NULL, "the devices run Linux containers");
}

static void read_own(struct pod_reading *reading, const cJSON *context)
{
    const cJSON *escalation = json_get(context, "allowPrivilegeEscalation");
    const char *proc_mount = json_string_or(context, "procMount", "Default");
    bool privileged = json_bool(context, "privileged", false);

    if (privileged)
        pod_add_true(reading, pod_host_config(reading), "Privileged");
    if (json_bool(context, "readOnlyRootFilesystem", false))
        pod_add_true(reading, pod_host_config(reading), "ReadonlyRootfs");
    if (cJSON_IsFalse(escalation) && privileged)
        pod_error(reading, FIELD_INVALID, CONTEXT ".allowPrivilegeEscalation", "false", "contradicts privileged");
    else if (cJSON_IsFalse(escalation))
        add_security_option(reading, "no-new-privileges");
    read_capability_list(reading, json_at(context, "capabilities", "add", NULL), "add", "CapAdd");
    read_capability_list(reading, json_at(context, "capabilities", "drop", NULL), "drop", "CapDrop");
    if (strcmp(proc_mount, "Default") != 0)
        pod_error(reading, FIELD_NOT_SUPPORTED, CONTEXT ".procMount", proc_mount, "supported values: \"Default\"");
}

void security_read(struct pod_reading *reading)
{
    const cJSON *context = json_get(reading->container, CONTEXT);

    if (pod_item_is_empty(context) && pod_item_is_empty(json_get(reading->pod_spec, CONTEXT)))
        return;
    read_own(reading, context);
    read_user(reading);
    read_profile(reading, "seccompProfile", "seccomp=unconfined");
    read_profile(reading, "appArmorProfile", "apparmor=unconfined");
    read_se_linux(reading);
    read_windows(reading);
}

static void read_groups(struct pod_reading *reading, const cJSON *list)
{
    size_t index = 0;

    for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next, index++) {
        char text[32], place[FIELD_PATH_SIZE], shown[POD_VALUE_SIZE];

        if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > INT32_MAX) {
            pod_error(reading, FIELD_INVALID, field_path(place, CONTEXT ".supplementalGroups[%zu]", index),
                      pod_value(item, shown), "must be a whole number from 0 to 2147483647");
            continue;
        }
        (void)snprintf(text, sizeof(text), "%.0f", item->valuedouble);
        pod_append_string(reading, pod_member_array(reading, pod_host_config(reading), "GroupAdd"), text);
    }
}

static void read_sysctls(struct pod_reading *reading, const cJSON *list)
{
    size_t index = 0;

    for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next, index++) {
        const char *name = json_string_or(item, "name", "");
        const char *value = json_string(item, "value");
        char place[FIELD_PATH_SIZE];

        if (!*name || !value)
            pod_error(reading, FIELD_REQUIRED, field_path(place, CONTEXT ".sysctls[%zu]", index), NULL,
                      "a name and a value, both strings");
        else if (json_bool(reading->pod_spec, "hostNetwork", false) && strncmp(name, "net.", 4) == 0)
            pod_error(reading, FIELD_INVALID, field_path(place, CONTEXT ".sysctls[%zu].name", index), name,
                      "Docker refuses it together with hostNetwork");
        else
            pod_add_string(reading, pod_member_object(reading, pod_host_config(reading), "Sysctls"), name, value);
    }
}

void security_read_pod(struct pod_reading *reading, const cJSON *item)
{
    if (pod_item_is_empty(item))
        return;
    if (json_get(item, "fsGroup") && !cJSON_IsNull(json_get(item, "fsGroup")))
        pod_error(reading, FIELD_FORBIDDEN, CONTEXT ".fsGroup", NULL,
                  "Docker does not change who owns a volume: let the image do it, or use supplementalGroups");
    if (strcmp(json_string_or(item, "supplementalGroupsPolicy", "Merge"), "Merge") != 0)
        pod_error(reading, FIELD_NOT_SUPPORTED, CONTEXT ".supplementalGroupsPolicy",
                  json_string(item, "supplementalGroupsPolicy"), "supported values: \"Merge\"");
    read_groups(reading, json_get(item, "supplementalGroups"));
    read_sysctls(reading, json_get(item, "sysctls"));
}
