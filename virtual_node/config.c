#include "virtual_node/config.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/yaml.h"

#include <arpa/inet.h>
#include <string.h>

#define CONFIG_MAX (1024 * 1024)
#define PODS_MAX   100000

/* Keys that may be there; what is the connector's alone is known and not read. */
static const char *const known_keys[] = {"hubs",  "kubeconfig", "lease",  "log",  "node",
                                         "owner", "webhook",    "health", "sync", "secretsFrom"};
static const char *const known_lease_keys[] = {"namespace", "name", "identity", "duration"};
static const char *const known_log_keys[] = {"level", "format"};
static const char *const known_node_keys[] = {"capacityPods", "capacityCpu", "capacityMemory", "address"};

static int check_keys(const cJSON *object, const char *const *known, size_t count, struct error *error)
{
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, object)
    {
        size_t i = 0;
        while (i < count && strcmp(member->string, known[i]) != 0)
            i++;
        if (i == count)
            return error_set(error, "%s: unknown key", member->string);
    }
    return 0;
}

/* A text that is not empty, copied; a missing one leaves *ret_text alone. */
static int read_text(const cJSON *object, const char *name, char **ret_text, struct error *error)
{
    const cJSON *value = json_get(object, name);
    if (!value || cJSON_IsNull(value))
        return 0;
    if (!cJSON_IsString(value) || value->valuestring[0] == '\0')
        return error_set(error, "%s: a text is expected", name);
    char *copy = strdup(value->valuestring);
    if (!copy)
        return error_set(error, "out of memory");
    free(*ret_text);
    *ret_text = copy;
    return 0;
}

