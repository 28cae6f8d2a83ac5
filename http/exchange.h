/* One connection and the request on it, between libmicrohttpd's callbacks and the handler; for this room only. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/deadlines.h"
#include "http/server.h"

#include <microhttpd.h>

struct http_server {
    struct http_server_options options; /* with the defaults filled in */
    struct MHD_Daemon *daemon;
    int listen_fd;
    uint16_t port;
    struct http_deadlines deadlines;
    atomic_bool draining;
    _Atomic uint64_t requests, refused_bodies;
    /* Messages of libmicrohttpd: at most one a second is handed on. */
    _Atomic int64_t last_event_ms;
    _Atomic uint64_t events_held_back;
    struct error start_problem; /* what libmicrohttpd said while it started */
    atomic_bool started;
};

/* The callbacks of libmicrohttpd. The context is the server. */
void http_exchange_on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                                 enum MHD_ConnectionNotificationCode code);
void *http_exchange_on_request_line(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_exchange_on_data(void *context, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *data, size_t *data_size,
                                      void **request_context);
void http_exchange_on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                                enum MHD_RequestTerminationCode code);

/* Queues the response and frees what it owns, in any case. */
enum MHD_Result http_response_queue(struct http_response *response, struct MHD_Connection *connection);

/* Frees what it owns. */
void http_response_release(struct http_response *response);

#endif
