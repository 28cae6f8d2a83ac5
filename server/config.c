#include "server/config.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "translate/target_condition.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT ((size_t)1 << 20)

enum key_type {
    KEY_TEXT,     /* char *, owned */
    KEY_NUMBER,   /* unsigned */
    KEY_PORT,     /* uint16_t */
    KEY_DURATION, /* int64_t, ms */
    KEY_SECONDS,  /* unsigned, written as a duration */
};

/* One key of the file. A text without a default stays NULL, or is asked for when it is required. */
struct key {
    const char *section; /* NULL: at the top */
    const char *name;
    enum key_type type;
    size_t offset;
    const char *text; /* default of a text */
    int64_t number;   /* default of the others: ms for both durations */
    int64_t least, most;
    bool required;
};

#define AT(field) offsetof(struct config, field)
#define SECOND    ((int64_t)1000)
#define MINUTE    (60 * SECOND)
#define HOUR      (60 * MINUTE)

static const struct key keys[] = {
    {NULL, "owner", KEY_TEXT, AT(owner), NULL, 0, 0, 0, false},
    {NULL, "kubeconfig", KEY_TEXT, AT(kubeconfig), NULL, 0, 0, 0, false},
    {"webhook", "address", KEY_TEXT, AT(listen_address), "::", 0, 0, 0, false},
    {"webhook", "port", KEY_PORT, AT(listen_port), NULL, 8443, 0, 65535, false},
    {"webhook", "certificate", KEY_TEXT, AT(certificate_file), NULL, 0, 0, 0, true},
    {"webhook", "key", KEY_TEXT, AT(key_file), NULL, 0, 0, 0, true},
    {"webhook", "threads", KEY_NUMBER, AT(threads), NULL, 4, 1, 64, false},
    {"webhook", "drain", KEY_DURATION, AT(drain_ms), NULL, 10 * SECOND, 0, 10 * MINUTE, false},
    {"health", "address", KEY_TEXT, AT(health_address), "::", 0, 0, 0, false},
    {"health", "port", KEY_PORT, AT(health_port), NULL, 8081, 0, 65535, false},
    {"api", "address", KEY_TEXT, AT(api_address), NULL, 0, 0, 0, false},
    {"api", "port", KEY_PORT, AT(api_port), NULL, 8444, 0, 65535, false},
    {"lease", "namespace", KEY_TEXT, AT(lease_namespace), NULL, 0, 0, 0, false},
    {"lease", "name", KEY_TEXT, AT(lease_name), "iot-edge-connector", 0, 0, 0, false},
    {"lease", "identity", KEY_TEXT, AT(lease_identity), NULL, 0, 0, 0, false},
    {"lease", "duration", KEY_SECONDS, AT(lease_duration_s), NULL, 15 * SECOND, 3 * SECOND, HOUR, false},
    {"sync", "settle", KEY_DURATION, AT(settle_ms), NULL, 2 * SECOND, 0, 10 * MINUTE, false},
    {"sync", "resync", KEY_DURATION, AT(resync_ms), NULL, 5 * MINUTE, SECOND, 24 * HOUR, false},
    {"sync", "evaluationPoll", KEY_DURATION, AT(evaluation_poll_ms), NULL, 30 * SECOND, 100, HOUR, false},
    {"sync", "status", KEY_DURATION, AT(status_ms), NULL, 15 * SECOND, 100, HOUR, false},
    {"sync", "absence", KEY_DURATION, AT(absence_ms), NULL, MINUTE, 0, 24 * HOUR, false},
    {"sync", "offlineAfter", KEY_DURATION, AT(offline_after_ms), NULL, 15 * MINUTE, SECOND, 365 * 24 * HOUR, false},
    {"sync", "hubTimeout", KEY_DURATION, AT(hub_timeout_ms), NULL, 90 * SECOND, 100, 10 * MINUTE, false},
    {"sync", "errorBackoff", KEY_DURATION, AT(error_backoff_ms), NULL, 5 * MINUTE, 100, 24 * HOUR, false},
};

static void *field_at(struct config *config, const struct key *key)
{
    return (char *)config + key->offset;
}

/* The key as the file's writer sees it: "webhook.port". */
static int key_error(const struct key *key, struct error *error)
{
    if (key->section)
        return error_wrap(error, "%s.%s", key->section, key->name);
    return error_wrap(error, "%s", key->name);
}

