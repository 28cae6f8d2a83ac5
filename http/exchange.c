#include "http/exchange.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "http/certificate_use.h"
#include "http/framing.h"
#include "http/one_record.h"

#include <string.h>

/* Of a body that is too long so much is read and thrown away, so that the 413 is not lost to a reset while the client
 * is still writing. */
#define SWALLOW_LIMIT ((uint64_t)64 * 1024 * 1024)

enum { BODY_FIRST_SIZE = 16 * 1024 };

/* A connection's record. Only the thread that serves the connection uses it, but for the deadline. */
struct exchange {
    struct http_deadline deadline;
    gnutls_session_t session; /* NULL without TLS */
    struct http_one_record one_record;
    char *uri; /* of the request; the memory is kept for the next */
    size_t uri_capacity;
    const char *query; /* inside uri */
    bool begun;        /* the headers of the request were looked at */
    bool too_long;
    bool lives_on; /* nothing in the request asks for the connection's end */
    char *body;
    size_t body_length, body_capacity;
    uint64_t received; /* bytes of body, stored or not */
};

static void exchange_reset(struct exchange *exchange)
{
    free(exchange->body);
    exchange->body = NULL;
    exchange->body_length = exchange->body_capacity = 0;
    exchange->received = 0;
    exchange->begun = exchange->too_long = false;
}

static void connection_started(struct http_server *server, struct MHD_Connection *connection, void **socket_context)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct exchange *exchange = calloc(1, sizeof *exchange);

    *socket_context = exchange;
    if (!exchange) { /* without a record it has no deadlines: end it */
        shutdown(fd->connect_fd, SHUT_RDWR);
        return;
    }
    if (server->options.certificate) {
        const union MHD_ConnectionInfo *tls = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
        exchange->session = tls->tls_session;
        http_certificate_attach(server->options.certificate, exchange->session);
    }
    http_deadlines_add(&server->deadlines, &exchange->deadline, fd->connect_fd);
}

static void connection_closed(struct http_server *server, void **socket_context)
{
    struct exchange *exchange = *socket_context;

    *socket_context = NULL;
    if (!exchange)
        return;
    http_deadlines_remove(&server->deadlines, &exchange->deadline);
    exchange_reset(exchange);
    free(exchange->uri);
    free(exchange);
}

void http_exchange_on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                                 enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        connection_started(context, connection, socket_context);
    else
        connection_closed(context, socket_context);
}

static struct exchange *exchange_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* libmicrohttpd takes the URI apart in place, so what the handler is to see is copied here, as it came. */
static int keep_uri(struct exchange *exchange, const char *uri)
{
    size_t size = strlen(uri) + 1;

    if (size > exchange->uri_capacity) {
        char *bigger = realloc(exchange->uri, size);
        if (!bigger)
            return -1;
        exchange->uri = bigger;
        exchange->uri_capacity = size;
    }
    memcpy(exchange->uri, uri, size);
    char *mark = strchr(exchange->uri, '?');
    exchange->query = mark ? mark + 1 : exchange->uri + size - 1;
    if (mark)
        *mark = 0;
    return 0;
}

void *http_exchange_on_request_line(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *exchange = exchange_of(connection);

    (void)context;
    if (!exchange)
        return NULL;
    http_deadline_enter(&exchange->deadline, HTTP_PHASE_HEADERS);
    return keep_uri(exchange, uri) == 0 ? exchange : NULL;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct exchange *exchange, int status,
                              const char *sentence)
{
    struct http_response response = {0};

    http_response_text(&response, status, "%s", sentence);
    response.close = true;
    http_deadline_enter(&exchange->deadline, HTTP_PHASE_REPLY);
    return http_response_queue(&response, connection);
}

static enum MHD_Result refuse_length(struct http_server *server, struct MHD_Connection *connection,
                                     struct exchange *exchange)
{
    char sentence[96];

    atomic_fetch_add(&server->refused_bodies, 1);
    snprintf(sentence, sizeof sentence, "the body is longer than the limit of %zu bytes", server->options.body_limit);
    return refuse(connection, exchange, 413, sentence);
}

/* The length is a promise, not yet bytes: no more than the limit is allocated for it. */
static int reserve_body(struct exchange *exchange, size_t capacity)
{
    char *body = realloc(exchange->body, capacity + 1);

    if (!body)
        return -1;
    exchange->body = body;
    exchange->body_capacity = capacity;
    return 0;
}

