#include "http/deadlines.h"

#include "common/banned.h"
#include "common/clock.h"
#include "http/received.h"

#include <string.h>
#include <sys/socket.h>

enum {
    TICK_MS = 100,
    SHED_AGE_MS = 200,       /* a healthy client has its request line here by then */
    IDLE_INTERVAL_MS = 1000, /* how often idle connections are asked for what they received */
    PHASE_BITS = 3
};

static uint64_t phase_pack(enum http_phase phase, int64_t since_ms)
{
    return ((uint64_t)since_ms << PHASE_BITS) | (uint64_t)phase;
}

static enum http_phase phase_of(uint64_t packed)
{
    return (enum http_phase)(packed & ((1U << PHASE_BITS) - 1));
}

static int64_t since_of(uint64_t packed)
{
    return (int64_t)(packed >> PHASE_BITS);
}

void http_deadline_enter(struct http_deadline *deadline, enum http_phase phase)
{
    uint64_t now = atomic_load_explicit(&deadline->phase, memory_order_relaxed);
    uint64_t next;

    do {
        if (phase_of(now) == HTTP_PHASE_CUT)
            return;
        /* A new connection's handshake and headers share one limit. */
        bool goes_on = phase == HTTP_PHASE_HEADERS && phase_of(now) == HTTP_PHASE_OPEN;
        next = phase_pack(phase, goes_on ? since_of(now) : clock_now_ms());
    } while (!atomic_compare_exchange_weak_explicit(&deadline->phase, &now, next, memory_order_relaxed,
                                                    memory_order_relaxed));
}

void http_deadlines_add(struct http_deadlines *deadlines, struct http_deadline *deadline, int fd)
{
    deadline->fd = fd;
    deadline->idle_since_ms = -1;
    atomic_store(&deadline->phase, phase_pack(HTTP_PHASE_OPEN, clock_now_ms()));
    atomic_fetch_add(&deadlines->seen, 1);

    pthread_mutex_lock(&deadlines->lock);
    deadline->previous = NULL;
    deadline->next = deadlines->first;
    if (deadlines->first)
        deadlines->first->previous = deadline;
    deadlines->first = deadline;
    if (deadlines->count++ == 0)
        pthread_cond_signal(&deadlines->changed);
    pthread_mutex_unlock(&deadlines->lock);
}

void http_deadlines_remove(struct http_deadlines *deadlines, struct http_deadline *deadline)
{
    pthread_mutex_lock(&deadlines->lock);
    if (deadline->previous)
        deadline->previous->next = deadline->next;
    else
        deadlines->first = deadline->next;
    if (deadline->next)
        deadline->next->previous = deadline->previous;
    deadlines->count--;
    pthread_mutex_unlock(&deadlines->lock);
}

size_t http_deadlines_count(const struct http_deadlines *deadlines)
{
    return atomic_load(&deadlines->count);
}

size_t http_deadlines_busy(struct http_deadlines *deadlines)
{
    size_t busy = 0;

    pthread_mutex_lock(&deadlines->lock);
    for (struct http_deadline *deadline = deadlines->first; deadline; deadline = deadline->next) {
        enum http_phase phase = phase_of(atomic_load(&deadline->phase));
        busy += phase == HTTP_PHASE_HANDLING || phase == HTTP_PHASE_REPLY;
    }
    pthread_mutex_unlock(&deadlines->lock);
    return busy;
}

/* Bytes that come while a connection is idle are the next request: its headers' clock runs from now. Without this look
 * a client could drip them for as long as idleness is allowed. */
