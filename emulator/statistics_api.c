#include "emulator/api.h"

#include "common/banned.h"
#include "common/json_writer.h"

static void answer_devices(struct emulator_call *call)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};
    int64_t count = (int64_t)call->emulator->state.fleet.count;

    json_begin_object(&json);
    json_member_int(&json, "totalDeviceCount", count);
    json_member_int(&json, "enabledDeviceCount", count);
    json_member_int(&json, "disabledDeviceCount", 0);
    json_end_object(&json);
    emulator_call_answer(call, &body);
}

static void answer_service(struct emulator_call *call)
{
    const struct emulator_fleet *fleet = &call->emulator->state.fleet;
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};
    int64_t connected = 0;

    for (size_t i = 0; i < fleet->count; i++)
        connected += !fleet->devices[i]->held;
    json_begin_object(&json);
    json_member_int(&json, "connectedDeviceCount", connected);
    json_end_object(&json);
    emulator_call_answer(call, &body);
}

void emulator_statistics_handle(struct emulator_call *call)
{
    if (strcmp(call->request->method, "GET") != 0)
        emulator_call_refuse_method(call);
    else if (call->url.count == 2 && emulator_url_has(&call->url, 1, "devices"))
        answer_devices(call);
    else if (call->url.count == 2 && emulator_url_has(&call->url, 1, "service"))
        answer_service(call);
    else
        emulator_call_refuse_path(call);
}
