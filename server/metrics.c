#include "server/metrics.h"

#include "common/banned.h"

#include <inttypes.h>
#include <stdlib.h>

#define PREFIX "iot_edge_connector_"

static const int64_t bucket_limits_ns[METRICS_LATENCY_BUCKETS] = {
    100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 25000000, 100000000, 500000000, 1000000000, 2500000000,
};
static const char *const bucket_names[METRICS_LATENCY_BUCKETS] = {
    "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.1", "0.5", "1", "2.5",
};
static const char *const path_names[WEBHOOK_PATHS] = {[WEBHOOK_MUTATE] = "/mutate", [WEBHOOK_VALIDATE] = "/validate"};
static const char *const operation_names[HUB_OPERATIONS] = {
    [HUB_LIST] = "list",     [HUB_CREATE] = "create", [HUB_UPDATE] = "update",
    [HUB_DELETE] = "delete", [HUB_QUERY] = "query",
};

int metrics_init(struct metrics *metrics, const char *const *hub_names, size_t hub_count)
{
    *metrics = (struct metrics){0};
    if (hub_count == 0)
        return 0;
    metrics->hubs = calloc(hub_count, sizeof *metrics->hubs);
    if (!metrics->hubs)
        return -1;
    metrics->hub_count = hub_count;
    for (size_t i = 0; i < hub_count; i++)
        metrics->hubs[i].name = hub_names[i];
    return 0;
}

void metrics_release(struct metrics *metrics)
{
    free(metrics->hubs);
    metrics->hubs = NULL;
    metrics->hub_count = 0;
}

