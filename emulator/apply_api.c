/* POST /devices/{device}/applyConfigurationContent: modules for one device, past all configurations. */
#include "common/clock.h"
#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/api.h"
#include "emulator/content.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"
#include "emulator/twin.h"

/* What the device's modules are desired to be, as content. */
static cJSON *present_content(const struct emulator_device *device)
{
    cJSON *content = cJSON_CreateObject();
    cJSON *modules = cJSON_AddObjectToObject(content, "modulesContent");

    for (size_t i = 0; i < device->module_count; i++) {
        cJSON *module = cJSON_AddObjectToObject(modules, device->modules[i]->module_id);
        cJSON_AddItemToObject(module, "properties.desired",
                              emulator_document_copy(device->modules[i]->desired.document));
    }
    return content;
}

/* A module that $edgeAgent is not told to run has no twin to go to. */
static bool is_deployed(const cJSON *merged, const char *module_id)
{
    return module_id[0] == '$' || json_at(merged, "$edgeAgent", "modules", module_id, NULL);
}

static void apply(struct emulator_device *device, const cJSON *content)
{
    cleanup_json cJSON *present = present_content(device);
    const cJSON *contents[] = {present, content};
    cleanup_json cJSON *merged = emulator_content_merge(contents, array_length(contents));
    int64_t now = emulator_ticks_now();
    const cJSON *module;

    cJSON_ArrayForEach(module, json_get(content, "modulesContent"))
    {
        if (!is_deployed(merged, module->string))
            continue;
        struct emulator_twin *twin = emulator_device_module_add(device, module->string, now);
        struct emulator_document *document =
            emulator_document_new(cJSON_Duplicate(json_get(merged, module->string), true));
        emulator_twin_set(twin, &twin->desired, document, now);
        emulator_document_drop(document);
    }
}

void emulator_apply_handle(struct emulator_call *call)
{
    struct emulator *emulator = call->emulator;
    struct emulator_device *device = emulator_fleet_find(&emulator->state.fleet, call->url.segments[1]);
    struct emulator_content_facts facts;
    cleanup_error struct error error = {NULL};

    if (strcmp(call->request->method, "POST") != 0) {
        emulator_call_refuse_method(call);
        return;
    }
    if (!device) {
        emulator_response_refuse(call->response, EMULATOR_DEVICE_NOT_FOUND, "%s is not registered",
                                 call->url.segments[1]);
        return;
    }
    cleanup_json cJSON *body = emulator_call_body(call);
    if (!body)
        return;
    if (!device->edge) {
        emulator_response_refuse(call->response, EMULATOR_ARGUMENT_INVALID, "Not an Azure IoT Edge device: %s",
                                 device->id);
        return;
    }
    if (emulator_content_check(body, &facts, &error) < 0 || facts.kind != EMULATOR_CONTENT_MODULES) {
        emulator_response_refuse(call->response, EMULATOR_INVALID_CONTENT,
                                 "The content provided for configuration is invalid. Please check and try again "
                                 "(emulator: %s)",
                                 error.message ? error_message(&error) : "modulesContent is wanted");
        return;
    }
    apply(device, body);
    emulator_agent_notice(device, clock_now_ms(), emulator->options.pull_delay_ms);
    pthread_cond_signal(&emulator->work);
    emulator_call_commit(call, "content applied");
    call->response->status = 204;
}
