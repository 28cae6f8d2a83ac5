#include "emulator/api.h"

#include "common/json.h"
#include "emulator/changes.h"
#include "emulator/memory.h"
#include "emulator/query.h"

static void answer_configuration(struct emulator_call *call, const struct emulator_configuration *configuration)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};
    cleanup_free char *etag = emulator_configuration_etag(configuration);

    emulator_configuration_write(&json, configuration);
    emulator_call_answer(call, &body);
    http_response_add_header(call->response, "ETag", "\"%s\"", etag);
}

static void answer_refusal(struct emulator_call *call, const struct emulator_refusal *refusal)
{
    emulator_response_refuse(call->response, refusal->code, "%s", error_message(&refusal->message));
}

static void list(struct emulator_call *call)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    emulator_change_list_write(&json, call->emulator, call->stale);
    emulator_call_answer(call, &body);
}

static void get(struct emulator_call *call)
{
    const struct emulator_configuration *configuration =
        emulator_configurations_find(&call->emulator->state.configurations, call->configuration_id);

    if (configuration)
        answer_configuration(call, configuration);
    else
        emulator_response_refuse(call->response, EMULATOR_CONFIGURATION_NOT_FOUND,
                                 "Configuration with id '%s' was not found.", call->configuration_id);
}

static void put(struct emulator_call *call)
{
    cleanup_refusal struct emulator_refusal refusal = EMULATOR_REFUSAL_INIT;
    struct emulator_configuration *configuration = NULL;
    bool created = false;
    cleanup_json cJSON *body = emulator_call_body(call);

    if (!body)
        return;
    if (emulator_change_put(call->emulator, call->configuration_id, http_request_header(call->request, "If-Match"),
                            body, &configuration, &created, &refusal) < 0) {
        answer_refusal(call, &refusal);
        return;
    }
    emulator_call_commit(call, created ? "created" : "updated");
    answer_configuration(call, configuration);
}

static void remove_one(struct emulator_call *call)
{
    cleanup_refusal struct emulator_refusal refusal = EMULATOR_REFUSAL_INIT;

    if (emulator_change_delete(call->emulator, call->configuration_id, http_request_header(call->request, "If-Match"),
                               &refusal) < 0) {
        answer_refusal(call, &refusal);
        return;
    }
    emulator_call_commit(call, "deleted");
    call->response->status = 204;
}

static void condition_test(const cJSON *body, struct json_writer *json)
{
    cleanup_error struct error error = {NULL};
    struct emulator_target_condition condition = EMULATOR_TARGET_CONDITION_INIT;
    const char *text = json_string_or(body, "targetCondition", "");
    const char *of_modules = emulator_condition_of_modules(text);
    bool good = emulator_target_condition_parse_for(of_modules, of_modules != text, &condition, &error) == 0;

    /* Seen from the service: what a PUT takes is an error here. */
    if (condition.all) {
        error_set(&error, "Invalid targetCondition. It contains: *");
        good = false;
    }
    json_member_string(json, "targetConditionError", good ? NULL : error_message(&error));
    emulator_target_condition_release(&condition);
}

static void metrics_test(const cJSON *body, struct json_writer *json)
{
    const cJSON *metric;

    json_name(json, "customMetricQueryErrors");
    json_begin_object(json);
    cJSON_ArrayForEach(metric, json_get(body, "customMetricQueries"))
    {
        cleanup_error struct error error = {NULL};
        cleanup_query struct emulator_query query = EMULATOR_QUERY_INIT;
        if (emulator_query_parse(cJSON_IsString(metric) ? metric->valuestring : "", &query, &error) < 0)
            json_member_string(json, metric->string, error_message(&error));
    }
    json_end_object(json);
}

/* Judges a target condition and custom metrics; errors come with status 200. */
static void test_queries(struct emulator_call *call)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer json = {.out = &out};
    cleanup_json cJSON *body = emulator_call_body(call);

    if (!body)
        return;
    json_begin_object(&json);
    condition_test(body, &json);
    metrics_test(body, &json);
    json_end_object(&json);
    emulator_call_answer(call, &out);
}

void emulator_configurations_handle(struct emulator_call *call)
{
    const char *method = call->request->method;

    if (call->url.count > 2)
        emulator_call_refuse_path(call);
    else if (call->url.count == 1 && strcmp(method, "GET") == 0)
        list(call);
    else if (emulator_url_has(&call->url, 1, "testQueries") && strcmp(method, "POST") == 0)
        test_queries(call);
    else if (call->url.count == 2 && strcmp(method, "GET") == 0)
        get(call);
    else if (call->url.count == 2 && strcmp(method, "PUT") == 0)
        put(call);
    else if (call->url.count == 2 && strcmp(method, "DELETE") == 0)
        remove_one(call);
    else
        emulator_call_refuse_method(call);
}
