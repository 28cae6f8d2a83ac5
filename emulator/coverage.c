#include "emulator/coverage.h"

#include "common/clock.h"
#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/targets.h"
#include "emulator/twin.h"

/* A base configuration with modules that matches the device, the newest of them, or NULL. */
static const struct emulator_configuration *covering(const struct emulator_hub_state *state, const cJSON *device_tree)
{
    for (size_t i = state->configurations.count; i-- > 0;) {
        const struct emulator_configuration *configuration = state->configurations.items[i];
        if (configuration->facts.base && configuration->facts.has_modules &&
            emulator_evaluation_matches(configuration, device_tree))
            return configuration;
    }
    return NULL;
}

/* A fleet of thousands can lose as many modules by one call: of too many the oldest are forgotten, by the tenth. */
#define MOST_RECORDS 100000

static void gaps_forget(struct emulator_coverage *coverage, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(coverage->gaps[i].device_id);
        free(coverage->gaps[i].configuration_id);
    }
    coverage->count -= count;
    memmove(coverage->gaps, coverage->gaps + count, coverage->count * sizeof(*coverage->gaps));
}

static void losses_forget(struct emulator_coverage *coverage, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(coverage->losses[i].device_id);
        free(coverage->losses[i].module);
    }
    coverage->loss_count -= count;
    memmove(coverage->losses, coverage->losses + count, coverage->loss_count * sizeof(*coverage->losses));
}

static void gap_add(struct emulator_coverage *coverage, const struct emulator_device *device, uint64_t sequence)
{
    if (coverage->count >= MOST_RECORDS)
        gaps_forget(coverage, MOST_RECORDS / 10);
    coverage->gaps = emulator_array_grow(coverage->gaps, coverage->count, &coverage->capacity, sizeof(*coverage->gaps));
    coverage->gaps[coverage->count++] = (struct emulator_gap){
        .sequence = sequence,
        .wall_ms = clock_wall_ms(),
        .device_id = emulator_text_copy(device->id),
        .configuration_id = emulator_text_copy(device->covering),
    };
}

static void loss_add(struct emulator_coverage *coverage, const struct emulator_device *device, const char *module,
                     bool by_evaluation, uint64_t sequence)
{
    if (coverage->loss_count >= MOST_RECORDS)
        losses_forget(coverage, MOST_RECORDS / 10);
    coverage->losses = emulator_array_grow(coverage->losses, coverage->loss_count, &coverage->loss_capacity,
                                           sizeof(*coverage->losses));
    coverage->losses[coverage->loss_count++] = (struct emulator_loss){
        .sequence = sequence,
        .wall_ms = clock_wall_ms(),
        .device_id = emulator_text_copy(device->id),
        .module = emulator_text_copy(module),
        .by_evaluation = by_evaluation,
    };
}

static bool is_named(const struct emulator_document *names, const char *module)
{
    return names && json_get(names->tree, module);
}

/* With no base at all the device keeps its modules, but nothing says that it should have them. */
static void modules_update(struct emulator_coverage *coverage, struct emulator_device *device,
                           struct emulator_document *now, uint64_t sequence)
{
    struct emulator_document *before = device->targets;
    const cJSON *names = before ? before->tree : NULL;
    const cJSON *module;

    cJSON_ArrayForEach(module, names)
    {
        if (!is_named(now, module->string))
            loss_add(coverage, device, module->string, false, sequence);
    }
    emulator_document_drop(before);
    device->targets = now;
}

static void base_update(struct emulator_coverage *coverage, struct emulator_device *device,
                        const struct emulator_configuration *now, uint64_t sequence)
{
    if (device->covering && !now)
        gap_add(coverage, device, sequence);
    if (device->covering && now && strcmp(device->covering, now->id) == 0)
        return;
    free(device->covering);
    device->covering = now ? emulator_text_copy(now->id) : NULL;
}

static void device_update(struct emulator_coverage *coverage, struct emulator_targets *targets,
                          const struct emulator_hub_state *state, struct emulator_device *device, uint64_t sequence)
{
    if (!device->edge)
        return;
    cleanup_json cJSON *tree = emulator_twin_tree(device, &device->twin);
    modules_update(coverage, device, emulator_targets_find(targets, state, tree), sequence);
    base_update(coverage, device, covering(state, tree), sequence);
}

void emulator_coverage_update_device(struct emulator_coverage *coverage, const struct emulator_hub_state *state,
                                     struct emulator_device *device, uint64_t sequence)
{
    struct emulator_targets targets;

