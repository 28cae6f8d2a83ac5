#include "emulator/configuration.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/query.h"
#include "emulator/timestamp.h"

#include <stdarg.h>

#define MAX_ID_LENGTH 128
#define MAX_METRICS   5

void emulator_refusal_release(struct emulator_refusal *refusal)
{
    error_release(&refusal->message);
}

int emulator_refuse(struct emulator_refusal *refusal, enum emulator_code code, const char *format, ...)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    va_list arguments;

    va_start(arguments, format);
    strbuf_add_vformat(&text, format, arguments);
    va_end(arguments);
    refusal->code = code;
    return error_set(&refusal->message, "%s", strbuf_string(&text));
}

bool emulator_configuration_id_is_valid(const char *id)
{
    size_t length = strlen(id);

    return length > 0 && length <= MAX_ID_LENGTH && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-+%_*!'") == length;
}

static bool is_present(const cJSON *value)
{
    return value && !cJSON_IsNull(value);
}

static int texts_check(const cJSON *object, const char *what, struct emulator_refusal *refusal)
{
    const cJSON *member;

    if (!cJSON_IsObject(object))
        return emulator_refuse(refusal, EMULATOR_ARGUMENT_INVALID, "%s must be an object of strings", what);
    cJSON_ArrayForEach(member, object)
    {
        if (!cJSON_IsString(member))
            return emulator_refuse(refusal, EMULATOR_ARGUMENT_INVALID, "%s.%s must be a string", what, member->string);
    }
    return 0;
}

static int labels_read(const cJSON *body, struct emulator_settings *settings, struct emulator_refusal *refusal)
{
    const cJSON *labels = json_get(body, "labels");

    if (!is_present(labels))
        return 0;
    if (texts_check(labels, "labels", refusal) < 0)
        return -1;
    settings->labels = cJSON_Duplicate(labels, true);
    return 0;
}

static int priority_read(const cJSON *body, struct emulator_settings *settings, struct emulator_refusal *refusal)
{
    const cJSON *priority = json_get(body, "priority");

    if (!is_present(priority))
        return 0;
    if (!json_int64(body, "priority", &settings->priority) || settings->priority < 0 || settings->priority > INT32_MAX)
        return emulator_refuse(refusal, EMULATOR_ARGUMENT_INVALID, "priority must be a whole number from 0 to %d",
                               INT32_MAX);
    return 0;
}

const char *emulator_condition_of_modules(const char *text)
{
    static const char *const words[] = {"from", "devices.modules", "where"};
    const char *at = text;

    for (size_t i = 0; i < array_length(words); i++) {
        at += strspn(at, " \t\r\n");
        if (strncasecmp(at, words[i], strlen(words[i])) != 0)
            return text;
        at += strlen(words[i]);
    }
    return at;
}

static int condition_read(const cJSON *body, enum emulator_content_kind kind, struct emulator_settings *settings,
                          struct emulator_refusal *refusal)
{
    const cJSON *condition = json_get(body, "targetCondition");

    if (is_present(condition) && !cJSON_IsString(condition))
        return emulator_refuse(refusal, EMULATOR_INVALID_TARGET_CONDITION,
                               "Invalid targetCondition. It must be a string");
    settings->condition_text = emulator_text_copy(is_present(condition) ? condition->valuestring : "");
    const char *text = settings->condition_text;
    if (kind == EMULATOR_CONTENT_MODULE)
        text = emulator_condition_of_modules(text);
    if (emulator_target_condition_parse_for(text, kind == EMULATOR_CONTENT_MODULE, &settings->condition,
                                            &refusal->message) < 0) {
        refusal->code = EMULATOR_INVALID_TARGET_CONDITION;
        return -1;
    }
    return 0;
}

static int metrics_read(const cJSON *body, struct emulator_settings *settings, struct emulator_refusal *refusal)
{
    const cJSON *queries = json_at(body, "metrics", "queries", NULL);
    const cJSON *query;

    settings->metric_queries = cJSON_CreateObject();
    if (!is_present(queries))
        return 0;
    if (texts_check(queries, "metrics.queries", refusal) < 0)
        return -1;
    if (cJSON_GetArraySize(queries) > MAX_METRICS)
        return emulator_refuse(refusal, EMULATOR_INVALID_METRICS_QUERY, "at most %d custom metrics are allowed",
                               MAX_METRICS);
    cJSON_ArrayForEach(query, queries)
    {
        struct emulator_query parsed = EMULATOR_QUERY_INIT;
        int result = emulator_query_parse(query->valuestring, &parsed, &refusal->message);
        emulator_query_release(&parsed);
        if (result < 0) {
            refusal->code = EMULATOR_INVALID_METRICS_QUERY;
            return error_wrap(&refusal->message, "metrics.queries.%s", query->string);
        }
    }
    cJSON_Delete(settings->metric_queries);
    settings->metric_queries = cJSON_Duplicate(queries, true);
    return 0;
}

int emulator_settings_read(const cJSON *body, enum emulator_content_kind kind, struct emulator_settings *ret_settings,
                           struct emulator_refusal *refusal)
{
    struct emulator_settings settings = {.schema_version = emulator_text_copy(json_string(body, "schemaVersion"))};

