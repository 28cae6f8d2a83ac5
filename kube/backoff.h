/* Pauses between tries: each is twice the one before, up to a limit, and of random length in its upper half, so that
 * many clients of a server that comes back do not come all at once. */
#ifndef KUBE_BACKOFF_H
#define KUBE_BACKOFF_H

#include <stdint.h>

struct kube_backoff {
    int64_t first_ms;
    int64_t limit_ms;
    unsigned failures; /* in a row */
};

/* One more failure: how long to wait now, in ms. */
int64_t kube_backoff_next(struct kube_backoff *backoff);

/* It worked. */
void kube_backoff_reset(struct kube_backoff *backoff);

/* A random number in [low, high]. */
int64_t kube_random_between(int64_t low, int64_t high);

#endif
