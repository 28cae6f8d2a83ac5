#include "emulator/twin_configurations.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/twin.h"

struct pass {
    const struct emulator_hub_state *state;
    struct emulator_configuration **matching; /* room for all */
    int64_t now;
};

static size_t matching_collect(const struct pass *pass, enum emulator_content_kind kind, const cJSON *tree)
{
    const struct emulator_configurations *all = &pass->state->configurations;
    size_t count = 0;

    for (size_t i = 0; i < all->count; i++) {
        struct emulator_configuration *one = all->items[i];
        if (one->facts.kind != kind || (pass->state->only_evaluated && !one->evaluated) ||
            !emulator_target_condition_holds(&one->settings.condition, tree))
            continue;
        size_t place = count++;
        for (; place > 0 && pass->matching[place - 1]->settings.priority > one->settings.priority; place--)
            pass->matching[place] = pass->matching[place - 1];
        pass->matching[place] = one;
    }
    return count;
}

static void assignment_add(struct emulator_device *device, const struct emulator_configuration *configuration,
                           const char *module_id)
{
    device->twin_assignments =
        emulator_array_grow(device->twin_assignments, device->twin_assignment_count, &device->twin_assignment_capacity,
                            sizeof(*device->twin_assignments));
    device->twin_assignments[device->twin_assignment_count++] = (struct emulator_twin_assignment){
        emulator_text_copy(configuration->id), emulator_text_copy(module_id), configuration->order};
}

/* {"modulesContent": {"twin": part}}, which is what can be merged. */
static cJSON *wrap(const char *name, const cJSON *part)
{
    cJSON *whole = cJSON_CreateObject();
    cJSON *modules = cJSON_AddObjectToObject(whole, "modulesContent");
    cJSON *twin = name ? cJSON_AddObjectToObject(modules, "twin") : NULL;

    cJSON_AddItemToObject(name ? twin : modules, name ? name : "twin", cJSON_Duplicate(part, true));
    return whole;
}

static void lay(const struct pass *pass, struct emulator_twin *twin, const char *kind, size_t count)
{
    cleanup_json cJSON *present = emulator_document_copy(twin->desired.document);
    const cJSON **contents = emulator_allocate((count + 1) * sizeof(*contents));

    contents[0] = wrap("properties.desired", present);
    for (size_t i = 0; i < count; i++)
        contents[i + 1] = wrap(NULL, json_get(pass->matching[i]->content, kind));
    cleanup_json cJSON *merged = emulator_content_merge(contents, count + 1);
    struct emulator_document *document = emulator_document_new(cJSON_DetachItemFromObjectCaseSensitive(merged, "twin"));
    emulator_twin_set(twin, &twin->desired, document, pass->now);
    emulator_document_drop(document);
    for (size_t i = 0; i <= count; i++)
        cJSON_Delete((cJSON *)contents[i]);
    free(contents);
}

static void twin_evaluate(const struct pass *pass, struct emulator_device *device, struct emulator_twin *twin)
{
    bool of_module = twin->module_id != NULL;
    cleanup_json cJSON *tree = emulator_twin_tree(device, twin);
    size_t count = matching_collect(pass, of_module ? EMULATOR_CONTENT_MODULE : EMULATOR_CONTENT_DEVICE, tree);

    for (size_t i = 0; i < count; i++)
        assignment_add(device, pass->matching[i], twin->module_id);
    if (count)
        lay(pass, twin, of_module ? "moduleContent" : "deviceContent", count);
}

static bool any_is_of(const struct emulator_configurations *all, enum emulator_content_kind kind)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i]->facts.kind == kind)
            return true;
    return false;
}

void emulator_twin_configurations_evaluate(struct emulator_hub_state *state, int64_t now)
{
    bool devices = any_is_of(&state->configurations, EMULATOR_CONTENT_DEVICE);
    bool modules = any_is_of(&state->configurations, EMULATOR_CONTENT_MODULE);
    cleanup_free struct emulator_configuration **matching =
        emulator_allocate(state->configurations.count * sizeof(*matching));
    const struct pass pass = {state, matching, now};

    for (size_t i = 0; i < state->fleet.count; i++) {
        struct emulator_device *device = state->fleet.devices[i];
        emulator_device_twins_unassign(device);
        if (devices)
            twin_evaluate(&pass, device, &device->twin);
        for (size_t j = 0; j < device->module_count && modules; j++)
            if (device->modules[j]->module_id[0] != '$')
                twin_evaluate(&pass, device, device->modules[j]);
    }
}

void emulator_twin_configurations_count(struct emulator_configurations *configurations,
                                        const struct emulator_device *device)
{
    for (size_t i = 0; i < device->twin_assignment_count; i++)
        for (size_t j = 0; j < configurations->count; j++)
            if (configurations->items[j]->order == device->twin_assignments[i].order) {
                configurations->items[j]->counts.targeted++;
                configurations->items[j]->counts.applied++;
            }
}
