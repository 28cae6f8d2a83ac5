#include "emulator/admin.h"

#include "common/clock.h"
#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/memory.h"
#include "emulator/twin.h"

static void containers_write(struct json_writer *json, const struct emulator_device *device)
{
    json_begin_array(json);
    for (size_t i = 0; i < device->container_count; i++) {
        const struct emulator_container *container = &device->containers[i];
        json_begin_object(json);
        json_member_string(json, "name", container->name);
        json_member_bool(json, "system", container->system);
        json_member_string(json, "runtimeStatus", emulator_container_status(container));
        json_member_string(json, "image", json_string(json_get(container->definition->tree, "settings"), "image"));
        json_member_int(json, "restartCount", container->restart_count);
        json_end_object(json);
    }
    json_end_array(json);
}

/* The configurations whose condition holds now, evaluated or not. */
static void matching_write(struct json_writer *json, const struct emulator_device *device,
                           const struct emulator_configurations *configurations)
{
    cleanup_json cJSON *tree = emulator_twin_tree(device, &device->twin);

    json_begin_array(json);
    for (size_t i = 0; i < configurations->count && device->edge; i++)
        if (emulator_evaluation_matches(configurations->items[i], tree))
            json_add_string(json, configurations->items[i]->id);
    json_end_array(json);
}

/* The base that the last evaluation gave it, and the layers above. */
static void applied_write(struct json_writer *json, const struct emulator_device *device)
{
    const char *base = NULL;

    for (size_t i = 0; i < device->assignment_count; i++)
        if (device->assignments[i].applied && device->assignments[i].base)
            base = device->assignments[i].configuration_id;
    json_member_string(json, "applied", base);
    json_name(json, "layers");
    json_begin_array(json);
    for (size_t i = 0; i < device->assignment_count; i++)
        if (device->assignments[i].applied && !device->assignments[i].base)
            json_add_string(json, device->assignments[i].configuration_id);
    json_end_array(json);
}

static void versions_write(struct json_writer *json, const struct emulator_device *device)
{
    const struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");

    json_member_int(json, "desiredVersion", agent ? agent->desired.version : 0);
    json_member_int(json, "reportedVersion", agent ? agent->outcome.version : 0);
    json_member_int(json, "code", agent ? agent->outcome.code : 0);
}

static void device_write(struct json_writer *json, const struct emulator_device *device,
                         const struct emulator_configurations *configurations)
{
    json_begin_object(json);
    json_member_string(json, "deviceId", device->id);
    json_member_bool(json, "edge", device->edge);
    json_member_bool(json, "held", device->held);
    json_name(json, "tags");
    json_add_value(json, device->twin.tags);
    json_name(json, "modules");
    containers_write(json, device);
    json_name(json, "matching");
    matching_write(json, device, configurations);
    applied_write(json, device);
    versions_write(json, device);
    json_end_object(json);
}

static void answer_device(struct emulator_call *call, const struct emulator_device *device)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    device_write(&json, device, &call->emulator->state.configurations);
    emulator_call_answer(call, &body);
}

static void list(struct emulator_call *call)
{
    const struct emulator_hub_state *state = &call->emulator->state;
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    json_begin_array(&json);
    for (size_t i = 0; i < state->fleet.count; i++)
        device_write(&json, state->fleet.devices[i], &state->configurations);
    json_end_array(&json);
    emulator_call_answer(call, &body);
}

static bool is_failure(const char *status)
{
    static const char *const failures[] = {"unhealthy", "backoff", "stopped", "failed", "dead", "unknown"};

    for (size_t i = 0; i < array_length(failures); i++)
        if (strcmp(failures[i], status) == 0)
            return true;
    return false;
}

static void fail(struct emulator_call *call, struct emulator_device *device, struct emulator_container *container)
{
    cleanup_json cJSON *body = emulator_admin_body(call);
    int64_t exit_code = 1;

    if (!body)
        return;
    const char *status = json_string_or(body, "runtimeStatus", "failed");
    if (!is_failure(status)) {
        emulator_admin_refuse(call, 400, "runtimeStatus must be unhealthy, backoff, stopped, failed, dead or unknown");
        return;
    }
    if (json_get(body, "exitCode") && (!json_int64(body, "exitCode", &exit_code) || exit_code < 0 || exit_code > 255)) {
        emulator_admin_refuse(call, 400, "exitCode must be a whole number from 0 to 255");
        return;
    }
    emulator_agent_fail(device, container, status, (int)exit_code, json_string(body, "statusDescription"));
    answer_device(call, device);
}

