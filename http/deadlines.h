/* The registry of a server's connections and the watchdog that cuts the slow ones; for this room only.
 *
 * libmicrohttpd's own time-out counts inactivity, so a byte now and then keeps a connection for ever. Here each
 * connection is in a phase that may last so long by the clock. What is overdue is shut down, nothing else:
 * libmicrohttpd sees the end and cleans up in its own thread. */
#ifndef HTTP_DEADLINES_H
#define HTTP_DEADLINES_H

#include "common/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_phase {
    HTTP_PHASE_OPEN,     /* accepted; TLS handshake and request line are due */
    HTTP_PHASE_HEADERS,  /* the request line came */
    HTTP_PHASE_BODY,     /* the headers came */
    HTTP_PHASE_HANDLING, /* ours: no limit */
    HTTP_PHASE_REPLY,    /* the answer is being sent */
    HTTP_PHASE_IDLE,     /* answered, waiting for the next request */
    HTTP_PHASE_CUT,      /* shut down by the watchdog */
};

/* A connection's place in the registry. */
struct http_deadline {
    struct http_deadline *previous, *next;
    int fd;
    /* Milliseconds since boot at which the phase began, shifted left by 3, and the phase: one word, so that the
     * watchdog sees both or neither. */
    _Atomic uint64_t phase;
    /* The watchdog's own: when this idle period began, bytes received when it was first seen, and the last look. */
    int64_t idle_since_ms;
    uint64_t idle_bytes;
    int64_t looked_ms;
};

struct http_deadlines {
    unsigned headers_ms, body_ms, reply_ms, idle_ms;
    size_t shed_from; /* connections; from here on the silent newcomers are cut early */

    pthread_mutex_t lock; /* held by the watchdog while it looks, so that no fd is closed and reused meanwhile */
    pthread_cond_t changed;
    struct http_deadline *first;
    _Atomic size_t count; /* changes under the lock */
    bool stopping;
    _Atomic uint64_t cut;
    _Atomic uint64_t seen; /* connections since the start */
    pthread_t watchdog;
    bool running;
};

/* Starts the watchdog. The limits must be set. */
int http_deadlines_start(struct http_deadlines *deadlines, struct error *error);
void http_deadlines_stop(struct http_deadlines *deadlines);

/* Enters a connection, in phase OPEN. */
void http_deadlines_add(struct http_deadlines *deadlines, struct http_deadline *deadline, int fd);

/* Before its fd is closed. */
void http_deadlines_remove(struct http_deadlines *deadlines, struct http_deadline *deadline);

/* Enters a phase now. A cut connection stays cut. */
void http_deadline_enter(struct http_deadline *deadline, enum http_phase phase);

size_t http_deadlines_count(const struct http_deadlines *deadlines);

/* Connections that are being answered: HANDLING or REPLY. */
size_t http_deadlines_busy(struct http_deadlines *deadlines);

#endif
