/* How often a hub may be called: a token bucket for the pace, and the calls of the last minute for the limit. Not
 * thread-safe: a hub has one worker. */
#ifndef IOTHUB_RATE_LIMIT_H
#define IOTHUB_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate_limit {
    double tokens; /* less than none after a begin */
    double capacity;
    double per_ms;
    int64_t last_ms; /* of the last refill; later than now in a pause */
    bool first_free; /* the first call after a begin waits for no token */
    int64_t *calls;  /* when the last per_minute ones ended: a ring */
    size_t per_minute, next;
};

/* per_minute calls in any minute, evenly but for at most burst at once. 0, or -1 without memory. */
int rate_limit_init(struct rate_limit *limit, unsigned per_minute, unsigned burst);
void rate_limit_release(struct rate_limit *limit);

/* From now on this process calls; until now another one may have, under the same rule. The first call need not wait,
 * and what follows it begins so late that a minute in which both of them called has per_minute + 1 calls at most. */
void rate_limit_begin(struct rate_limit *limit, int64_t now_ms);

/* Milliseconds until a call may be made; 0: now. */
int64_t rate_limit_wait(struct rate_limit *limit, int64_t now_ms);

/* As rate_limit_wait, and when that is 0 the call counts as made. */
int64_t rate_limit_take(struct rate_limit *limit, int64_t now_ms);

/* The last call has ended. For the hub it may have been made as late as now: its minute begins now. */
void rate_limit_ended(struct rate_limit *limit, int64_t now_ms);

/* A call was made that nobody asked for: a read was sent twice. */
void rate_limit_charge(struct rate_limit *limit, int64_t now_ms);

/* After a 429: no call before so many milliseconds have passed, and then one. */
void rate_limit_empty(struct rate_limit *limit, int64_t now_ms, int64_t pause_ms);

/* Exponential back-off with full jitter: a delay in [0, min(cap, base × 2^attempt)], at least 1 ms. */
int64_t backoff_ms(unsigned attempt, int64_t base_ms, int64_t cap_ms);

#endif
