#include "translate/module_settings.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/annotations.h"
#include "translate/config_map.h"
#include "translate/create_options.h"
#include "translate/create_options_check.h"
#include "translate/twin_limits.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VERSION       256
#define MAX_STARTUP_ORDER 4294967295
#define MAX_INTEGER       4503599627370495.0

static const char *const statuses[] = {"running", "stopped", NULL};
static const char *const env_members[] = {"value", NULL};
static const char *const restart_policies[] = {"always", "never", "on-failure", "on-unhealthy", NULL};
static const char *const pull_policies[] = {"on-create", "never", NULL};

void module_settings_release(struct module_settings *settings)
{
    free(settings->create_options);
    cJSON_Delete(settings->env);
    free(settings->desired_properties);
    *settings = (struct module_settings)MODULE_SETTINGS_INIT;
}

static const char *read_version(const cJSON *data, const char *prefix, struct findings *findings)
{
    const char *text = config_map_text(data, KEY_VERSION, prefix, findings);
    char path[FIELD_PATH_SIZE];

    if (!text)
        return "1.0";
    field_path(path, "%sdata[%s]", prefix, KEY_VERSION);
    if (!*text)
        findings_add_error(findings, FIELD_INVALID, path, text, "must not be empty; leave it out for \"1.0\"");
    else if (strlen(text) > MAX_VERSION)
        findings_add_error(findings, FIELD_TOO_LONG, path, NULL, "must have at most %d bytes", MAX_VERSION);
    return text;
}

static char *read_create_options(const cJSON *data, const char *prefix, struct findings *findings)
{
    const char *text = config_map_bounded_text(data, KEY_CREATE_OPTIONS, prefix, findings);
    cleanup_error struct error error = {NULL};
    char path[FIELD_PATH_SIZE];
    char *minified = NULL;

    field_path(path, "%sdata[%s]", prefix, KEY_CREATE_OPTIONS);
    if (create_options_minify(text ? text : "", &minified, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, path, NULL, "%s", error_message(&error));
    else
        create_options_check(minified, path, *prefix ? CREATE_OPTIONS_STORED : CREATE_OPTIONS_WRITTEN, findings);
    return minified;
}

static char *read_desired_properties(const cJSON *data, const char *prefix, struct findings *findings)
{
    cleanup_json cJSON *tree = config_map_desired_properties(data, prefix, findings);
    cleanup_error struct error error = {NULL};
    const char *text = json_string(data, KEY_DESIRED_PROPERTIES);
    char path[FIELD_PATH_SIZE];
    char *minified = NULL;

    if (!tree)
        return NULL;
    field_path(path, "%sdata[%s]", prefix, KEY_DESIRED_PROPERTIES);
    twin_limits_check(tree, path, findings);
    twin_limits_warn_size(twin_size(tree), path, findings);
    if (json_minify(text, strlen(text), &minified, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, path, NULL, "%s", error_message(&error));
    return minified;
}

static int64_t read_startup_order(const cJSON *data, const char *prefix, struct findings *findings)
{
    const char *text = config_map_text(data, KEY_STARTUP_ORDER, prefix, findings);
    char path[FIELD_PATH_SIZE];
    long number;

    if (!text)
        return -1;
    if (annotation_parse_number(text, MAX_STARTUP_ORDER, &number))
        return number;
    findings_add_error(findings, FIELD_INVALID, field_path(path, "%sdata[%s]", prefix, KEY_STARTUP_ORDER), text,
                       "must be a whole number from 0 to 4294967295; the lowest starts first");
    return -1;
}

void module_env_check(const char *name, const cJSON *value, const char *path, struct findings *findings)
{
    if (strncmp(name, "IOTEDGE_", 8) == 0)
        findings_add_error(findings, FIELD_INVALID, path, name,
                           "names that begin with IOTEDGE_ belong to the edge agent, which sets them itself");
    else if (!*name || strchr(name, '='))
        findings_add_error(findings, FIELD_INVALID, path, name, "must not be empty, and must not have =");
    else if (!cJSON_IsString(value) && !cJSON_IsNumber(value) && !cJSON_IsBool(value))
        findings_add_error(findings, FIELD_INVALID, path, name, "must be a string, a number or a boolean");
    else if (cJSON_IsNumber(value) && (value->valuedouble > MAX_INTEGER || value->valuedouble < -MAX_INTEGER - 1))
        findings_add_error(findings, FIELD_INVALID, path, name,
                           "IoT Hub takes numbers from -4503599627370496 to 4503599627370495; write a string");
}

/* NAME: value, or as in a manifest NAME: {value}. */
static cJSON *read_env(const cJSON *data, const char *prefix, struct findings *findings)
{
    cleanup_json cJSON *tree = config_map_object(data, KEY_ENV, prefix, findings);
    cleanup_json cJSON *env = tree ? cJSON_CreateObject() : NULL;
    char path[FIELD_PATH_SIZE], place[FIELD_PATH_SIZE];
    const cJSON *item;

    field_path(path, "%sdata[%s]", prefix, KEY_ENV);
    cJSON_ArrayForEach(item, tree)
    {
        const cJSON *value = cJSON_IsObject(item) ? json_get(item, "value") : item;
        cJSON *taken = value ? cJSON_Duplicate(value, true) : NULL;

        if (cJSON_IsObject(item))
            config_map_check_members(item, field_path(place, "%s[%s]", path, item->string), env_members, findings);
        module_env_check(item->string, value, path, findings);
        if (value && !cJSON_AddItemToObject(env, item->string, taken)) {
            cJSON_Delete(taken);
            findings->failed = 1;
        }
    }
    return steal_ptr(env);
}

void module_settings_read(const cJSON *data, const char *prefix, struct module_settings *ret_settings,
                          struct findings *findings)
{
    *ret_settings = (struct module_settings){
        .status = config_map_choice(data, KEY_STATUS, statuses, prefix, findings),
        .restart_policy = config_map_choice(data, KEY_RESTART_POLICY, restart_policies, prefix, findings),
        .version = read_version(data, prefix, findings),
        .create_options = read_create_options(data, prefix, findings),
        .pull_policy = config_map_choice(data, KEY_PULL_POLICY, pull_policies, prefix, findings),
        .startup_order = read_startup_order(data, prefix, findings),
        .env = read_env(data, prefix, findings),
        .desired_properties = read_desired_properties(data, prefix, findings),
    };
    if (!ret_settings->status)
        ret_settings->status = statuses[0];
}