static uint64_t look_at_idle(const struct http_deadlines *deadlines, struct http_deadline *deadline, uint64_t packed,
                             int64_t now_ms)
{
    uint64_t received = 0;
    int64_t interval_ms = deadlines->headers_ms < IDLE_INTERVAL_MS ? deadlines->headers_ms : IDLE_INTERVAL_MS;

    bool known = deadline->idle_since_ms == since_of(packed);
    if ((known && now_ms - deadline->looked_ms < interval_ms) || http_received_bytes(deadline->fd, &received) < 0)
        return packed;
    deadline->looked_ms = now_ms;
    if (!known) {
        deadline->idle_since_ms = since_of(packed);
        deadline->idle_bytes = received;
        return packed;
    }
    if (received == deadline->idle_bytes)
        return packed;
    uint64_t arriving = phase_pack(HTTP_PHASE_HEADERS, now_ms);
    return atomic_compare_exchange_strong(&deadline->phase, &packed, arriving) ? arriving : packed;
}

static bool overdue(const struct http_deadlines *deadlines, uint64_t packed, int64_t now_ms)
{
    int64_t age_ms = now_ms - since_of(packed);

    switch (phase_of(packed)) {
    case HTTP_PHASE_OPEN:
        return age_ms >= deadlines->headers_ms || (deadlines->count >= deadlines->shed_from && age_ms >= SHED_AGE_MS);
    case HTTP_PHASE_HEADERS:
        return age_ms >= deadlines->headers_ms;
    case HTTP_PHASE_BODY:
        return age_ms >= deadlines->body_ms;
    case HTTP_PHASE_REPLY:
        return age_ms >= deadlines->reply_ms;
    case HTTP_PHASE_IDLE:
        return age_ms >= deadlines->idle_ms;
    case HTTP_PHASE_HANDLING:
    case HTTP_PHASE_CUT:
        break;
    }
    return false;
}

static void look_at(struct http_deadlines *deadlines, struct http_deadline *deadline, int64_t now_ms)
{
    uint64_t packed = atomic_load(&deadline->phase);

    if (phase_of(packed) == HTTP_PHASE_IDLE)
        packed = look_at_idle(deadlines, deadline, packed, now_ms);
    if (!overdue(deadlines, packed, now_ms))
        return;
    /* Not when it moved on in this very moment. */
    if (!atomic_compare_exchange_strong(&deadline->phase, &packed, phase_pack(HTTP_PHASE_CUT, now_ms)))
        return;
    atomic_fetch_add(&deadlines->cut, 1);
    shutdown(deadline->fd, SHUT_RDWR);
}

/* Sleeps for a tick, or until there is a connection to watch. */
static void rest(struct http_deadlines *deadlines)
{
    struct timespec end;

    if (deadlines->count == 0) {
        pthread_cond_wait(&deadlines->changed, &deadlines->lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += TICK_MS * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&deadlines->changed, &deadlines->lock, &end);
}

static void *watch(void *context)
{
    struct http_deadlines *deadlines = context;

    pthread_mutex_lock(&deadlines->lock);
    while (!deadlines->stopping) {
        rest(deadlines);
        int64_t now_ms = clock_now_ms();
        for (struct http_deadline *deadline = deadlines->first; deadline; deadline = deadline->next)
            look_at(deadlines, deadline, now_ms);
    }
    pthread_mutex_unlock(&deadlines->lock);
    return NULL;
}

int http_deadlines_start(struct http_deadlines *deadlines, struct error *error)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&deadlines->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&deadlines->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int code = pthread_create(&deadlines->watchdog, NULL, watch, deadlines);
    if (code != 0)
        return error_set(error, "cannot start the thread that watches deadlines: %s", strerror(code));
    deadlines->running = true;
    return 0;
}

void http_deadlines_stop(struct http_deadlines *deadlines)
{
    if (deadlines->running) {
        pthread_mutex_lock(&deadlines->lock);
        deadlines->stopping = true;
        pthread_cond_signal(&deadlines->changed);
        pthread_mutex_unlock(&deadlines->lock);
        pthread_join(deadlines->watchdog, NULL);
    }
    pthread_cond_destroy(&deadlines->changed);
    pthread_mutex_destroy(&deadlines->lock);
}
