#include "iothub/client.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json_writer.h"
#include "common/strbuf.h"
#include "iothub/call.h"

#include <string.h>

#define PAGE_LIMIT           ((size_t)8 * 1024 * 1024)
#define LONGEST_CONTINUATION 8192
#define PATH                 "/devices/query"

static void body_write(struct strbuf *body, const char *query)
{
    struct json_writer writer = {.out = body};

    json_begin_object(&writer);
    json_member_string(&writer, "query", query);
    json_end_object(&writer);
}

/* An absent or empty header says that this was the last page; a short page does not. */
static enum iothub_result continuation_read(const struct http_client_answer *answer, const char *before,
                                            char **ret_continuation, struct error *error)
{
    cleanup_free char *value = http_client_answer_header(answer, "x-ms-continuation");

    if (value && strlen(value) > LONGEST_CONTINUATION)
        error_set(error, "POST " PATH ": the hub's continuation token is longer than %d bytes", LONGEST_CONTINUATION);
    else if (value && before && strcmp(value, before) == 0)
        error_set(error, "POST " PATH ": the hub's answer leads back to the same page");
    else {
        *ret_continuation = value && *value ? steal_ptr(value) : NULL;
        return IOTHUB_OK;
    }
    return IOTHUB_SERVER_ERROR;
}

enum iothub_result iothub_query(struct iothub_client *client, const char *query, unsigned page_size,
                                const char *continuation, cJSON **ret_array, char **ret_continuation,
                                struct error *error)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT, size = STRBUF_INIT, next = STRBUF_INIT;
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_free char *next_page = NULL;

    body_write(&body, query);
    strbuf_add_format(&size, "x-ms-max-item-count: %u", page_size);
    if (continuation)
        strbuf_add_format(&next, "x-ms-continuation: %s", continuation);
    if (body.failed || size.failed || next.failed) {
        error_set(error, "out of memory");
        return IOTHUB_UNSENT;
    }
    const char *const headers[] = {size.data, next.data, NULL};
    const struct iothub_call call = {.operation = IOTHUB_QUERY,
                                     .method = "POST",
                                     .path = PATH,
                                     .headers = headers,
                                     .body = body.data,
                                     .is_read = true,
                                     .answer_limit = PAGE_LIMIT};
    enum iothub_result result = iothub_call_perform(client, &call, &answer, error);

    if (result == IOTHUB_OK)
        result = continuation_read(&answer, continuation, &next_page, error);
    if (result == IOTHUB_OK)
        result = iothub_call_parse(&call, &answer, true, ret_array, error);
    if (result == IOTHUB_OK)
        *ret_continuation = steal_ptr(next_page);
    return result;
}
