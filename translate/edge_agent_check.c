#include "translate/edge_agent.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/config_map.h"
#include "translate/create_options.h"
#include "translate/create_options_check.h"
#include "translate/create_options_join.h"
#include "translate/image.h"
#include "translate/module_settings.h"
#include "translate/schema_version.h"
#include "translate/twin_limits.h"

#include <stdbool.h>
#include <string.h>

#define CREDENTIALS "registryCredentials"

static const char *const members[] = {"schemaVersion", "runtime", "systemModules", NULL};
static const char *const runtime_members[] = {"type", "settings", NULL};
static const char *const runtime_settings[] = {"minDockerVersion", "loggingOptions", CREDENTIALS, NULL};
static const char *const credential_members[] = {"username", "password", "address", NULL};
static const char *const system_modules[] = {"edgeAgent", "edgeHub", NULL};
static const char *const edge_agent_members[] = {"type",   "imagePullPolicy", "env",          "settings", "version",
                                                 "status", "restartPolicy",   "startupOrder", NULL};
static const char *const edge_hub_members[] = {
    "type", "status", "restartPolicy", "imagePullPolicy", "startupOrder", "env", "settings", "version", NULL};
/* Which the device reads nowhere. */
static const char *const edge_agent_ignored[] = {"version", "status", "restartPolicy", "startupOrder", NULL};
static const char *const edge_hub_ignored[] = {"version", NULL};
static const char *const env_members[] = {"value", NULL};
static const char *const restart_policies[] = {"always", "never", "on-failure", "on-unhealthy", NULL};
static const char *const pull_policies[] = {"on-create", "never", NULL};

/* The object of that name, or NULL when it is missing or none, which is a finding. place gets its path. */
static const cJSON *check_object(const cJSON *parent, const char *name, const char *path, const char *const *allowed,
                                 char place[FIELD_PATH_SIZE], struct findings *findings)
{
    const cJSON *item = json_get(parent, name);

    field_path(place, "%s.%s", path, name);
    if (!item)
        return NULL;
    if (!cJSON_IsObject(item)) {
        findings_add_error(findings, FIELD_INVALID, place, json_type_name(item), "must be an object");
        return NULL;
    }
    if (allowed)
        config_map_check_members(item, place, allowed, findings);
    return item;
}

static void check_string(const cJSON *object, const char *name, const char *path, struct findings *findings)
{
    const cJSON *item = json_get(object, name);
    char place[FIELD_PATH_SIZE];

    field_path(place, "%s.%s", path, name);
    if (item && !cJSON_IsString(item))
        findings_add_error(findings, FIELD_INVALID, place, json_type_name(item), "must be a string");
    else if (item && strlen(item->valuestring) > TWIN_MAX_STRING)
        findings_add_error(findings, FIELD_TOO_LONG, place, NULL, "IoT Hub takes strings of at most %d bytes",
                           TWIN_MAX_STRING);
}

/* A text that is one of these. */
static void check_choice(const cJSON *object, const char *name, const char *const *values, const char *path,
                         struct findings *findings)
{
    const cJSON *item = json_get(object, name);
    cleanup_strbuf struct strbuf supported = STRBUF_INIT;
    char place[FIELD_PATH_SIZE];

    if (!item)
        return;
    for (const char *const *value = values; *value; value++) {
        if (strcmp(json_string_or(object, name, ""), *value) == 0)
            return;
        strbuf_add_format(&supported, "%s\"%s\"", value == values ? "" : ", ", *value);
    }
    findings_add_error(findings, FIELD_NOT_SUPPORTED, field_path(place, "%s.%s", path, name),
                       cJSON_IsString(item) ? item->valuestring : json_type_name(item), "supported values: %s",
                       strbuf_string(&supported));
}

/* Fields that can be written, as in the manifests that people copy from, but can only have one value. */
static void check_constant(const cJSON *object, const char *name, const char *value, const char *path,
                           struct findings *findings)
{
    check_choice(object, name, (const char *const[]){value, NULL}, path, findings);
}