static int set_text(const struct key *key, const char *text, struct config *config, struct error *error)
{
    char **field = (char **)field_at(config, key);
    char *copy = strdup(text);
    if (!copy)
        return error_set(error, "memory ran out");
    free(*field);
    *field = copy;
    return 0;
}

static void set_number(const struct key *key, int64_t number, struct config *config)
{
    void *field = field_at(config, key);
    if (key->type == KEY_PORT)
        *(uint16_t *)field = (uint16_t)number;
    else if (key->type == KEY_NUMBER)
        *(unsigned *)field = (unsigned)number;
    else if (key->type == KEY_SECONDS)
        *(unsigned *)field = (unsigned)(number / SECOND);
    else
        *(int64_t *)field = number;
}

static int set_defaults(struct config *config, struct error *error)
{
    config->log_level = LOG_LEVEL_INFO;
    config->log_format = LOG_FORMAT_TEXT;
    for (size_t i = 0; i < array_length(keys); i++) {
        if (keys[i].type != KEY_TEXT)
            set_number(&keys[i], keys[i].number, config);
        else if (keys[i].text && set_text(&keys[i], keys[i].text, config, error) < 0)
            return -1;
    }
    return 0;
}

static int read_text(const struct key *key, const cJSON *value, struct config *config, struct error *error)
{
    if (!cJSON_IsString(value))
        return error_set(error, "must be a text, not %s", json_type_name(value));
    if (value->valuestring[0] == '\0')
        return error_set(error, "must not be empty");
    return set_text(key, value->valuestring, config, error);
}

static int read_number(const struct key *key, const cJSON *section, struct config *config, struct error *error)
{
    int64_t number;
    if (!json_int64(section, key->name, &number) || number < key->least || number > key->most)
        return error_set(error, "must be a whole number from %lld to %lld", (long long)key->least,
                         (long long)key->most);
    set_number(key, number, config);
    return 0;
}

static int read_duration(const struct key *key, const cJSON *value, struct config *config, struct error *error)
{
    int64_t ms;
    if (!cJSON_IsString(value) || !clock_parse_duration(value->valuestring, &ms))
        return error_set(error, "must be a duration such as 250ms, 10s, 5m or 1h30m");
    if (ms < key->least || ms > key->most)
        return error_set(error, "must be from %lld ms to %lld s", (long long)key->least,
                         (long long)(key->most / SECOND));
    if (key->type == KEY_SECONDS && ms % SECOND != 0)
        return error_set(error, "must be whole seconds");
    set_number(key, ms, config);
    return 0;
}

static int read_key(const struct key *key, const cJSON *section, struct config *config, struct error *error)
{
    const cJSON *value = json_get(section, key->name);
    if (!value)
        return key->required ? error_set(error, "is missing") : 0;
    if (key->type == KEY_TEXT)
        return read_text(key, value, config, error);
    if (key->type == KEY_PORT || key->type == KEY_NUMBER)
        return read_number(key, section, config, error);
    return read_duration(key, value, config, error);
}

static const cJSON *section_of(const struct key *key, const cJSON *tree)
{
    return key->section ? json_get(tree, key->section) : tree;
}

static int read_keys(const cJSON *tree, struct config *config, struct error *error)
{
    for (size_t i = 0; i < array_length(keys); i++)
        if (read_key(&keys[i], section_of(&keys[i], tree), config, error) < 0)
            return key_error(&keys[i], error);
    return 0;
}

static int check_baseline(const struct hub *hub, size_t index, struct error *error)
{
    cleanup_error struct error reason = {NULL};
    if (!hub->baseline.condition || target_condition_check(hub->baseline.condition, &reason) == 0)
        return 0;
    return error_set(error, "hubs[%zu].baselineCondition: %s", index, error_message(&reason));
}

static int read_hubs(const cJSON *tree, struct config *config, struct error *error)
{
    const cJSON *hubs = json_get(tree, "hubs");
    if (!cJSON_IsArray(hubs) || cJSON_GetArraySize(hubs) == 0)
        return error_set(error, "hubs: at least one hub must be listed, with its name and connectionStringFile");
    if (hubs_parse(hubs, &config->hubs, error) < 0)
        return -1;
    for (size_t i = 0; i < config->hubs.count; i++)
        if (check_baseline(&config->hubs.items[i], i, error) < 0)
            return -1;
    for (size_t i = 0; i < config->hubs.count; i++)
        if (!config->hubs.items[i].connection_string_file && !config->hubs.items[i].host_name)
            return error_set(
                error, "hubs[%zu].connectionStringFile: missing; give it, or hostName for a workload identity", i);
    return 0;
}

