#include "emulator/admin.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "emulator/agent.h"
#include "emulator/changes.h"
#include "emulator/foreigner.h"
#include "emulator/memory.h"
#include "emulator/page.h"

#include <stdarg.h>

void emulator_admin_refuse(struct emulator_call *call, int status, const char *format, ...)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};
    va_list arguments;

    va_start(arguments, format);
    strbuf_add_vformat(&text, format, arguments);
    va_end(arguments);
    json_begin_object(&json);
    json_member_string(&json, "error", strbuf_string(&text));
    json_end_object(&json);
    emulator_call_answer(call, &body);
    call->response->status = status;
}

cJSON *emulator_admin_body(struct emulator_call *call)
{
    cleanup_error struct error error = {NULL};
    cJSON *tree = NULL;

    if (call->request->body_length == 0)
        return cJSON_CreateObject();
    if (json_parse(call->request->body, call->request->body_length, &tree, &error) == 0)
        return tree;
    emulator_admin_refuse(call, 400, "the body cannot be read: %s", error_message(&error));
    return NULL;
}

static bool is_method(const struct emulator_call *call, const char *method)
{
    return strcmp(call->request->method, method) == 0;
}

/* The query parameter since=N, 0 when it is missing or no number. */
static uint64_t since_read(const struct emulator_call *call)
{
    cleanup_free char *text = http_request_query(call->request, "since");

    return text ? strtoull(text, NULL, 10) : 0;
}

static void history(struct emulator_call *call)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    if (is_method(call, "DELETE")) {
        emulator_history_clear(&call->emulator->history);
        call->response->status = 204;
        return;
    }
    emulator_history_write(&json, &call->emulator->history, since_read(call));
    emulator_call_answer(call, &body);
}

/* What is on the hub, past throttles, faults and the history. */
static void configurations(struct emulator_call *call)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    emulator_change_list_write(&json, call->emulator, false);
    emulator_call_answer(call, &body);
}

static void coverage(struct emulator_call *call)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    if (is_method(call, "DELETE")) {
        emulator_coverage_clear(&call->emulator->coverage);
        call->response->status = 204;
        return;
    }
    cleanup_free char *device = http_request_query(call->request, "device");
    cleanup_free char *module = http_request_query(call->request, "module");
    struct emulator_coverage_question question = {since_read(call), device, module};
    emulator_coverage_write(&json, &call->emulator->coverage, &question);
    emulator_call_answer(call, &body);
}

static void evaluate(struct emulator_call *call)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    emulator_evaluate_now(call->emulator);
    json_begin_object(&json);
    json_member_int(&json, "devices", (int64_t)call->emulator->state.fleet.count);
    json_member_int(&json, "configurations", (int64_t)call->emulator->state.configurations.count);
    json_end_object(&json);
    emulator_call_answer(call, &body);
}

static void keys(struct emulator_call *call)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *body = emulator_admin_body(call);

    if (!body)
        return;
    struct emulator_policies *policies = &call->emulator->policies;
    const char *name = json_string_or(body, "policy", policies->items[0].policy);
    struct emulator_keys *policy = emulator_policies_find(policies, name);
    if (!policy)
        emulator_admin_refuse(call, 404, "there is no policy %s", name);
    else if (emulator_keys_set(policy, json_string(body, "primary"), json_string(body, "secondary"), &error) < 0)
        emulator_admin_refuse(call, 400, "%s", error_message(&error));
    else
        call->response->status = 204;
}

static void quirks_show(struct emulator_call *call)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    emulator_quirks_write(&json, &call->emulator->state.quirks);
    emulator_call_answer(call, &body);
}

static void quirks_change(struct emulator_call *call)
{
    struct emulator_hub_state *state = &call->emulator->state;
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *body = emulator_admin_body(call);

    if (!body)
        return;
    if (emulator_quirks_change(&state->quirks, body, &error) < 0) {
        emulator_admin_refuse(call, 400, "%s", error_message(&error));
        return;
    }
    for (size_t i = 0; i < state->fleet.count; i++)
        state->fleet.devices[i]->connection_lie = state->quirks.connection;
    quirks_show(call);
}

