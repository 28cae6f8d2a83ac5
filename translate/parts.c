#include "translate/parts.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/config_map.h"
#include "translate/containers.h"
#include "translate/edge_agent.h"
#include "translate/edge_hub.h"
#include "translate/image.h"
#include "translate/layered_parts.h"
#include "translate/module_join.h"
#include "translate/parts_ports.h"
#include "translate/pull_secrets.h"

#include <stdlib.h>
#include <string.h>

#define ANNOTATION_RESTARTED_AT "kubectl.kubernetes.io/restartedAt"
#define MAX_NAME                254

void parts_release(struct parts *parts)
{
    for (size_t i = 0; i < parts->module_count; i++) {
        free(parts->modules[i].image);
        module_settings_release(&parts->modules[i].settings);
    }
    for (size_t i = 0; i < parts->config_map_count; i++)
        free(parts->config_maps[i]);
    free(parts->modules);
    free(parts->config_maps);
    cJSON_Delete(parts->edge_hub);
    cJSON_Delete(parts->edge_agent);
    cJSON_Delete(parts->credentials);
    *parts = (struct parts)PARTS_INIT;
}

/* A ConfigMap may have a module's name by chance: only one that has a key of ours is used. */
static bool is_used(const cJSON *data, bool system)
{
    for (const cJSON *item = data->child; item && !system; item = item->next)
        system = item->string && config_map_knows_key(item->string);
    return system;
}

static void warn_unread_keys(const char *name, const cJSON *data, bool system, struct findings *findings)
{
    for (const cJSON *item = data->child; item; item = item->next) {
        bool read = system ? strcmp(item->string, KEY_DESIRED_PROPERTIES) == 0 : config_map_knows_key(item->string);

        if (!read)
            findings_add_warning(findings, "ConfigMap %s: the key %s is not read", name, item->string);
    }
}

/* Remembers that the content depends on it. */
static void remember(struct parts *parts, const char *name, struct findings *findings)
{
    char **grown;
    char *copy;

    for (size_t i = 0; i < parts->config_map_count; i++) {
        if (strcmp(parts->config_maps[i], name) == 0)
            return;
    }
    grown = realloc(parts->config_maps, (parts->config_map_count + 1) * sizeof(*grown));
    copy = strdup(name);
    if (grown)
        parts->config_maps = grown;
    if (!grown || !copy) {
        free(copy);
        findings->failed = 1;
        return;
    }
    parts->config_maps[parts->config_map_count++] = copy;
}

static void remember_of_env(struct pod_reading *reading, const char *name)
{
    remember(reading->user, name, reading->findings);
}

static const cJSON *use_config_map(const struct manifest_input *input, struct parts *parts, const char *name,
                                   bool system, struct findings *findings)
{
    const cJSON *data = input->config_map ? input->config_map(input->context, name) : NULL;

    if (!cJSON_IsObject(data) || !is_used(data, system))
        return NULL;
    warn_unread_keys(name, data, system, findings);
    remember(parts, name, findings);
    return data;
}

/* The desired properties in one of the two ConfigMaps of the system modules. path is where they stand. */
static cJSON *read_system_config_map(const struct manifest_input *input, struct parts *parts, const char *name,
                                     char path[FIELD_PATH_SIZE], struct findings *findings)
{
    char full[MAX_NAME], prefix[FIELD_PATH_SIZE];
    const cJSON *data;

    (void)snprintf(full, sizeof(full), "%s%s", parts->annotations.config_map_prefix, name);
    field_path(prefix, "configmap/%s: ", full);
    field_path(path, "%sdata[" KEY_DESIRED_PROPERTIES "]", prefix);
    data = use_config_map(input, parts, full, true, findings);
    return config_map_desired_properties(data, prefix, findings);
}

static void read_system_config_maps(const struct manifest_input *input, struct parts *parts, struct findings *findings)
{
    char hub_path[FIELD_PATH_SIZE], agent_path[FIELD_PATH_SIZE];

    parts->edge_hub = read_system_config_map(input, parts, CONFIG_MAP_EDGE_HUB, hub_path, findings);
    edge_hub_check(parts->edge_hub, hub_path, findings);
    parts->edge_agent = read_system_config_map(input, parts, CONFIG_MAP_EDGE_AGENT, agent_path, findings);
    edge_agent_check(parts->edge_agent, agent_path, findings);
    if (parts->annotations.layered)
        layered_check_parts(parts, agent_path, hub_path, findings);
}

