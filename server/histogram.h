/* A histogram of times, in the form of Prometheus: buckets that each hold what lies between two limits, counted without
 * waiting. */
#ifndef SERVER_HISTOGRAM_H
#define SERVER_HISTOGRAM_H

#include "common/strbuf.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_MOST_LIMITS 12

/* The upper limits, rising, and how they are written in seconds. */
struct histogram_scale {
    size_t count;
    int64_t limits_ns[HISTOGRAM_MOST_LIMITS];
    const char *names[HISTOGRAM_MOST_LIMITS];
};

struct histogram {
    _Atomic uint64_t buckets[HISTOGRAM_MOST_LIMITS + 1]; /* the last one is for what is beyond all limits */
    _Atomic uint64_t sum_ns;
};

void histogram_observe(struct histogram *histogram, const struct histogram_scale *scale, int64_t nanoseconds);
uint64_t histogram_count(const struct histogram *histogram);

/* The samples of a family of that name; labels ("hub=\"a\"") go into each. */
void histogram_write(const struct histogram *histogram, const struct histogram_scale *scale, const char *name,
                     const char *labels, struct strbuf *out);

#endif