void metrics_observe_latency(struct metrics *metrics, enum webhook_path path, int64_t nanoseconds)
{
    size_t bucket = 0;
    while (bucket < METRICS_LATENCY_BUCKETS && nanoseconds > bucket_limits_ns[bucket])
        bucket++;
    atomic_fetch_add_explicit(&metrics->latency_buckets[path][bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->latency_sum_ns[path], (uint64_t)(nanoseconds > 0 ? nanoseconds : 0),
                              memory_order_relaxed);
}

static void family(struct strbuf *out, const char *name, const char *type, const char *help)
{
    strbuf_add_format(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void plain(struct strbuf *out, const char *name, const char *type, const char *help, int64_t value)
{
    family(out, name, type, help);
    strbuf_add_format(out, PREFIX "%s %" PRId64 "\n", name, value);
}

static void write_requests(const struct metrics *metrics, struct strbuf *out)
{
    static const char *const truth[2] = {"false", "true"};
    family(out, "webhook_requests_total", "counter", "Admission requests answered, by path and verdict.");
    for (size_t path = 0; path < WEBHOOK_PATHS; path++)
        for (size_t allowed = 0; allowed < 2; allowed++)
            strbuf_add_format(out, PREFIX "webhook_requests_total{path=\"%s\",allowed=\"%s\"} %" PRIu64 "\n",
                              path_names[path], truth[allowed], metrics->requests[path][allowed]);
    plain(out, "webhook_malformed_total", "counter", "Requests to the webhook that were no admission review (4xx).",
          (int64_t)metrics->malformed);
    plain(out, "webhook_warnings_total", "counter", "Warnings sent with admission answers.",
          (int64_t)metrics->warnings);
}

static void write_latency_of(const struct metrics *metrics, size_t path, struct strbuf *out)
{
    const char *name = path_names[path];
    uint64_t count = 0;
    for (size_t bucket = 0; bucket < METRICS_LATENCY_BUCKETS; bucket++) {
        count += metrics->latency_buckets[path][bucket];
        strbuf_add_format(out, PREFIX "webhook_duration_seconds_bucket{path=\"%s\",le=\"%s\"} %" PRIu64 "\n", name,
                          bucket_names[bucket], count);
    }
    count += metrics->latency_buckets[path][METRICS_LATENCY_BUCKETS];
    uint64_t sum = metrics->latency_sum_ns[path];
    strbuf_add_format(out, PREFIX "webhook_duration_seconds_bucket{path=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
                      count);
    strbuf_add_format(out, PREFIX "webhook_duration_seconds_sum{path=\"%s\"} %" PRIu64 ".%09" PRIu64 "\n", name,
                      sum / 1000000000, sum % 1000000000);
    strbuf_add_format(out, PREFIX "webhook_duration_seconds_count{path=\"%s\"} %" PRIu64 "\n", name, count);
}

static void write_latency(const struct metrics *metrics, struct strbuf *out)
{
    family(out, "webhook_duration_seconds", "histogram", "Time from a whole request to its answer, in the handler.");
    for (size_t path = 0; path < WEBHOOK_PATHS; path++)
        write_latency_of(metrics, path, out);
}

/* A counter of each hub's, by what reads it. */
struct hub_family {
    const char *name, *type, *help;
    int64_t (*value)(const struct hub_metrics *hub);
    bool of_leader; /* only the leader knows */
};

static int64_t hub_throttled(const struct hub_metrics *hub)
{
    return (int64_t)hub->throttled;
}

static int64_t hub_passes(const struct hub_metrics *hub)
{
    return (int64_t)hub->passes;
}

static int64_t hub_no_op_passes(const struct hub_metrics *hub)
{
    return (int64_t)hub->no_op_passes;
}

static int64_t hub_conflicts(const struct hub_metrics *hub)
{
    return (int64_t)hub->conflicts;
}

static int64_t hub_last_success(const struct hub_metrics *hub)
{
    return hub->last_success_wall_s;
}

static int64_t hub_managed(const struct hub_metrics *hub)
{
    return hub->managed;
}

static int64_t hub_reachable(const struct hub_metrics *hub)
{
    return hub->reachable;
}

static const struct hub_family hub_families[] = {
    {"hub_throttled_total", "counter", "Answers of the hub that said there were too many calls.", hub_throttled, false},
    {"hub_passes_total", "counter", "Comparisons of what should be on the hub with what is there.", hub_passes, false},
    {"hub_no_op_passes_total", "counter", "Comparisons that found nothing to do.", hub_no_op_passes, false},
    {"hub_conflicts_total", "counter", "Times that an id was found to be held by someone else, in all its forms.",
     hub_conflicts, false},
    {"hub_last_success_timestamp_seconds", "gauge", "When the last comparison succeeded; 0: never.", hub_last_success,
     true},
    {"hub_managed_configurations", "gauge", "Configurations of ours on the hub.", hub_managed, true},
    {"hub_reachable", "gauge", "1 when the hub answered the last call.", hub_reachable, true},
};

static void write_hub_calls(const struct metrics *metrics, struct strbuf *out)
{
    family(out, "hub_calls_total", "counter", "Calls to the hub, by operation.");
    for (size_t i = 0; i < metrics->hub_count; i++)
        for (size_t op = 0; op < HUB_OPERATIONS; op++)
            strbuf_add_format(out, PREFIX "hub_calls_total{hub=\"%s\",operation=\"%s\"} %" PRIu64 "\n",
                              metrics->hubs[i].name, operation_names[op], metrics->hubs[i].calls[op]);
    family(out, "hub_call_failures_total", "counter", "Calls to the hub that failed, by operation.");
    for (size_t i = 0; i < metrics->hub_count; i++)
        for (size_t op = 0; op < HUB_OPERATIONS; op++)
            strbuf_add_format(out, PREFIX "hub_call_failures_total{hub=\"%s\",operation=\"%s\"} %" PRIu64 "\n",
                              metrics->hubs[i].name, operation_names[op], metrics->hubs[i].failures[op]);
}

static void write_hubs(const struct metrics *metrics, struct strbuf *out)
{
    if (metrics->hub_count == 0)
        return;
    write_hub_calls(metrics, out);
    for (size_t f = 0; f < sizeof hub_families / sizeof hub_families[0]; f++) {
        if (hub_families[f].of_leader && !metrics->leader)
            continue;
        family(out, hub_families[f].name, hub_families[f].type, hub_families[f].help);
        for (size_t i = 0; i < metrics->hub_count; i++)
            strbuf_add_format(out, PREFIX "%s{hub=\"%s\"} %" PRId64 "\n", hub_families[f].name, metrics->hubs[i].name,
                              hub_families[f].value(&metrics->hubs[i]));
    }
}

void metrics_write(const struct metrics *metrics, struct strbuf *out)
{
    family(out, "build_info", "gauge", "The version that runs.");
    strbuf_add_format(out, PREFIX "build_info{version=\"%s\"} 1\n", VERSION);
    write_requests(metrics, out);
    write_latency(metrics, out);
    plain(out, "certificate_expiration_timestamp_seconds", "gauge", "When the serving certificate ends.",
          metrics->certificate_expiry_wall_s);
    plain(out, "certificate_reloads_total", "counter", "Serving certificates that were exchanged while running.",
          (int64_t)metrics->certificate_reloads);
    plain(out, "certificate_reload_errors_total", "counter", "New certificates that could not be used.",
          (int64_t)metrics->certificate_reload_errors);
    plain(out, "leader", "gauge", "1 while this process holds the Lease and syncs.", metrics->leader);
    plain(out, "watch_troubles_total", "counter", "Watches of the API server that broke and were begun anew.",
          (int64_t)metrics->watch_troubles);
    plain(out, "deletions_blocked", "gauge", "1 while the brake holds deletions back until an operator confirms.",
          metrics->deletions_blocked);
    write_hubs(metrics, out);
}
