/* The connector at work: the webhook and its health port from start to end, with the engine beside them when there is
 * one. */
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

#include "common/error.h"
#include "http/certificate.h"
#include "server/engine.h"
#include "server/metrics.h"

#include <stdbool.h>
#include <stdint.h>

struct service_options {
    const char *address;
    uint16_t port;
    unsigned threads;
    int64_t drain_ms;
    const char *health_address; /* NULL: no health port */
    uint16_t health_port;
    const char *api_address; /* NULL: no read API */
    uint16_t api_port;
    const struct namespaces *secrets_from; /* for admission; NULL: none. Must outlive the service */
};

/* Blocks the signals that end the service, in this thread and in all that it starts, and ignores SIGPIPE. Once, before
 * any thread. */
void service_block_signals(void);

/* Serves until SIGTERM or SIGINT, then drains and stops; a second signal ends the draining, a third one the process.
 * engine (not started yet) may be NULL; it is stopped but not freed. Logs. */
int service_run(const struct service_options *options, struct http_certificate *certificate, struct engine *engine,
                struct metrics *metrics, struct error *error);

#endif