static int read_module(const struct manifest_input *input, struct parts *parts, struct pod_reading *reading,
                       const cJSON *container)
{
    struct module *module = &parts->modules[parts->module_count++];
    struct findings *findings = reading->findings;
    cleanup_module_wishes struct module_wishes wishes = {.options = NULL};
    cleanup_strbuf struct strbuf image = STRBUF_INIT;
    char name[MAX_NAME], prefix[FIELD_PATH_SIZE];

    module->name = json_string_or(container, "name", "");
    image_add_for_device(&image, json_string_or(container, "image", ""));
    module->image = strbuf_steal(&image);
    if (!module->image)
        return -1;
    (void)snprintf(name, sizeof(name), "%s%s", parts->annotations.config_map_prefix, module->name);
    field_path(prefix, "configmap/%s: ", name);
    module_settings_read(use_config_map(input, parts, name, false, findings), prefix, &module->settings, findings);
    pod_read_container(reading, container, parts->module_count - 1, &wishes);
    if (reading->failed)
        return -1;
    module_join(&module->settings, &wishes, prefix, parts->module_count - 1, findings);
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int allocate(struct parts *parts, size_t containers)
{
    parts->modules = calloc(containers + 1, sizeof(*parts->modules));
    return parts->modules ? 0 : -1;
}

/* What can be judged without ConfigMaps was judged at admission; here it keeps the rest from reading nonsense. */
static void judge(const struct manifest_input *input, struct parts *parts, struct findings *findings)
{
    const cJSON *pod_spec = json_at(input->deployment, "spec", "template", "spec", NULL);
    size_t warnings = findings->warning_count;

    edge_annotations_read(input->deployment, &parts->annotations, findings);
    containers_check(pod_spec, findings);
    pod_judge(input->deployment, &parts->annotations, input->secret != NULL, findings);
    findings_keep_warnings(findings, warnings);
}

/* What shows only when all modules are known. */
static int judge_whole(const struct manifest_input *input, const struct parts *parts, struct findings *findings)
{
    cleanup_free const char **names = calloc(parts->module_count + 1, sizeof(*names));

    if (!names)
        return -1;
    for (size_t i = 0; i < parts->module_count; i++)
        names[i] = parts->modules[i].name;
    edge_hub_warn_modules(parts->edge_hub, names, parts->module_count, findings);
    parts_check_ports(input, parts, findings);
    return 0;
}

int parts_read(const struct manifest_input *input, struct parts *parts, struct findings *findings)
{
    const cJSON *template = json_at(input->deployment, "spec", "template", NULL);
    const cJSON *pod_spec = json_get(template, "spec");
    const cJSON *containers = json_get(pod_spec, "containers");
    cleanup_pod_reading struct pod_reading reading = {
        .deployment = input->deployment,
        .template = template,
        .pod_spec = pod_spec,
        .annotations = &parts->annotations,
        .input = input,
        .secrets = input->secret != NULL,
        .findings = findings,
        .used_config_map = remember_of_env,
        .user = parts,
    };
    const cJSON *container;

    judge(input, parts, findings);
    if (findings->error_count || allocate(parts, (size_t)cJSON_GetArraySize(containers)) < 0)
        return -1;
    parts->restarted_at =
        json_string_or(json_at(template, "metadata", "annotations", NULL), ANNOTATION_RESTARTED_AT, "");
    read_system_config_maps(input, parts, findings);
    cJSON_ArrayForEach(container, containers)
    {
        if (read_module(input, parts, &reading, container) < 0)
            return -1;
    }
    parts->credentials = pull_secrets_read(&reading, parts->edge_agent);
    pull_secrets_warn_unused(&reading, parts->edge_agent);
    if (judge_whole(input, parts, findings) < 0)
        return -1;
    if (parts->config_map_count)
        qsort(parts->config_maps, parts->config_map_count, sizeof(*parts->config_maps), compare_names);
    return findings->error_count || findings->failed || reading.failed ? -1 : 0;
}
