#include "common/json.h"
#include "translate/env.h"
#include "translate/image.h"
#include "translate/pod_reading.h"
#include "translate/ports.h"
#include "translate/probes.h"
#include "translate/resources.h"

#include <string.h>

#define LATEST ":latest"

static void read_image(struct pod_reading *reading, const cJSON *item)
{
    if (cJSON_IsString(item) && image_has_tag_and_digest(item->valuestring))
        pod_warning(reading, "container %s: the image's tag is left out: a device takes the digest alone",
                    pod_container_name(reading));
}

static bool has_tag(const char *image)
{
    const char *slash = strrchr(image, '/');
    const char *colon = strchr(slash ? slash : image, ':');

    return strchr(image, '@') || (colon && strcmp(colon, LATEST) != 0);
}

/* Always is what the API server fills in where the tag is latest. A device has on-create and never. */
static void read_pull_policy(struct pod_reading *reading, const cJSON *item)
{
    const char *policy = cJSON_IsString(item) ? item->valuestring : json_type_name(item);

    if (pod_item_is_empty(item) || strcmp(policy, "IfNotPresent") == 0)
        return;
    if (strcmp(policy, "Always") == 0) {
        if (has_tag(json_string_or(reading->container, "image", "")))
            pod_warning(reading, "container %s: a device pulls the image when it creates the module, not at each start",
                        pod_container_name(reading));
    } else if (strcmp(policy, "Never") == 0) {
        if (reading->wishes)
            reading->wishes->image_pull_policy = "never";
    } else {
        pod_error(reading, FIELD_NOT_SUPPORTED, "imagePullPolicy", policy,
                  "supported values: \"Always\", \"IfNotPresent\", \"Never\"");
    }
}

static void read_words(struct pod_reading *reading, const cJSON *item, const char *option)
{
    if (!pod_item_is_empty(item) && pod_check_strings(reading, item, item->string))
        env_expand_list(reading, item, item->string, pod_member_array(reading, pod_options(reading), option));
}

static void read_command(struct pod_reading *reading, const cJSON *item)
{
    read_words(reading, item, "Entrypoint");
}

static void read_args(struct pod_reading *reading, const cJSON *item)
{
    read_words(reading, item, "Cmd");
}

static void read_working_dir(struct pod_reading *reading, const cJSON *item)
{
    if (pod_item_is_empty(item))
        return;
    if (!cJSON_IsString(item) || item->valuestring[0] != '/')
        pod_error(reading, FIELD_INVALID, "workingDir", cJSON_IsString(item) ? item->valuestring : json_type_name(item),
                  "must be an absolute path");
    else
        pod_add_string(reading, pod_options(reading), "WorkingDir", item->valuestring);
}

static void read_tty(struct pod_reading *reading, const cJSON *item)
{
    if (!cJSON_IsTrue(item))
        return;
    pod_warning(reading, "container %s: logs of a module with a tty cannot be read from the device",
                pod_container_name(reading));
    pod_add_true(reading, pod_options(reading), "Tty");
}

static void read_stdin(struct pod_reading *reading, const cJSON *item)
{
    if (cJSON_IsTrue(item))
        pod_add_true(reading, pod_options(reading), "OpenStdin");
}

static void read_stdin_once(struct pod_reading *reading, const cJSON *item)
{
    if (cJSON_IsTrue(item))
        pod_add_true(reading, pod_options(reading), "StdinOnce");
}

static void warn_of_termination(struct pod_reading *reading, const cJSON *item)
{
    const char *filled_in = strcmp(item->string, "terminationMessagePath") == 0 ? "/dev/termination-log" : "File";

    if (!pod_item_is_empty(item) && (!cJSON_IsString(item) || strcmp(item->valuestring, filled_in) != 0))
        pod_warning(reading, "container %s: a device has no termination messages: %s is ignored",
                    pod_container_name(reading), item->string);
}

static void read_devices(struct pod_reading *reading, const cJSON *item)
{
    if (!pod_item_is_empty(item))
        pod_error(reading, FIELD_FORBIDDEN, "volumeDevices", NULL,
                  "give HostConfig.Devices in the createOptions of the module's ConfigMap");
}

static void refuse_restart_rules(struct pod_reading *reading, const cJSON *item)
{
    if (!pod_item_is_empty(item))
        pod_error(reading, FIELD_FORBIDDEN, "restartPolicyRules", NULL,
                  "a device restarts a module always, on-failure or never: write restartPolicy");
}

/* The most frequent ones first. env, volumeMounts and securityContext are read by themselves: they need each other. */
const struct pod_field container_fields[] = {
    {"name", NULL},
    {"image", read_image},
    {"imagePullPolicy", read_pull_policy},
    {"terminationMessagePath", warn_of_termination},
    {"terminationMessagePolicy", warn_of_termination},
    {"resources", resources_read},
    {"env", NULL},
    {"ports", ports_read},
    {"volumeMounts", NULL},
    {"securityContext", NULL},
    {"command", read_command},
    {"args", read_args},
    {"workingDir", read_working_dir},
    {"envFrom", NULL},
    {"livenessProbe", probes_read_liveness},
    {"readinessProbe", probes_read_other},
    {"startupProbe", probes_read_other},
    {"lifecycle", probes_read_lifecycle},
    {"tty", read_tty},
    {"stdin", read_stdin},
    {"stdinOnce", read_stdin_once},
    {"volumeDevices", read_devices},
    {"restartPolicy", pod_read_restart_policy},
    {"restartPolicyRules", refuse_restart_rules},
    {"resizePolicy", NULL},
    {NULL, NULL},
};
