#include "common/hubs.h"

#include "common/cleanup.h"
#include "common/config_keys.h"
#include "common/json.h"

#include <string.h>

#define HUB_NAME_LONGEST 40
/* Two slots are kept for replacements, so fewer would take no Deployment at all. */
#define HUB_LEAST_CONFIGURATIONS   3
#define HUB_MOST_CONFIGURATIONS    1000
#define HUB_DEFAULT_CONFIGURATIONS 100
#define HUB_MOST_UNITS             200 /* what Azure sells of one hub; more is a typing error */
/* A minute and unit. What we leave of the hub's calls is for the portal and the command line. */
#define HUB_CALLS_PER_UNIT         20
#define HUB_DEFAULT_CALLS_PER_UNIT 19
#define HUB_MOST_QUERIES_PER_UNIT  1000 /* of S3; S1 and S2 allow 20 */

#define DEFAULT_EDGE_AGENT_IMAGE "mcr.microsoft.com/azureiotedge-agent:1.5"
#define DEFAULT_EDGE_HUB_IMAGE   "mcr.microsoft.com/azureiotedge-hub:1.5"

static int out_of_memory(struct error *error)
{
    return error_set(error, "not enough memory for the list of hubs");
}

static void hub_release(struct hub *hub)
{
    free(hub->name);
    free(hub->connection_string_file);
    free(hub->host_name);
    workload_identity_release(&hub->identity);
    free(hub->ca_file);
    hub_baseline_release(&hub->baseline);
    free(hub->edge_agent_image);
    free(hub->edge_hub_image);
    free(hub->edge_hub_create_options);
}

void hubs_release(struct hubs *hubs)
{
    for (size_t i = 0; i < hubs->count; i++)
        hub_release(&hubs->items[i]);
    free(hubs->items);
    *hubs = (struct hubs)HUBS_INIT;
}

/* RFC 1123, since the name becomes part of a node's. */
static bool is_dns_label(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > HUB_NAME_LONGEST || text[0] == '-' || text[length - 1] == '-')
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static int take_name(const cJSON *entry, char **ret_name, struct error *error)
{
    if (!json_get(entry, "name"))
        return error_set(error, "name: missing");
    if (config_keys_take_text(entry, "name", NULL, ret_name, error) < 0)
        return -1;
    if (!is_dns_label(*ret_name))
        return error_set(error,
                         "name: \"%s\" must be at most %d lower case letters, digits and '-', with a letter or digit "
                         "first and last",
                         *ret_name, HUB_NAME_LONGEST);
    return 0;
}

/* *number keeps its value when the key is missing. */
static int take_number(const cJSON *entry, const char *name, int least, int most, unsigned *number, struct error *error)
{
    int64_t value = *number;

    if (json_get(entry, name) && (!json_int64(entry, name, &value) || value < least || value > most))
        return error_set(error, "%s: must be a whole number from %d to %d", name, least, most);
    *number = (unsigned)value;
    return 0;
}

/* createOptions stay text: their numbers must survive as they are written. */
static int take_create_options(const cJSON *modules, char **ret_text, struct error *error)
{
    const char *name = "edgeHubCreateOptions";
    cleanup_free char *text = NULL;

    if (config_keys_take_text(modules, name, "{}", &text, error) < 0)
        return -1;
    if (json_minify(text, strlen(text), ret_text, error) < 0)
        return error_wrap(error, "%s", name);
    if (**ret_text != '{')
        return error_set(error, "%s: must be a JSON object, as text", name);
    return 0;
}

static int parse_system_modules(const cJSON *modules, struct hub *hub, struct error *error)
{
    static const char *const known[] = {"edgeAgentImage", "edgeHubImage", "edgeHubCreateOptions", NULL};

    if (config_keys_check(modules, known, error) < 0 ||
        config_keys_take_text(modules, "edgeAgentImage", DEFAULT_EDGE_AGENT_IMAGE, &hub->edge_agent_image, error) < 0 ||
        config_keys_take_text(modules, "edgeHubImage", DEFAULT_EDGE_HUB_IMAGE, &hub->edge_hub_image, error) < 0)
        return -1;
    return take_create_options(modules, &hub->edge_hub_create_options, error);
}

static int take_system_modules(const cJSON *entry, struct hub *hub, struct error *error)
{
    cleanup_error struct error reason = {NULL};
    const cJSON *modules = json_get(entry, "systemModules");

    if (modules && !cJSON_IsObject(modules))
        return error_set(error, "systemModules: must be an object, not %s", json_type_name(modules));
    if (parse_system_modules(modules, hub, &reason) < 0)
        return error_set(error, "systemModules.%s", error_message(&reason));
    return 0;
}

static int take_workload_identity(const cJSON *entry, struct hub *hub, struct error *error)
{
    cleanup_error struct error reason = {NULL};
    const cJSON *object = json_get(entry, "workloadIdentity");

    if (object && !cJSON_IsObject(object))
        return error_set(error, "workloadIdentity: must be an object, not %s", json_type_name(object));
    if (workload_identity_parse(object, &hub->identity, &reason) < 0)
        return error_set(error, "workloadIdentity.%s", error_message(&reason));
    return 0;
}

