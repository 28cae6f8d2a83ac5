#include "iothub/rate_limit.h"

#include "common/banned.h"

#include <sys/random.h>

#define MS_PER_MINUTE 60000.0
/* A sum of fractions may miss a whole token by this much after exactly the time that was announced. */
#define ROUNDING 1e-9

void rate_limit_init(struct rate_limit *limit, double per_minute, double burst, int64_t now_ms)
{
    *limit = (struct rate_limit){
        .tokens = 1, .capacity = burst < 1 ? 1 : burst, .per_ms = per_minute / MS_PER_MINUTE, .last_ms = now_ms};
}

static void refill(struct rate_limit *limit, int64_t now_ms)
{
    limit->tokens += (double)(now_ms - limit->last_ms) * limit->per_ms;
    if (limit->tokens > limit->capacity)
        limit->tokens = limit->capacity;
    limit->last_ms = now_ms;
}

int64_t rate_limit_take(struct rate_limit *limit, int64_t now_ms)
{
    if (now_ms < limit->last_ms)
        return limit->last_ms - now_ms;
    refill(limit, now_ms);
    if (limit->tokens >= 1 - ROUNDING) {
        limit->tokens -= 1;
        return 0;
    }
    double wait = (1 - limit->tokens) / limit->per_ms - ROUNDING;

    return (int64_t)wait + ((double)(int64_t)wait < wait ? 1 : 0);
}

/* The bucket stands still until the pause is over and has one token then, to try with. */
void rate_limit_empty(struct rate_limit *limit, int64_t now_ms, int64_t pause_ms)
{
    limit->tokens = 1;
    if (limit->last_ms < now_ms + pause_ms)
        limit->last_ms = now_ms + pause_ms;
}

/* Without randomness the whole delay is the safe one. */
static int64_t random_up_to(int64_t bound)
{
    uint64_t random;

    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        return bound;
    return (int64_t)(random % ((uint64_t)bound + 1));
}

int64_t backoff_ms(unsigned attempt, int64_t base_ms, int64_t cap_ms)
{
    int64_t bound = base_ms < 1 ? 1 : base_ms;

    while (attempt-- > 0 && bound < cap_ms)
        bound = bound > cap_ms / 2 ? cap_ms : bound * 2;
    if (bound > cap_ms)
        bound = cap_ms < 1 ? 1 : cap_ms;
    int64_t delay = random_up_to(bound);

    return delay < 1 ? 1 : delay;
}
