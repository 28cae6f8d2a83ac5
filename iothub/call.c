#include "iothub/call.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "iothub/client_private.h"
#include "iothub/hub_error.h"
#include "iothub/observed.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_HEADERS    8
#define SKEW_LIMIT_S    300 /* the hub's own tolerance */
#define LONGEST_RETRY_S 3600
#define MOST_VALUES     1000000 /* far above a thousand configurations of fifty modules */
#define CONTENT_TYPE    "Content-Type: application/json; charset=utf-8"

static enum iothub_result transport_result(int result)
{
    switch (result) {
    case HTTP_CLIENT_STOPPED:
        return IOTHUB_STOPPED;
    case HTTP_CLIENT_UNSENT:
        return IOTHUB_UNSENT;
    default:
        return IOTHUB_UNKNOWN;
    }
}

static int64_t retry_after_ms(const struct http_client_answer *answer)
{
    cleanup_free char *value = http_client_answer_header(answer, "Retry-After");
    char *end = value;
    long seconds = value ? strtol(value, &end, 10) : -1;

    if (end == value || *end || seconds < 0)
        return -1;
    return (seconds > LONGEST_RETRY_S ? LONGEST_RETRY_S : seconds) * 1000;
}

static void headers_fill(const struct iothub_call *call, const char *authorization, const char *headers[MOST_HEADERS])
{
    size_t count = 0;

    headers[count++] = authorization;
    headers[count++] = "Accept: application/json";
    if (call->body)
        headers[count++] = CONTENT_TYPE;
    for (const char *const *extra = call->headers; extra && *extra && count < MOST_HEADERS - 1; extra++)
        headers[count++] = *extra;
    headers[count] = NULL;
}

/* One exchange; IOTHUB_OK when an answer came, whatever its status. */
static enum iothub_result exchange(struct iothub_client *client, const struct iothub_call *call, int64_t deadline_ms,
                                   struct http_client_answer *answer, struct error *error)
{
    cleanup_strbuf struct strbuf path = STRBUF_INIT;
    const char *headers[MOST_HEADERS];
    const char *authorization = NULL;
    enum iothub_result made =
        credentials_header(client->credentials, clock_wall_s(), deadline_ms, &authorization, error);

    if (made != IOTHUB_OK)
        return made;
    strbuf_add_format(&path, "%s?api-version=" IOTHUB_API_VERSION, call->path);
    if (path.failed) {
        error_set(error, "out of memory");
        return IOTHUB_UNSENT;
    }
    headers_fill(call, authorization, headers);
    const struct http_client_request request = {
        .method = call->method,
        .path = path.data,
        .headers = headers,
        .body = call->body,
        .body_length = call->body ? strlen(call->body) : 0,
        .deadline_ms = deadline_ms,
        .answer_limit = call->answer_limit,
    };
    int result = iothub_observed_perform(client->http, &client->observer, call->operation, &request, answer, error);

    /* A kept connection may have ended meanwhile: the hub closes idle ones. */
    if (result == HTTP_CLIENT_FAILED && call->is_read)
        result = iothub_observed_perform(client->http, &client->observer, call->operation, &request, answer, error);
    if (result != 0)
        return transport_result(result);
    client->retry_after_ms = retry_after_ms(answer);
    return IOTHUB_OK;
}

/* Seconds by which our clock is ahead of the hub's, as far as the answer tells; 0 otherwise. */
static int64_t clock_skew_s(const struct http_client_answer *answer)
{
    cleanup_free char *date = http_client_answer_header(answer, "Date");
    struct tm parts = {0};

    if (!date || !strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &parts))
        return 0;
    return clock_wall_s() - (int64_t)timegm(&parts);
}

/* What an operator can do about a refused token. */
static void unauthorized_explain(const struct iothub_client *client, const struct http_client_answer *answer,
                                 struct error *error)
{
    int64_t skew = clock_skew_s(answer);
    cleanup_free char *said = strdup(error_message(error));
    cleanup_free char *advice = credentials_advice(client->credentials);

    if (!said || !advice)
        return;
    if (skew > SKEW_LIMIT_S || skew < -SKEW_LIMIT_S)
        error_set(error, "%s; check the clock: this machine's is %lld s %s the hub's", said,
                  (long long)(skew < 0 ? -skew : skew), skew < 0 ? "behind" : "ahead of");
    else
        error_set(error, "%s; %s", said, advice);
}

