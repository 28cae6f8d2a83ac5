/* What a test or a demo orders of a device and of its modules. */
#include "common/clock.h"
#include "common/json.h"
#include "emulator/admin.h"
#include "emulator/agent.h"
#include "emulator/memory.h"
#include "emulator/traffic.h"

/* POST /devices/{id}/offline with {"for": "2s"}: it comes back by itself. */
static void offline(struct emulator_call *call, struct emulator_device *device)
{
    cleanup_json cJSON *body = emulator_admin_body(call);
    int64_t duration_ms;

    if (!body)
        return;
    const char *text = json_string(body, "for");
    if (text && !clock_parse_duration(text, &duration_ms)) {
        emulator_admin_refuse(call, 400, "for must be a duration such as 500ms, 2s or 5m");
        return;
    }
    emulator_agent_hold(device);
    if (text)
        device->back_at_ms = clock_now_ms() + duration_ms;
    call->response->status = 204;
}

bool emulator_admin_device_order(struct emulator_call *call, struct emulator_device *device)
{
    bool mute = emulator_url_has(&call->url, 2, "mute"), unmute = emulator_url_has(&call->url, 2, "unmute");

    if (emulator_url_has(&call->url, 2, "offline") && call->request->body_length > 0) {
        offline(call, device);
        return true;
    }
    if (!mute && !unmute)
        return false;
    device->mute = mute;
    call->response->status = 204;
    return true;
}

static void crash(struct emulator_call *call, struct emulator_device *device, struct emulator_container *container)
{
    cleanup_json cJSON *body = emulator_admin_body(call);
    int64_t exit_code = 1;

    if (!body)
        return;
    if (json_get(body, "exitCode") && (!json_int64(body, "exitCode", &exit_code) || exit_code < 0 || exit_code > 255)) {
        emulator_admin_refuse(call, 400, "exitCode must be a whole number from 0 to 255");
        return;
    }
    emulator_agent_crash(device, container, (int)exit_code);
    call->response->status = 204;
}

static void log_add(struct emulator_call *call, struct emulator_container *container)
{
    cleanup_json cJSON *body = emulator_admin_body(call);
    const char *text = json_string(body, "text");

    if (!body)
        return;
    if (!text) {
        emulator_admin_refuse(call, 400, "the text of a line is missing");
        return;
    }
    emulator_log_add(&container->log, clock_wall_ms(), "%s", text);
    call->response->status = 204;
}

static void message_send(struct emulator_call *call, struct emulator_device *device, const char *module)
{
    cleanup_error struct error error = {NULL};
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer json = {.out = &out};
    cleanup_json cJSON *body = emulator_admin_body(call);

    if (!body)
        return;
    if (emulator_traffic_send(device, module, json_string_or(body, "output", "output1"), body, &json, &error) < 0)
        emulator_admin_refuse(call, 409, "%s", error_message(&error));
    else
        emulator_call_answer(call, &out);
}

bool emulator_admin_module_order(struct emulator_call *call, struct emulator_device *device,
                                 struct emulator_container *container)
{
    if (emulator_url_has(&call->url, 4, "crash"))
        crash(call, device, container);
    else if (emulator_url_has(&call->url, 4, "log"))
        log_add(call, container);
    else if (emulator_url_has(&call->url, 4, "messages"))
        message_send(call, device, container->name);
    else
        return false;
    return true;
}

void emulator_admin_messages_show(struct emulator_call *call, const struct emulator_device *device)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};
    char time[CLOCK_RFC3339_SIZE];

    json_begin_array(&json);
    for (size_t i = 0; i < device->upstream_count; i++) {
        clock_format_rfc3339_micro(device->upstream[i].wall_ms * 1000, time);
        json_begin_object(&json);
        json_member_string(&json, "time", time);
        json_member_string(&json, "source", device->upstream[i].source);
        json_member_string(&json, "body", device->upstream[i].body);
        json_end_object(&json);
    }
    json_end_array(&json);
    emulator_call_answer(call, &body);
}

void emulator_admin_log_show(struct emulator_call *call, const struct emulator_container *container)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    json_begin_array(&json);
    for (size_t i = 0; container->log && i < container->log->count; i++)
        json_add_string(&json, container->log->lines[i].text);
    json_end_array(&json);
    emulator_call_answer(call, &body);
}