/* POST /devices/{id}/hold and …/release */
static void device_order(struct emulator_call *call, struct emulator_device *device)
{
    struct emulator *emulator = call->emulator;

    if (emulator_url_has(&call->url, 2, "hold") || emulator_url_has(&call->url, 2, "offline")) {
        emulator_agent_hold(device);
    } else if (emulator_url_has(&call->url, 2, "release") || emulator_url_has(&call->url, 2, "online")) {
        emulator_agent_release(device, clock_now_ms(), emulator->options.pull_delay_ms);
    } else {
        emulator_admin_refuse(call, 404,
                              "a device can be told to hold, release, go offline or online, mute or unmute, not to %s",
                              call->url.segments[2]);
        return;
    }
    answer_device(call, device);
}

/* POST /devices/{id}/modules/{m}/fail and …/recover */
static void module_order(struct emulator_call *call, struct emulator_device *device,
                         struct emulator_container *container)
{
    if (emulator_url_has(&call->url, 4, "fail")) {
        fail(call, device, container);
    } else if (emulator_url_has(&call->url, 4, "recover")) {
        emulator_agent_recover(device, container);
        answer_device(call, device);
    } else {
        emulator_admin_refuse(call, 404,
                              "a module can be told to fail, recover, crash, log or send messages, not to %s",
                              call->url.segments[4]);
    }
}

/* Below /devices/{id}/modules/{m} */
static void module_handle(struct emulator_call *call, struct emulator_device *device)
{
    struct emulator_container *container = emulator_agent_container(device, call->url.segments[3]);

    if (!container)
        emulator_admin_refuse(call, 404, "%s runs no module %s", device->id, call->url.segments[3]);
    else if (strcmp(call->request->method, "GET") == 0)
        emulator_admin_log_show(call, container);
    else if (!emulator_admin_module_order(call, device, container))
        module_order(call, device, container);
}

static void device_handle(struct emulator_call *call, struct emulator_device *device)
{
    if (call->url.count == 2)
        answer_device(call, device);
    else if (call->url.count == 5)
        module_handle(call, device);
    else if (strcmp(call->request->method, "GET") == 0)
        emulator_admin_messages_show(call, device);
    else if (!emulator_admin_device_order(call, device))
        device_order(call, device);
    /* A worker may have to do something sooner, a waiting call may go on. */
    pthread_cond_signal(&call->emulator->work);
    pthread_cond_broadcast(&call->emulator->moved);
}

/* Whether there is such a path at all, and such a method on it. */
static bool is_reachable(struct emulator_call *call)
{
    const struct emulator_url *url = &call->url;
    bool post = strcmp(call->request->method, "POST") == 0, get = strcmp(call->request->method, "GET") == 0;
    bool order = url->count == 3, of_module = url->count == 5 && emulator_url_has(url, 2, "modules");
    bool shown = url->count <= 2 || (order && emulator_url_has(url, 2, "messages")) ||
                 (of_module && emulator_url_has(url, 4, "log"));
    bool ordered = of_module || (order && !emulator_url_has(url, 2, "messages"));

    if (url->count > 2 && !order && !of_module) {
        emulator_admin_refuse(call, 404, "there is nothing at %s", call->request->path);
        return false;
    }
    if ((post && ordered) || (get && shown))
        return true;
    emulator_admin_refuse(call, 405, "%s is not allowed on %s", call->request->method, call->request->path);
    return false;
}

void emulator_admin_devices_handle(struct emulator_call *call)
{
    if (!is_reachable(call))
        return;
    if (call->url.count == 1) {
        list(call);
        return;
    }
    struct emulator_device *device = emulator_fleet_find(&call->emulator->state.fleet, call->url.segments[1]);
    if (device)
        device_handle(call, device);
    else
        emulator_admin_refuse(call, 404, "there is no device %s", call->url.segments[1]);
}
