#include "emulator/targets.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/twin.h"

static void name_add(cJSON *names, const char *name, size_t length)
{
    cleanup_free char *copy = emulator_text_copy_length(name, length);

    if (!json_get(names, copy))
        cJSON_AddTrueToObject(names, copy);
}

static void names_add(cJSON *names, const cJSON *modules)
{
    const cJSON *module;

    cJSON_ArrayForEach(module, modules) name_add(names, module->string, strlen(module->string));
}

/* What one content adds; a whole section replaces what was there, but only bases have one. */
static void content_add(cJSON *names, const cJSON *content)
{
    static const char layered[] = "properties.desired.modules.";
    const cJSON *agent = json_at(content, "modulesContent", "$edgeAgent", NULL);
    const cJSON *part;

    cJSON_ArrayForEach(part, agent)
    {
        const char *rest = part->string + strlen(layered);
        if (strcmp(part->string, "properties.desired") == 0)
            names_add(names, json_get(part, "modules"));
        else if (strcmp(part->string, "properties.desired.modules") == 0)
            names_add(names, part);
        else if (strncmp(part->string, layered, strlen(layered)) == 0)
            name_add(names, rest, strcspn(rest, "."));
    }
}

cJSON *emulator_targets_find(const struct emulator_hub_state *state, const struct emulator_device *device)
{
    cleanup_json cJSON *tree = emulator_twin_tree(device, &device->twin);
    cleanup_free struct emulator_configuration **stack =
        emulator_allocate((state->configurations.count + 1) * sizeof(*stack));
    size_t count = emulator_evaluation_stack(state, tree, stack);
    cJSON *names = count ? cJSON_CreateObject() : NULL;

    for (size_t i = 0; i < count; i++)
        content_add(names, stack[i]->content);
    return names;
}
