#include "translate/edge_agent.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/config_map.h"
#include "translate/create_options.h"
#include "translate/create_options_check.h"
#include "translate/create_options_join.h"
#include "translate/image.h"
#include "translate/members.h"
#include "translate/twin_limits.h"

#include <stdbool.h>
#include <string.h>

#define MIN_DOCKER_VERSION "v1.25"
#define CREDENTIALS        "registryCredentials"

static const char *const members[] = {"schemaVersion", "runtime", "systemModules", NULL};
static const char *const runtime_members[] = {"type", "settings", NULL};
static const char *const runtime_settings[] = {"minDockerVersion", "loggingOptions", CREDENTIALS, NULL};
static const char *const credential_members[] = {"username", "password", "address", NULL};
static const char *const system_modules[] = {"edgeAgent", "edgeHub", NULL};
static const char *const edge_agent_members[] = {"type", "imagePullPolicy", "env", "settings", NULL};
static const char *const edge_hub_members[] = {"type",         "status", "restartPolicy", "imagePullPolicy",
                                               "startupOrder", "env",    "settings",      NULL};
static const char *const env_members[] = {"value", NULL};

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

/* Fields that can be written, as in the manifests that people copy from, but can only have one value. */
static void check_constant(const cJSON *object, const char *name, const char *value, const char *path,
                           struct findings *findings)
{
    const cJSON *item = json_get(object, name);
    char place[FIELD_PATH_SIZE];

