#include "emulator/coverage.h"

#include "common/clock.h"
#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/twin.h"

/* A base configuration with modules that matches the device, the newest of them, or NULL. */
static const struct emulator_configuration *covering(const struct emulator_hub_state *state,
                                                     const struct emulator_device *device)
{
    cleanup_json cJSON *tree = emulator_twin_tree(device, &device->twin);

    for (size_t i = state->configurations.count; i-- > 0;) {
        const struct emulator_configuration *configuration = state->configurations.items[i];
        if (configuration->facts.base && configuration->facts.has_modules &&
            emulator_evaluation_matches(configuration, tree))
            return configuration;
    }
    return NULL;
}

static void gap_add(struct emulator_coverage *coverage, const struct emulator_device *device, uint64_t sequence)
{
    coverage->gaps = emulator_array_grow(coverage->gaps, coverage->count, &coverage->capacity, sizeof(*coverage->gaps));
    coverage->gaps[coverage->count++] = (struct emulator_gap){
        .sequence = sequence,
        .wall_ms = clock_wall_ms(),
        .device_id = emulator_text_copy(device->id),
        .configuration_id = emulator_text_copy(device->covering),
    };
}

void emulator_coverage_update_device(struct emulator_coverage *coverage, const struct emulator_hub_state *state,
                                     struct emulator_device *device, uint64_t sequence)
{
    if (!device || !device->edge)
        return;
    const struct emulator_configuration *now = covering(state, device);
    if (device->covering && !now)
        gap_add(coverage, device, sequence);
    if (device->covering && now && strcmp(device->covering, now->id) == 0)
        return;
    free(device->covering);
    device->covering = now ? emulator_text_copy(now->id) : NULL;
}

void emulator_coverage_update(struct emulator_coverage *coverage, struct emulator_hub_state *state, uint64_t sequence)
{
    for (size_t i = 0; i < state->fleet.count; i++)
        emulator_coverage_update_device(coverage, state, state->fleet.devices[i], sequence);
}

void emulator_coverage_clear(struct emulator_coverage *coverage)
{
    for (size_t i = 0; i < coverage->count; i++) {
        free(coverage->gaps[i].device_id);
        free(coverage->gaps[i].configuration_id);
    }
    free(coverage->gaps);
    *coverage = (struct emulator_coverage){NULL, 0, 0};
}

void emulator_coverage_write(struct json_writer *json, const struct emulator_coverage *coverage, uint64_t since)
{
    char time[CLOCK_RFC3339_SIZE];

    json_begin_object(json);
    json_name(json, "gaps");
    json_begin_array(json);
    for (size_t i = 0; i < coverage->count; i++) {
        const struct emulator_gap *gap = &coverage->gaps[i];
        if (gap->sequence <= since)
            continue;
        clock_format_rfc3339_micro(gap->wall_ms * 1000, time);
        json_begin_object(json);
        json_member_int(json, "sequence", (int64_t)gap->sequence);
        json_member_string(json, "time", time);
        json_member_string(json, "device", gap->device_id);
        json_member_string(json, "configuration", gap->configuration_id);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}
