#include "emulator/methods.h"

#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/memory.h"

#include <stdarg.h>

int emulator_method_fail(struct json_writer *answer, int status, const char *format, ...)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    va_list arguments;

    va_start(arguments, format);
    strbuf_add_vformat(&text, format, arguments);
    va_end(arguments);
    json_begin_object(answer);
    json_member_string(answer, "message", strbuf_string(&text));
    json_end_object(answer);
    return status;
}

bool emulator_method_version_is_known(const cJSON *payload)
{
    const char *version = json_string_or(payload, "schemaVersion", "");

    return strncmp(version, "1.", 2) == 0 && version[2] >= '0' && version[2] <= '9';
}

static int ping(struct emulator_device *device, const cJSON *payload, const char *hub, struct json_writer *answer)
{
    (void)device, (void)payload, (void)hub;
    json_add_null(answer);
    return 200;
}

static int restart_module(struct emulator_device *device, const cJSON *payload, const char *hub,
                          struct json_writer *answer)
{
    const char *id = json_string_or(payload, "id", "");
    struct emulator_container *container = emulator_agent_container(device, id);

    (void)hub;
    if (!emulator_method_version_is_known(payload))
        return emulator_method_fail(answer, 400, "schemaVersion must be 1.0");
    if (!container)
        return emulator_method_fail(answer, 500, "Module %s not found in the current environment", id);
    emulator_agent_restart(device, container);
    json_add_null(answer);
    return 200;
}

static int agent_call(struct emulator_device *device, const char *method, const cJSON *payload, const char *hub,
                      struct json_writer *answer)
{
    static const struct {
        const char *name;
        int (*handle)(struct emulator_device *device, const cJSON *payload, const char *hub,
                      struct json_writer *answer);
    } methods[] = {
        {"ping", ping},
        {"GetModuleLogs", emulator_module_logs},
        {"RestartModule", restart_module},
    };

    for (size_t i = 0; i < array_length(methods); i++)
        if (strcasecmp(methods[i].name, method) == 0)
            return methods[i].handle(device, payload, hub, answer);
    return emulator_method_fail(
        answer, 400, "Command '%s' not found. The supported commands are - ping, GetModuleLogs, RestartModule", method);
}

int emulator_method_call(struct emulator_device *device, const char *module_id, const char *method,
                         const cJSON *payload, const char *hub, struct json_writer *answer)
{
    if (module_id && strcmp(module_id, "$edgeAgent") == 0)
        return agent_call(device, method, payload, hub, answer);
    /* The simulated modules have no methods; this is what the SDKs answer then. */
    json_add_null(answer);
    return 501;
}
