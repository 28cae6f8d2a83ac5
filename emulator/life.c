#include "emulator/life.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"

#define MOST_RESTARTS 20
#define MOST_UNITS    30
#define HEALTHY_UNITS 60

static const struct emulator_failure *failure_of(const struct emulator_device *device, const char *module)
{
    for (size_t i = 0; i < device->failure_count; i++)
        if (device->failures[i].crashes && strcmp(device->failures[i].module, module) == 0)
            return &device->failures[i];
    return NULL;
}

void emulator_life_plan(struct emulator_device *device)
{
    device->life_at_ms = -1;
    for (size_t i = 0; i < device->container_count; i++) {
        int64_t at = device->containers[i].next_ms;
        if (at >= 0 && (device->life_at_ms < 0 || at < device->life_at_ms))
            device->life_at_ms = at;
    }
}

bool emulator_life_is_wanted(const cJSON *definition)
{
    return strcmp(json_string_or(definition, "status", "running"), "running") == 0;
}

/* It runs from now on: until it crashes again, or until it has been healthy for long. */
static void runs(struct emulator_device *device, struct emulator_container *container, int64_t now_ms)
{
    const struct emulator_failure *failure = failure_of(device, container->name);
    bool crashes = failure && (failure->times == 0 || container->crashes < failure->times) &&
                   emulator_life_is_wanted(container->definition->tree);

    container->phase = EMULATOR_RUNS;
    container->next_ms = -1;
    if (crashes)
        container->next_ms = now_ms + failure->after_ms;
    else if (container->restart_count)
        container->next_ms = now_ms + HEALTHY_UNITS * device->fleet->backoff_ms;
    emulator_life_plan(device);
}

void emulator_life_begin(struct emulator_device *device, struct emulator_container *container, int64_t now_ms)
{
    container->crashes = 0;
    runs(device, container, now_ms);
}

void emulator_life_restart(struct emulator_device *device, struct emulator_container *container, int64_t now_ms)
{
    container->started = emulator_ticks_now();
    container->exit_code = 0;
    runs(device, container, now_ms);
}

static bool is_restarted(const struct emulator_container *container)
{
    const char *policy =
        json_string_or(container->definition->tree, "restartPolicy", container->system ? "always" : "on-unhealthy");

    if (container->restart_count >= MOST_RESTARTS || strcmp(policy, "never") == 0)
        return false;
    return strcmp(policy, "always") == 0 || container->exit_code != 0;
}

void emulator_life_exit(struct emulator_device *device, struct emulator_container *container, int exit_code,
                        int64_t now_ms)
{
    int64_t units = MOST_UNITS;

    container->exit_code = exit_code;
    container->exited = emulator_ticks_now();
    container->crashes++;
    container->next_ms = -1;
    container->phase = EMULATOR_DOWN;
    if (is_restarted(container)) {
        if (container->restart_count < 5 && 1 << container->restart_count < MOST_UNITS)
            units = 1 << container->restart_count;
        container->phase = EMULATOR_WAITS;
        container->next_ms = now_ms + units * device->fleet->backoff_ms;
    }
    emulator_life_plan(device);
}

static void happen(struct emulator_device *device, struct emulator_container *container, int64_t now_ms)
{
    const struct emulator_failure *failure = failure_of(device, container->name);

    if (container->phase == EMULATOR_WAITS) {
        container->restart_count++;
        container->restarted = container->started = emulator_ticks_now();
        runs(device, container, now_ms);
    } else if (failure && (failure->times == 0 || container->crashes < failure->times)) {
        emulator_life_exit(device, container, failure->exit_code, now_ms);
    } else {
        container->restart_count = 0;
        container->next_ms = -1;
    }
}

bool emulator_life_run(struct emulator_device *device, int64_t now_ms)
{
    bool happened = false;

    if (device->life_at_ms < 0 || device->life_at_ms > now_ms)
        return false;
    for (size_t i = 0; i < device->container_count; i++) {
        struct emulator_container *container = &device->containers[i];
        if (container->next_ms < 0 || container->next_ms > now_ms)
            continue;
        happen(device, container, now_ms);
        happened = true;
    }
    emulator_life_plan(device);
    return happened;
}
