#include "kube/client.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "http/client.h"
#include "kube/access.h"
#include "kube/message.h"
#include "kube/request.h"

#include <string.h>

#define DEFAULT_TIMEOUT_MS 10000
#define TOKEN_MAX          (64 * 1024)
/* A projected token is replaced at 80 % of its hour; the file is cheap to read. */
#define TOKEN_MAX_AGE_MS 60000
/* Of a body that is no Status object, for the message. */
#define BODY_EXCERPT 200

struct kube_client {
    const struct kube_access *access;
    struct http_client *http;
    char *authorization; /* the header, or NULL */
    int64_t token_read_ms;
    struct kube_event_memory *events;
};

static inline void cleanup_kube_client_pointer(struct kube_client **client)
{
    kube_client_free(*client);
}

int kube_client_new(const struct kube_access *access, const char *user_agent, struct kube_client **ret_client,
                    struct error *error)
{
    __attribute__((cleanup(cleanup_kube_client_pointer))) struct kube_client *client = calloc(1, sizeof(*client));
    if (!client)
        return error_set(error, "out of memory");
    client->access = access;
    const struct http_client_options options = {
        .base_url = access->base_url,
        .ca_file = access->ca_file,
        .ca_data = access->ca_data,
        .client_certificate = access->client_certificate,
        .client_key = access->client_key,
        .user_agent = user_agent,
    };
    if (http_client_new(&options, &client->http, error) < 0)
        return error_wrap(error, "API server %s", access->server);
    *ret_client = steal_ptr(client);
    return 0;
}

void kube_client_free(struct kube_client *client)
{
    if (!client)
        return;
    http_client_free(client->http);
    kube_event_memory_free(client->events);
    free(client->authorization);
    free(client);
}

void kube_client_stop(struct kube_client *client)
{
    http_client_stop(client->http);
}

struct kube_event_memory **kube_client_event_memory(struct kube_client *client)
{
    return &client->events;
}

/* A token goes into a header: one word of visible ASCII. */
static int authorization_new(const char *token, char **ret_header, struct error *error)
{
    size_t length = strcspn(token, " \t\r\n");
    if (length == 0)
        return error_set(error, "the token is empty");
    for (size_t i = 0; i < length; i++)
        if (token[i] < 0x21 || token[i] > 0x7e)
            return error_set(error, "the token holds bytes that are no visible ASCII");
    if (asprintf(ret_header, "Authorization: Bearer %.*s", (int)length, token) < 0) {
        *ret_header = NULL;
        return error_set(error, "out of memory");
    }
    return 0;
}

static int read_token_file(struct kube_client *client, char **ret_header, struct error *error)
{
    cleanup_free char *token = NULL;
    size_t length = 0;
    const char *path = client->access->token_file;
    if (file_read(path, TOKEN_MAX, &token, &length, error) < 0)
        return error_wrap(error, "the token for the API server");
    return authorization_new(token, ret_header, error) < 0 ? error_wrap(error, "%s", path) : 0;
}

/* Sets the header, reading the token's file when it is due. While it can't be read, the token before goes on. */
static int refresh_token(struct kube_client *client, bool now, struct error *error)
{
    const struct kube_access *access = client->access;
    if (!access->token_file) {
        if (client->authorization || !access->token)
            return 0;
        return authorization_new(access->token, &client->authorization, error);
    }
    int64_t most_ms = access->token_age_ms ? access->token_age_ms : TOKEN_MAX_AGE_MS;
    if (!now && client->authorization && clock_now_ms() - client->token_read_ms < most_ms)
        return 0;
    char *header = NULL;
    cleanup_error struct error reading = {NULL};
    if (read_token_file(client, &header, &reading) < 0)
        return client->authorization ? 0 : error_set(error, "%s", error_message(&reading));
    free(client->authorization);
    client->authorization = header;
    client->token_read_ms = clock_now_ms();
    return 0;
}

/* Of a streamed answer whether any of it came. */
struct stream {
    const struct kube_request *request;
    bool began;
};

static int take_data(void *context, const char *data, size_t length)
{
    struct stream *stream = context;
    stream->began = true;
    return stream->request->on_data(stream->request->context, data, length);
}

/* A connection that was kept may have ended meanwhile, as after a restart of the server. Reading twice harms nobody,
 * when nothing of it was taken in; and what waited for a long time in vain is not begun once more. */
static bool may_try_twice(const struct kube_request *request, const struct stream *stream)
{
    return strcmp(request->method, "GET") == 0 && !stream->began && !request->idle_limit_ms;
}