static void check_credential(const cJSON *item, const char *path, struct findings *findings)
{
    if (!cJSON_IsObject(item)) {
        findings_add_error(findings, FIELD_INVALID, path, json_type_name(item),
                           "must be an object with username, password and address");
        return;
    }
    config_map_check_members(item, path, credential_members, findings);
    for (const char *const *name = credential_members; *name; name++) {
        const char *text = json_string_or(item, *name, "");
        char place[FIELD_PATH_SIZE];

        field_path(place, "%s.%s", path, *name);
        check_string(item, *name, path, findings);
        if (!json_get(item, *name) || (cJSON_IsString(json_get(item, *name)) && !text[strspn(text, " \t\r\n")]))
            findings_add_error(findings, FIELD_REQUIRED, place, NULL, "the device refuses credentials without it");
        else if (strcmp(*name, "address") == 0 && strpbrk(text, " \t\r\n"))
            findings_add_error(findings, FIELD_INVALID, place, text, "must not have blanks");
    }
}

static void check_runtime(const cJSON *desired, const char *path, struct findings *findings)
{
    char runtime_path[FIELD_PATH_SIZE], settings_path[FIELD_PATH_SIZE], place[FIELD_PATH_SIZE];
    const cJSON *runtime = check_object(desired, "runtime", path, runtime_members, runtime_path, findings);
    const cJSON *settings = check_object(runtime, "settings", runtime_path, runtime_settings, settings_path, findings);
    const cJSON *credentials = check_object(settings, CREDENTIALS, settings_path, NULL, place, findings);

    check_constant(runtime, "type", "docker", runtime_path, findings);
    check_string(settings, "minDockerVersion", settings_path, findings);
    check_string(settings, "loggingOptions", settings_path, findings);
    for (const cJSON *item = credentials ? credentials->child : NULL; item && !findings_is_full(findings);
         item = item->next) {
        if (!twin_key_is_legal(item->string))
            findings_add_error(findings, FIELD_INVALID, place, item->string,
                               "the name of credentials has no blanks and none of . $ #");
        check_credential(item, field_path(place, "%s." CREDENTIALS "[%s]", settings_path, item->string), findings);
        field_path(place, "%s." CREDENTIALS, settings_path);
    }
}

static void check_variable(const cJSON *item, const char *path, struct findings *findings)
{
    const cJSON *value = json_get(item, "value");
    char place[FIELD_PATH_SIZE];

    field_path(place, "%s[%s]", path, item->string);
    if (!twin_key_is_legal(item->string) || strchr(item->string, '+'))
        findings_add_error(findings, FIELD_INVALID, path, item->string,
                           "the name of a variable has no blanks and none of + # $ .");
    if (!cJSON_IsObject(item)) {
        findings_add_error(findings, FIELD_INVALID, place, json_type_name(item),
                           "must be an object, as in {\"value\":\"x\"}");
        return;
    }
    config_map_check_members(item, place, env_members, findings);
    if (!cJSON_IsString(value) && !cJSON_IsNumber(value) && !cJSON_IsBool(value))
        findings_add_error(findings, FIELD_INVALID, field_path(place, "%s[%s].value", path, item->string),
                           json_type_name(value), "must be a string, a number or a boolean");
    else
        module_env_check(item->string, value, path, findings);
}

