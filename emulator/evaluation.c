#include "emulator/evaluation.h"

#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/memory.h"
#include "emulator/plan.h"
#include "emulator/query.h"
#include "emulator/timestamp.h"
#include "emulator/twin.h"
#include "emulator/twin_configurations.h"

bool emulator_evaluation_matches(const struct emulator_configuration *configuration, const cJSON *device_tree)
{
    return configuration->facts.kind == EMULATOR_CONTENT_MODULES &&
           emulator_target_condition_holds(&configuration->settings.condition, device_tree);
}

/* Whether this pass takes it into account. */
static bool is_seen(const struct emulator_hub_state *state, const struct emulator_configuration *configuration)
{
    return !state->only_evaluated || configuration->evaluated;
}

/* Whether a is stronger: by priority, of equal ones the newer. */
static bool outranks(const struct emulator_configuration *a, const struct emulator_configuration *b)
{
    if (a->settings.priority != b->settings.priority)
        return a->settings.priority > b->settings.priority;
    return a->order > b->order;
}

struct emulator_configuration *emulator_evaluation_base(const struct emulator_hub_state *state,
                                                        const cJSON *device_tree)
{
    const struct emulator_configurations *configurations = &state->configurations;
    struct emulator_configuration *base = NULL;

    for (size_t i = 0; i < configurations->count; i++) {
        struct emulator_configuration *candidate = configurations->items[i];
        if (candidate->facts.base && (!base || outranks(candidate, base)) && is_seen(state, candidate) &&
            emulator_evaluation_matches(candidate, device_tree))
            base = candidate;
    }
    return base;
}

/* Of the layers above the base only the newest, when the hub is of that kind. */
static size_t layers_thin(struct emulator_configuration **stack, size_t count)
{
    for (size_t i = 2; i < count; i++)
        if (stack[i]->order > stack[1]->order)
            stack[1] = stack[i];
    return count < 2 ? count : 2;
}

/* The base and the layers above it from low to high, in an array that has room for all configurations. */
static size_t stack_collect(const struct emulator_hub_state *state, struct emulator_configuration *base,
                            const cJSON *device_tree, struct emulator_configuration **stack)
{
    const struct emulator_configurations *configurations = &state->configurations;
    size_t count = 0;

    stack[count++] = base;
    for (size_t i = 0; i < configurations->count; i++) {
        struct emulator_configuration *layer = configurations->items[i];
        if (layer->facts.base || layer->settings.priority <= base->settings.priority || !is_seen(state, layer) ||
            !emulator_evaluation_matches(layer, device_tree))
            continue;
        size_t place = count++;
        for (; place > 1 && outranks(stack[place - 1], layer); place--)
            stack[place] = stack[place - 1];
        stack[place] = layer;
    }
    return state->quirks.newest_layer_only ? layers_thin(stack, count) : count;
}

size_t emulator_evaluation_stack(const struct emulator_hub_state *state, const cJSON *device_tree,
                                 struct emulator_configuration **stack)
{
    struct emulator_configuration *base = emulator_evaluation_base(state, device_tree);

    return base ? stack_collect(state, base, device_tree, stack) : 0;
}

static bool stack_has(struct emulator_configuration *const *stack, size_t count,
                      const struct emulator_configuration *configuration)
{
    for (size_t i = 0; i < count; i++)
        if (stack[i] == configuration)
            return true;
    return false;
}

/* Says on the device which configurations match it, and which of them it follows. */
static void assign(struct emulator_device *device, const struct emulator_configurations *configurations,
                   const cJSON *device_tree, struct emulator_configuration *const *stack, size_t stack_count)
{
    struct emulator_assignment *assignments = emulator_allocate(configurations->count * sizeof(*assignments));
    size_t count = 0;

    for (size_t i = 0; i < configurations->count; i++) {
        const struct emulator_configuration *configuration = configurations->items[i];
        if (!emulator_evaluation_matches(configuration, device_tree))
            continue;
        assignments[count].configuration_id = emulator_text_copy(configuration->id);
        assignments[count].order = configuration->order;
        assignments[count].base = configuration->facts.base;
        assignments[count].applied = stack_has(stack, stack_count, configuration) && !configuration->facts.agent_empty;
        count++;
    }
    emulator_device_assign(device, emulator_array_trim(assignments, count, sizeof(*assignments)), count);
}

