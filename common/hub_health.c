#include "common/hub_health.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <string.h>

#define TEXT_MAX    16384
#define MESSAGE_MAX 1024

void hub_health_release(struct hub_health *health)
{
    free(health->message);
    health->message = NULL;
}

char *hub_health_annotation(const char *hub)
{
    char *name = NULL;
    return asprintf(&name, "iot-edge-connector/hub-%s", hub) < 0 ? NULL : name;
}

/* A cut must not leave half a character behind. */
static size_t message_length(const char *message)
{
    size_t length = strlen(message);
    if (length <= MESSAGE_MAX)
        return length;
    for (length = MESSAGE_MAX; length > 0 && ((unsigned char)message[length] & 0xC0) == 0x80; length--)
        continue;
    return length;
}

char *hub_health_write(const struct hub_health *health)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer w = {.out = &out};
    char time[CLOCK_RFC3339_SIZE];
    const char *message = health->message ? health->message : "";
    clock_format_rfc3339(health->time_s, time);
    json_begin_object(&w);
    json_member_bool(&w, "reachable", health->reachable);
    json_member_bool(&w, "everReachable", health->ever_reachable);
    json_name(&w, "message");
    json_add_string_length(&w, message, message_length(message));
    json_member_string(&w, "time", time);
    json_end_object(&w);
    return strbuf_steal(&out);
}

static int read_bool(const cJSON *object, const char *name, bool *ret_value, struct error *error)
{
    const cJSON *value = json_get(object, name);
    if (!cJSON_IsBool(value))
        return error_set(error, "%s: true or false is expected, not %s", name, json_type_name(value));
    *ret_value = cJSON_IsTrue(value);
    return 0;
}

int hub_health_read(const char *text, struct hub_health *health, struct error *error)
{
    size_t length = strlen(text);
    if (length > TEXT_MAX)
        return error_set(error, "longer than %d bytes", TEXT_MAX);
    cleanup_json cJSON *object = NULL;
    if (json_parse(text, length, &object, error) < 0)
        return -1;
    struct hub_health found = HUB_HEALTH_INIT;
    if (read_bool(object, "reachable", &found.reachable, error) < 0 ||
        read_bool(object, "everReachable", &found.ever_reachable, error) < 0)
        return -1;
    int64_t wall_ms = 0;
    const char *time = json_string(object, "time");
    if (!time || !clock_parse_rfc3339(time, &wall_ms))
        return error_set(error, "time: no RFC 3339 time is there");
    found.time_s = wall_ms / 1000;
    found.message = strdup(json_string_or(object, "message", ""));
    if (!found.message)
        return error_set(error, "out of memory");
    hub_health_release(health);
    *health = found;
    return 0;
}
