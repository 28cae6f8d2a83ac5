#include "common/hub_health.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <string.h>

#define MESSAGE_LONGEST 1024

void hub_health_release(struct hub_health *health)
{
    free(health->message);
    *health = (struct hub_health)HUB_HEALTH_INIT;
}

char *hub_health_annotation(const char *hub)
{
    char *name;

    return asprintf(&name, "iot-edge-connector/hub-%s", hub) < 0 ? NULL : name;
}

/* Bytes of the text that fit, without cutting a UTF-8 sequence in two. */
static size_t cut_length(const char *text)
{
    size_t length = strlen(text);

    if (length <= MESSAGE_LONGEST)
        return length;
    length = MESSAGE_LONGEST;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

char *hub_health_write(const struct hub_health *health)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    const char *message = health->message ? health->message : "";
    char time[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(health->time_s, time);
    json_begin_object(&writer);
    json_member_bool(&writer, "reachable", health->reachable);
    json_member_bool(&writer, "everReachable", health->ever_reachable);
    json_name(&writer, "message");
    json_add_string_length(&writer, message, cut_length(message));
    json_member_string(&writer, "time", time);
    json_end_object(&writer);
    return strbuf_steal(&text);
}

int hub_health_read(const char *text, struct hub_health *health, struct error *error)
{
    cleanup_json cJSON *tree = NULL;
    const char *time;
    char *message;
    int64_t time_ms;

    if (json_parse(text, strlen(text), &tree, error) < 0)
        return -1;
    if (!cJSON_IsBool(json_get(tree, "reachable")) || !cJSON_IsBool(json_get(tree, "everReachable")))
        return error_set(error, "reachable and everReachable must be true or false");
    time = json_string_or(tree, "time", "");
    if (!clock_parse_rfc3339(time, &time_ms))
        return error_set(error, "time: \"%s\" is no RFC 3339 time", time);
    message = strdup(json_string_or(tree, "message", ""));
    if (!message)
        return error_set(error, "not enough memory for the health of a hub");
    hub_health_release(health);
    *health = (struct hub_health){
        .reachable = json_bool(tree, "reachable", false),
        .ever_reachable = json_bool(tree, "everReachable", false),
        .message = message,
        .time_s = time_ms / 1000 - (time_ms % 1000 < 0),
    };
    return 0;
}