/* Whether a twin of the device changed. */
static bool plan_apply(const struct emulator_plan *plan, struct emulator_device *device, int64_t now)
{
    bool changed = false;

    for (size_t i = 0; i < plan->module_count; i++) {
        struct emulator_twin *twin = emulator_device_module_add(device, plan->module_ids[i], now);
        if (emulator_twin_set(twin, &twin->desired, plan->desired[i], now))
            changed = true;
    }
    return changed;
}

/* Whether the device's desired properties changed. A sum of configurations that no twin can hold reaches nobody. */
static bool device_evaluate(struct emulator_hub_state *state, struct emulator_device *device,
                            struct emulator_configuration **stack, int64_t now)
{
    cleanup_json cJSON *tree = emulator_twin_tree(device, &device->twin);
    size_t count = emulator_evaluation_stack(state, tree, stack);
    const struct emulator_plan *plan = count ? emulator_plan_for(&state->plans, stack, count) : NULL;
    bool fits = plan && !plan->oversize;

    assign(device, &state->configurations, tree, stack, fits ? count : 0);
    return fits && plan_apply(plan, device, now);
}

static void verdict_count(struct emulator_counts *counts, enum emulator_agent_verdict verdict)
{
    counts->applied++;
    counts->succeeded += verdict == EMULATOR_AGENT_SUCCEEDED;
    counts->failed += verdict == EMULATOR_AGENT_FAILED;
}

/* Adds the device to the counts of the configurations that it is assigned. Both lists are in the order of creation. */
static void device_count(struct emulator_configurations *configurations, const struct emulator_device *device)
{
    enum emulator_agent_verdict verdict = emulator_agent_verdict(device);
    size_t place = 0;

    for (size_t i = 0; i < device->assignment_count; i++) {
        const struct emulator_assignment *assignment = &device->assignments[i];
        while (configurations->items[place]->order != assignment->order)
            place++;
        configurations->items[place]->counts.targeted++;
        if (assignment->applied)
            verdict_count(&configurations->items[place]->counts, verdict);
    }
}

static void metrics_compute(struct emulator_configuration *configuration, const struct emulator_fleet *fleet)
{
    const cJSON *text;

    cJSON_Delete(configuration->metric_results);
    configuration->metric_results = cJSON_CreateObject();
    cJSON_ArrayForEach(text, configuration->settings.metric_queries)
    {
        cleanup_query struct emulator_query query = EMULATOR_QUERY_INIT;
        if (emulator_query_parse(text->valuestring, &query, NULL) < 0)
            continue;
        cJSON_AddNumberToObject(configuration->metric_results, text->string,
                                (double)emulator_query_count(&query, fleet));
    }
}

static void counts_compute(struct emulator_hub_state *state)
{
    struct emulator_configurations *configurations = &state->configurations;

    for (size_t i = 0; i < configurations->count; i++)
        configurations->items[i]->counts = (struct emulator_counts){0, 0, 0, 0};
    for (size_t i = 0; i < state->fleet.count; i++) {
        if (state->fleet.devices[i]->edge)
            device_count(configurations, state->fleet.devices[i]);
        emulator_twin_configurations_count(configurations, state->fleet.devices[i]);
    }
    for (size_t i = 0; i < configurations->count; i++) {
        if (!is_seen(state, configurations->items[i]))
            continue;
        configurations->items[i]->evaluated = true;
        metrics_compute(configurations->items[i], &state->fleet);
    }
}

void emulator_evaluate(struct emulator_hub_state *state, int64_t now_ms, int64_t pull_delay_ms)
{
    int64_t now = emulator_ticks_now();
    cleanup_free struct emulator_configuration **stack =
        emulator_allocate((state->configurations.count + 1) * sizeof(struct emulator_configuration *));

    for (size_t i = 0; i < state->fleet.count; i++) {
        struct emulator_device *device = state->fleet.devices[i];
        if (device->edge && device_evaluate(state, device, stack, now))
            emulator_agent_notice(device, now_ms, pull_delay_ms);
    }
    emulator_twin_configurations_evaluate(state, now);
    emulator_plans_sweep(&state->plans);
    counts_compute(state);
}
