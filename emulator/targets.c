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

struct emulator_targets_of {
    uint64_t *orders; /* of the configurations */
    size_t order_count;
    struct emulator_document *names;
};

void emulator_targets_begin(struct emulator_targets *targets, const struct emulator_hub_state *state)
{
    *targets = (struct emulator_targets){.items = NULL};
    targets->stack = emulator_allocate((state->configurations.count + 1) * sizeof(*targets->stack));
}

void emulator_targets_end(struct emulator_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        free(targets->items[i].orders);
        emulator_document_drop(targets->items[i].names);
    }
    free(targets->items);
    free(targets->stack);
}

static bool is_of(const struct emulator_targets_of *item, struct emulator_configuration *const *stack, size_t count)
{
    if (item->order_count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (item->orders[i] != stack[i]->order)
            return false;
    return true;
}

static struct emulator_targets_of *item_add(struct emulator_targets *targets, size_t count)
{
    struct emulator_configuration *const *stack = targets->stack;
    cJSON *names = cJSON_CreateObject();

    targets->items = emulator_array_grow(targets->items, targets->count, &targets->capacity, sizeof(*targets->items));
    struct emulator_targets_of *item = &targets->items[targets->count++];
    item->orders = emulator_allocate(count * sizeof(*item->orders));
    item->order_count = count;
    for (size_t i = 0; i < count; i++) {
        item->orders[i] = stack[i]->order;
        content_add(names, stack[i]->content);
    }
    item->names = emulator_document_new(names);
    return item;
}

struct emulator_document *emulator_targets_find(struct emulator_targets *targets,
                                                const struct emulator_hub_state *state, const cJSON *device_tree)
{
    size_t count = emulator_evaluation_stack(state, device_tree, targets->stack);
    struct emulator_targets_of *item = NULL;

    if (count == 0)
        return NULL;
    for (size_t i = 0; i < targets->count && !item; i++)
        if (is_of(&targets->items[i], targets->stack, count))
            item = &targets->items[i];
    return emulator_document_share(item ? item->names : item_add(targets, count)->names);
}
