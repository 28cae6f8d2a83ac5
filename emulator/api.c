#include "emulator/api.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "emulator/memory.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

static const char *const api_versions[] = {"2018-06-30", "2020-03-13", "2020-05-31-preview",
                                           "2020-09-30", "2021-04-12", "2024-03-31"};

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

static bool authorize(struct emulator_call *call)
{
    const struct emulator *emulator = call->emulator;
    const char *header = http_request_header(call->request, "Authorization");
    enum emulator_sas_verdict verdict = emulator_sas_verify(header, &emulator->keys, emulator->hosts, clock_wall_s());
    bool unknown =
        verdict == EMULATOR_SAS_WRONG_KEY || verdict == EMULATOR_SAS_WRONG_POLICY || verdict == EMULATOR_SAS_WRONG_HOST;

    if (verdict == EMULATOR_SAS_GOOD)
        return true;
    emulator_response_refuse(call->response, unknown ? EMULATOR_UNAUTHORIZED_ACCESS : EMULATOR_UNAUTHORIZED,
                             "Unauthorized for %s on %s: %s", call->request->method, call->request->path,
                             emulator_sas_verdict_text(verdict));
    return false;
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

static bool throttle_pass(struct emulator_call *call)
{
    struct emulator *emulator = call->emulator;
    bool is_query = emulator_url_has(&call->url, 0, "devices") && emulator_url_has(&call->url, 1, "query");
    bool reads = strcmp(call->request->method, "GET") == 0;
    const char *type = reads ? "ConfigurationRead" : "ConfigurationWrite";
    bool passes = true;

    if (emulator_url_has(&call->url, 0, "configurations"))
        passes = emulator_throttle_take(&emulator->configuration_calls, clock_now_ms());
    else if (is_query)
        passes = emulator_throttle_take(&emulator->query_calls, clock_now_ms());
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
    if (!authorize(call) || !version_check(call))
        return false;
    if (!emulator_url_parse(call->request->path, &call->url)) {
        emulator_call_refuse_path(call);
        return false;
    }
    if (emulator_url_has(&call->url, 0, "configurations") && call->url.count == 2)
        call->configuration_id = call->url.segments[1];
    return throttle_pass(call);
}

static void status_answer(struct emulator_call *call, int status)
{
    emulator_response_refuse(call->response, emulator_code_of_status(status), "A fault was ordered for this call");
}

/* No answer: the connection is closed. */
static void cut(struct emulator_call *call)
{
    emulator_response_reset(call->response);
}

/* Carries a fault out. Returns whether the call goes on as if nothing were. */
static bool fault_carry_out(struct emulator_call *call, const struct emulator_fault_effect *effect)
{
    struct emulator *emulator = call->emulator;

    switch (effect->action) {
    case EMULATOR_FAULT_NONE:
        return true;
    case EMULATOR_FAULT_STATUS:
        status_answer(call, effect->status);
        return false;
    case EMULATOR_FAULT_CLOSE:
        cut(call);
        return false;
    case EMULATOR_FAULT_HOLD:
        break;
    }
    if (emulator_faults_wait(&emulator->faults, &emulator->lock, call->request->method, call->request->path,
                             effect->after))
        return true;
    cut(call);
    return false;
}

/* A change of a twin concerns its device, any other change may concern all. */
static void coverage_update(const struct emulator_call *call, uint64_t sequence)
{
    struct emulator *emulator = call->emulator;

    if (emulator_url_has(&call->url, 0, "twins"))
        emulator_coverage_update_device(&emulator->coverage, &emulator->state,
                                        emulator_fleet_find(&emulator->state.fleet, call->url.segments[1]), sequence);
    else
        emulator_coverage_update(&emulator->coverage, &emulator->state, sequence);
}

static uint64_t record(struct emulator_call *call)
{
    struct emulator *emulator = call->emulator;
    uint64_t sequence = emulator_history_add(&emulator->history, call->request->method, call->request->path,
                                             call->configuration_id, call->response->status, call->committed);

    if (call->committed)
        coverage_update(call, sequence);
    return sequence;
}

static void run(struct emulator_call *call)
{
    static const struct emulator_fault_effect none = {EMULATOR_FAULT_NONE, false, 0};
    struct emulator *emulator = call->emulator;
    bool admitted = admit(call);
    struct emulator_fault_effect fault = none;

    if (admitted)
        fault = emulator_faults_match(&emulator->faults, call->request->method, call->request->path);
    if (admitted && (fault.after || fault_carry_out(call, &fault)))
        dispatch(call);
    uint64_t sequence = record(call);
    if (fault.after)
        fault_carry_out(call, &fault);
    emulator_history_answered(&emulator->history, sequence, call->response->status);
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

void emulator_api_handle(void *context, const struct http_request *request, struct http_response *response)
{
    struct emulator *emulator = context;
    struct emulator_call call = {.emulator = emulator, .request = request, .response = response};

    pthread_mutex_lock(&emulator->lock);
    run(&call);
    pthread_mutex_unlock(&emulator->lock);
    headers_add(response);
    log_debug("%s %s %d", request->method, request->path, response->status);
    emulator_url_release(&call.url);
}
