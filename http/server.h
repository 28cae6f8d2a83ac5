/* HTTP server over libmicrohttpd: TLS, deadlines by the wall and not by inactivity, capped connections and bodies, and
 * a drain at the end.
 *
 * The program ignores SIGPIPE. A handler runs in a thread of the pool when the whole body has come. It must not wait
 * for anything, unless the server was made with a thread for each connection. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_server;
struct http_certificate; /* see http/certificate.h */

struct http_request {
    const char *method;
    const char *path;  /* decoded by nobody: as it came, without the query; "" never */
    const char *query; /* raw, after the question mark; "" when there is none */
    const char *body;  /* ends in NUL; never NULL */
    size_t body_length;
    void *connection; /* for http_request_header */
};

/* A header's value or NULL; owned by the server, valid in the handler. */
const char *http_request_header(const struct http_request *request, const char *name);

/* The value of a query parameter, percent-decoded, for the caller to free; NULL when it is missing. */
char *http_request_query(const struct http_request *request, const char *name);

/* Percent-decodes a piece of a path; for the caller to free. NULL for a broken escape or a NUL byte. '+' stays '+'. */
char *http_percent_decode(const char *text, size_t length);

struct http_header {
    const char *name;
    char *value; /* freed by the server with free() */
};

#define HTTP_RESPONSE_MAX_HEADERS 8

struct http_response {
    int status; /* 0 closes the connection without an answer */
    char *body; /* allocated with malloc; the server frees it. May be NULL */
    size_t body_length;
    const char *content_type; /* static */
    struct http_header headers[HTTP_RESPONSE_MAX_HEADERS];
    size_t header_count;
    bool close; /* end the connection after this answer */
    /* Faults, for an emulator: announce the whole body, send only so many bytes and close. 0: whole. */
    size_t truncate_at;
};

/* Adds a header; the value is copied. An empty one is left out; one with a line break makes the answer a 500. */
void http_response_add_header(struct http_response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Answers with one sentence as text/plain, ended by a newline. */
void http_response_text(struct http_response *response, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct http_server_options {
    const char *address;                  /* "127.0.0.1", "::" */
    uint16_t port;                        /* 0: any; see http_server_port */
    struct http_certificate *certificate; /* NULL: plain HTTP. Must outlive the server */
    unsigned threads;                     /* pool; 0: one thread for each connection, whose handler may wait */
    unsigned connection_limit;            /* 0: 512 */
    size_t body_limit;                    /* bytes; more is swallowed up to 64 MiB and answered 413. 0: 7 MiB */
    /* Deadlines in ms; 0: handshake and headers 3000, body 10000, reply 10000, idle 120000. */
    unsigned headers_ms, body_ms, reply_ms, idle_ms;
    void (*handle)(void *context, const struct http_request *request, struct http_response *response);
    void *context;
    void (*on_event)(void *context, const char *message); /* a broken handshake and the like; may be NULL. Any thread */
};

struct http_server_counts {
    uint64_t connections; /* accepted since the start */
    uint64_t open;        /* now */
    uint64_t cut;         /* ended for their slowness, or shed */
    uint64_t requests;
    uint64_t refused_bodies; /* 413 */
};

int http_server_start(const struct http_server_options *options, struct http_server **ret_server, struct error *error);
uint16_t http_server_port(const struct http_server *server);
void http_server_count(const struct http_server *server, struct http_server_counts *ret_counts);

/* From now on each answer closes its connection. */
void http_server_drain(struct http_server *server);

/* Stops listening, lets running handlers end, and frees. server may be NULL. */
void http_server_stop(struct http_server *server);

#endif