/* Digits with at most one point among them, and a suffix of Kubernetes' quantities. */
static bool is_quantity(const char *text)
{
    static const char *const suffixes[] = {"", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    size_t digits = strspn(text, "0123456789");
    size_t length = digits;
    if (digits > 0 && text[length] == '.')
        length += 1 + strspn(text + length + 1, "0123456789");
    for (size_t i = 0; digits > 0 && i < array_length(suffixes); i++)
        if (!strcmp(text + length, suffixes[i]))
            return true;
    return false;
}

/* A quantity, which YAML may give as a number. */
static int read_quantity(const cJSON *object, const char *name, char **ret_text, struct error *error)
{
    int64_t number = 0;
    if (!json_int64(object, name, &number)) {
        if (read_text(object, name, ret_text, error) < 0)
            return -1;
        return is_quantity(*ret_text)
                   ? 0
                   : error_set(error, "%s: \"%s\" is no quantity, such as 1000 or 4Ti", name, *ret_text);
    }
    char *text = NULL;
    if (number < 0)
        return error_set(error, "%s: may not be negative", name);
    if (asprintf(&text, "%lld", (long long)number) < 0)
        return error_set(error, "out of memory");
    free(*ret_text);
    *ret_text = text;
    return 0;
}

static int read_pods(const cJSON *section, char **ret_text, struct error *error)
{
    const cJSON *value = json_get(section, "capacityPods");
    if (!value)
        return 0;
    int64_t pods = 0;
    char *text = NULL;
    if (!json_int64(section, "capacityPods", &pods) || pods < 1 || pods > PODS_MAX)
        return error_set(error, "capacityPods: a whole number from 1 to %d is expected", PODS_MAX);
    if (asprintf(&text, "%lld", (long long)pods) < 0)
        return error_set(error, "out of memory");
    free(*ret_text);
    *ret_text = text;
    return 0;
}

static int read_address(const cJSON *section, char **ret_text, struct error *error)
{
    unsigned char binary[sizeof(struct in6_addr)];
    if (read_text(section, "address", ret_text, error) < 0)
        return -1;
    if (!*ret_text || inet_pton(AF_INET, *ret_text, binary) == 1 || inet_pton(AF_INET6, *ret_text, binary) == 1)
        return 0;
    return error_set(error, "address: \"%s\" is no IP address", *ret_text);
}

static int read_node(const cJSON *section, struct node_config *config, struct error *error)
{
    if (check_keys(section, known_node_keys, array_length(known_node_keys), error) < 0 ||
        read_pods(section, &config->capacity_pods, error) < 0 ||
        read_quantity(section, "capacityCpu", &config->capacity_cpu, error) < 0 ||
        read_quantity(section, "capacityMemory", &config->capacity_memory, error) < 0)
        return -1;
    return read_address(section, &config->address, error);
}

static int read_lease(const cJSON *section, struct node_config *config, struct error *error)
{
    if (check_keys(section, known_lease_keys, array_length(known_lease_keys), error) < 0 ||
        read_text(section, "namespace", &config->lease_namespace, error) < 0)
        return -1;
    return read_text(section, "name", &config->lease_name, error);
}

static int read_log(const cJSON *section, struct node_config *config, struct error *error)
{
    if (check_keys(section, known_log_keys, array_length(known_log_keys), error) < 0)
        return -1;
    const char *level = json_string_or(section, "level", "info");
    const char *format = json_string_or(section, "format", "text");
    if (log_level_parse(level, &config->log_level, error) < 0)
        return error_wrap(error, "level");
    return log_format_parse(format, &config->log_format, error) < 0 ? error_wrap(error, "format") : 0;
}

/* The sections' readers name a key of theirs first; the section's name goes before it. */
static int read_section(const cJSON *root, const char *name, struct node_config *config,
                        int (*read)(const cJSON *, struct node_config *, struct error *), struct error *error)
{
    const cJSON *section = json_get(root, name);
    if (!section || cJSON_IsNull(section))
        return 0;
    if (!cJSON_IsObject(section))
        return error_set(error, "%s: an object is expected, not %s", name, json_type_name(section));
    cleanup_error struct error reading = {NULL};
    return read(section, config, &reading) < 0 ? error_set(error, "%s.%s", name, error_message(&reading)) : 0;
}

static int set_defaults(struct node_config *config, struct error *error)
{
    config->lease_name = strdup("iot-edge-connector");
    config->capacity_pods = strdup("110");
    config->capacity_cpu = strdup("1000");
    config->capacity_memory = strdup("4Ti");
    return config->lease_name && config->capacity_pods && config->capacity_cpu && config->capacity_memory
               ? 0
               : error_set(error, "out of memory");
}

static int read_root(const cJSON *root, struct node_config *config, struct error *error)
{
    if (check_keys(root, known_keys, array_length(known_keys), error) < 0 ||
        read_text(root, "kubeconfig", &config->kubeconfig, error) < 0)
        return -1;
    const cJSON *hubs = json_get(root, "hubs");
    if (!cJSON_IsArray(hubs) || !hubs->child)
        return error_set(error, "hubs: a list of at least one hub is expected");
    if (hubs_parse(hubs, &config->hubs, error) < 0 || read_section(root, "lease", config, read_lease, error) < 0 ||
        read_section(root, "log", config, read_log, error) < 0)
        return -1;
    return read_section(root, "node", config, read_node, error);
}

int node_config_parse(const char *text, size_t length, struct node_config *config, struct error *error)
{
    cleanup_json cJSON *documents = NULL;
    if (set_defaults(config, error) < 0 || yaml_parse(text, length, &documents, error) < 0)
        return -1;
    if (cJSON_GetArraySize(documents) != 1)
        return error_set(error, "one YAML document is expected, not %d", cJSON_GetArraySize(documents));
    if (!cJSON_IsObject(documents->child))
        return error_set(error, "an object is expected, not %s", json_type_name(documents->child));
    return read_root(documents->child, config, error);
}

int node_config_load(const char *path, struct node_config *config, struct error *error)
{
    cleanup_free char *text = NULL;
    size_t length = 0;
    if (file_read(path, CONFIG_MAX, &text, &length, error) < 0)
        return -1;
    return node_config_parse(text, length, config, error) < 0 ? error_wrap(error, "%s", path) : 0;
}

void node_config_release(struct node_config *config)
{
    free(config->kubeconfig);
    hubs_release(&config->hubs);
    free(config->lease_namespace);
    free(config->lease_name);
    free(config->capacity_pods);
    free(config->capacity_cpu);
    free(config->capacity_memory);
    free(config->address);
    *config = (struct node_config)NODE_CONFIG_INIT;
}
