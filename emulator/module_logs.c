/* GetModuleLogs, with the peculiarities of edgeAgent: see the comments. */
#include "common/clock.h"
#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/create_options.h"
#include "emulator/gzip.h"
#include "emulator/logs.h"
#include "emulator/memory.h"
#include "emulator/methods.h"
#include "emulator/moment.h"

#include <regex.h>

#define LONGEST_ANSWER 127000

struct filter {
    int64_t tail;         /* -1: all */
    int64_t since, until; /* ms by the wall clock */
    int64_t level;        /* -1: any */
    regex_t text;
    bool has_text;
};

static void filter_release(struct filter *filter)
{
    if (filter->has_text)
        regfree(&filter->text);
}

#define cleanup_filter __attribute__((cleanup(filter_release)))

/* Whether the id's expression is found anywhere in the name, in any letter case: "a" finds "bar". */
static int item_matches(const cJSON *item, const char *name, struct error *error)
{
    const char *id = json_string_or(item, "id", "");
    regex_t expression;

    if (strcasecmp(id, "all") == 0)
        return 1;
    if (!*id || regcomp(&expression, id, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
        return error_set(error, "'%s' is no regular expression for the ids of modules", id);
    bool found = regexec(&expression, name, 0, NULL, 0) == 0;
    regfree(&expression);
    return found;
}

static int time_read(const cJSON *filter, const char *name, int64_t *ret_ms, struct error *error)
{
    const cJSON *value = json_get(filter, name);

    if (!value || cJSON_IsNull(value))
        return 0;
    if (cJSON_IsNumber(value)) {
        *ret_ms = (int64_t)value->valuedouble * 1000;
        return 0;
    }
    if (!cJSON_IsString(value) || !emulator_moment_parse(value->valuestring, clock_wall_ms(), ret_ms))
        return error_set(error, "%s is neither a time, nor seconds since 1970, nor a duration", name);
    return 0;
}

static int filter_read(const cJSON *order, struct filter *filter, struct error *error)
{
    const char *text = json_string(order, "regex");

    *filter = (struct filter){.tail = -1, .since = INT64_MIN, .until = INT64_MAX, .level = -1};
    json_int64(order, "tail", &filter->tail);
    json_int64(order, "loglevel", &filter->level);
    if (time_read(order, "since", &filter->since, error) < 0 || time_read(order, "until", &filter->until, error) < 0)
        return -1;
    if (!text)
        return 0;
    if (regcomp(&filter->text, text, REG_EXTENDED | REG_NOSUB) != 0)
        return error_set(error, "regex '%s' is no regular expression", text);
    filter->has_text = true;
    return 0;
}

/* From the prefix "<n>"; 6 without one. *text is moved behind it. */
static int level_of(const char **text)
{
    if ((*text)[0] != '<' || (*text)[1] < '0' || (*text)[1] > '7' || (*text)[2] != '>')
        return 6;
    int level = (*text)[1] - '0';
    *text += 3 + strspn(*text + 3, " ");
    return level;
}

/* A level is compared for equality, whatever the documentation says. */
static bool passes(const struct filter *filter, const struct emulator_log_line *line)
{
    const char *text = line->text;
    int level = level_of(&text);

    if (line->wall_ms < filter->since || line->wall_ms > filter->until)
        return false;
    if (filter->level >= 0 && filter->level != level)
        return false;
    return !filter->has_text || regexec(&filter->text, text, 0, NULL, 0) == 0;
}

struct output {
    struct json_writer json;
    const char *hub;
    const struct emulator_device *device;
    const char *module;
    bool as_json;
};

static void line_write(struct output *output, const struct emulator_log_line *line)
{
    struct json_writer *json = &output->json;
    const char *text = line->text;
    char time[CLOCK_RFC3339_SIZE];

    if (!output->as_json) {
        strbuf_add_format(json->out, "%s\n", text);
        return;
    }
    json_begin_object(json);
    json_member_string(json, "iothub", output->hub);
    json_member_string(json, "device", output->device->id);
    json_member_string(json, "id", output->module);
    json_member_string(json, "stream", "stdout");
    json_member_int(json, "loglevel", level_of(&text));
    json_member_string(json, "text", text);
    clock_format_rfc3339_micro(line->wall_ms * 1000, time);
    json_member_string(json, "timestamp", time);
    json_end_object(json);
}

/* Docker takes the last lines first, and only they are filtered: an older line that would pass is not found. */
static void lines_write(struct output *output, const struct emulator_log *log, const struct filter *filter)
{
    size_t count = log ? log->count : 0, from = 0;

    if (filter->tail >= 0 && (size_t)filter->tail < count)
        from = count - (size_t)filter->tail;
    if (output->as_json)
        json_begin_array(&output->json);
    for (size_t i = from; i < count; i++)
        if (passes(filter, &log->lines[i]))
            line_write(output, &log->lines[i]);
    if (output->as_json)
        json_end_array(&output->json);
}

/* In UTF-16, as .NET counts. */
static size_t characters(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += (size_t)(((unsigned char)text[i] & 0xc0) != 0x80) + (size_t)((unsigned char)text[i] >= 0xf0);
    return count;
}

static size_t payload_write(struct json_writer *answer, const char *name, const struct strbuf *text, bool gzip)
{
    cleanup_strbuf struct strbuf packed = STRBUF_INIT;
    size_t size = characters(strbuf_string(text), text->length);
    cleanup_free char *encoded = NULL;

    if (gzip) {
        emulator_gzip(strbuf_string(text), text->length, &packed);
        encoded = emulator_base64_text(packed.data, packed.length);
        size = packed.length;
    }
    json_begin_object(answer);
    json_member_string(answer, "id", name);
    json_member_string(answer, "payload", gzip ? NULL : strbuf_string(text));
    json_member_string(answer, "payloadBytes", encoded);
    json_end_object(answer);
    return size;
}

struct request {
    const cJSON *items; /* an array, or one item */
    const char *hub;
    bool gzip, as_json;
};

/* The first item that finds the module; NULL when none does. -1 for a bad expression. */
static int item_find(const struct request *request, const char *name, const cJSON **ret_item, struct error *error)
{
    const cJSON *item;

    *ret_item = NULL;
    if (!cJSON_IsArray(request->items)) {
        int found = item_matches(request->items, name, error);
        if (found > 0)
            *ret_item = request->items;
        return found;
    }
    cJSON_ArrayForEach(item, request->items)
    {
        int found = item_matches(item, name, error);
        if (found < 0)
            return -1;
        if (found) {
            *ret_item = item;
            return 1;
        }
    }
    return 0;
}

/* Adds the module's entry to the answer and its size to *total. */
static int module_write(const struct request *request, const struct emulator_device *device,
                        const struct emulator_container *container, struct json_writer *answer, size_t *total,
                        struct error *error)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct output output = {.json = {.out = &text},
                            .hub = request->hub,
                            .device = device,
                            .module = container->name,
                            .as_json = request->as_json};
    const cJSON *item;
    int found = item_find(request, container->name, &item, error);

    if (found <= 0)
        return found;
    cleanup_filter struct filter filter = {.tail = -1};
    if (filter_read(json_get(item, "filter"), &filter, error) < 0)
        return -1;
    lines_write(&output, container->log, &filter);
    *total += payload_write(answer, container->name, &text, request->gzip);
    return 0;
}

/* Without Docker's frames edgeAgent cannot take the stream apart. */
static bool is_terminal(const struct emulator_container *container)
{
    cleanup_json cJSON *options = NULL;

    return emulator_create_options_read(json_get(container->definition->tree, "settings"), &options, NULL) == 0 &&
           json_bool(options, "Tty", false);
}

static int modules_write(const struct request *request, const struct emulator_device *device,
                         struct json_writer *answer, size_t *total, struct error *error)
{
    for (size_t i = 0; i < device->container_count; i++) {
        const struct emulator_container *container = &device->containers[i];
        const cJSON *item;
        int found = item_find(request, container->name, &item, error);
        if (found < 0)
            return 400;
        if (found && is_terminal(container)) {
            error_set(error, "The logs of module %s cannot be read: its stream has no frames", container->name);
            return 500;
        }
        if (found && module_write(request, device, container, answer, total, error) < 0)
            return 400;
    }
    return 200;
}

static int request_read(const cJSON *payload, const char *hub, struct request *request, struct error *error)
{
    const char *encoding = json_string_or(payload, "encoding", "none");
    const char *type = json_string_or(payload, "contentType", "json");

    *request = (struct request){.items = json_get(payload, "items"), .hub = hub};
    request->gzip = strcasecmp(encoding, "gzip") == 0;
    request->as_json = strcasecmp(type, "json") == 0;
    if (!emulator_method_version_is_known(payload))
        return error_set(error, "schemaVersion must be 1.0");
    if (!cJSON_IsArray(request->items) && !cJSON_IsObject(request->items))
        return error_set(error, "items must be an object or an array");
    if (!request->gzip && strcasecmp(encoding, "none") != 0)
        return error_set(error, "encoding must be none or gzip");
    if (!request->as_json && strcasecmp(type, "text") != 0)
        return error_set(error, "contentType must be json or text");
    return 0;
}

int emulator_module_logs(struct emulator_device *device, const cJSON *payload, const char *hub,
                         struct json_writer *answer)
{
    cleanup_error struct error error = {NULL};
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer json = {.out = &text};
    struct request request;
    size_t total = 0;

    if (request_read(payload, hub, &request, &error) < 0)
        return emulator_method_fail(answer, 400, "%s", error_message(&error));
    json_begin_array(&json);
    int status = modules_write(&request, device, &json, &total, &error);
    json_end_array(&json);
    if (status != 200)
        return emulator_method_fail(answer, status, "%s", error_message(&error));
    /* The documentation says that it is cut; it is refused. */
    if (total > LONGEST_ANSWER)
        return emulator_method_fail(answer, 400,
                                    "The payload is too large for a direct method. It has %zu, and the most is %d",
                                    total, LONGEST_ANSWER);
    json_add_raw(answer, strbuf_string(&text));
    return 200;
}
