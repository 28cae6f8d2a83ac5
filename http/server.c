/* Starting, draining and stopping a server. */
#include "http/server.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "http/certificate_use.h"
#include "http/exchange.h"
#include "http/listen.h"

#include <string.h>

enum {
    CONNECTION_LIMIT = 512,
    BODY_LIMIT = 7 * 1024 * 1024, /* two objects of at most 3 MiB, and the rest of a review */
    HEADERS_MS = 3000,
    BODY_MS = 10000,
    REPLY_MS = 10000,
    IDLE_MS = 120000, /* Go's client keeps a connection for 90 s: it must be the one to close */
    /* Half of it reads: a whole TLS record and some. It is cleared after each request, so more costs. */
    CONNECTION_MEMORY = 40 * 1024,
    EVENT_INTERVAL_MS = 1000,
    STOP_STEP_NS = 1000 * 1000
};

/* X25519 comes first because it is what Go's and OpenSSL's clients send a share for. */
static const char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
                                     ":-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"
                                     ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"
                                     ":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:%SERVER_PRECEDENCE";

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value ? value : otherwise;
}

static void fill_defaults(struct http_server *server)
{
    struct http_server_options *options = &server->options;
    struct http_deadlines *deadlines = &server->deadlines;

    options->connection_limit = or_default(options->connection_limit, CONNECTION_LIMIT);
    options->body_limit = options->body_limit ? options->body_limit : BODY_LIMIT;
    deadlines->headers_ms = or_default(options->headers_ms, HEADERS_MS);
    deadlines->body_ms = or_default(options->body_ms, BODY_MS);
    deadlines->reply_ms = or_default(options->reply_ms, REPLY_MS);
    deadlines->idle_ms = or_default(options->idle_ms, IDLE_MS);
    deadlines->shed_from = options->connection_limit - options->connection_limit / 4;
}

static bool event_is_due(struct http_server *server)
{
    int64_t now_ms = clock_now_ms();
    int64_t last_ms = atomic_load(&server->last_event_ms);

    if (last_ms != 0 && now_ms - last_ms < EVENT_INTERVAL_MS)
        return false;
    return atomic_compare_exchange_strong(&server->last_event_ms, &last_ms, now_ms);
}

/* A broken handshake, mostly: anybody can cause as many as he likes, so all but one a second are only counted. */
__attribute__((format(printf, 2, 0))) static void on_message(void *context, const char *format, va_list arguments)
{
    struct http_server *server = context;
    char text[512];

    if (atomic_load(&server->started) && (!server->options.on_event || !event_is_due(server))) {
        atomic_fetch_add(&server->events_held_back, 1);
        return;
    }
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\r\n")] = 0;
    if (!atomic_load(&server->started)) {
        error_set(&server->start_problem, "%s", text);
        return;
    }
    uint64_t held_back = atomic_exchange(&server->events_held_back, 0);
    size_t length = strlen(text);
    if (held_back > 0)
        snprintf(text + length, sizeof text - length, " (and %llu more)", (unsigned long long)held_back);
    server->options.on_event(server->options.context, text);
}

/* The path goes to the handler as it came. */
static size_t do_not_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

static unsigned daemon_flags(const struct http_server *server)
{
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG;

    if (server->options.certificate)
        flags |= MHD_USE_TLS;
    if (server->options.threads == 0)
        flags |= MHD_USE_THREAD_PER_CONNECTION;
    return flags;
}

static struct MHD_Daemon *start_daemon(struct http_server *server)
{
    /* A pool of one is no pool to libmicrohttpd but its only thread. */
    bool pool = server->options.threads > 1;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem threads[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)server->options.threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    bool secure = server->options.certificate;

    return MHD_start_daemon(
        daemon_flags(server), 0, NULL, NULL, http_exchange_on_data, server, MHD_OPTION_EXTERNAL_LOGGER, on_message,
        server, MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        server->options.connection_limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, http_exchange_on_connection, server,
        MHD_OPTION_URI_LOG_CALLBACK, http_exchange_on_request_line, server, MHD_OPTION_NOTIFY_COMPLETED,
        http_exchange_on_completed, server, MHD_OPTION_UNESCAPE_CALLBACK, do_not_unescape, NULL, MHD_OPTION_ARRAY,
        pool ? threads : none, MHD_OPTION_ARRAY, secure ? tls : none,
        secure ? MHD_OPTION_HTTPS_CERT_CALLBACK2 : MHD_OPTION_END, http_certificate_retrieve, MHD_OPTION_END);
}

static void server_free(struct http_server *server)
{
    if (!server)
        return;
    http_deadlines_stop(&server->deadlines);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    error_release(&server->start_problem);
    free(server);
}

static int start(struct http_server *server, struct error *error)
{
    const struct http_server_options *options = &server->options;

    if (http_deadlines_start(&server->deadlines, error) < 0)
        return -1;
    server->listen_fd = http_listen(options->address, options->port, &server->port, error);
    if (server->listen_fd < 0)
        return -1;
    server->daemon = start_daemon(server);
    if (!server->daemon)
        return error_set(error, "cannot start an HTTP server on %s: %s", options->address,
                         error_message(&server->start_problem));
    atomic_store(&server->started, true);
    return 0;
}

int http_server_start(const struct http_server_options *options, struct http_server **ret_server, struct error *error)
{
    struct http_server *server = calloc(1, sizeof *server);

    if (!server)
        return error_set(error, "out of memory");
    server->options = *options;
    server->listen_fd = -1;
    fill_defaults(server);
    if (start(server, error) < 0) {
        server_free(server);
        return -1;
    }
    *ret_server = server;
    return 0;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_count(const struct http_server *server, struct http_server_counts *ret_counts)
{
    ret_counts->connections = atomic_load(&server->deadlines.seen);
    ret_counts->open = http_deadlines_count(&server->deadlines);
    ret_counts->cut = atomic_load(&server->deadlines.cut);
    ret_counts->requests = atomic_load(&server->requests);
    ret_counts->refused_bodies = atomic_load(&server->refused_bodies);
}

void http_server_drain(struct http_server *server)
{
    atomic_store(&server->draining, true);
}

/* Answers under way are sent; the watchdog still sees to it that none takes for ever. */
static void wait_for_answers(struct http_server *server)
{
    const struct timespec step = {.tv_nsec = STOP_STEP_NS};

    while (http_deadlines_busy(&server->deadlines) > 0)
        nanosleep(&step, NULL);
}

void http_server_stop(struct http_server *server)
{
    if (!server)
        return;
    http_server_drain(server);
    /* Hands the listening socket back to us; it may not be closed before the threads are gone. */
    MHD_quiesce_daemon(server->daemon);
    wait_for_answers(server);
    MHD_stop_daemon(server->daemon);
    server_free(server);
}
