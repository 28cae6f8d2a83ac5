#include "cli/hub_config.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/yaml.h"

#include <string.h>

#define CONFIG_LIMIT ((size_t)1024 * 1024)
/* The list of hubs when there is no configuration file: one with the connector's own defaults. */
#define DEFAULT_HUBS "[{name: hub}]"

void hub_config_release(struct hub_config *config)
{
    hubs_release(&config->hubs);
    cJSON_Delete(config->documents);
    *config = (struct hub_config)HUB_CONFIG_INIT;
}

static int load_defaults(struct hub_config *config, struct error *error)
{
    cleanup_json cJSON *documents = NULL;

    if (yaml_parse(DEFAULT_HUBS, strlen(DEFAULT_HUBS), &documents, error) < 0)
        return -1;
    return hubs_parse(cJSON_GetArrayItem(documents, 0), &config->hubs, error);
}

static int load_file(const char *file, struct hub_config *config, struct error *error)
{
    cleanup_free char *text = NULL;
    const cJSON *first;
    size_t length = 0;

    if (file_read(file, CONFIG_LIMIT, &text, &length, error) < 0)
        return -1;
    if (yaml_parse(text, length, &config->documents, error) < 0)
        return error_wrap(error, "%s", file);
    first = cJSON_GetArrayItem(config->documents, 0);
    if (!cJSON_IsArray(json_get(first, "hubs")))
        return error_set(error, "%s: has no list of hubs", file);
    if (hubs_parse(json_get(first, "hubs"), &config->hubs, error) < 0)
        return error_wrap(error, "%s", file);
    return 0;
}

/* The hub that is asked for, else the first. */
static const struct hub *choose_hub(const struct options *options, const struct hubs *hubs, struct error *error)
{
    for (size_t i = 0; i < hubs->count; i++) {
        if (!options->hub || strcmp(hubs->items[i].name, options->hub) == 0)
            return &hubs->items[i];
    }
    error_set(error, "there is no hub %s in %s", options->hub ? options->hub : "at all",
              options->hub_config ? options->hub_config : "the list; give --hub-config");
    return NULL;
}

int hub_config_load(const struct options *options, struct hub_config *config, struct error *error)
{
    const struct hub *hub;

    if ((options->hub_config ? load_file(options->hub_config, config, error) : load_defaults(config, error)) < 0)
        return -1;
    hub = choose_hub(options, &config->hubs, error);
    if (!hub)
        return -1;
    config->system_modules =
        (struct system_modules){hub->edge_agent_image, hub->edge_hub_image, hub->edge_hub_create_options};
    if (options->edge_agent_image)
        config->system_modules.edge_agent_image = options->edge_agent_image;
    if (options->edge_hub_image)
        config->system_modules.edge_hub_image = options->edge_hub_image;
    return 0;
}

bool hub_config_allows_secrets(const struct hub_config *config, const char *namespace)
{
    const cJSON *list = json_get(cJSON_GetArrayItem(config->documents, 0), "secretsFrom");
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, namespace) == 0)
            return true;
    }
    return false;
}
