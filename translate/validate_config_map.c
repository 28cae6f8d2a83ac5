#include "common/cleanup.h"
#include "common/json.h"
#include "translate/config_map.h"
#include "translate/edge_agent.h"
#include "translate/edge_hub.h"
#include "translate/module_settings.h"
#include "translate/validate.h"

#include <string.h>

static const char *const module_keys[] = {
    KEY_STATUS,
    KEY_RESTART_POLICY,
    KEY_VERSION,
    KEY_CREATE_OPTIONS,
    KEY_DESIRED_PROPERTIES,
    KEY_PULL_POLICY,
    KEY_STARTUP_ORDER,
    KEY_ENV,
    NULL,
};
static const char *const system_keys[] = {KEY_DESIRED_PROPERTIES, NULL};

static const char *name_of(const cJSON *config_map)
{
    return json_string_or(json_get(config_map, "metadata"), "name", "");
}

bool validate_config_map_is_ours(const cJSON *config_map)
{
    const cJSON *data = json_get(config_map, "data");

    if (config_map_is_system(name_of(config_map)))
        return true;
    if (!data || !data->child || !data->child->string)
        return false;
    for (const cJSON *item = data->child; item; item = item->next) {
        if (!config_map_knows_key(item->string))
            return false;
    }
    return true;
}

static void check_system(const char *name, const cJSON *data, struct findings *findings)
{
    static const char path[] = "data[" KEY_DESIRED_PROPERTIES "]";
    cleanup_json cJSON *desired = config_map_desired_properties(data, "", findings);

    config_map_check_members(data, "data", system_keys, findings);
    if (strcmp(name, CONFIG_MAP_EDGE_HUB) == 0)
        edge_hub_check(desired, path, findings);
    else
        edge_agent_check(desired, path, findings);
}

static bool has_known_key(const cJSON *data)
{
    for (const cJSON *item = data ? data->child : NULL; item; item = item->next) {
        if (item->string && config_map_knows_key(item->string))
            return true;
    }
    return false;
}

void validate_config_map(const cJSON *config_map, struct findings *findings)
{
    const char *name = name_of(config_map);
    const cJSON *data = json_get(config_map, "data");
    const cJSON *binary = json_get(config_map, "binaryData");

    if (data && !cJSON_IsNull(data) && !cJSON_IsObject(data))
        return;
    if (config_map_is_system(name)) {
        if (binary && binary->child)
            findings_add_error(findings, FIELD_FORBIDDEN, "binaryData", NULL, "write the JSON text in data instead");
        check_system(name, data, findings);
    } else if (has_known_key(data)) {
        cleanup_module_settings struct module_settings settings = MODULE_SETTINGS_INIT;

        config_map_check_members(data, "data", module_keys, findings);
        module_settings_read(data, "", &settings, findings);
    }
    findings_sort(findings);
}
