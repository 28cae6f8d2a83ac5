/* What the connector counts, and /metrics in the text format of Prometheus. Counters are atomic and never wait. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "common/strbuf.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hub_operation { HUB_LIST, HUB_CREATE, HUB_UPDATE, HUB_DELETE, HUB_QUERY, HUB_OPERATIONS };
enum webhook_path { WEBHOOK_MUTATE, WEBHOOK_VALIDATE, WEBHOOK_PATHS };

/* One hub's part. The texts of its state belong to the engine (see engine_write_health). */
struct hub_metrics {
    const char *name;
    _Atomic uint64_t calls[HUB_OPERATIONS];
    _Atomic uint64_t failures[HUB_OPERATIONS];
    _Atomic uint64_t throttled;
    _Atomic uint64_t passes;             /* comparisons of the whole hub */
    _Atomic uint64_t no_op_passes;       /* … that found nothing to do */
    _Atomic uint64_t conflicts;          /* Deployments whose ids turned out to be all held by someone else */
    _Atomic int64_t last_success_wall_s; /* of a pass; 0: never */
    _Atomic int64_t managed;             /* configurations of ours there */
    _Atomic bool reachable;
};

#define METRICS_LATENCY_BUCKETS 12

struct metrics {
    struct hub_metrics *hubs;
    size_t hub_count;
    _Atomic uint64_t requests[WEBHOOK_PATHS][2]; /* [path][allowed] */
    _Atomic uint64_t malformed;                  /* answered 4xx */
    _Atomic uint64_t warnings;
    _Atomic uint64_t latency_buckets[WEBHOOK_PATHS][METRICS_LATENCY_BUCKETS + 1];
    _Atomic uint64_t latency_sum_ns[WEBHOOK_PATHS];
    _Atomic bool leader;
    _Atomic int64_t certificate_expiry_wall_s;
    _Atomic uint64_t certificate_reloads, certificate_reload_errors;
    _Atomic uint64_t watch_troubles;
    _Atomic bool deletions_blocked; /* the brake holds */
};

/* hub names are not copied. 0, or -1 without memory. */
int metrics_init(struct metrics *metrics, const char *const *hub_names, size_t hub_count);
void metrics_release(struct metrics *metrics);

void metrics_observe_latency(struct metrics *metrics, enum webhook_path path, int64_t nanoseconds);

/* The exposition; the webhook server's own counts are added by the caller. */
void metrics_write(const struct metrics *metrics, struct strbuf *out);

#endif