/* createOptions of a system module: a JSON object, as text, as it is, or in pieces as in a manifest. */
static void check_create_options(const cJSON *settings, const char *path, struct findings *findings)
{
    const cJSON *item = json_get(settings, "createOptions");
    cleanup_error struct error error = {NULL};
    cleanup_free char *text = NULL;
    cleanup_free char *minified = NULL;
    char place[FIELD_PATH_SIZE];

    field_path(place, "%s.createOptions", path);
    if (item && !cJSON_IsString(item) && !cJSON_IsObject(item) && !cJSON_IsNull(item))
        findings_add_error(findings, FIELD_INVALID, place, json_type_name(item), "must be a JSON object or its text");
    else if (create_options_join(settings, &text, &error) < 0 || create_options_minify(text, &minified, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, place, NULL, "%s", error_message(&error));
    else
        create_options_check(minified, place, CREATE_OPTIONS_WRITTEN, findings);
}

static void check_settings_members(const cJSON *settings, const char *path, struct findings *findings)
{
    for (const cJSON *item = settings ? settings->child : NULL; item && !findings_is_full(findings);
         item = item->next) {
        if (strcmp(item->string, "image") != 0 && !strcasestr(item->string, "createOptions"))
            findings_add_error(findings, FIELD_NOT_SUPPORTED, path, item->string,
                               "supported values: \"image\", \"createOptions\"");
    }
}

static void check_image(const cJSON *settings, const char *path, struct findings *findings)
{
    const char *image = json_string(settings, "image");
    const char *problem = image ? image_problem(image) : NULL;
    char place[FIELD_PATH_SIZE];

    check_string(settings, "image", path, findings);
    field_path(place, "%s.image", path);
    if (problem)
        findings_add_error(findings, FIELD_INVALID, place, image, "%s", problem);
    else if (image && image_has_tag_and_digest(image))
        findings_add_warning(findings, "%s: the tag is left out, the digest stays", place);
}

/* What came with schema version 1.1. */
static void check_newer(const cJSON *module, const char *path, struct findings *findings)
{
    check_choice(module, "imagePullPolicy", pull_policies, path, findings);
    config_map_check_number(module, "startupOrder", 0, UINT32_MAX, path, findings);
}

static void warn_ignored(const cJSON *module, const char *const *names, const char *path, struct findings *findings)
{
    for (; *names; names++) {
        if (json_get(module, *names))
            findings_add_warning(findings, "%s.%s is not forwarded: the device does not read it", path, *names);
    }
}

static void check_system_module(const cJSON *modules, const char *name, const char *path, const char *const *allowed,
                                const char *const *ignored, struct findings *findings)
{
    char module_path[FIELD_PATH_SIZE], place[FIELD_PATH_SIZE];
    const cJSON *module = check_object(modules, name, path, allowed, module_path, findings);
    const cJSON *env = check_object(module, "env", module_path, NULL, place, findings);
    const cJSON *settings;

    for (const cJSON *item = env ? env->child : NULL; item && !findings_is_full(findings); item = item->next)
        check_variable(item, place, findings);
    settings = check_object(module, "settings", module_path, NULL, place, findings);
    check_settings_members(settings, place, findings);
    check_image(settings, place, findings);
    check_create_options(settings, place, findings);
    check_constant(module, "type", "docker", module_path, findings);
    check_constant(module, "status", "running", module_path, findings);
    check_choice(module, "restartPolicy", restart_policies, module_path, findings);
    check_newer(module, module_path, findings);
    warn_ignored(module, ignored, module_path, findings);
}

/* From 1.0 to 1.1.0; 1.1.0.0 is behind that. */
static bool is_schema_version(const char *text)
{
    struct schema_version version;

    if (!schema_version_read(text, &version))
        return false;
    return version.minor == 0 || (version.minor == 1 && version.build <= 0 && version.revision < 0);
}

void edge_agent_check(const cJSON *desired, const char *path, struct findings *findings)
{
    char place[FIELD_PATH_SIZE];
    const cJSON *version = json_get(desired, "schemaVersion");
    const cJSON *modules;

    if (!desired)
        return;
    config_map_check_members(desired, path, members, findings);
    if (version && !is_schema_version(edge_agent_schema_version(desired)))
        findings_add_error(findings, FIELD_NOT_SUPPORTED, field_path(place, "%s.schemaVersion", path),
                           edge_agent_schema_version(desired), "supported values: \"1.0\", \"1.1\"");
    check_runtime(desired, path, findings);
    modules = check_object(desired, "systemModules", path, system_modules, place, findings);
    check_system_module(modules, "edgeAgent", place, edge_agent_members, edge_agent_ignored, findings);
    check_system_module(modules, "edgeHub", place, edge_hub_members, edge_hub_ignored, findings);
}