    if (labels_read(body, &settings, refusal) < 0 || priority_read(body, &settings, refusal) < 0 ||
        condition_read(body, kind, &settings, refusal) < 0 || metrics_read(body, &settings, refusal) < 0) {
        emulator_settings_release(&settings);
        return -1;
    }
    *ret_settings = settings;
    return 0;
}

void emulator_settings_release(struct emulator_settings *settings)
{
    free(settings->schema_version);
    cJSON_Delete(settings->labels);
    free(settings->condition_text);
    emulator_target_condition_release(&settings->condition);
    cJSON_Delete(settings->metric_queries);
}

void emulator_configuration_free(struct emulator_configuration *configuration)
{
    if (!configuration)
        return;
    free(configuration->id);
    emulator_settings_release(&configuration->settings);
    cJSON_Delete(configuration->content);
    cJSON_Delete(configuration->metric_results);
    free(configuration);
}

char *emulator_configuration_etag(const struct emulator_configuration *configuration)
{
    cleanup_free char *counter = emulator_text_format("%llu", (unsigned long long)configuration->etag);

    return emulator_base64_text(counter, strlen(counter));
}

static void modules_queries_write(struct json_writer *json, const struct emulator_configuration *configuration)
{
    const char *condition = configuration->settings.condition_text;
    cleanup_free char *applied =
        emulator_text_format("select deviceId from devices.modules where moduleId = '$edgeAgent' "
                             "and configurations.[[%s]].status = 'Applied'",
                             configuration->id);
    cleanup_free char *reported =
        emulator_text_format("%s and properties.desired.$version = properties.reported.lastDesiredVersion", applied);
    cleanup_free char *succeeded =
        emulator_text_format("%s and properties.reported.lastDesiredStatus.code = 200", reported);
    cleanup_free char *failed =
        emulator_text_format("%s and properties.reported.lastDesiredStatus.code != 200", reported);
    cleanup_free char *targeted = NULL;

    if (configuration->settings.condition.all)
        targeted = emulator_text_copy("select deviceId from devices where capabilities.iotEdge = true");
    else if (configuration->settings.condition.expression)
        targeted =
            emulator_text_format("select deviceId from devices where capabilities.iotEdge = true and %s", condition);
    json_member_string(json, "targetedCount", targeted ? targeted : "");
    json_member_string(json, "appliedCount", applied);
    json_member_string(json, "reportedSuccessfulCount", succeeded);
    json_member_string(json, "reportedFailedCount", failed);
}

static void device_queries_write(struct json_writer *json, const struct emulator_configuration *configuration)
{
    cleanup_free char *applied = emulator_text_format(
        "select deviceId from devices where configurations.[[%s]].status = 'Applied'", configuration->id);
    cleanup_free char *targeted = NULL;

    if (configuration->settings.condition.all)
        targeted = emulator_text_copy("select deviceId from devices");
    else if (configuration->settings.condition.expression)
        targeted =
            emulator_text_format("select deviceId from devices where %s", configuration->settings.condition_text);
    json_member_string(json, "targetedCount", targeted ? targeted : "");
    json_member_string(json, "appliedCount", applied);
}

static void system_metrics_write(struct json_writer *json, const struct emulator_configuration *configuration)
{
    json_begin_object(json);
    json_name(json, "results");
    json_begin_object(json);
    if (configuration->evaluated) {
        json_member_int(json, "targetedCount", configuration->counts.targeted);
        json_member_int(json, "appliedCount", configuration->counts.applied);
    }
    if (configuration->evaluated && configuration->facts.kind == EMULATOR_CONTENT_MODULES) {
        json_member_int(json, "reportedSuccessfulCount", configuration->counts.succeeded);
        json_member_int(json, "reportedFailedCount", configuration->counts.failed);
    }
    json_end_object(json);
    json_name(json, "queries");
    json_begin_object(json);
    if (configuration->facts.kind == EMULATOR_CONTENT_MODULES)
        modules_queries_write(json, configuration);
    else
        device_queries_write(json, configuration);
    json_end_object(json);
    json_end_object(json);
}

static void time_write(struct json_writer *json, const char *name, int64_t ticks)
{
    char text[EMULATOR_TIMESTAMP_SIZE];

    emulator_ticks_format(ticks, text);
    json_member_string(json, name, text);
}

void emulator_configuration_write(struct json_writer *json, const struct emulator_configuration *configuration)
{
    const struct emulator_settings *settings = &configuration->settings;
    cleanup_free char *etag = emulator_configuration_etag(configuration);

    json_begin_object(json);
    json_member_string(json, "id", configuration->id);
    json_member_string(json, "schemaVersion", settings->schema_version);
    json_name(json, "labels");
    if (settings->labels)
        json_add_value(json, settings->labels);
    else
        json_add_null(json);
    json_name(json, "content");
    json_add_value(json, configuration->content);
    json_member_string(json, "targetCondition", settings->condition_text);
    time_write(json, "createdTimeUtc", configuration->created);
    time_write(json, "lastUpdatedTimeUtc", configuration->updated);
    json_member_int(json, "priority", settings->priority);
    json_name(json, "systemMetrics");
    system_metrics_write(json, configuration);
    json_name(json, "metrics");
    json_begin_object(json);
    json_name(json, "results");
    json_add_value(json, configuration->metric_results);
    json_name(json, "queries");
    json_add_value(json, settings->metric_queries);
    json_end_object(json);
    json_member_string(json, "etag", etag);
    json_end_object(json);
}
