#include "emulator/api.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "emulator/authorize.h"
#include "emulator/call_faults.h"
#include "emulator/changes.h"
#include "emulator/memory.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <time.h>

static const char *const api_versions[] = {"2018-06-30", "2020-03-13", "2020-05-31-preview",
                                           "2020-09-30", "2021-04-12", "2024-03-31"};

void emulator_call_commit(struct emulator_call *call, const char *effect)
{
    call->committed = true;
    call->effect = effect;
}

void emulator_call_answer(struct emulator_call *call, struct strbuf *body)
{
    call->response->status = 200;
    call->response->content_type = "application/json; charset=utf-8";
    call->response->body_length = body->length;
    call->response->body = strbuf_steal(body);
}

cJSON *emulator_call_body(struct emulator_call *call)
{
    cleanup_error struct error error = {NULL};
    cJSON *tree = NULL;

    if (json_parse(call->request->body, call->request->body_length, &tree, &error) == 0)
        return tree;
    emulator_response_refuse(call->response, EMULATOR_FORMAT_ERROR, "The body cannot be read: %s",
                             error_message(&error));
    return NULL;
}

void emulator_call_refuse_path(struct emulator_call *call)
{
    emulator_response_refuse(call->response, EMULATOR_NOT_FOUND, "There is nothing at %s", call->request->path);
}

void emulator_call_refuse_method(struct emulator_call *call)
{
    emulator_response_refuse(call->response, EMULATOR_METHOD_NOT_ALLOWED, "%s is not allowed on %s",
                             call->request->method, call->request->path);
}

static bool version_check(struct emulator_call *call)
{
    cleanup_free char *version = http_request_query(call->request, "api-version");

    for (size_t i = 0; i < array_length(api_versions) && version; i++)
        if (strcmp(version, api_versions[i]) == 0)
            return true;
    emulator_response_refuse(call->response, EMULATOR_INVALID_PROTOCOL_VERSION,
                             "The api-version '%s' is missing or not supported", version ? version : "");
    return false;
}

/* Refuses a call over the rate at once, or lets it wait for its turn. */
static bool turn_wait(struct emulator *emulator, struct emulator_throttle *throttle)
{
    if (!emulator->state.quirks.queue_throttled)
        return emulator_throttle_take(throttle, clock_now_ms());
    int64_t now_ms = clock_now_ms();
    int64_t wait_ms = emulator_throttle_queue(throttle, now_ms);
    if (wait_ms != 0)
        emulator_pause(emulator, now_ms + (wait_ms < 0 ? EMULATOR_THROTTLE_LONGEST_MS : wait_ms));
    return wait_ms >= 0;
}

static bool throttle_pass(struct emulator_call *call)
{
    struct emulator *emulator = call->emulator;
    bool is_query = emulator_url_has(&call->url, 0, "devices") && emulator_url_has(&call->url, 1, "query");
    bool reads = strcmp(call->request->method, "GET") == 0;
    const char *type = reads ? "ConfigurationRead" : "ConfigurationWrite";
    bool passes = true;

    if (emulator_url_has(&call->url, 0, "configurations"))
        passes = turn_wait(emulator, &emulator->configuration_calls);
    else if (is_query)
        passes = turn_wait(emulator, &emulator->query_calls);
    if (!passes)
        emulator_response_refuse(call->response, EMULATOR_THROTTLED,
                                 "The request has been throttled. Wait 10 seconds and try again. Operation type: %s",
                                 is_query ? "Query" : type);
    return passes;
}

static void dispatch(struct emulator_call *call)
{
    static const struct {
        const char *root;
        void (*handle)(struct emulator_call *call);
    } roots[] = {
        {"configurations", emulator_configurations_handle},
        {"twins", emulator_twins_handle},
        {"devices", emulator_devices_handle},
        {"statistics", emulator_statistics_handle},
    };

    for (size_t i = 0; i < array_length(roots); i++) {
        if (emulator_url_has(&call->url, 0, roots[i].root)) {
            roots[i].handle(call);
            return;
        }
    }
    emulator_call_refuse_path(call);
}

/* Whether the call may take effect; else the response says why not. */
static bool admit(struct emulator_call *call)
{
    bool readable = emulator_url_parse(call->request->path, &call->url);

    if (!emulator_call_authorize(call) || !version_check(call))
        return false;
    if (!readable) {
        emulator_call_refuse_path(call);
        return false;
    }
    if (emulator_url_has(&call->url, 0, "configurations") && call->url.count == 2)
        call->configuration_id = call->url.segments[1];
    return throttle_pass(call);
}

