/* What the connector counts, and /metrics in the text format of Prometheus. Counters are atomic and never wait.
 * docs/metrics.md lists what is exposed. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "common/strbuf.h"
#include "iothub/operation.h"
#include "server/cluster_kind.h"
#include "server/histogram.h"
#include "translate/field_error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum webhook_path { WEBHOOK_MUTATE, WEBHOOK_VALIDATE, WEBHOOK_PATHS };

/* How Deployments stand on a hub. */
enum managed_state {
    MANAGED_SYNCED,  /* what is wanted is there, and the hub has evaluated it */
    MANAGED_PENDING, /* on its way */
    MANAGED_FAILED,  /* something stands in its way: its Events say what */
    MANAGED_STATES
};

/* Codes that have a label of their own; what else a hub may answer shares one, and no answer has another. */
#define METRICS_HUB_CODES     17
#define METRICS_WEBHOOK_CODES 6

/* One hub's part. The texts of its state belong to the engine (see engine_write_health). */
struct hub_metrics {
    const char *name;
    _Atomic uint64_t requests[IOTHUB_OPERATIONS][METRICS_HUB_CODES];
    struct histogram durations[IOTHUB_OPERATIONS];
    _Atomic uint64_t passes;             /* comparisons of the whole hub */
    _Atomic uint64_t no_op_passes;       /* … that found nothing to do */
    _Atomic int64_t consecutive_errors;  /* passes that failed, since the last one that did not */
    _Atomic int64_t last_success_wall_s; /* of a pass; 0: never */
    _Atomic int64_t managed;             /* configurations of ours there */
    _Atomic int64_t present;             /* configurations of all owners there */
    int64_t limit;                       /* … and how many the hub takes */
    _Atomic int64_t deployments[MANAGED_STATES];
    _Atomic int64_t owner_mismatches; /* Deployments whose ids are all held by someone else */
    _Atomic bool reachable;
};

struct metrics {
    struct hub_metrics *hubs;
    size_t hub_count;
    int64_t start_wall_ms;
    _Atomic uint64_t requests[WEBHOOK_PATHS][METRICS_WEBHOOK_CODES];
    _Atomic uint64_t rejections[FIELD_ERROR_TYPES];
    _Atomic uint64_t warnings;
    _Atomic int64_t in_flight[WEBHOOK_PATHS];
    struct histogram latencies[WEBHOOK_PATHS];
    _Atomic bool leader;
    _Atomic int64_t certificate_expiry_wall_s;
    _Atomic uint64_t certificate_reloads, certificate_reload_errors;
    _Atomic uint64_t watch_troubles;
    _Atomic int64_t failing_watches[CLUSTER_KINDS]; /* that do not deliver now */
    _Atomic bool deletions_blocked;                 /* the brake holds */
};

/* hub names are not copied. 0, or -1 without memory. */
int metrics_init(struct metrics *metrics, const char *const *hub_names, size_t hub_count);
void metrics_release(struct metrics *metrics);

/* An answer of the webhook: 200 allowed, 422 denied, and what was no review with its HTTP status. */
void metrics_count_review(struct metrics *metrics, enum webhook_path path, int code);
void metrics_observe_latency(struct metrics *metrics, enum webhook_path path, int64_t nanoseconds);

/* As struct iothub_observer has it; context is the hub's struct hub_metrics. */
void metrics_observe_hub(void *context, enum iothub_operation operation, int status, int64_t nanoseconds);

/* The exposition; the webhook server's own counts are added by the caller. */
void metrics_write(const struct metrics *metrics, struct strbuf *out);

#endif