static int read_secrets_from(const cJSON *tree, struct config *config, struct error *error)
{
    const cJSON *list = json_get(tree, "secretsFrom");
    return list ? namespaces_parse(list, list->string, &config->secrets_from, error) : 0;
}

/* The section alone, with nothing in it, asks for the port. */
static int complete_api(const cJSON *tree, struct config *config, struct error *error)
{
    if (!json_get(tree, "api") || config->api_address)
        return 0;
    config->api_address = strdup("::");
    return config->api_address ? 0 : error_set(error, "memory ran out");
}

static int read_log(const cJSON *tree, struct config *config, struct error *error)
{
    const cJSON *section = json_get(tree, "log");
    const cJSON *level = json_get(section, "level");
    const cJSON *format = json_get(section, "format");
    if (level && log_level_parse(cJSON_IsString(level) ? level->valuestring : "", &config->log_level, error) < 0)
        return error_wrap(error, "log.level");
    if (format && log_format_parse(cJSON_IsString(format) ? format->valuestring : "", &config->log_format, error) < 0)
        return error_wrap(error, "log.format");
    return 0;
}

static bool key_exists(const char *section, const char *name)
{
    if (text_is_same(section, "log"))
        return text_is_same(name, "level") || text_is_same(name, "format");
    for (size_t i = 0; i < array_length(keys); i++)
        if (text_is_same(keys[i].section, section) && text_is_same(keys[i].name, name))
            return true;
    return false;
}

static bool section_exists(const char *name)
{
    if (text_is_same(name, "log"))
        return true;
    for (size_t i = 0; i < array_length(keys); i++)
        if (keys[i].section && text_is_same(keys[i].section, name))
            return true;
    return false;
}

static int check_section(const cJSON *section, struct error *error)
{
    if (!cJSON_IsObject(section))
        return error_set(error, "%s: must be an object, not %s", section->string, json_type_name(section));
    const cJSON *member;
    cJSON_ArrayForEach(member, section)
    {
        if (!key_exists(section->string, member->string))
            return error_set(error, "%s.%s: there is no such key", section->string, member->string);
    }
    return 0;
}

/* `node` is the virtual node's, which reads the same file and judges it. */
static int check_names(const cJSON *tree, struct error *error)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, tree)
    {
        if (section_exists(member->string)) {
            if (check_section(member, error) < 0)
                return -1;
        } else if (!text_is_same(member->string, "hubs") && !text_is_same(member->string, "node") &&
                   !text_is_same(member->string, "secretsFrom") && !key_exists(NULL, member->string)) {
            return error_set(error, "%s: there is no such key", member->string);
        }
    }
    return 0;
}

static int read_tree(const cJSON *documents, struct config *config, struct error *error)
{
    const cJSON *tree = cJSON_GetArrayItem(documents, 0);
    if (cJSON_GetArraySize(documents) != 1 || !cJSON_IsObject(tree))
        return error_set(error, "must be one YAML object");
    if (check_names(tree, error) < 0 || set_defaults(config, error) < 0 || read_keys(tree, config, error) < 0)
        return -1;
    if (read_hubs(tree, config, error) < 0 || read_secrets_from(tree, config, error) < 0 ||
        complete_api(tree, config, error) < 0)
        return -1;
    return read_log(tree, config, error);
}

int config_load(const char *path, struct config *ret_config, struct error *error)
{
    cleanup_free char *text = NULL;
    cleanup_json cJSON *documents = NULL;
    size_t length = 0;
    if (file_read(path, FILE_LIMIT, &text, &length, error) < 0)
        return -1;
    if (yaml_parse(text, length, &documents, error) < 0)
        return error_wrap(error, "%s", path);

    struct config config = {0};
    if (read_tree(documents, &config, error) < 0) {
        config_release(&config);
        return error_wrap(error, "%s", path);
    }
    *ret_config = config;
    return 0;
}

void config_release(struct config *config)
{
    for (size_t i = 0; i < array_length(keys); i++)
        if (keys[i].type == KEY_TEXT)
            free(*(char **)field_at(config, &keys[i]));
    hubs_release(&config->hubs);
    namespaces_release(&config->secrets_from);
    *config = (struct config){0};
}
