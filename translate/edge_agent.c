#include "translate/edge_agent.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/create_options.h"
#include "translate/create_options_join.h"
#include "translate/env.h"
#include "translate/image.h"
#include "translate/members.h"

#include <stdbool.h>
#include <string.h>

#define MIN_DOCKER_VERSION "v1.25"
#define CREDENTIALS        "registryCredentials"

static const char *const credential_members[] = {"username", "password", "address", NULL};

const char *edge_agent_schema_version(const cJSON *desired)
{
    const cJSON *version = json_get(desired, "schemaVersion");

    if (!version)
        return "1.0";
    return cJSON_IsString(version) ? version->valuestring : json_type_name(version);
}

bool edge_agent_needs_newer_schema(const cJSON *desired)
{
    const cJSON *agent = json_at(desired, "systemModules", "edgeAgent", NULL);
    const cJSON *hub = json_at(desired, "systemModules", "edgeHub", NULL);

    return json_get(agent, "imagePullPolicy") || json_get(hub, "imagePullPolicy") || json_get(hub, "startupOrder");
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

static void write_pull_policy(struct json_writer *writer, const cJSON *module)
{
    const char *policy = json_string(module, "imagePullPolicy");

    if (policy)
        json_member_string(writer, "imagePullPolicy", policy);
}

static void write_startup_order(struct json_writer *writer, const cJSON *module)
{
    int64_t order;

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
    write_pull_policy(writer, agent);
    write_settings(writer, json_get(agent, "settings"), defaults->edge_agent_image, "{}");
    env_write(writer, json_get(agent, "env"));
    json_end_object(writer);
    json_name(writer, "edgeHub");
    json_begin_object(writer);
    json_member_string(writer, "type", "docker");
    json_member_string(writer, "status", "running");
    json_member_string(writer, "restartPolicy", json_string_or(hub, "restartPolicy", "always"));
    write_pull_policy(writer, hub);
    write_startup_order(writer, hub);
    write_settings(writer, json_get(hub, "settings"), defaults->edge_hub_image, defaults->edge_hub_create_options);
    env_write(writer, json_get(hub, "env"));
    json_end_object(writer);
    json_end_object(writer);
}
