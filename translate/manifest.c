#include "translate/manifest.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "translate/create_options.h"
#include "translate/edge_agent.h"
#include "translate/edge_hub.h"
#include "translate/env.h"
#include "translate/layered_parts.h"
#include "translate/members.h"
#include "translate/parts.h"
#include "translate/twin_limits.h"

#include <stdlib.h>
#include <string.h>

#define DESIRED    "properties.desired"
#define EDGE_AGENT "$edgeAgent"
#define EDGE_HUB   "$edgeHub"
/* A container's name has 63 characters at most. */
#define MAX_DOTTED_NAME 128

static void strings_free(char **strings, size_t count)
{
    for (size_t i = 0; strings && i < count; i++)
        free(strings[i]);
    free(strings);
}

void manifest_release(struct manifest *manifest)
{
    free(manifest->content);
    free(manifest->target_condition);
    strings_free(manifest->config_maps, manifest->config_map_count);
    strings_free(manifest->modules, manifest->module_count);
    strings_free(manifest->images, manifest->module_count);
    *manifest = (struct manifest)MANIFEST_INIT;
}

static int compare_modules(const void *a, const void *b)
{
    return strcmp((*(const struct module *const *)a)->name, (*(const struct module *const *)b)->name);
}

/* Moving a container in the file must not restart modules: the content has them in the order of their names. */
static const struct module **sort_modules(const struct parts *parts)
{
    const struct module **sorted = calloc(parts->module_count + 1, sizeof(const struct module *));

    if (!sorted)
        return NULL;
    for (size_t i = 0; i < parts->module_count; i++)
        sorted[i] = &parts->modules[i];
    qsort(sorted, parts->module_count, sizeof(const struct module *), compare_modules);
    return sorted;
}

/* A device recreates a module whose version changes: that is what `kubectl rollout restart` asks for. */
static void write_version(struct json_writer *writer, const struct module *module, const char *restarted_at)
{
    cleanup_strbuf struct strbuf version = STRBUF_INIT;

    strbuf_add_string(&version, module->settings.version);
    if (*restarted_at)
        strbuf_add_format(&version, "+%s", restarted_at);
    writer->out->failed |= version.failed;
    json_member_string(writer, "version", strbuf_string(&version));
}

static void write_module(struct json_writer *writer, const struct module *module, const char *restarted_at)
{
    json_begin_object(writer);
    write_version(writer, module, restarted_at);
    json_member_string(writer, "type", "docker");
    json_member_string(writer, "status", module->settings.status);
    json_member_string(writer, "restartPolicy", module->settings.restart_policy);
    if (module->settings.pull_policy)
        json_member_string(writer, "imagePullPolicy", module->settings.pull_policy);
    if (module->settings.startup_order >= 0)
        json_member_int(writer, "startupOrder", module->settings.startup_order);
    json_name(writer, "settings");
    json_begin_object(writer);
    json_member_string(writer, "image", module->image);
    create_options_write(writer, module->settings.create_options);
    json_end_object(writer);
    env_write(writer, module->settings.env);
    json_end_object(writer);
}

/* What came with schema version 1.1. */
static bool needs_newer_schema(const struct parts *parts)
{
    for (size_t i = 0; i < parts->module_count; i++) {
        if (parts->modules[i].settings.pull_policy || parts->modules[i].settings.startup_order >= 0)
            return true;
    }
    return edge_agent_needs_newer_schema(parts->edge_agent);
}

static void write_edge_agent(struct json_writer *writer, const struct manifest_input *input, const struct parts *parts,
                             const struct module *const *sorted)
{
    const char *version = edge_agent_schema_version(parts->edge_agent);

    json_begin_object(writer);
    json_member_string(writer, "schemaVersion",
                       needs_newer_schema(parts) && strncmp(version, "1.1", 3) != 0 ? "1.1" : version);
    edge_agent_write_runtime(writer, parts->edge_agent, parts->annotations.logging_options, parts->credentials);
    edge_agent_write_system_modules(writer, parts->edge_agent, &input->system_modules);
    json_name(writer, "modules");
    json_begin_object(writer);
    for (size_t i = 0; i < parts->module_count; i++) {
        json_name(writer, sorted[i]->name);
        write_module(writer, sorted[i], parts->restarted_at);
    }
    json_end_object(writer);
    json_end_object(writer);
}

static void begin_section(struct json_writer *writer, const char *name)
{
    json_name(writer, name);
    json_begin_object(writer);
    json_name(writer, DESIRED);
}

static void write_base(struct json_writer *writer, const struct manifest_input *input, const struct parts *parts,
                       const struct module *const *sorted)
{
    begin_section(writer, EDGE_AGENT);
    write_edge_agent(writer, input, parts, sorted);
    json_end_object(writer);
    begin_section(writer, EDGE_HUB);
    edge_hub_write(writer, parts->edge_hub);
    json_end_object(writer);
}

