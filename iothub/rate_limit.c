#include "iothub/rate_limit.h"

#include "common/banned.h"

#include <stdlib.h>
#include <sys/random.h>

#define MINUTE_MS 60000
#define NEVER     INT64_MIN
/* A sum of fractions may miss a whole token by this much after exactly the time that was announced. */
#define ROUNDING 1e-9

int rate_limit_init(struct rate_limit *limit, unsigned per_minute, unsigned burst)
{
    size_t count = per_minute < 1 ? 1 : per_minute;

    *limit = (struct rate_limit){.capacity = burst < 1 ? 1 : burst,
                                 .per_ms = (double)count / MINUTE_MS,
                                 .calls = calloc(count, sizeof *limit->calls),
                                 .per_minute = count};
    if (!limit->calls)
        return -1;
    for (size_t i = 0; i < count; i++)
        limit->calls[i] = NEVER;
    return 0;
}

void rate_limit_release(struct rate_limit *limit)
{
    free(limit->calls);
    limit->calls = NULL;
}

void rate_limit_begin(struct rate_limit *limit, int64_t now_ms)
{
    limit->tokens = -limit->capacity;
    limit->first_free = true;
    limit->last_ms = now_ms;
}

static int64_t round_up(double ms)
{
    return (int64_t)ms + ((double)(int64_t)ms < ms ? 1 : 0);
}

/* Of the pace alone. */
static int64_t token_wait(struct rate_limit *limit, int64_t now_ms)
{
    if (now_ms < limit->last_ms)
        return limit->last_ms - now_ms;
    limit->tokens += (double)(now_ms - limit->last_ms) * limit->per_ms;
    if (limit->tokens > limit->capacity)
        limit->tokens = limit->capacity;
    limit->last_ms = now_ms;
    if (limit->first_free || limit->tokens >= 1 - ROUNDING)
        return 0;
    return round_up((1 - limit->tokens) / limit->per_ms - ROUNDING);
}

/* Of the limit alone: until the oldest of the last per_minute calls is a minute old. */
static int64_t minute_wait(const struct rate_limit *limit, int64_t now_ms)
{
    int64_t oldest_ms = limit->calls[limit->next];

    return oldest_ms == NEVER || oldest_ms + MINUTE_MS <= now_ms ? 0 : oldest_ms + MINUTE_MS - now_ms;
}

int64_t rate_limit_wait(struct rate_limit *limit, int64_t now_ms)
{
    int64_t pace_ms = token_wait(limit, now_ms), limit_ms = minute_wait(limit, now_ms);

    return pace_ms < limit_ms ? limit_ms : pace_ms;
}

static void note_call(struct rate_limit *limit, int64_t now_ms)
{
    limit->calls[limit->next] = now_ms;
    limit->next = (limit->next + 1) % limit->per_minute;
}

int64_t rate_limit_take(struct rate_limit *limit, int64_t now_ms)
{
    int64_t wait_ms = rate_limit_wait(limit, now_ms);

    if (wait_ms > 0)
        return wait_ms;
    if (!limit->first_free)
        limit->tokens -= 1;
    limit->first_free = false;
    note_call(limit, now_ms);
    return 0;
}

void rate_limit_ended(struct rate_limit *limit, int64_t now_ms)
{
    int64_t *last = &limit->calls[(limit->next + limit->per_minute - 1) % limit->per_minute];

    if (*last != NEVER)
        *last = now_ms;
}

void rate_limit_charge(struct rate_limit *limit, int64_t now_ms)
{
    limit->tokens -= 1;
    note_call(limit, now_ms);
}

void rate_limit_empty(struct rate_limit *limit, int64_t now_ms, int64_t pause_ms)
{
    limit->tokens = 1;
    limit->first_free = false;
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
