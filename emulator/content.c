#include "emulator/content.h"

#include "common/json.h"
#include "emulator/memory.h"

static const char whole[] = "properties.desired";
static const char prefix[] = "properties.desired.";

static const struct {
    const char *name;
    enum emulator_content_kind kind;
} kinds[] = {
    {"modulesContent", EMULATOR_CONTENT_MODULES},
    {"deviceContent", EMULATOR_CONTENT_DEVICE},
    {"moduleContent", EMULATOR_CONTENT_MODULE},
};

static bool has_prefix(const char *key)
{
    return strncmp(key, prefix, strlen(prefix)) == 0 && key[strlen(prefix)] != '\0';
}

static int module_check(const cJSON *module, struct error *error)
{
    const cJSON *part;

    if (!cJSON_IsObject(module))
        return error_set(error, "modulesContent.%s is no object", module->string);
    cJSON_ArrayForEach(part, module)
    {
        if (strcmp(part->string, whole) == 0 && !cJSON_IsObject(part))
            return error_set(error, "modulesContent.%s.%s is no object", module->string, part->string);
        if (strcmp(part->string, whole) != 0 && !has_prefix(part->string))
            return error_set(error, "modulesContent.%s has the key %s", module->string, part->string);
    }
    return 0;
}

static bool names_modules(const cJSON *agent)
{
    static const char layered[] = "properties.desired.modules.";
    const cJSON *modules = json_at(agent, whole, "modules", NULL);
    const cJSON *part;

    if (cJSON_IsObject(modules) && modules->child)
        return true;
    cJSON_ArrayForEach(part, agent)
    {
        if (strncmp(part->string, layered, strlen(layered)) == 0)
            return true;
        if (strcmp(part->string, "properties.desired.modules") == 0 && part->child)
            return true;
    }
    return false;
}

static int modules_check(const cJSON *modules, struct emulator_content_facts *facts, struct error *error)
{
    const cJSON *agent = json_get(modules, "$edgeAgent");
    const cJSON *module;

    if (!cJSON_IsObject(modules))
        return error_set(error, "modulesContent is no object");
    if (!agent)
        return error_set(error, "modulesContent has no $edgeAgent");
    cJSON_ArrayForEach(module, modules)
    {
        if (module_check(module, error) < 0)
            return -1;
    }
    facts->base = json_get(agent, whole) != NULL;
    facts->agent_empty = agent->child == NULL;
    facts->has_modules = names_modules(agent);
    return 0;
}

int emulator_content_check(const cJSON *content, struct emulator_content_facts *ret_facts, struct error *error)
{
    struct emulator_content_facts facts = {.kind = EMULATOR_CONTENT_MODULES};
    const cJSON *found = NULL;

    if (!cJSON_IsObject(content))
        return error_set(error, "the configuration has no content");
    for (size_t i = 0; i < array_length(kinds); i++) {
        const cJSON *part = json_get(content, kinds[i].name);
        if (!part || cJSON_IsNull(part))
            continue;
        if (found)
            return error_set(error, "content has both %s and %s", found->string, part->string);
        found = part;
        facts.kind = kinds[i].kind;
    }
    if (!found)
        return error_set(error, "content has none of modulesContent, deviceContent and moduleContent");
    if (facts.kind == EMULATOR_CONTENT_MODULES && modules_check(found, &facts, error) < 0)
        return -1;
    *ret_facts = facts;
    return 0;
}

static void member_replace(cJSON *object, const char *name, const cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    cJSON_AddItemToObject(object, name, cJSON_Duplicate(value, true));
}

/* The object of that name, made when it is missing or no object. */
static cJSON *member_object(cJSON *object, const char *name)
{
    cJSON *member = json_get(object, name);

    if (cJSON_IsObject(member))
        return member;
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    return cJSON_AddObjectToObject(object, name);
}

static void path_set(cJSON *desired, const char *path, const cJSON *value)
{
    const char *dot;

    while ((dot = strchr(path, '.'))) {
        cleanup_free char *name = emulator_text_copy_length(path, (size_t)(dot - path));
        desired = member_object(desired, name);
        path = dot + 1;
    }
    member_replace(desired, path, value);
}

static void module_lay(cJSON *merged, const cJSON *module)
{
    const cJSON *part;

    cJSON_ArrayForEach(part, module)
    {
        if (strcmp(part->string, whole) == 0)
            member_replace(merged, module->string, part);
        else
            path_set(member_object(merged, module->string), part->string + strlen(prefix), part);
    }
}

cJSON *emulator_content_merge(const cJSON *const *contents, size_t count)
{
    cJSON *merged = cJSON_CreateObject();
    const cJSON *module;

    for (size_t i = 0; i < count; i++) {
        cJSON_ArrayForEach(module, json_get(contents[i], "modulesContent")) module_lay(merged, module);
    }
    return merged;
}