/* A hub that quotes our token must not bring it into logs and Events. */
static void hub_error_hush(const struct iothub_client *client, struct hub_error *said)
{
    if (!credentials_are_quoted(client->credentials, said->code) &&
        !credentials_are_quoted(client->credentials, said->text))
        return;
    hub_error_release(said);
    said->text = strdup("(its words are left out: they quote our token)");
}

static enum iothub_result refusal(const struct iothub_client *client, const struct iothub_call *call,
                                  const struct http_client_answer *answer, struct error *error)
{
    cleanup_hub_error struct hub_error said = HUB_ERROR_INIT;

    hub_error_read(answer, &said);
    enum iothub_result result = hub_error_result(answer->status, said.code);

    hub_error_hush(client, &said);
    error_set(error, "%s %s on %s: HTTP status %d%s%s%s%s", call->method, call->path, iothub_client_host(client),
              answer->status, said.code ? ", " : "", said.code ? said.code : "", said.text ? ": " : "",
              said.text ? said.text : "");
    if (result == IOTHUB_UNAUTHORIZED)
        unauthorized_explain(client, answer, error);
    return result;
}

static enum iothub_result answer_judge(const struct iothub_client *client, const struct iothub_call *call,
                                       const struct http_client_answer *answer, struct error *error)
{
    if (answer->status >= 200 && answer->status < 300)
        return IOTHUB_OK;
    return refusal(client, call, answer, error);
}

/* A 401 may mean that the key was rotated, or that the token was withdrawn: with new ones the call is tried once more.
 */
static enum iothub_result second_try(struct iothub_client *client, const struct iothub_call *call, int64_t since_s,
                                     int64_t deadline_ms, struct http_client_answer *answer, struct error *error)
{
    if (!credentials_renew(client->credentials, since_s))
        return refusal(client, call, answer, error);
    http_client_answer_release(answer);
    *answer = (struct http_client_answer)HTTP_CLIENT_ANSWER_INIT;
    enum iothub_result result = exchange(client, call, deadline_ms, answer, error);

    return result == IOTHUB_OK ? answer_judge(client, call, answer, error) : result;
}

enum iothub_result iothub_call_perform(struct iothub_client *client, const struct iothub_call *call,
                                       struct http_client_answer *answer, struct error *error)
{
    cleanup_http_client_answer struct http_client_answer got = HTTP_CLIENT_ANSWER_INIT;
    int64_t deadline_ms = clock_now_ms() + client->timeout_ms;
    int64_t since_s = clock_wall_s();

    client->retry_after_ms = -1;
    enum iothub_result result = exchange(client, call, deadline_ms, &got, error);

    if (result != IOTHUB_OK)
        return result;
    if (got.status == 401)
        result = second_try(client, call, since_s, deadline_ms, &got, error);
    else
        result = answer_judge(client, call, &got, error);
    if (result != IOTHUB_OK)
        return result;
    *answer = got;
    got = (struct http_client_answer)HTTP_CLIENT_ANSWER_INIT;
    return IOTHUB_OK;
}

/* A value needs two bytes of text at least, and some sixty as a part of a tree. */
static int values_check(const char *text, size_t length, struct error *error)
{
    const char *end = text + length;
    size_t count = 0;

    if (length / 2 < MOST_VALUES)
        return 0;
    for (const char *c = text; c < end; c++) {
        if (*c == '"')
            for (c++; c < end && *c != '"'; c++)
                c += *c == '\\';
        else
            count += *c == ',' || *c == '[' || *c == '{';
    }
    return count <= MOST_VALUES ? 0 : error_set(error, "it has more than %d values", MOST_VALUES);
}

enum iothub_result iothub_call_parse(const struct iothub_call *call, const struct http_client_answer *answer,
                                     bool must_be_array, cJSON **ret_tree, struct error *error)
{
    cleanup_json cJSON *tree = NULL;

    if (values_check(answer->body, answer->body_length, error) < 0 ||
        json_parse(answer->body, answer->body_length, &tree, error) < 0) {
        error_wrap(error, "%s %s: the hub's answer cannot be read", call->method, call->path);
        return IOTHUB_SERVER_ERROR;
    }
    if (must_be_array ? !cJSON_IsArray(tree) : !cJSON_IsObject(tree)) {
        error_set(error, "%s %s: the hub's answer is no %s but %s", call->method, call->path,
                  must_be_array ? "array" : "object", json_type_name(tree));
        return IOTHUB_SERVER_ERROR;
    }
    *ret_tree = steal_ptr(tree);
    return IOTHUB_OK;
}