/* A layer names each thing by its path, and says nothing of the rest. */
static void write_layer(struct json_writer *writer, const struct parts *parts, const struct module *const *sorted)
{
    json_name(writer, EDGE_AGENT);
    json_begin_object(writer);
    for (size_t i = 0; i < parts->module_count; i++) {
        char name[MAX_DOTTED_NAME];

        (void)snprintf(name, sizeof(name), DESIRED ".modules.%s", sorted[i]->name);
        json_name(writer, name);
        write_module(writer, sorted[i], parts->restarted_at);
    }
    json_end_object(writer);
    if (!layered_has_routes(parts))
        return;
    json_name(writer, EDGE_HUB);
    json_begin_object(writer);
    layered_write_routes(writer, parts);
    json_end_object(writer);
}

static char *write_content(const struct manifest_input *input, const struct parts *parts)
{
    cleanup_strbuf struct strbuf content = STRBUF_INIT;
    struct json_writer writer = {.out = &content};
    cleanup_free const struct module **sorted = sort_modules(parts);

    if (!sorted)
        return NULL;
    json_begin_object(&writer);
    json_name(&writer, "modulesContent");
    json_begin_object(&writer);
    if (parts->annotations.layered)
        write_layer(&writer, parts, sorted);
    else
        write_base(&writer, input, parts, sorted);
    for (size_t i = 0; i < parts->module_count; i++) {
        if (!sorted[i]->settings.desired_properties)
            continue;
        begin_section(&writer, sorted[i]->name);
        json_add_raw(&writer, sorted[i]->settings.desired_properties);
        json_end_object(&writer);
    }
    json_end_object(&writer);
    json_end_object(&writer);
    return strbuf_steal(&content);
}

char *manifest_baseline(const struct system_modules *system_modules)
{
    const struct manifest_input input = {.system_modules = *system_modules};
    const struct parts parts = {.restarted_at = "", .annotations = {.logging_options = ""}};

    return write_content(&input, &parts);
}

/* The properties that a section sets, dotted or not. Returns their size as the hub counts it. */
static size_t check_section(const cJSON *sections, const char *section, struct findings *findings)
{
    const cJSON *desired;
    size_t size = 0;

    cJSON_ArrayForEach(desired, json_get(sections, section))
    {
        char path[FIELD_PATH_SIZE];

        if (strcmp(desired->string, DESIRED) == 0)
            field_path(path, "content[%s]", section);
        else
            field_path(path, "content[%s].%s", section, desired->string + strlen(DESIRED) + 1);
        twin_limits_check(desired, path, findings);
        size += twin_size(desired);
    }
    return size;
}

/* The hub checks them only when it merges the content into the twins of the devices, where nobody looks. */
static int check_sizes(const char *content, struct findings *findings)
{
    cleanup_json cJSON *tree = NULL;
    const cJSON *sections;
    size_t size;

    if (json_parse(content, strlen(content), &tree, NULL) < 0)
        return -1;
    sections = json_get(tree, "modulesContent");
    size = check_section(sections, EDGE_AGENT, findings);
    twin_limits_warn_size(check_section(sections, EDGE_HUB, findings), "the routes", findings);
    if (size > TWIN_MAX_SIZE && !findings->error_count)
        findings_add_error(findings, FIELD_TOO_LONG, "content[" EDGE_AGENT "]", NULL,
                           "%zu bytes; IoT Hub takes at most %d in a module's twin", size, TWIN_MAX_SIZE);
    twin_limits_warn_size(size, "the modules and their createOptions", findings);
    return findings->error_count ? -1 : 0;
}

static char **copy_strings(char *const *strings, size_t count)
{
    char **copy = calloc(count + 1, sizeof(char *));

    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = strdup(strings[i]);
        if (!copy[i]) {
            strings_free(copy, i);
            return NULL;
        }
    }
    return copy;
}

static int copy_modules(struct manifest *manifest, const struct parts *parts)
{
    manifest->modules = calloc(parts->module_count + 1, sizeof(char *));
    manifest->images = calloc(parts->module_count + 1, sizeof(char *));
    if (!manifest->modules || !manifest->images)
        return -1;
    manifest->module_count = parts->module_count;
    for (size_t i = 0; i < parts->module_count; i++) {
        manifest->modules[i] = strdup(parts->modules[i].name);
        manifest->images[i] = strdup(parts->modules[i].image);
        if (!manifest->modules[i] || !manifest->images[i])
            return -1;
    }
    return 0;
}

static int fill(struct manifest *manifest, const struct manifest_input *input, const struct parts *parts,
                struct findings *findings)
{
    manifest->content = write_content(input, parts);
    if (!manifest->content || check_sizes(manifest->content, findings) < 0)
        return -1;
    manifest->target_condition = strdup(parts->annotations.target_condition);
    manifest->priority = parts->annotations.priority;
    manifest->config_map_count = parts->config_map_count;
    manifest->config_maps = copy_strings(parts->config_maps, parts->config_map_count);
    if (!manifest->target_condition || !manifest->config_maps)
        return -1;
    return copy_modules(manifest, parts);
}

int manifest_translate(const struct manifest_input *input, struct manifest *ret_manifest, struct findings *findings)
{
    cleanup_parts struct parts parts = PARTS_INIT;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;

    if (parts_read(input, &parts, findings) < 0 || fill(&manifest, input, &parts, findings) < 0) {
        findings->failed |= !findings->error_count;
        findings_sort(findings);
        return -1;
    }
    *ret_manifest = manifest;
    manifest = (struct manifest)MANIFEST_INIT;
    return 0;
}