    if (item && (!cJSON_IsString(item) || strcmp(item->valuestring, value) != 0))
        findings_add_error(findings, FIELD_NOT_SUPPORTED, field_path(place, "%s.%s", path, name),
                           cJSON_IsString(item) ? item->valuestring : json_type_name(item), "supported values: \"%s\"",
                           value);
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
    for (const cJSON *item = credentials ? credentials->child : NULL; item; item = item->next) {
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
    for (const cJSON *item = settings ? settings->child : NULL; item; item = item->next) {
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
    if (problem)
        findings_add_error(findings, FIELD_INVALID, field_path(place, "%s.image", path), image, "%s", problem);
}

/* What came with schema version 1.1. */
static void check_newer(const cJSON *module, const char *path, struct findings *findings)
{
    const cJSON *policy = json_get(module, "imagePullPolicy");
    const char *text = json_string_or(module, "imagePullPolicy", "");
    const cJSON *order = json_get(module, "startupOrder");
    char place[FIELD_PATH_SIZE];
    int64_t number;

    if (policy && strcmp(text, "on-create") != 0 && strcmp(text, "never") != 0)
        findings_add_error(findings, FIELD_NOT_SUPPORTED, field_path(place, "%s.imagePullPolicy", path),
                           cJSON_IsString(policy) ? text : json_type_name(policy),
                           "supported values: \"on-create\", \"never\"");
    if (order && (!json_int64(module, "startupOrder", &number) || number < 0 || number > UINT32_MAX))
        findings_add_error(findings, FIELD_INVALID, field_path(place, "%s.startupOrder", path), json_type_name(order),
                           "must be a whole number from 0 to 4294967295");
}

static void check_system_module(const cJSON *modules, const char *name, const char *path, const char *const *allowed,
                                struct findings *findings)
{
    char module_path[FIELD_PATH_SIZE], place[FIELD_PATH_SIZE];
    const cJSON *module = check_object(modules, name, path, allowed, module_path, findings);
    const cJSON *env = check_object(module, "env", module_path, NULL, place, findings);
    const cJSON *settings;

    for (const cJSON *item = env ? env->child : NULL; item; item = item->next)
        check_variable(item, place, findings);
    settings = check_object(module, "settings", module_path, NULL, place, findings);
    check_settings_members(settings, place, findings);
    check_image(settings, place, findings);
    check_create_options(settings, place, findings);
    check_constant(module, "type", "docker", module_path, findings);
    check_constant(module, "status", "running", module_path, findings);
    check_constant(module, "restartPolicy", "always", module_path, findings);
    check_newer(module, module_path, findings);
}

void edge_agent_check(const cJSON *desired, const char *path, struct findings *findings)
{
    char place[FIELD_PATH_SIZE];
    const cJSON *version = json_get(desired, "schemaVersion");
    const cJSON *modules;

    if (!desired)
        return;
    config_map_check_members(desired, path, members, findings);
    if (version && strcmp(edge_agent_schema_version(desired), "1.1") != 0 &&
        strcmp(edge_agent_schema_version(desired), "1.0") != 0)
        findings_add_error(findings, FIELD_NOT_SUPPORTED, field_path(place, "%s.schemaVersion", path),
                           edge_agent_schema_version(desired), "supported values: \"1.0\", \"1.1\"");
    check_runtime(desired, path, findings);
    modules = check_object(desired, "systemModules", path, system_modules, place, findings);
    check_system_module(modules, "edgeAgent", place, edge_agent_members, findings);
    check_system_module(modules, "edgeHub", place, edge_hub_members, findings);
}

const char *edge_agent_schema_version(const cJSON *desired)
{
    const cJSON *version = json_get(desired, "schemaVersion");

    if (!version)
        return "1.0";
    return cJSON_IsString(version) ? version->valuestring : json_type_name(version);
}

bool edge_agent_needs_newer_schema(const cJSON *desired)
{
    const cJSON *module;

    cJSON_ArrayForEach(module, json_get(desired, "systemModules"))
    {
        if (json_get(module, "imagePullPolicy") || json_get(module, "startupOrder"))
            return true;
    }
    return false;
}

static void write_credential(struct json_writer *writer, const cJSON *item)
{
    json_name(writer, item->string);
    json_begin_object(writer);
    for (const char *const *name = credential_members; *name; name++)
        json_member_string(writer, *name, json_string_or(item, *name, ""));
    json_end_object(writer);
}

/* Both in one order of names; of a name that both have the ConfigMap's. */
static void write_credentials(struct json_writer *writer, const cJSON *given, const cJSON *of_secrets)
{
    size_t given_count, other_count;
    cleanup_free const cJSON **mine = members_sort(given, &given_count, &writer->out->failed);
    cleanup_free const cJSON **others = members_sort(of_secrets, &other_count, &writer->out->failed);

    json_begin_object(writer);
    for (size_t i = 0, k = 0; i < given_count || k < other_count;) {
        int order = i == given_count ? 1 : k == other_count ? -1 : strcmp(mine[i]->string, others[k]->string);

        write_credential(writer, order <= 0 ? mine[i] : others[k]);
        i += order <= 0;
        k += order >= 0;
    }
    json_end_object(writer);
}

void edge_agent_write_runtime(struct json_writer *writer, const cJSON *desired, const char *logging_options,
                              const cJSON *credentials)
{
    const cJSON *settings = json_at(desired, "runtime", "settings", NULL);

    json_name(writer, "runtime");
    json_begin_object(writer);
    json_member_string(writer, "type", "docker");
    json_name(writer, "settings");
    json_begin_object(writer);
    json_member_string(writer, "minDockerVersion", json_string_or(settings, "minDockerVersion", MIN_DOCKER_VERSION));
    json_member_string(writer, "loggingOptions",
                       *logging_options ? logging_options : json_string_or(settings, "loggingOptions", ""));
    json_name(writer, CREDENTIALS);
    write_credentials(writer, json_get(settings, CREDENTIALS), credentials);
    json_end_object(writer);
    json_end_object(writer);
}

static void write_env(struct json_writer *writer, const cJSON *env)
{
    size_t count;
    cleanup_free const cJSON **sorted = members_sort(env, &count, &writer->out->failed);

    if (!count)
        return;
    json_name(writer, "env");
    json_begin_object(writer);
    for (size_t i = 0; i < count; i++) {
        json_name(writer, sorted[i]->string);
        json_begin_object(writer);
        json_name(writer, "value");
        json_add_value(writer, json_get(sorted[i], "value"));
        json_end_object(writer);
    }
    json_end_object(writer);
}

static bool has_create_options(const cJSON *settings)
{
    for (const cJSON *item = cJSON_IsObject(settings) ? settings->child : NULL; item; item = item->next) {
        if (strcasestr(item->string, "createOptions"))
            return true;
    }
    return false;
}

/* Minified; NULL when memory ran out. */
static char *read_create_options(const cJSON *settings, const char *otherwise)
{
    cleanup_free char *text = NULL;
    char *minified = NULL;

    if (create_options_join(settings, &text, NULL) < 0 ||
        create_options_minify(has_create_options(settings) ? text : otherwise, &minified, NULL) < 0)
        return NULL;
    return minified;
}

char *edge_agent_hub_create_options(const cJSON *desired, const char *otherwise)
{
    return read_create_options(json_at(desired, "systemModules", "edgeHub", "settings", NULL), otherwise);
}

static void write_create_options(struct json_writer *writer, const cJSON *settings, const char *otherwise)
{
    cleanup_free char *minified = read_create_options(settings, otherwise);

    if (minified)
        create_options_write(writer, minified);
    else
        writer->out->failed = true;
}

static void write_settings(struct json_writer *writer, const cJSON *settings, const char *image,
                           const char *create_options)
{
    cleanup_strbuf struct strbuf reference = STRBUF_INIT;

    image_add_for_device(&reference, json_string_or(settings, "image", image));
    if (reference.failed)
        writer->out->failed = true;
    json_name(writer, "settings");
    json_begin_object(writer);
    json_member_string(writer, "image", strbuf_string(&reference));
    write_create_options(writer, settings, create_options);
    json_end_object(writer);
}

static void write_newer(struct json_writer *writer, const cJSON *module)
{
    const char *policy = json_string(module, "imagePullPolicy");
    int64_t order;

    if (policy)
        json_member_string(writer, "imagePullPolicy", policy);
    if (json_int64(module, "startupOrder", &order))
        json_member_int(writer, "startupOrder", order);
}

void edge_agent_write_system_modules(struct json_writer *writer, const cJSON *desired,
                                     const struct system_modules *defaults)
{
    const cJSON *agent = json_at(desired, "systemModules", "edgeAgent", NULL);
    const cJSON *hub = json_at(desired, "systemModules", "edgeHub", NULL);

    json_name(writer, "systemModules");
    json_begin_object(writer);
    json_name(writer, "edgeAgent");
    json_begin_object(writer);
    json_member_string(writer, "type", "docker");
    write_newer(writer, agent);
    write_settings(writer, json_get(agent, "settings"), defaults->edge_agent_image, "{}");
    write_env(writer, json_get(agent, "env"));
    json_end_object(writer);
    json_name(writer, "edgeHub");
    json_begin_object(writer);
    json_member_string(writer, "type", "docker");
    json_member_string(writer, "status", "running");
    json_member_string(writer, "restartPolicy", "always");
    write_newer(writer, hub);
    write_settings(writer, json_get(hub, "settings"), defaults->edge_hub_image, defaults->edge_hub_create_options);
    write_env(writer, json_get(hub, "env"));
    json_end_object(writer);
    json_end_object(writer);
}
