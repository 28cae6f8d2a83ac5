/* Token bucket for one kind of calls of one hub. Not thread-safe: a hub has one worker. */
#ifndef IOTHUB_RATE_LIMIT_H
#define IOTHUB_RATE_LIMIT_H

#include <stdint.h>

struct rate_limit {
    double tokens;
    double capacity;
    double per_ms;
    int64_t last_ms;
};

/* per_minute tokens a minute, at most burst at once; starts empty (the process before may have spent them) but for one
 * token, so that the first list need not wait. */
void rate_limit_init(struct rate_limit *limit, double per_minute, double burst, int64_t now_ms);

/* Takes a token when there is one and returns 0; else returns the milliseconds until there is one. */
int64_t rate_limit_take(struct rate_limit *limit, int64_t now_ms);

/* After a 429: no token before so many milliseconds have passed. */
void rate_limit_empty(struct rate_limit *limit, int64_t now_ms, int64_t pause_ms);

/* Exponential back-off with full jitter: a delay in [0, min(cap, base × 2^attempt)], at least 1 ms. */
int64_t backoff_ms(unsigned attempt, int64_t base_ms, int64_t cap_ms);

#endif
