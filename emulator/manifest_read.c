#include "emulator/manifest_read.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "emulator/any_case.h"
#include "emulator/memory.h"

#include <ctype.h>

/* Of members whose names differ in letter case only, the one of the usual spelling counts. Returns whether any name was
 * changed. */
static bool names_align(cJSON *object, const char *const *names, size_t count)
{
    bool changed = false;

    if (!cJSON_IsObject(object))
        return false;
    for (size_t i = 0; i < count; i++) {
        cJSON *member = json_get(object, names[i]) ? NULL : emulator_any_case_get(object, names[i]);
        if (!member)
            continue;
        free(member->string);
        member->string = emulator_text_copy(names[i]);
        changed = true;
    }
    return changed;
}

static bool word_align(const cJSON *object, const char *name)
{
    const cJSON *value = json_get(object, name);
    bool changed = false;

    for (char *at = cJSON_IsString(value) ? value->valuestring : NULL; at && *at; at++) {
        char lower = (char)tolower((unsigned char)*at);
        changed = changed || lower != *at;
        *at = lower;
    }
    return changed;
}

static bool environment_align(const cJSON *environment)
{
    static const char *const names[] = {"value"};
    cJSON *variable;
    bool changed = false;

    cJSON_ArrayForEach(variable, environment) changed |= names_align(variable, names, array_length(names));
    return changed;
}

static bool module_align(cJSON *module)
{
    static const char *const names[] = {"type",         "status",  "restartPolicy", "imagePullPolicy",
                                        "startupOrder", "version", "settings",      "env"};
    static const char *const setting_names[] = {"image", "createOptions"};
    static const char *const words[] = {"status", "restartPolicy", "imagePullPolicy"};
    bool changed = names_align(module, names, array_length(names));

    for (size_t i = 0; i < array_length(words); i++)
        changed |= word_align(module, words[i]);
    changed |= names_align(json_get(module, "settings"), setting_names, array_length(setting_names));
    return environment_align(json_get(module, "env")) || changed;
}

static bool agent_align(cJSON *desired)
{
    static const char *const names[] = {"schemaVersion", "runtime", "systemModules", "modules"};
    static const char *const runtime_names[] = {"type", "settings"};
    static const char *const system_names[] = {"edgeAgent", "edgeHub"};
    bool changed = names_align(desired, names, array_length(names));
    cJSON *module;

    changed |= names_align(json_get(desired, "runtime"), runtime_names, array_length(runtime_names));
    changed |= names_align(json_get(desired, "systemModules"), system_names, array_length(system_names));
    cJSON_ArrayForEach(module, json_get(desired, "systemModules")) changed |= module_align(module);
    cJSON_ArrayForEach(module, json_get(desired, "modules")) changed |= module_align(module);
    return changed;
}

/* edgeHub looks for schemaVersion with its letter case. */
static bool hub_align(cJSON *desired)
{
    static const char *const names[] = {"routes", "storeAndForwardConfiguration"};
    static const char *const route_names[] = {"route", "priority", "timeToLiveSecs"};
    static const char *const store_names[] = {"timeToLiveSecs", "storeLimits"};
    bool changed = names_align(desired, names, array_length(names));
    cJSON *route;

    changed |= names_align(json_get(desired, "storeAndForwardConfiguration"), store_names, array_length(store_names));
    cJSON_ArrayForEach(route, json_get(desired, "routes")) changed |=
        names_align(route, route_names, array_length(route_names));
    return changed;
}

/* Many devices share the document, so it is read once. */
static struct emulator_document *read_once(struct emulator_document *document, bool (*align)(cJSON *desired))
{
    if (document->as_read)
        return document->as_read;
    cleanup_json cJSON *tree = emulator_document_copy(document);
    document->as_read = align(tree) ? emulator_document_new(steal_ptr(tree)) : document;
    return document->as_read;
}

struct emulator_document *emulator_manifest_read_agent(struct emulator_document *document)
{
    return read_once(document, agent_align);
}

struct emulator_document *emulator_manifest_read_hub(struct emulator_document *document)
{
    return read_once(document, hub_align);
}
