#include "server/histogram.h"

#include "common/banned.h"

#include <inttypes.h>

#define SECOND_NS 1000000000

void histogram_observe(struct histogram *histogram, const struct histogram_scale *scale, int64_t nanoseconds)
{
    size_t bucket = 0;
    while (bucket < scale->count && nanoseconds > scale->limits_ns[bucket])
        bucket++;
    if (bucket == scale->count)
        bucket = HISTOGRAM_MOST_LIMITS;
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_ns, (uint64_t)(nanoseconds > 0 ? nanoseconds : 0), memory_order_relaxed);
}

uint64_t histogram_count(const struct histogram *histogram)
{
    uint64_t count = 0;
    for (size_t bucket = 0; bucket <= HISTOGRAM_MOST_LIMITS; bucket++)
        count += histogram->buckets[bucket];
    return count;
}

void histogram_write(const struct histogram *histogram, const struct histogram_scale *scale, const char *name,
                     const char *labels, struct strbuf *out)
{
    uint64_t sum_ns = histogram->sum_ns;
    uint64_t count = 0;
    for (size_t bucket = 0; bucket < scale->count; bucket++) {
        count += histogram->buckets[bucket];
        strbuf_add_format(out, "%s_bucket{%s,le=\"%s\"} %" PRIu64 "\n", name, labels, scale->names[bucket], count);
    }
    /* Both say the same number, whatever is counted meanwhile. */
    count += histogram->buckets[HISTOGRAM_MOST_LIMITS];
    strbuf_add_format(out, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", name, labels, count);
    strbuf_add_format(out, "%s_sum{%s} %" PRIu64 ".%09" PRIu64 "\n", name, labels, sum_ns / SECOND_NS,
                      sum_ns % SECOND_NS);
    strbuf_add_format(out, "%s_count{%s} %" PRIu64 "\n", name, labels, count);
}
