#include "translate/parts.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/config_map.h"
#include "translate/containers.h"
#include "translate/edge_agent.h"
#include "translate/edge_hub.h"
#include "translate/image.h"

#include <stdlib.h>
#include <string.h>

#define ANNOTATION_RESTARTED_AT "kubectl.kubernetes.io/restartedAt"
#define SYSTEM_CONFIG_MAPS      2

void parts_release(struct parts *parts)
{
    for (size_t i = 0; i < parts->module_count; i++) {
        free(parts->modules[i].image);
        module_settings_release(&parts->modules[i].settings);
    }
    free(parts->modules);
    free(parts->config_maps);
    cJSON_Delete(parts->edge_hub);
    cJSON_Delete(parts->edge_agent);
    *parts = (struct parts)PARTS_INIT;
}

/* A ConfigMap may have a module's name by chance: only one that has a key of ours is used. */
static bool is_used(const char *name, const cJSON *data)
{
    bool used = config_map_is_system(name);

    for (const cJSON *item = data->child; item && !used; item = item->next)
        used = item->string && config_map_knows_key(item->string);
    return used;
}

static void warn_unread_keys(const char *name, const cJSON *data, struct findings *findings)
{
    for (const cJSON *item = data->child; item; item = item->next) {
        bool read = config_map_is_system(name) ? strcmp(item->string, KEY_DESIRED_PROPERTIES) == 0
                                               : config_map_knows_key(item->string);

        if (!read)
            findings_add_warning(findings, "ConfigMap %s: the key %s is not read", name, item->string);
    }
}

static const cJSON *use_config_map(const struct manifest_input *input, struct parts *parts, const char *name,
                                   struct findings *findings)
{
    const cJSON *data = input->config_map ? input->config_map(input->context, name) : NULL;

    if (!cJSON_IsObject(data) || !is_used(name, data))
        return NULL;
    warn_unread_keys(name, data, findings);
    parts->config_maps[parts->config_map_count++] = name;
    return data;
}

static void read_system_config_maps(const struct manifest_input *input, struct parts *parts, struct findings *findings)
{
    static const char hub_prefix[] = "configmap/" CONFIG_MAP_EDGE_HUB ": ";
    static const char agent_prefix[] = "configmap/" CONFIG_MAP_EDGE_AGENT ": ";
    static const char member[] = "data[" KEY_DESIRED_PROPERTIES "]";
    const cJSON *hub = use_config_map(input, parts, CONFIG_MAP_EDGE_HUB, findings);
    const cJSON *agent = use_config_map(input, parts, CONFIG_MAP_EDGE_AGENT, findings);
    char path[FIELD_PATH_SIZE];

    parts->edge_hub = config_map_desired_properties(hub, hub_prefix, findings);
    edge_hub_check(parts->edge_hub, field_path(path, "%s%s", hub_prefix, member), findings);
    parts->edge_agent = config_map_desired_properties(agent, agent_prefix, findings);
    edge_agent_check(parts->edge_agent, field_path(path, "%s%s", agent_prefix, member), findings);
}

static int read_module(const struct manifest_input *input, struct parts *parts, const cJSON *container,
                       struct findings *findings)
{
    struct module *module = &parts->modules[parts->module_count++];
    cleanup_strbuf struct strbuf image = STRBUF_INIT;
    char prefix[FIELD_PATH_SIZE];

    module->name = json_string_or(container, "name", "");
    image_add_for_device(&image, json_string_or(container, "image", ""));
    module->image = strbuf_steal(&image);
    if (!module->image)
        return -1;
    field_path(prefix, "configmap/%s: ", module->name);
    module_settings_read(use_config_map(input, parts, module->name, findings), prefix, &module->settings, findings);
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The API server refuses two containers of one name; a file on a disk may have them. */
static void check_duplicates(const cJSON *containers, struct findings *findings)
{
    size_t index = 0;

    for (const cJSON *item = containers ? containers->child : NULL; item; item = item->next, index++) {
        const char *name = json_string_or(item, "name", "");
        char path[FIELD_PATH_SIZE];

        for (const cJSON *earlier = containers->child; earlier != item; earlier = earlier->next) {
            if (strcmp(name, json_string_or(earlier, "name", "")) != 0)
                continue;
            field_path(path, "spec.template.spec.containers[%zu].name", index);
            findings_add_error(findings, FIELD_DUPLICATE, path, name, "%s", "");
            break;
        }
    }
}

static int allocate(struct parts *parts, size_t containers)
{
    parts->modules = calloc(containers + 1, sizeof(*parts->modules));
    parts->config_maps = calloc(containers + SYSTEM_CONFIG_MAPS, sizeof(*parts->config_maps));
    return parts->modules && parts->config_maps ? 0 : -1;
}

int parts_read(const struct manifest_input *input, struct parts *parts, struct findings *findings)
{
    const cJSON *template = json_at(input->deployment, "spec", "template", NULL);
    const cJSON *pod_spec = json_get(template, "spec");
    const cJSON *containers = json_get(pod_spec, "containers");
    const cJSON *container;

    edge_annotations_read(input->deployment, &parts->annotations, findings);
    containers_check(pod_spec, findings);
    if (findings->error_count)
        return -1;
    check_duplicates(containers, findings);
    if (findings->error_count || allocate(parts, (size_t)cJSON_GetArraySize(containers)) < 0)
        return -1;
    parts->restarted_at =
        json_string_or(json_at(template, "metadata", "annotations", NULL), ANNOTATION_RESTARTED_AT, "");
    read_system_config_maps(input, parts, findings);
    cJSON_ArrayForEach(container, containers)
    {
        if (read_module(input, parts, container, findings) < 0)
            return -1;
    }
    qsort(parts->config_maps, parts->config_map_count, sizeof(*parts->config_maps), compare_names);
    return findings->error_count || findings->failed ? -1 : 0;
}