static int perform(struct kube_client *client, const struct kube_request *request, struct http_client_answer *answer,
                   struct error *error)
{
    cleanup_free char *path = NULL;
    cleanup_free char *content_type = NULL;
    cleanup_free char *accept = NULL;
    const char *type = request->content_type ? request->content_type : "application/json";
    if (asprintf(&accept, "Accept: %s", request->accept ? request->accept : "application/json") < 0) {
        accept = NULL;
        return error_set(error, "out of memory");
    }
    if (asprintf(&path, "%s%s", client->access->prefix, request->path) < 0) {
        path = NULL;
        return error_set(error, "out of memory");
    }
    if (asprintf(&content_type, "Content-Type: %s", type) < 0) {
        content_type = NULL;
        return error_set(error, "out of memory");
    }
    const char *headers[4] = {accept};
    size_t count = 1;
    struct stream stream = {.request = request};
    if (request->body)
        headers[count++] = content_type;
    if (client->authorization)
        headers[count++] = client->authorization;
    unsigned timeout_ms = request->timeout_ms ? request->timeout_ms : DEFAULT_TIMEOUT_MS;
    const struct http_client_request http = {
        .method = request->method,
        .path = path,
        .headers = headers,
        .body = request->body,
        .body_length = request->body ? strlen(request->body) : 0,
        .deadline_ms = clock_now_ms() + timeout_ms,
        .answer_limit = request->answer_limit,
        .on_data = request->on_data ? take_data : NULL,
        .context = &stream,
        .idle_limit_ms = request->idle_limit_ms,
    };
    int result = http_client_perform(client->http, &http, answer, error);
    if (result == HTTP_CLIENT_FAILED && may_try_twice(request, &stream))
        result = http_client_perform(client->http, &http, answer, error);
    if (result == 0)
        return 0;
    return result == HTTP_CLIENT_STOPPED ? KUBE_STOPPED : KUBE_FAILED;
}

/* The request once, and after a 401 once more with the token read again. */
static int perform_authorized(struct kube_client *client, const struct kube_request *request,
                              struct http_client_answer *answer, struct error *error)
{
    if (refresh_token(client, false, error) < 0)
        return KUBE_FAILED;
    int result = perform(client, request, answer, error);
    if (result < 0 || answer->status != 401 || !client->access->token_file)
        return result;
    http_client_answer_release(answer);
    *answer = (struct http_client_answer)HTTP_CLIENT_ANSWER_INIT;
    if (refresh_token(client, true, error) < 0)
        return KUBE_FAILED;
    return perform(client, request, answer, error);
}

/* "403 Forbidden: nodes \"x\" is forbidden: …" from a Status object; else from the body's beginning. */
static void describe_refusal(const struct http_client_answer *answer, const cJSON *status, struct error *error)
{
    const char *reason = json_string(status, "reason");
    const char *message = json_string(status, "message");
    const char *space = reason && *reason ? " " : "";
    if (message && *message) {
        error_set(error, "%d%s%s: %s", answer->status, space, reason ? reason : "", message);
        return;
    }
    size_t length = kube_message_fit(answer->body, strlen(answer->body), BODY_EXCERPT);
    while (length > 0 && strchr(" \t\r\n", answer->body[length - 1]))
        length--;
    error_set(error, "%d%s%s%s%.*s", answer->status, space, reason ? reason : "", length ? ": " : "", (int)length,
              answer->body);
}

static int read_answer(const struct http_client_answer *answer, bool streamed, cJSON **ret_object, struct error *error)
{
    cleanup_json cJSON *object = NULL;
    bool refused = answer->status >= 300;
    if (refused) {
        /* A proxy's page is no JSON; its status says enough. */
        if (json_parse(answer->body, answer->body_length, &object, NULL) < 0)
            object = NULL;
        describe_refusal(answer, object, error);
    } else if (ret_object && !streamed && json_parse(answer->body, answer->body_length, &object, error) < 0) {
        error_wrap(error, "the answer (%d) is no JSON that can be used", answer->status);
        return KUBE_FAILED;
    }
    if (ret_object && object)
        *ret_object = steal_ptr(object);
    return answer->status;
}

/* As the HTTP client words its own failures. A query of selectors and continue tokens helps nobody. */
static int wrap_request(const struct kube_request *request, struct error *error)
{
    return error_wrap(error, "%s %.*s", request->method, (int)strcspn(request->path, "?"), request->path);
}

int kube_request_send(struct kube_client *client, const struct kube_request *request, cJSON **ret_object,
                      struct error *error)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    int result = perform_authorized(client, request, &answer, error);
    if (result < 0)
        return result;
    result = read_answer(&answer, request->on_data && answer.status == 200, ret_object, error);
    if (result < 0 || result >= 300)
        wrap_request(request, error);
    return result;
}

int kube_call(struct kube_client *client, const char *method, const char *path, const char *content_type,
              const char *body, unsigned timeout_ms, cJSON **ret_object, struct error *error)
{
    const struct kube_request request = {
        .method = method,
        .path = path,
        .content_type = content_type,
        .body = body,
        .timeout_ms = timeout_ms,
        .answer_limit = KUBE_OBJECT_LIMIT,
    };
    return kube_request_send(client, &request, ret_object, error);
}

char *kube_path_escape(const char *segment)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    for (; *segment; segment++) {
        unsigned char c = (unsigned char)*segment;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
        if (plain)
            strbuf_add_char(&out, (char)c);
        else
            strbuf_add_format(&out, "%%%02X", c);
    }
    return strbuf_steal(&out);
}

char *kube_object_path(const char *group, const char *namespace, const char *resource, const char *name)
{
    cleanup_free char *escaped_namespace = kube_path_escape(namespace);
    cleanup_free char *escaped_name = kube_path_escape(name ? name : "");
    cleanup_strbuf struct strbuf path = STRBUF_INIT;
    if (!escaped_namespace || !escaped_name)
        return NULL;
    strbuf_add_format(&path, "%s/namespaces/%s/%s", group, escaped_namespace, resource);
    if (name)
        strbuf_add_format(&path, "/%s", escaped_name);
    return strbuf_steal(&path);
}