    if (!device)
        return;
    emulator_targets_begin(&targets, state);
    device_update(coverage, &targets, state, device, sequence);
    emulator_targets_end(&targets);
}

void emulator_coverage_update(struct emulator_coverage *coverage, struct emulator_hub_state *state, uint64_t sequence)
{
    struct emulator_targets targets;

    emulator_targets_begin(&targets, state);
    for (size_t i = 0; i < state->fleet.count; i++)
        device_update(coverage, &targets, state, state->fleet.devices[i], sequence);
    emulator_targets_end(&targets);
}

/* What was not there before the call is only late. */
static void device_compare(struct emulator_coverage *coverage, const struct emulator_device *device,
                           const struct emulator_document *should, uint64_t sequence)
{
    const struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");
    const cJSON *desired = json_get(agent->desired.document->tree, "modules");
    const cJSON *names = should ? should->tree : NULL;
    const cJSON *module;

    cJSON_ArrayForEach(module, names)
    {
        if (is_named(device->targets, module->string) && !json_get(desired, module->string))
            loss_add(coverage, device, module->string, true, sequence);
    }
}

void emulator_coverage_compare(struct emulator_coverage *coverage, const struct emulator_hub_state *state,
                               uint64_t sequence)
{
    struct emulator_targets targets;

    emulator_targets_begin(&targets, state);
    for (size_t i = 0; i < state->fleet.count; i++) {
        const struct emulator_device *device = state->fleet.devices[i];
        if (!device->edge)
            continue;
        cleanup_json cJSON *tree = emulator_twin_tree(device, &device->twin);
        struct emulator_document *should = emulator_targets_find(&targets, state, tree);
        device_compare(coverage, device, should, sequence);
        emulator_document_drop(should);
    }
    emulator_targets_end(&targets);
}

void emulator_coverage_clear(struct emulator_coverage *coverage)
{
    if (coverage->count)
        gaps_forget(coverage, coverage->count);
    if (coverage->loss_count)
        losses_forget(coverage, coverage->loss_count);
    free(coverage->gaps);
    free(coverage->losses);
    *coverage = (struct emulator_coverage){.gaps = NULL};
}

static bool is_asked(const struct emulator_coverage_question *question, uint64_t sequence, const char *device)
{
    return sequence > question->since && (!question->device || strcmp(question->device, device) == 0);
}

static void instant_write(struct json_writer *json, uint64_t sequence, int64_t wall_ms, const char *device)
{
    char time[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339_micro(wall_ms * 1000, time);
    json_begin_object(json);
    json_member_int(json, "sequence", (int64_t)sequence);
    json_member_string(json, "time", time);
    json_member_string(json, "device", device);
}

static bool gaps_write(struct json_writer *json, const struct emulator_coverage *coverage,
                       const struct emulator_coverage_question *question)
{
    bool any = false;

    json_begin_array(json);
    for (size_t i = 0; i < coverage->count; i++) {
        const struct emulator_gap *gap = &coverage->gaps[i];
        if (!is_asked(question, gap->sequence, gap->device_id))
            continue;
        instant_write(json, gap->sequence, gap->wall_ms, gap->device_id);
        json_member_string(json, "configuration", gap->configuration_id);
        json_end_object(json);
        any = true;
    }
    json_end_array(json);
    return any;
}

static bool losses_write(struct json_writer *json, const struct emulator_coverage *coverage,
                         const struct emulator_coverage_question *question)
{
    bool any = false;

    json_begin_array(json);
    for (size_t i = 0; i < coverage->loss_count; i++) {
        const struct emulator_loss *loss = &coverage->losses[i];
        if (!is_asked(question, loss->sequence, loss->device_id) ||
            (question->module && strcmp(question->module, loss->module) != 0))
            continue;
        instant_write(json, loss->sequence, loss->wall_ms, loss->device_id);
        json_member_string(json, "module", loss->module);
        json_member_string(json, "by", loss->by_evaluation ? "evaluation" : "call");
        json_end_object(json);
        any = true;
    }
    json_end_array(json);
    return any;
}

void emulator_coverage_write(struct json_writer *json, const struct emulator_coverage *coverage,
                             const struct emulator_coverage_question *question)
{
    json_begin_object(json);
    json_name(json, "gaps");
    bool gaps = gaps_write(json, coverage, question);
    json_name(json, "losses");
    bool losses = losses_write(json, coverage, question);
    json_member_bool(json, "covered", !losses && (question->module || !gaps));
    json_end_object(json);
}
