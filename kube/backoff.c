#include "kube/backoff.h"

#include "common/clock.h"

#include <sys/random.h>

int64_t kube_random_between(int64_t low, int64_t high)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
        random = (uint64_t)clock_now_ns();
    return low + (int64_t)(random % (uint64_t)(high - low + 1));
}

int64_t kube_backoff_next(struct kube_backoff *backoff)
{
    int64_t pause_ms = backoff->first_ms;
    for (unsigned i = 0; i < backoff->failures && pause_ms < backoff->limit_ms; i++)
        pause_ms *= 2;
    if (pause_ms > backoff->limit_ms)
        pause_ms = backoff->limit_ms;
    backoff->failures++;
    return kube_random_between(pause_ms / 2, pause_ms);
}

void kube_backoff_reset(struct kube_backoff *backoff)
{
    backoff->failures = 0;
}
