#include "translate/module_settings.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/config_map.h"
#include "translate/create_options.h"
#include "translate/twin_limits.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VERSION 256

static const char *const statuses[] = {"running", "stopped", NULL};
static const char *const restart_policies[] = {"always", "never", "on-failure", "on-unhealthy", NULL};

void module_settings_release(struct module_settings *settings)
{
    free(settings->create_options);
    free(settings->desired_properties);
    *settings = (struct module_settings)MODULE_SETTINGS_INIT;
}

/* One of the values, of which the first is the default. */
static const char *read_choice(const cJSON *data, const char *key, const char *const *values, const char *prefix,
                               struct findings *findings)
{
    const char *text = config_map_text(data, key, prefix, findings);
    cleanup_strbuf struct strbuf list = STRBUF_INIT;
    char path[FIELD_PATH_SIZE];

    if (!text)
        return values[0];
    for (const char *const *value = values; *value; value++) {
        if (strcmp(text, *value) == 0)
            return *value;
        strbuf_add_format(&list, "%s\"%s\"", value == values ? "" : ", ", *value);
    }
    findings_add_error(findings, FIELD_NOT_SUPPORTED, field_path(path, "%sdata[%s]", prefix, key), text,
                       "supported values: %s", strbuf_string(&list));
    return values[0];
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
    const char *text = config_map_text(data, KEY_CREATE_OPTIONS, prefix, findings);
    cleanup_error struct error error = {NULL};
    char path[FIELD_PATH_SIZE];
    char *minified = NULL;

    if (create_options_minify(text ? text : "", &minified, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, field_path(path, "%sdata[%s]", prefix, KEY_CREATE_OPTIONS), NULL,
                           "%s", error_message(&error));
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
    if (json_minify(text, strlen(text), &minified, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, path, NULL, "%s", error_message(&error));
    return minified;
}

void module_settings_read(const cJSON *data, const char *prefix, struct module_settings *ret_settings,
                          struct findings *findings)
{
    *ret_settings = (struct module_settings){
        .status = read_choice(data, KEY_STATUS, statuses, prefix, findings),
        .restart_policy = read_choice(data, KEY_RESTART_POLICY, restart_policies, prefix, findings),
        .version = read_version(data, prefix, findings),
        .create_options = read_create_options(data, prefix, findings),
        .desired_properties = read_desired_properties(data, prefix, findings),
    };
}
