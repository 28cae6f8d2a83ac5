/* The second port, for kubelets and Prometheus: /livez, /readyz and /metrics over plain HTTP, in a server of its own,
 * so that a busy webhook never looks dead. */
#ifndef SERVER_HEALTH_H
#define SERVER_HEALTH_H

#include "http/server.h"
#include "server/metrics.h"

#include <stdatomic.h>

struct engine;

struct health {
    struct metrics *metrics;
    _Atomic(struct http_server *) webhook; /* NULL: not listening yet */
    _Atomic(struct engine *) engine;       /* NULL: none, admission only */
    _Atomic bool draining;                 /* the end was asked for */
};

/* For http_server_options: context is the struct health.
 *
 * /readyz fails only for what a Service must not send requests to: a webhook that does not listen yet, is about to end,
 * or whose certificate has expired. Trouble with a hub is told in the body and nowhere else. */
void health_handle(void *context, const struct http_request *request, struct http_response *response);

#endif