static uint64_t record(struct emulator_call *call)
{
    struct emulator *emulator = call->emulator;
    cleanup_free char *id = emulator_text_copy(call->configuration_id);
    cleanup_free char *method = emulator_text_copy(call->request->method);
    cleanup_free char *path = emulator_text_copy(call->request->path);
    cleanup_free char *if_match = emulator_text_copy(http_request_header(call->request, "If-Match"));
    const struct emulator_record facts = {.method = method,
                                          .path = path,
                                          .configuration_id = id,
                                          .if_match = if_match,
                                          .principal = call->principal,
                                          .effect = call->effect,
                                          .status = call->response->status,
                                          .committed = call->committed};
    /* A change of a twin concerns its device, any other change may concern all. */
    bool of_twin = emulator_url_has(&call->url, 0, "twins") && call->url.count > 1;

    return emulator_change_record(emulator, &facts,
                                  of_twin ? emulator_fleet_find(&emulator->state.fleet, call->url.segments[1]) : NULL);
}

static void serve(struct emulator_call *call)
{
    static const struct emulator_fault_effect none = {.action = EMULATOR_FAULT_NONE};
    struct emulator *emulator = call->emulator;
    bool admitted = admit(call);
    struct emulator_fault_effect fault = none;

    if (admitted)
        fault = emulator_faults_match(&emulator->faults, call->request->method, call->request->path);
    if (admitted && (fault.after || emulator_call_suffer(call, &fault)))
        dispatch(call);
    uint64_t sequence = record(call);
    if (fault.after)
        emulator_call_suffer(call, &fault);
    cJSON_Delete(fault.script);
    if (call->truncate_at)
        call->response->truncate_at = call->truncate_at;
    emulator_history_answered(&emulator->history, sequence, call->response->status);
}

/* POST /{tenant}/oauth2/v2.0/token: the authority that a pod with workload identity asks. It is no part of the hub. */
static bool is_token_call(const struct http_request *request)
{
    static const char tail[] = "/oauth2/v2.0/token";
    size_t length = strlen(request->path);

    return length > strlen(tail) + 1 && strcmp(request->path + length - strlen(tail), tail) == 0;
}

static void token_give(struct emulator_call *call)
{
    struct emulator *emulator = call->emulator;

    if (!emulator_url_parse(call->request->path, &call->url) || call->url.count != 4 ||
        strcmp(call->request->method, "POST") != 0) {
        emulator_call_refuse_method(call);
        return;
    }
    emulator_entra_exchange(&emulator->entra, call->url.segments[0], call->request, emulator_wall_s(emulator),
                            call->response, &call->principal);
    if (call->principal)
        call->effect = "token given";
    emulator_history_answered(&emulator->history, record(call), call->response->status);
}

/* What the service puts on every answer. */
static void headers_add(struct http_response *response)
{
    unsigned char random[16] = {0};

    if (response->status == 0)
        return;
    gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random));
    http_response_add_header(response, "x-ms-request-id",
                             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", random[0],
                             random[1], random[2], random[3], random[4], random[5], random[6], random[7], random[8],
                             random[9], random[10], random[11], random[12], random[13], random[14], random[15]);
    http_response_add_header(response, "Server", "Microsoft-HTTPAPI/2.0");
    http_response_add_header(response, "Vary", "Origin");
}

/* Only a clock that is wrong has to be told: the server writes the right time itself. */
static void date_add(struct http_response *response, int64_t skew_s)
{
    time_t now = (time_t)(clock_wall_s() + skew_s);
    struct tm parts;
    char text[40];

    if (response->status == 0 || skew_s == 0 || !gmtime_r(&now, &parts))
        return;
    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    http_response_add_header(response, "Date", "%s", text);
}

void emulator_api_handle(void *context, const struct http_request *request, struct http_response *response)
{
    struct emulator *emulator = context;
    struct emulator_call call = {.emulator = emulator, .request = request, .response = response};

    pthread_mutex_lock(&emulator->lock);
    if (is_token_call(request))
        token_give(&call);
    else
        serve(&call);
    int64_t skew_s = emulator->state.quirks.clock_skew_s;
    pthread_mutex_unlock(&emulator->lock);
    headers_add(response);
    date_add(response, skew_s);
    log_debug("%s %s %d", request->method, request->path, response->status);
    emulator_url_release(&call.url);
    free(call.principal);
}