/* Who we are on the hub: either a key, in whose file the hub's host name is too, or a workload identity. */
static int take_access(const cJSON *entry, struct hub *hub, struct error *error)
{
    const char *second = json_get(entry, "workloadIdentity") ? "workloadIdentity" : "hostName";

    if (config_keys_take_text(entry, "connectionStringFile", NULL, &hub->connection_string_file, error) < 0 ||
        config_keys_take_text(entry, "hostName", NULL, &hub->host_name, error) < 0 ||
        take_workload_identity(entry, hub, error) < 0)
        return -1;
    if (hub->connection_string_file && json_get(entry, second))
        return error_set(error, "%s: not together with connectionStringFile: a hub is entered by one of them", second);
    if (json_get(entry, "workloadIdentity") && !hub->host_name)
        return error_set(error, "hostName: missing; workloadIdentity needs the host name of the IoT Hub");
    return 0;
}

/* After the units, which decide what is allowed and what is left of it. */
static int take_rates(const cJSON *entry, struct hub *hub, struct error *error)
{
    unsigned units = hub->units;

    hub->calls_per_minute = hub->queries_per_minute = units * HUB_DEFAULT_CALLS_PER_UNIT;
    if (take_number(entry, "callsPerMinute", 1, (int)units * HUB_CALLS_PER_UNIT, &hub->calls_per_minute, error) < 0)
        return -1;
    return take_number(entry, "queriesPerMinute", 1, (int)units * HUB_MOST_QUERIES_PER_UNIT, &hub->queries_per_minute,
                       error);
}

static int parse_hub(const cJSON *entry, struct hub *hub, struct error *error)
{
    static const char *const known[] = {"name",
                                        "connectionStringFile",
                                        "hostName",
                                        "workloadIdentity",
                                        "caFile",
                                        "units",
                                        "callsPerMinute",
                                        "queriesPerMinute",
                                        "configurationLimit",
                                        "systemModules",
                                        "baseline",
                                        "baselineCondition",
                                        "baselineConfirmed",
                                        NULL};

    hub->units = 1;
    hub->configuration_limit = HUB_DEFAULT_CONFIGURATIONS;
    if (config_keys_check(entry, known, error) < 0 || take_name(entry, &hub->name, error) < 0 ||
        take_access(entry, hub, error) < 0 || config_keys_take_text(entry, "caFile", NULL, &hub->ca_file, error) < 0 ||
        take_number(entry, "units", 1, HUB_MOST_UNITS, &hub->units, error) < 0 || take_rates(entry, hub, error) < 0 ||
        take_number(entry, "configurationLimit", HUB_LEAST_CONFIGURATIONS, HUB_MOST_CONFIGURATIONS,
                    &hub->configuration_limit, error) < 0 ||
        hub_baseline_parse(entry, &hub->baseline, error) < 0)
        return -1;
    return take_system_modules(entry, hub, error);
}

static int check_repeated(const struct hubs *hubs, size_t index, struct error *error)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(hubs->items[i].name, hubs->items[index].name) == 0)
            return error_set(error, "hubs[%zu].name: \"%s\" is the name of hubs[%zu] already", index,
                             hubs->items[index].name, i);
    }
    return 0;
}

/* "hubs[1].units: …" for a member, "hubs[1]: …" for the entry itself. */
static int parse_entry(const cJSON *entry, struct hubs *hubs, size_t index, struct error *error)
{
    cleanup_error struct error reason = {NULL};

    if (!cJSON_IsObject(entry))
        return error_set(error, "hubs[%zu]: must be an object, not %s", index, json_type_name(entry));
    if (parse_hub(entry, &hubs->items[index], &reason) < 0)
        return error_set(error, "hubs[%zu].%s", index, error_message(&reason));
    return check_repeated(hubs, index, error);
}

int hubs_parse(const cJSON *array, struct hubs *hubs, struct error *error)
{
    cleanup_hubs struct hubs parsed = HUBS_INIT;
    const cJSON *entry;
    size_t index = 0;

    if (!cJSON_IsArray(array))
        return error_set(error, "hubs: must be a list, not %s", json_type_name(array));
    parsed.items = calloc((size_t)cJSON_GetArraySize(array) + 1, sizeof(*parsed.items));
    if (!parsed.items)
        return out_of_memory(error);
    cJSON_ArrayForEach(entry, array)
    {
        parsed.count = index + 1;
        if (parse_entry(entry, &parsed, index++, error) < 0)
            return -1;
    }
    hubs_release(hubs);
    *hubs = parsed;
    parsed = (struct hubs)HUBS_INIT;
    return 0;
}

char *hub_node_name(const char *hub)
{
    char *name;

    return asprintf(&name, "iot-edge-connector-%s", hub) < 0 ? NULL : name;
}
