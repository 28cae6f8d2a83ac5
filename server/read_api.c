#include "server/read_api.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json_writer.h"

#include <string.h>

#define REQUESTS_A_MINUTE 600
#define BURST             60
#define CONTENT_TYPE      "application/json"

void read_api_init(struct read_api *api, struct engine *engine)
{
    api->engine = engine;
    pthread_mutex_init(&api->lock, NULL);
    if (rate_limit_init(&api->requests, REQUESTS_A_MINUTE, BURST) == 0)
        rate_limit_begin(&api->requests, clock_now_ms() - 60000);
}

void read_api_release(struct read_api *api)
{
    if (!api->engine)
        return;
    pthread_mutex_destroy(&api->lock);
    rate_limit_release(&api->requests);
}

static bool take_token(struct read_api *api)
{
    pthread_mutex_lock(&api->lock);
    bool taken = api->requests.calls && rate_limit_take(&api->requests, clock_now_ms()) == 0;
    pthread_mutex_unlock(&api->lock);
    return taken;
}

static void answer_json(struct http_response *response, int status, struct strbuf *body)
{
    response->body_length = body->length;
    response->body = strbuf_steal(body);
    if (!response->body) {
        http_response_text(response, 500, "memory ran out");
        return;
    }
    response->status = status;
    response->content_type = CONTENT_TYPE;
}

/* As the API server says it, since what reads it expects that of what comes through the API server. */
static void answer_failure(struct http_response *response, int status, const char *message)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer writer = {.out = &body};
    json_begin_object(&writer);
    json_member_string(&writer, "kind", "Status");
    json_member_string(&writer, "apiVersion", "v1");
    json_member_string(&writer, "status", "Failure");
    json_member_string(&writer, "message", message);
    json_member_int(&writer, "code", status);
    json_end_object(&writer);
    answer_json(response, status, &body);
}

static void answer_status(struct read_api *api, const struct http_request *request, struct http_response *response)
{
    cleanup_free char *namespace = http_request_query(request, "namespace");
    cleanup_free char *name = http_request_query(request, "name");
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    engine_write_status(api->engine, namespace, name, &body);
    answer_json(response, 200, &body);
}

static void answer_diff(struct read_api *api, const struct http_request *request, struct http_response *response)
{
    cleanup_free char *namespace = http_request_query(request, "namespace");
    cleanup_free char *name = http_request_query(request, "name");
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    cleanup_error struct error error = {NULL};
    if (!namespace || !name)
        answer_failure(response, 400, "namespace and name of one Deployment are needed");
    else if (engine_write_diff(api->engine, namespace, name, &body, &error) < 0)
        answer_failure(response, 503, error_message(&error));
    else
        answer_json(response, 200, &body);
}

void read_api_handle(void *context, const struct http_request *request, struct http_response *response)
{
    struct read_api *api = context;
    if (strcmp(request->method, "GET") != 0) {
        answer_failure(response, 405, "only GET is answered here");
        http_response_add_header(response, "Allow", "GET");
    } else if (!take_token(api)) {
        answer_failure(response, 429, "too many requests; ask again in a second");
    } else if (strcmp(request->path, "/api/v1/status") == 0) {
        answer_status(api, request, response);
    } else if (strcmp(request->path, "/api/v1/diff") == 0) {
        answer_diff(api, request, response);
    } else {
        answer_failure(response, 404, "there are /api/v1/status and /api/v1/diff here");
    }
}
