/* A response: how a handler fills it, and how it goes to libmicrohttpd. */
#include "common/banned.h"
#include "common/cleanup.h"
#include "http/exchange.h"

#include <stdarg.h>
#include <string.h>

void http_response_add_header(struct http_response *response, const char *name, const char *format, ...)
{
    va_list arguments;
    char *value = NULL;

    if (response->header_count == HTTP_RESPONSE_MAX_HEADERS)
        return;
    va_start(arguments, format);
    int length = vasprintf(&value, format, arguments);
    va_end(arguments);
    if (length >= 0)
        response->headers[response->header_count++] = (struct http_header){.name = name, .value = value};
}

void http_response_text(struct http_response *response, int status, const char *format, ...)
{
    va_list arguments;
    char *sentence = NULL;
    char *body = NULL;

    va_start(arguments, format);
    int length = vasprintf(&sentence, format, arguments);
    va_end(arguments);
    if (length >= 0) {
        length = asprintf(&body, "%s\n", sentence);
        free(sentence);
    }
    free(response->body);
    response->status = status;
    response->body = length >= 0 ? body : NULL;
    response->body_length = length >= 0 ? (size_t)length : 0;
    response->content_type = "text/plain; charset=utf-8";
}

void http_response_release(struct http_response *response)
{
    for (size_t i = 0; i < response->header_count; i++)
        free(response->headers[i].value);
    free(response->body);
    *response = (struct http_response){0};
}

/* A body of which only the beginning is sent. */
struct truncated_body {
    char *data;
    size_t end;
};

static ssize_t truncated_read(void *context, uint64_t position, char *buffer, size_t size)
{
    const struct truncated_body *body = context;

    if (position >= body->end)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = body->end - (size_t)position;
    if (size > left)
        size = left;
    memcpy(buffer, body->data + position, size);
    return (ssize_t)size;
}

static void truncated_free(void *context)
{
    struct truncated_body *body = context;

    free(body->data);
    free(body);
}

static struct MHD_Response *make_truncated(struct http_response *response)
{
    struct truncated_body *body = malloc(sizeof *body);

    if (!body)
        return NULL;
    *body = (struct truncated_body){.data = steal_ptr(response->body), .end = response->truncate_at};
    struct MHD_Response *made = MHD_create_response_from_callback(response->body_length, response->truncate_at,
                                                                  truncated_read, body, truncated_free);
    if (!made)
        truncated_free(body);
    return made;
}

/* On success the body belongs to what was made. */
static struct MHD_Response *make(struct http_response *response)
{
    if (response->truncate_at > 0 && response->truncate_at < response->body_length)
        return make_truncated(response);
    if (!response->body)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *made =
        MHD_create_response_from_buffer(response->body_length, response->body, MHD_RESPMEM_MUST_FREE);
    if (made)
        response->body = NULL;
    return made;
}

/* libmicrohttpd takes neither an empty value, which is left out, nor one with a line break. */
static bool add_headers(struct MHD_Response *made, const struct http_response *response)
{
    if (response->content_type &&
        MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type) != MHD_YES)
        return false;
    for (size_t i = 0; i < response->header_count; i++) {
        const struct http_header *header = &response->headers[i];
        if (header->value[0] && MHD_add_response_header(made, header->name, header->value) != MHD_YES)
            return false;
    }
    return !response->close || MHD_add_response_header(made, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES;
}

static enum MHD_Result queue(struct http_response *response, struct MHD_Connection *connection)
{
    struct MHD_Response *made = make(response);
    bool whole = made && add_headers(made, response);
    enum MHD_Result result = whole ? MHD_queue_response(connection, (unsigned)response->status, made) : MHD_NO;

    if (made)
        MHD_destroy_response(made);
    http_response_release(response);
    return result;
}

enum MHD_Result http_response_queue(struct http_response *response, struct MHD_Connection *connection)
{
    if (response->status == 0) {
        http_response_release(response);
        return MHD_NO;
    }
    if (queue(response, connection) == MHD_YES)
        return MHD_YES;
    http_response_text(response, 500, "the answer could not be made: a header of it cannot be sent, or memory ran out");
    return queue(response, connection);
}
