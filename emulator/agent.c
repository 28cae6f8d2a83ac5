#include "emulator/agent.h"

#include "common/json.h"
#include "emulator/agent_report.h"
#include "emulator/manifest_check.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"
#include "emulator/twin.h"

void emulator_agent_notice(struct emulator_device *device, int64_t now_ms, int64_t delay_ms)
{
    if (device->held)
        return;
    if (delay_ms == 0)
        emulator_agent_take(device, emulator_ticks_now());
    else
        device->pull_at_ms = now_ms + delay_ms;
}

void emulator_agent_hold(struct emulator_device *device)
{
    device->held = true;
    device->pull_at_ms = -1;
}

void emulator_agent_release(struct emulator_device *device, int64_t now_ms, int64_t delay_ms)
{
    if (!device->held)
        return;
    device->held = false;
    emulator_agent_notice(device, now_ms, delay_ms);
}

struct emulator_container *emulator_agent_container(struct emulator_device *device, const char *name)
{
    for (size_t i = 0; i < device->container_count; i++)
        if (strcmp(device->containers[i].name, name) == 0)
            return &device->containers[i];
    return NULL;
}

const char *emulator_container_status(const struct emulator_container *container)
{
    if (container->forced_status)
        return container->forced_status;
    return strcmp(json_string_or(container->definition->tree, "status", "running"), "stopped") == 0 ? "stopped"
                                                                                                    : "running";
}

static void forced_clear(struct emulator_container *container)
{
    free(container->forced_status);
    free(container->forced_description);
    container->forced_status = NULL;
    container->forced_description = NULL;
}

/* Whether the two definitions differ in more than the status, which only starts and stops. */
static bool needs_new_container(const cJSON *before, const cJSON *after)
{
    cleanup_json cJSON *a = cJSON_Duplicate(before, true);
    cleanup_json cJSON *b = cJSON_Duplicate(after, true);

    cJSON_DeleteItemFromObjectCaseSensitive(a, "status");
    cJSON_DeleteItemFromObjectCaseSensitive(b, "status");
    return !json_equal(a, b);
}

/* The definition is shared with the desired properties, which are shared with other devices. */
static void definition_set(struct emulator_container *container, struct emulator_document *desired,
                           const cJSON *definition)
{
    struct emulator_document *before = container->definition;

    container->definition = emulator_document_part(desired, definition);
    emulator_document_drop(before);
}

/* A container that is made anew has never exited, restarted or failed. */
static void container_start(struct emulator_container *container, struct emulator_document *desired,
                            const cJSON *definition, int64_t now)
{
    forced_clear(container);
    definition_set(container, desired, definition);
    container->started = now;
    container->exited = container->restarted = 0;
    container->restart_count = 0;
    container->exit_code = 0;
}

static void container_follow(struct emulator_device *device, struct emulator_document *desired, bool system,
                             const cJSON *definition, int64_t now)
{
    const char *name = definition->string;
    struct emulator_container *container = emulator_agent_container(device, name);

    if (!container) {
        device->containers = emulator_array_grow(device->containers, device->container_count,
                                                 &device->container_capacity, sizeof(*device->containers));
        container = &device->containers[device->container_count++];
        *container = (struct emulator_container){.name = emulator_text_copy(name), .system = system};
        container_start(container, desired, definition, now);
        return;
    }
    bool equal = json_equal(container->definition->tree, definition);
    if (!equal && needs_new_container(container->definition->tree, definition)) {
        container_start(container, desired, definition, now);
        return;
    }
    definition_set(container, desired, definition);
    if (equal)
        return;
    if (strcmp(json_string_or(definition, "status", "running"), "stopped") == 0)
        container->exited = now;
    else
        container->started = now;
}

static bool is_desired(const struct emulator_container *container, const cJSON *desired)
{
    return json_at(desired, container->system ? "systemModules" : "modules", container->name, NULL) != NULL;
}

/* Containers that are no longer desired go, and their identities with them. */
static void containers_remove(struct emulator_device *device, const cJSON *desired)
{
    size_t kept = 0;

    for (size_t i = 0; i < device->container_count; i++) {
        struct emulator_container *container = &device->containers[i];
        if (is_desired(container, desired)) {
            device->containers[kept++] = *container;
            continue;
        }
        emulator_device_module_remove(device, container->name);
        emulator_container_release(container);
    }
    device->container_count = kept;
}

static void containers_follow(struct emulator_device *device, struct emulator_document *desired, int64_t now)
{
    const cJSON *module;

    containers_remove(device, desired->tree);
    cJSON_ArrayForEach(module, json_get(desired->tree, "systemModules"))
        container_follow(device, desired, true, module, now);
    cJSON_ArrayForEach(module, json_get(desired->tree, "modules"))
    {
        container_follow(device, desired, false, module, now);
        emulator_device_module_add(device, module->string, now);
    }
}

void emulator_agent_take(struct emulator_device *device, int64_t now)
{
    struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");
    struct emulator_twin *hub = emulator_device_module(device, "$edgeHub");
    cleanup_error struct error agent_error = {NULL};
    cleanup_error struct error hub_error = {NULL};

    device->pull_at_ms = -1;
    if (agent->desired.version == 1)
        return; /* no deployment has ever reached it */
    int code = emulator_manifest_check_agent(agent->desired.document->tree, &agent_error);
    if (code == 200)
        containers_follow(device, agent->desired.document, now);
    emulator_agent_report(device, code, code == 200 ? "" : error_message(&agent_error), now);
    if (!emulator_agent_container(device, "edgeHub") || hub->desired.version == 1)
        return;
    code = emulator_manifest_check_hub(hub->desired.document->tree, &hub_error);
    emulator_agent_report_hub(device, code, code == 200 ? "" : error_message(&hub_error), now);
}

enum emulator_agent_verdict emulator_agent_verdict(const struct emulator_device *device)
{
    const struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");

    if (agent->outcome.version != agent->desired.version)
        return EMULATOR_AGENT_PENDING;
    return agent->outcome.code == 200 ? EMULATOR_AGENT_SUCCEEDED : EMULATOR_AGENT_FAILED;
}

static void status_report(struct emulator_device *device, int64_t now)
{
    if (!device->held)
        emulator_agent_report_again(device, now);
}

void emulator_agent_fail(struct emulator_device *device, struct emulator_container *container, const char *status,
                         int exit_code, const char *description)
{
    int64_t now = emulator_ticks_now();

    forced_clear(container);
    container->forced_status = emulator_text_copy(status);
    container->forced_description = emulator_text_copy(description);
    container->exit_code = exit_code;
    container->exited = now;
    if (strcmp(status, "backoff") == 0) {
        container->restart_count++;
        container->restarted = now;
    }
    status_report(device, now);
}

void emulator_agent_recover(struct emulator_device *device, struct emulator_container *container)
{
    int64_t now = emulator_ticks_now();

    if (!container->forced_status)
        return;
    forced_clear(container);
    container->exit_code = 0;
    container->started = now;
    status_report(device, now);
}
