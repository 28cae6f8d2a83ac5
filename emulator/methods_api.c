/* POST /twins/{device}[/modules/{module}]/methods */
#include "common/clock.h"
#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/api.h"
#include "emulator/memory.h"
#include "emulator/methods.h"

#define MOST_PAYLOAD ((size_t)128 * 1024)

struct order {
    const char *method;
    int64_t response_s, connect_s;
    const cJSON *payload;
};

static bool refuse(struct emulator_call *call, const char *reason)
{
    emulator_response_refuse(call->response, EMULATOR_ARGUMENT_INVALID, "%s", reason);
    return false;
}

static bool seconds_read(const cJSON *body, const char *name, int64_t least, int64_t *in_out)
{
    const cJSON *value = json_get(body, name);

    if (!value || cJSON_IsNull(value))
        return true;
    return json_int64(body, name, in_out) && *in_out >= least && *in_out <= 300;
}

static bool order_read(struct emulator_call *call, const cJSON *body, struct order *order)
{
    *order = (struct order){json_string(body, "methodName"), 30, 0, json_get(body, "payload")};
    if (!order->method || !*order->method)
        return refuse(call, "methodName is missing");
    if (!seconds_read(body, "responseTimeoutInSeconds", 5, &order->response_s))
        return refuse(call, "responseTimeoutInSeconds must be from 5 to 300");
    if (!seconds_read(body, "connectTimeoutInSeconds", 0, &order->connect_s))
        return refuse(call, "connectTimeoutInSeconds must be from 0 to 300");
    if (order->connect_s > order->response_s)
        return refuse(call, "connectTimeoutInSeconds must not exceed responseTimeoutInSeconds");
    if (call->request->body_length <= MOST_PAYLOAD)
        return true;
    emulator_response_refuse(call->response, EMULATOR_TOO_LARGE, "the payload is larger than 128 KB");
    return false;
}

/* Whether somebody there would hear the call. */
static bool is_online(struct emulator_device *device, const char *module_id)
{
    if (device->held || !device->edge || !module_id)
        return false;
    if (strcmp(module_id, "$edgeAgent") == 0)
        return true; /* it runs before anything is deployed */
    const struct emulator_container *container =
        emulator_agent_container(device, strcmp(module_id, "$edgeHub") == 0 ? "edgeHub" : module_id);
    return container && strcmp(emulator_container_status(container), "running") == 0;
}

static bool connection_wait(struct emulator_call *call, struct emulator_device *device, const char *module_id,
                            const struct order *order)
{
    struct emulator *emulator = call->emulator;
    int64_t until_ms = clock_now_ms() + order->connect_s * 1000;

    while (!is_online(device, module_id) && clock_now_ms() < until_ms)
        if (!emulator_pause_until_moved(emulator, until_ms))
            break;
    return is_online(device, module_id);
}

/* A device that is mute has the call, and does not answer. */
static bool answer_wait(struct emulator_call *call, const struct emulator_device *device, const struct order *order)
{
    int64_t until_ms = clock_now_ms() + order->response_s * 1000;

    while (device->mute && clock_now_ms() < until_ms)
        if (!emulator_pause_until_moved(call->emulator, until_ms))
            break;
    return !device->mute;
}

static void answer(struct emulator_call *call, struct emulator_device *device, const char *module_id,
                   const struct order *order)
{
    cleanup_strbuf struct strbuf payload = STRBUF_INIT, body = STRBUF_INIT;
    struct json_writer inner = {.out = &payload}, json = {.out = &body};
    int status =
        emulator_method_call(device, module_id, order->method, order->payload, call->emulator->hosts[0], &inner);

    json_begin_object(&json);
    json_member_int(&json, "status", status);
    json_name(&json, "payload");
    json_add_raw(&json, strbuf_string(&payload));
    json_end_object(&json);
    emulator_call_answer(call, &body);
    call->effect = "method called";
}

void emulator_methods_handle(struct emulator_call *call, struct emulator_device *device, const char *module_id)
{
    cleanup_json cJSON *body = NULL;
    struct order order;

    if (strcmp(call->request->method, "POST") != 0) {
        emulator_call_refuse_method(call);
        return;
    }
    body = emulator_call_body(call);
    if (!body || !order_read(call, body, &order))
        return;
    if (!connection_wait(call, device, module_id, &order))
        emulator_response_refuse_nested(call->response, EMULATOR_DEVICE_NOT_ONLINE,
                                        "The operation failed because the requested device isn't online or hasn't "
                                        "registered the direct method callback.");
    else if (!answer_wait(call, device, &order))
        emulator_response_refuse_nested(call->response, EMULATOR_GATEWAY_TIMEOUT,
                                        "Timed out waiting for the response from device.");
    else
        answer(call, device, module_id, &order);
}
