#include "emulator/traffic.h"

#include "common/clock.h"
#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/memory.h"
#include "emulator/route.h"

#include <strings.h>

struct letter {
    struct emulator_device *device;
    const char *module, *output;
    const char *body; /* text */
    char *source;     /* "/messages/modules/m/outputs/o" */
    struct emulator_route_message message;
};

static const char *route_text(const cJSON *route)
{
    return cJSON_IsObject(route) ? json_string_or(route, "route", "") : cJSON_IsString(route) ? route->valuestring : "";
}

static const cJSON *routes_in_force(const struct emulator_device *device)
{
    return device->routes ? json_get(device->routes->tree, "routes") : NULL;
}

/* Python's way to show bytes, which the module of the walk-through prints: b'Hello World'. */
static void bytes_write(struct strbuf *text, const char *body)
{
    char quote = strchr(body, '\'') && !strchr(body, '"') ? '"' : '\'';

    strbuf_add_format(text, "b%c", quote);
    for (; *body; body++) {
        unsigned char byte = (unsigned char)*body;
        if (*body == '\\' || *body == quote)
            strbuf_add_format(text, "\\%c", *body);
        else if (byte == '\n' || byte == '\r' || byte == '\t')
            strbuf_add_format(text, "\\%c", byte == '\n' ? 'n' : byte == '\r' ? 'r' : 't');
        else if (byte < 0x20 || byte > 0x7e)
            strbuf_add_format(text, "\\x%02x", byte);
        else
            strbuf_add_char(text, *body);
    }
    strbuf_add_char(text, quote);
}

static bool module_receive(const struct letter *letter, const char *module)
{
    struct emulator_container *container = emulator_agent_container(letter->device, module);
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    if (!container || strcmp(emulator_container_status(container), "running") != 0)
        return false; /* edgeHub would keep it */
    bytes_write(&text, letter->body);
    emulator_log_add(&container->log, clock_wall_ms(), "Received - %s!", strbuf_string(&text));
    return true;
}

static bool is_delivered(const cJSON *delivered, const char *sink)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, delivered)
    {
        if (strcmp(item->valuestring, sink) == 0)
            return true;
    }
    return false;
}

/* To each sink a message goes once, however many routes lead there. */
static void deliver(const struct letter *letter, const struct emulator_route *route, cJSON *delivered)
{
    cleanup_free char *sink = route->module ? emulator_text_format("%s/inputs/%s", route->module, route->input)
                                            : emulator_text_copy("$upstream");
    cleanup_free char *source = emulator_text_format("%s/%s", letter->module, letter->output);

    if (is_delivered(delivered, sink))
        return;
    if (!route->module)
        emulator_device_send(letter->device, source, letter->body, clock_wall_ms());
    else if (!module_receive(letter, route->module))
        return;
    cJSON_AddItemToArray(delivered, cJSON_CreateString(sink));
}

static void route_all(const struct letter *letter, cJSON *delivered)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, routes_in_force(letter->device))
    {
        cleanup_route struct emulator_route route = {.source = NULL};
        if (emulator_route_parse(route_text(item), &route, NULL) == 0 &&
            emulator_route_takes(&route, letter->source, &letter->message))
            deliver(letter, &route, delivered);
    }
}

static cJSON *system_properties(const struct letter *letter)
{
    cJSON *system = cJSON_CreateObject();

    cJSON_AddStringToObject(system, "connectionDeviceId", letter->device->id);
    cJSON_AddStringToObject(system, "connectionModuleId", letter->module);
    cJSON_AddStringToObject(system, "outputName", letter->output);
    return system;
}

static void letter_send(struct letter *letter, const cJSON *properties, struct json_writer *json)
{
    cleanup_json cJSON *delivered = cJSON_CreateArray();
    cleanup_json cJSON *system = system_properties(letter);
    cleanup_json cJSON *body = cJSON_Parse(letter->body);

    letter->message = (struct emulator_route_message){properties, system, body};
    route_all(letter, delivered);
    json_begin_object(json);
    json_name(json, "delivered");
    json_add_value(json, delivered);
    json_end_object(json);
}

int emulator_traffic_send(struct emulator_device *device, const char *module, const char *output, const cJSON *order,
                          struct json_writer *json, struct error *error)
{
    const struct emulator_container *container = emulator_agent_container(device, module);
    const struct emulator_container *hub = emulator_agent_container(device, "edgeHub");
    const cJSON *body = json_get(order, "body");
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer as_json = {.out = &text};

    if (!container || container->system || strcmp(emulator_container_status(container), "running") != 0)
        return error_set(error, "%s does not run on %s", module, device->id);
    if (!hub || strcmp(emulator_container_status(hub), "running") != 0)
        return error_set(error, "edgeHub does not run on %s", device->id);
    if (cJSON_IsString(body))
        strbuf_add_string(&text, body->valuestring);
    else if (body)
        json_add_value(&as_json, body);
    cleanup_free char *source = emulator_text_format("/messages/modules/%s/outputs/%s", module, output);
    struct letter letter = {
        .device = device, .module = module, .output = output, .body = strbuf_string(&text), .source = source};
    letter_send(&letter, json_get(order, "properties"), json);
    return 0;
}