static enum MHD_Result begin(struct http_server *server, struct MHD_Connection *connection, struct exchange *exchange,
                             const char *version)
{
    struct http_framing framing;

    exchange->begun = true;
    atomic_fetch_add_explicit(&server->requests, 1, memory_order_relaxed);
    http_deadline_enter(&exchange->deadline, HTTP_PHASE_BODY);
    http_framing_read(&framing, connection);
    exchange->lives_on = !framing.connection && strcmp(version, MHD_HTTP_VERSION_1_1) == 0;
    const char *problem = http_framing_problem(&framing);
    if (problem)
        return refuse(connection, exchange, 400, problem);
    if (framing.length > SWALLOW_LIMIT)
        return refuse_length(server, connection, exchange);
    exchange->too_long = framing.length > server->options.body_limit;
    if (framing.length > 0 && !exchange->too_long && reserve_body(exchange, (size_t)framing.length) < 0)
        return MHD_NO;
    return MHD_YES;
}

static int grow_body(struct exchange *exchange, size_t needed, size_t limit)
{
    size_t capacity = exchange->body_capacity ? exchange->body_capacity : BODY_FIRST_SIZE;

    while (capacity < needed)
        capacity *= 2;
    return reserve_body(exchange, capacity < limit ? capacity : limit);
}

static enum MHD_Result take_data(const struct http_server *server, struct exchange *exchange, const char *data,
                                 size_t size)
{
    size_t limit = server->options.body_limit;

    exchange->received += size;
    if (exchange->received > SWALLOW_LIMIT)
        return MHD_NO;
    if (exchange->too_long || exchange->received > limit) {
        exchange->too_long = true;
        free(exchange->body);
        exchange->body = NULL;
        exchange->body_length = exchange->body_capacity = 0;
        return MHD_YES;
    }
    size_t needed = exchange->body_length + size;
    if (needed > exchange->body_capacity && grow_body(exchange, needed, limit) < 0)
        return MHD_NO;
    memcpy(exchange->body + exchange->body_length, data, size);
    exchange->body_length = needed;
    return MHD_YES;
}

static enum MHD_Result queue_in_one_record(struct exchange *exchange, struct MHD_Connection *connection,
                                           struct http_response *response)
{
    bool wanted = exchange->session && exchange->lives_on && !response->close && response->truncate_at == 0 &&
                  response->status > 0 && response->body_length <= HTTP_ONE_RECORD_LIMIT;

    if (wanted)
        http_one_record_begin(&exchange->one_record, exchange->session);
    enum MHD_Result result = http_response_queue(response, connection);
    if (wanted && result != MHD_YES)
        http_one_record_abandon(&exchange->one_record);
    return result;
}

static enum MHD_Result answer(struct http_server *server, struct MHD_Connection *connection, struct exchange *exchange,
                              const char *method)
{
    static char nothing[1] = "";
    struct http_response response = {0};
    struct http_request request = {.method = method,
                                   .path = exchange->uri,
                                   .query = exchange->query,
                                   .body = exchange->body ? exchange->body : nothing,
                                   .body_length = exchange->body_length,
                                   .connection = connection};

    if (exchange->body)
        exchange->body[exchange->body_length] = 0;
    http_deadline_enter(&exchange->deadline, HTTP_PHASE_HANDLING);
    server->options.handle(server->options.context, &request, &response);
    http_deadline_enter(&exchange->deadline, HTTP_PHASE_REPLY);
    if (atomic_load_explicit(&server->draining, memory_order_relaxed))
        response.close = true;
    return queue_in_one_record(exchange, connection, &response);
}

enum MHD_Result http_exchange_on_data(void *context, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *data, size_t *data_size,
                                      void **request_context)
{
    struct http_server *server = context;
    struct exchange *exchange = *request_context;

    (void)url;
    if (!exchange)
        return MHD_NO;
    if (!exchange->begun)
        return begin(server, connection, exchange, version);
    if (*data_size > 0) {
        size_t size = *data_size;
        *data_size = 0;
        return take_data(server, exchange, data, size);
    }
    if (exchange->too_long)
        return refuse_length(server, connection, exchange);
    return answer(server, connection, exchange, method);
}

void http_exchange_on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                                enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *request_context;

    (void)context, (void)connection;
    if (!exchange)
        return;
    *request_context = NULL;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK &&
        http_one_record_end(&exchange->one_record, exchange->session, exchange->deadline.fd) < 0)
        shutdown(exchange->deadline.fd, SHUT_RDWR);
    exchange_reset(exchange);
    http_deadline_enter(&exchange->deadline, HTTP_PHASE_IDLE);
}