static void foreigner(struct emulator_call *call)
{
    cleanup_error struct error error = {NULL};
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer json = {.out = &out};
    cleanup_json cJSON *body = emulator_admin_body(call);

    if (!body)
        return;
    int changes = emulator_foreigner_run(call->emulator, body, &error);
    if (changes < 0) {
        emulator_admin_refuse(call, 400, "%s", error_message(&error));
        return;
    }
    json_begin_object(&json);
    json_member_int(&json, "changes", changes);
    json_end_object(&json);
    emulator_call_answer(call, &out);
}

/* The images that cannot be pulled. Devices that failed for one of them try again. */
static void images(struct emulator_call *call)
{
    struct emulator_fleet *fleet = &call->emulator->state.fleet;
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *body = emulator_admin_body(call);

    if (!body)
        return;
    if (emulator_fleet_images_set(fleet, json_get(body, "missing"), &error) < 0) {
        emulator_admin_refuse(call, 400, "%s", error_message(&error));
        return;
    }
    for (size_t i = 0; i < fleet->count; i++) {
        const struct emulator_twin *agent = emulator_device_module(fleet->devices[i], "$edgeAgent");
        if (agent && agent->outcome.code == 500)
            emulator_agent_notice(fleet->devices[i], clock_now_ms(), call->emulator->options.pull_delay_ms);
    }
    pthread_cond_signal(&call->emulator->work);
    call->response->status = 204;
}

static void faults_show(struct emulator_call *call)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};

    emulator_faults_write(&json, &call->emulator->faults);
    emulator_call_answer(call, &body);
}

static void faults_add(struct emulator_call *call)
{
    cleanup_error struct error error = {NULL};
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer json = {.out = &out};
    cleanup_json cJSON *body = emulator_admin_body(call);
    uint64_t id = 0;

    if (!body)
        return;
    if (emulator_faults_add(&call->emulator->faults, body, &id, &error) < 0) {
        emulator_admin_refuse(call, 400, "%s", error_message(&error));
        return;
    }
    json_begin_object(&json);
    json_member_int(&json, "id", (int64_t)id);
    json_end_object(&json);
    emulator_call_answer(call, &out);
    call->response->status = 201;
}

static void faults_delete(struct emulator_call *call)
{
    cleanup_free char *drop = http_request_query(call->request, "drop");

    emulator_faults_clear(&call->emulator->faults, drop && strcmp(drop, "true") == 0);
    call->response->status = 204;
}

static const struct {
    const char *path, *method;
    void (*handle)(struct emulator_call *call);
} routes[] = {
    {"history", "GET", history},
    {"history", "DELETE", history},
    {"coverage", "GET", coverage},
    {"coverage", "DELETE", coverage},
    {"evaluate", "POST", evaluate},
    {"keys", "POST", keys},
    {"faults", "GET", faults_show},
    {"faults", "POST", faults_add},
    {"faults", "DELETE", faults_delete},
    {"configurations", "GET", configurations},
    {"quirks", "GET", quirks_show},
    {"quirks", "PATCH", quirks_change},
    {"foreigner", "POST", foreigner},
    {"images", "PUT", images},
    {"overview", "GET", emulator_page_overview_handle},
};

static void dispatch(struct emulator_call *call)
{
    bool known = false;

    if (strcmp(call->request->path, "/") == 0 && is_method(call, "GET")) {
        emulator_page_handle(call);
        return;
    }
    if (!emulator_url_parse(call->request->path, &call->url)) {
        emulator_admin_refuse(call, 404, "there is nothing at %s", call->request->path);
        return;
    }
    if (emulator_url_has(&call->url, 0, "devices")) {
        emulator_admin_devices_handle(call);
        return;
    }
    for (size_t i = 0; i < array_length(routes); i++) {
        if (call->url.count != 1 || !emulator_url_has(&call->url, 0, routes[i].path))
            continue;
        known = true;
        if (is_method(call, routes[i].method)) {
            routes[i].handle(call);
            return;
        }
    }
    emulator_admin_refuse(call, known ? 405 : 404, known ? "%s is not allowed on %s" : "there is no %s %s",
                          call->request->method, call->request->path);
}

void emulator_admin_handle(void *context, const struct http_request *request, struct http_response *response)
{
    struct emulator *emulator = context;
    struct emulator_call call = {.emulator = emulator, .request = request, .response = response};

    pthread_mutex_lock(&emulator->lock);
    dispatch(&call);
    pthread_mutex_unlock(&emulator->lock);
    log_debug("admin %s %s %d", request->method, request->path, response->status);
    emulator_url_release(&call.url);
}
