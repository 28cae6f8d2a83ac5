#include "emulator/agent_report.h"

#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/manifest_read.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"
#include "emulator/twin.h"

/* Of the simulated devices: the long-term support line. */
#define RUNTIME_VERSION "1.5.0"

static void time_add(cJSON *object, const char *name, int64_t ticks)
{
    char text[EMULATOR_TIMESTAMP_SIZE];

    emulator_ticks_format(ticks, text);
    cJSON_AddStringToObject(object, name, text);
}

/* A stand-in for the digest of the image: the same for the same name. */
static void image_hash_add(cJSON *settings, const char *image)
{
    uint64_t hash = 14695981039346656037ULL;
    char text[80];

    for (const char *at = image; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 1099511628211ULL;
    snprintf(text, sizeof(text), "sha256:%016llx%016llx%016llx%016llx", (unsigned long long)hash,
             (unsigned long long)(hash * 3), (unsigned long long)(hash * 5), (unsigned long long)(hash * 7));
    cJSON_AddStringToObject(settings, "imageHash", text);
}

static void member_copy(cJSON *object, const char *name, const cJSON *definition, cJSON *otherwise)
{
    const cJSON *value = json_get(definition, name);

    if (value) {
        cJSON_Delete(otherwise);
        cJSON_AddItemToObject(object, name, cJSON_Duplicate(value, true));
    } else {
        cJSON_AddItemToObject(object, name, otherwise);
    }
}

static void settings_add(cJSON *shown, const cJSON *definition)
{
    const cJSON *setting;
    cJSON *settings = cJSON_AddObjectToObject(shown, "settings");

    cJSON_ArrayForEach(setting, json_get(definition, "settings"))
        cJSON_AddItemToObject(settings, setting->string, cJSON_Duplicate(setting, true));
    image_hash_add(settings, json_string_or(settings, "image", ""));
    if (!json_get(settings, "createOptions"))
        cJSON_AddStringToObject(settings, "createOptions", "{}");
}

static void description_add(cJSON *shown, const struct emulator_container *container)
{
    const char *status = emulator_container_status(container);
    cleanup_free char *text = NULL;

    if (container->forced_description)
        text = emulator_text_copy(container->forced_description);
    else if (strcmp(status, "backoff") == 0 || strcmp(status, "failed") == 0)
        text = emulator_text_format("Exited (%d)", container->exit_code);
    else
        text = emulator_text_copy(status);
    cJSON_AddStringToObject(shown, "statusDescription", text);
}

static void container_add(cJSON *modules, const struct emulator_container *container)
{
    const cJSON *definition = container->definition->tree;
    cJSON *shown = cJSON_AddObjectToObject(modules, container->name);

    cJSON_AddStringToObject(shown, "type", "docker");
    if (json_get(definition, "version"))
        member_copy(shown, "version", definition, NULL);
    member_copy(shown, "status", definition, cJSON_CreateString("running"));
    member_copy(shown, "restartPolicy", definition, cJSON_CreateString(container->system ? "always" : "on-unhealthy"));
    member_copy(shown, "imagePullPolicy", definition, cJSON_CreateString("on-create"));
    if (json_get(definition, "startupOrder"))
        member_copy(shown, "startupOrder", definition, NULL);
    cJSON_AddStringToObject(shown, "runtimeStatus", emulator_container_status(container));
    description_add(shown, container);
    cJSON_AddNumberToObject(shown, "exitCode", container->exit_code);
    time_add(shown, "lastStartTimeUtc", container->started);
    time_add(shown, "lastExitTimeUtc", container->exited);
    cJSON_AddNumberToObject(shown, "restartCount", (double)container->restart_count);
    time_add(shown, "lastRestartTimeUtc", container->restarted);
    settings_add(shown, definition);
    member_copy(shown, "env", definition, cJSON_CreateObject());
}

static void containers_add(cJSON *report, const char *name, const struct emulator_device *device, bool system)
{
    cJSON *modules = cJSON_AddObjectToObject(report, name);

    for (size_t i = 0; i < device->container_count; i++)
        if (device->containers[i].system == system)
            container_add(modules, &device->containers[i]);
}

static void outcome_add(cJSON *report, const struct emulator_outcome *outcome)
{
    cJSON_AddNumberToObject(report, "lastDesiredVersion", (double)outcome->version);
    cJSON *status = cJSON_AddObjectToObject(report, "lastDesiredStatus");
    cJSON_AddNumberToObject(status, "code", outcome->code);
    cJSON_AddStringToObject(status, "description", outcome->description ? outcome->description : "");
}

/* The twin's module took what is desired now. */
static void outcome_set(struct emulator_twin *twin, int code, const char *description)
{
    free(twin->outcome.description);
    twin->outcome =
        (struct emulator_outcome){twin->desired.version, code, description[0] ? emulator_text_copy(description) : NULL};
}

static void version_add(cJSON *report)
{
    cJSON *version = cJSON_AddObjectToObject(report, "version");

    cJSON_AddStringToObject(version, "version", RUNTIME_VERSION);
    cJSON_AddStringToObject(version, "build", "0");
    cJSON_AddStringToObject(version, "commit", "emulated");
}

static void runtime_add(cJSON *report, const cJSON *desired)
{
    cJSON *runtime = cJSON_AddObjectToObject(report, "runtime");

    cJSON_AddStringToObject(runtime, "type", "docker");
    member_copy(runtime, "settings", json_get(desired, "runtime"), cJSON_CreateObject());
    cJSON *platform = cJSON_AddObjectToObject(runtime, "platform");
    cJSON_AddStringToObject(platform, "os", "linux");
    cJSON_AddStringToObject(platform, "architecture", "x86_64");
    cJSON_AddStringToObject(platform, "version", RUNTIME_VERSION);
}

static void twin_report(struct emulator_twin *twin, cJSON *report, int64_t now)
{
    struct emulator_document *document = emulator_document_fold(report);

    emulator_twin_set(twin, &twin->reported, document, now);
    emulator_document_drop(document);
}

static void agent_report(struct emulator_device *device, struct emulator_twin *agent, int64_t now)
{
    cJSON *report = cJSON_CreateObject();

    cJSON_AddStringToObject(report, "schemaVersion", "1.1.0");
    version_add(report);
    outcome_add(report, &agent->outcome);
    runtime_add(report, emulator_manifest_read_agent(agent->desired.document)->tree);
    containers_add(report, "systemModules", device, true);
    containers_add(report, "modules", device, false);
    twin_report(agent, report, now);
}

void emulator_agent_report(struct emulator_device *device, int code, const char *description, int64_t now)
{
    struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");

    outcome_set(agent, code, description);
    agent_report(device, agent, now);
}

/* The modules on the device are the clients of its hub. */
static void clients_add(cJSON *report, const struct emulator_device *device)
{
    cJSON *clients = cJSON_AddObjectToObject(report, "clients");

    for (size_t i = 0; i < device->container_count; i++) {
        const struct emulator_container *container = &device->containers[i];
        bool running = strcmp(emulator_container_status(container), "running") == 0;
        if (container->system)
            continue;
        cleanup_free char *name = emulator_text_format("%s/%s", device->id, container->name);
        cJSON *client = cJSON_AddObjectToObject(clients, name);
        cJSON_AddStringToObject(client, "status", running ? "Connected" : "Disconnected");
        time_add(client, "lastConnectedTimeUtc", container->started);
        time_add(client, "lastDisconnectedTimeUtc", container->exited);
    }
}

static void hub_report(struct emulator_device *device, struct emulator_twin *hub, int64_t now)
{
    cJSON *report = cJSON_CreateObject();

    cJSON_AddStringToObject(report, "schemaVersion", "1.0");
    version_add(report);
    outcome_add(report, &hub->outcome);
    clients_add(report, device);
    twin_report(hub, report, now);
}

void emulator_agent_report_hub(struct emulator_device *device, int code, const char *description, int64_t now)
{
    struct emulator_twin *hub = emulator_device_module(device, "$edgeHub");

    outcome_set(hub, code, description);
    hub_report(device, hub, now);
}

void emulator_agent_report_again(struct emulator_device *device, int64_t now)
{
    struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");
    struct emulator_twin *hub = emulator_device_module(device, "$edgeHub");

    if (agent->outcome.version)
        agent_report(device, agent, now);
    if (hub->outcome.version)
        hub_report(device, hub, now);
}
