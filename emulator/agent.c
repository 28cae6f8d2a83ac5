#include "emulator/agent.h"

#include "common/clock.h"
#include "common/json.h"
#include "emulator/agent_report.h"
#include "emulator/create_options.h"
#include "emulator/life.h"
#include "emulator/manifest_check.h"
#include "emulator/manifest_read.h"
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
    device->pull_at_ms = device->back_at_ms = -1;
}

void emulator_agent_release(struct emulator_device *device, int64_t now_ms, int64_t delay_ms)
{
    if (!device->held)
        return;
    device->held = false;
    device->back_at_ms = -1;
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
    if (container->phase == EMULATOR_WAITS)
        return "backoff";
    if (container->phase == EMULATOR_DOWN)
        return container->exit_code ? "failed" : "stopped";
    return emulator_life_is_wanted(container->definition->tree) ? "running" : "stopped";
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
static void container_start(struct emulator_device *device, struct emulator_container *container,
                            struct emulator_document *desired, const cJSON *definition, int64_t now)
{
    forced_clear(container);
    definition_set(container, desired, definition);
    container->started = now;
    container->exited = container->restarted = 0;
    container->restart_count = 0;
    container->exit_code = 0;
    emulator_log_free(container->log);
    container->log = NULL;
    emulator_life_begin(device, container, clock_now_ms());
}

static struct emulator_container *container_add(struct emulator_device *device, const char *name, bool system)
{
    device->containers = emulator_array_grow(device->containers, device->container_count, &device->container_capacity,
                                             sizeof(*device->containers));
    struct emulator_container *container = &device->containers[device->container_count++];
    *container = (struct emulator_container){.name = emulator_text_copy(name), .system = system, .next_ms = -1};
    return container;
}

/* What keeps a container from being made: its image cannot be pulled, or Docker refuses its create options. */
static int container_try(const struct emulator_device *device, const cJSON *definition, struct error *error)
{
    const cJSON *settings = json_get(definition, "settings");
    const char *image = json_string_or(settings, "image", "");
    cleanup_json cJSON *options = NULL;

    if (emulator_device_lacks_image(device, definition->string, image))
        return error_set(error, "Could not pull image %s, cause: manifest unknown", image);
    if (emulator_create_options_read(settings, &options, error) < 0 || emulator_create_options_try(options, error) < 0)
        return error_wrap(error, "Could not create module %s, cause", definition->string);
    return 0;
}

/* Follows a definition. -1 when there was to be a new container and it could not be made; an old one goes on. */
static int container_follow(struct emulator_device *device, struct emulator_document *desired, bool system,
                            const cJSON *definition, int64_t now, struct error *error)
{
    struct emulator_container *container = emulator_agent_container(device, definition->string);
    bool equal = container && json_equal(container->definition->tree, definition);

    if (!container || (!equal && needs_new_container(container->definition->tree, definition))) {
        if (container_try(device, definition, error) < 0)
            return -1;
        if (!container)
            container = container_add(device, definition->string, system);
        container_start(device, container, desired, definition, now);
        return 0;
    }
    definition_set(container, desired, definition);
    if (equal)
        return 0;
    if (emulator_life_is_wanted(definition))
        container->started = now;
    else
        container->exited = now;
    emulator_life_begin(device, container, clock_now_ms());
    return 0;
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

static int64_t startup_order(const cJSON *definition)
{
    int64_t order = UINT32_MAX;

    json_int64(definition, "startupOrder", &order);
    return order;
}

/* The modules in the order in which they are started; those of equal order as they are written. */
static size_t modules_sort(const cJSON *modules, const cJSON **sorted)
{
    const cJSON *module;
    size_t count = 0;

    cJSON_ArrayForEach(module, modules)
    {
        size_t place = count++;
        for (; place > 0 && startup_order(sorted[place - 1]) > startup_order(module); place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = module;
    }
    return count;
}

#define TICKS_BETWEEN_STARTS 10000 /* 1 ms */

/* One module after the other; those that fail do not keep the others back, and the error tells of them all. */
static int modules_follow(struct emulator_device *device, struct emulator_document *desired, bool system, int64_t now,
                          struct error *error)
{
    const cJSON *modules = json_get(desired->tree, system ? "systemModules" : "modules");
    cleanup_free const cJSON **sorted = emulator_allocate((size_t)cJSON_GetArraySize(modules) * sizeof(*sorted));
    size_t count = modules_sort(modules, sorted);
    int result = 0;

    for (size_t i = 0; i < count; i++) {
        cleanup_error struct error reason = {NULL};
        if (!system)
            emulator_device_module_add(device, sorted[i]->string, now);
        if (container_follow(device, desired, system, sorted[i], now + (int64_t)i * TICKS_BETWEEN_STARTS, &reason) == 0)
            continue;
        result = error_set(error, "One or more errors occurred. (%s)", error_message(&reason));
    }
    return result;
}

static int containers_follow(struct emulator_device *device, struct emulator_document *desired, int64_t now,
                             struct error *error)
{
    containers_remove(device, desired->tree);
    int result = modules_follow(device, desired, true, now, error);
    return modules_follow(device, desired, false, now, error) < 0 ? -1 : result;
}

/* The document is shared by all devices that follow it, so it is judged once. */
static int manifest_judge(struct emulator_document *document, int (*check)(const cJSON *, struct error *),
                          struct error *error)
{
    cleanup_error struct error reason = {NULL};

    if (document->verdict == 0) {
        document->verdict = check(document->tree, &reason);
        document->verdict_text = document->verdict == 200 ? NULL : emulator_text_copy(error_message(&reason));
    }
    if (document->verdict_text)
        error_set(error, "%s", document->verdict_text);
    return document->verdict;
}

static void agent_take(struct emulator_device *device, struct emulator_twin *agent, int64_t now)
{
    struct emulator_document *document = emulator_manifest_read_agent(agent->desired.document);
    cleanup_error struct error error = {NULL};
    int code = manifest_judge(document, emulator_manifest_check_agent, &error);

    if (code == 200 && containers_follow(device, document, now, &error) < 0) {
        code = 500;
        device->pull_at_ms = clock_now_ms() + device->fleet->backoff_ms;
    }
    emulator_agent_report(device, code, code == 200 ? "" : error_message(&error), now);
}

/* Routes that cannot be read are refused and the old ones stay. Those whose condition does not compile are not: that is
 * found out after success was reported, and told to nobody; the old ones stay as well. */
static void hub_take(struct emulator_device *device, struct emulator_twin *hub, int64_t now)
{
    struct emulator_document *document = emulator_manifest_read_hub(hub->desired.document);
    cleanup_error struct error error = {NULL};
    int code = manifest_judge(document, emulator_manifest_check_hub, &error);

    if (code == 200 && document != device->routes && emulator_manifest_routes_compile(document->tree)) {
        emulator_document_drop(device->routes);
        device->routes = emulator_document_share(document);
    }
    emulator_agent_report_hub(device, code, code == 200 ? "" : error_message(&error), now);
}

void emulator_agent_take(struct emulator_device *device, int64_t now)
{
    struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");
    struct emulator_twin *hub = emulator_device_module(device, "$edgeHub");

    device->pull_at_ms = -1;
    if (agent->desired.version == 1)
        return; /* no deployment has ever reached it */
    agent_take(device, agent, now);
    if (!emulator_agent_container(device, "edgeHub") || hub->desired.version == 1)
        return;
    hub_take(device, hub, now);
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

void emulator_agent_crash(struct emulator_device *device, struct emulator_container *container, int exit_code)
{
    forced_clear(container);
    emulator_life_exit(device, container, exit_code, clock_now_ms());
    status_report(device, emulator_ticks_now());
}

void emulator_agent_restart(struct emulator_device *device, struct emulator_container *container)
{
    forced_clear(container);
    container->exited = emulator_ticks_now();
    emulator_life_restart(device, container, clock_now_ms());
    status_report(device, emulator_ticks_now());
}

void emulator_agent_live(struct emulator_device *device, int64_t now_ms)
{
    if (emulator_life_run(device, now_ms))
        status_report(device, emulator_ticks_now());
}

void emulator_agent_recover(struct emulator_device *device, struct emulator_container *container)
{
    int64_t now = emulator_ticks_now();

    if (!container->forced_status && container->phase == EMULATOR_RUNS)
        return;
    forced_clear(container);
    container->exit_code = 0;
    container->started = now;
    emulator_life_restart(device, container, clock_now_ms());
    status_report(device, now);
}
