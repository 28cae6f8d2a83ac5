/* /metrics, family by family. */
#include "server/metrics_private.h"

#include "common/banned.h"
#include "server/metrics_process.h"

#include <inttypes.h>
#include <stdio.h>

#define PREFIX     "iot_edge_connector_"
#define LABEL_SIZE 128 /* a hub's name has at most 40 characters */

static const char *const path_names[WEBHOOK_PATHS] = {[WEBHOOK_MUTATE] = "mutate", [WEBHOOK_VALIDATE] = "validate"};
static const char *const state_names[MANAGED_STATES] = {
    [MANAGED_SYNCED] = "synced", [MANAGED_PENDING] = "pending", [MANAGED_FAILED] = "failed"};
static const char *const operation_names[IOTHUB_OPERATIONS] = {
    [IOTHUB_LIST] = "list",     [IOTHUB_GET] = "get",     [IOTHUB_CREATE] = "create", [IOTHUB_UPDATE] = "update",
    [IOTHUB_DELETE] = "delete", [IOTHUB_QUERY] = "query", [IOTHUB_TOKEN] = "token",
};

static void family(struct strbuf *out, const char *name, const char *type, const char *help)
{
    strbuf_add_format(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void plain(struct strbuf *out, const char *name, const char *type, const char *help, int64_t value)
{
    family(out, name, type, help);
    strbuf_add_format(out, PREFIX "%s %" PRId64 "\n", name, value);
}

/* --- the webhook ------------------------------------------------------------------------------ */

static void write_requests(const struct metrics *metrics, struct strbuf *out)
{
    family(out, "webhook_requests_total", "counter",
           "Answers of the webhook, by their code: 200 allowed, 422 denied, others were no admission review.");
    for (size_t path = 0; path < WEBHOOK_PATHS; path++)
        for (size_t code = 0; code < METRICS_WEBHOOK_CODES; code++)
            strbuf_add_format(out,
                              PREFIX "webhook_requests_total{webhook=\"%s\",code=\"%d\",allowed=\"%s\"} %" PRIu64 "\n",
                              path_names[path], metrics_webhook_codes[code],
                              metrics_webhook_codes[code] == 200 ? "true" : "false", metrics->requests[path][code]);
}

static void write_rejections(const struct metrics *metrics, struct strbuf *out)
{
    family(out, "webhook_rejections_total", "counter", "Errors in what was denied, by their kind.");
    for (size_t type = 0; type < FIELD_ERROR_TYPES; type++)
        strbuf_add_format(out, PREFIX "webhook_rejections_total{rule=\"%s\"} %" PRIu64 "\n",
                          field_error_reason((enum field_error_type)type), metrics->rejections[type]);
}

static void write_in_flight(const struct metrics *metrics, struct strbuf *out)
{
    family(out, "webhook_requests_in_flight", "gauge", "Requests that are being answered now.");
    for (size_t path = 0; path < WEBHOOK_PATHS; path++)
        strbuf_add_format(out, PREFIX "webhook_requests_in_flight{webhook=\"%s\"} %" PRId64 "\n", path_names[path],
                          metrics->in_flight[path]);
}

static void write_latencies(const struct metrics *metrics, struct strbuf *out)
{
    family(out, "webhook_latency_seconds", "histogram", "Time from a whole request to its answer, in the handler.");
    for (size_t path = 0; path < WEBHOOK_PATHS; path++) {
        char labels[LABEL_SIZE];
        (void)snprintf(labels, sizeof labels, "webhook=\"%s\"", path_names[path]);
        histogram_write(&metrics->latencies[path], &metrics_webhook_scale, PREFIX "webhook_latency_seconds", labels,
                        out);
    }
}

static void write_webhook(const struct metrics *metrics, struct strbuf *out)
{
    write_requests(metrics, out);
    write_rejections(metrics, out);
    plain(out, "webhook_warnings_total", "counter", "Warnings sent with admission answers.",
          (int64_t)metrics->warnings);
    write_in_flight(metrics, out);
    write_latencies(metrics, out);
    plain(out, "certificate_expiration_timestamp_seconds", "gauge", "When the serving certificate ends.",
          metrics->certificate_expiry_wall_s);
    plain(out, "certificate_reload_total", "counter", "Serving certificates that were exchanged while running.",
          (int64_t)metrics->certificate_reloads);
    plain(out, "certificate_reload_errors_total", "counter", "New certificates that could not be used.",
          (int64_t)metrics->certificate_reload_errors);
}

/* --- the hubs --------------------------------------------------------------------------------- */

static void write_hub_request(const struct hub_metrics *hub, size_t operation, size_t code, struct strbuf *out)
{
    int number = metrics_hub_codes[code];
    strbuf_add_format(out, PREFIX "hub_requests_total{hub=\"%s\",operation=\"%s\",code=\"", hub->name,
                      operation_names[operation]);
    if (number > 0)
        strbuf_add_format(out, "%d", number);
    else
        strbuf_add_string(out, number == METRICS_HUB_NONE ? "none" : "other");
    strbuf_add_format(out, "\"} %" PRIu64 "\n", hub->requests[operation][code]);
}

/* Samples of calls that went well are there from the beginning, those of trouble from when it first happened. */
static void write_hub_requests(const struct hub_metrics *hub, struct strbuf *out)
{
    for (size_t operation = 0; operation < IOTHUB_OPERATIONS; operation++) {
        int usual = operation == IOTHUB_DELETE ? 204 : 200;
        for (size_t code = 0; code < METRICS_HUB_CODES; code++)
            if (metrics_hub_codes[code] == usual || hub->requests[operation][code] > 0)
                write_hub_request(hub, operation, code, out);
    }
}

static void write_hub_durations(const struct hub_metrics *hub, struct strbuf *out)
{
    for (size_t op = 0; op < IOTHUB_OPERATIONS; op++) {
        char labels[LABEL_SIZE];
        if (histogram_count(&hub->durations[op]) == 0)
            continue;
        (void)snprintf(labels, sizeof labels, "hub=\"%s\",operation=\"%s\"", hub->name, operation_names[op]);
        histogram_write(&hub->durations[op], &metrics_hub_scale, PREFIX "hub_request_duration_seconds", labels, out);
    }
}

static void write_deployments(const struct hub_metrics *hub, struct strbuf *out)
{
    for (size_t state = 0; state < MANAGED_STATES; state++)
        strbuf_add_format(out, PREFIX "managed_deployments{hub=\"%s\",state=\"%s\"} %" PRId64 "\n", hub->name,
                          state_names[state], hub->deployments[state]);
}

/* The numbers that every hub has one of. */
enum hub_number {
    NUMBER_PASSES,
    NUMBER_NO_OP,
    NUMBER_ERRORS,
    NUMBER_SUCCESS,
    NUMBER_MANAGED,
    NUMBER_MISMATCH,
    NUMBER_USED,
    NUMBER_LIMIT,
    NUMBER_REACHABLE,
    HUB_NUMBERS
};

static const struct {
    const char *name, *type, *help;
    bool of_leader; /* only the leader knows */
} hub_families[HUB_NUMBERS] = {
    [NUMBER_PASSES] = {"sync_passes_total", "counter", "Comparisons of what should be on the hub with what is there.",
                       false},
    [NUMBER_NO_OP] = {"sync_noop_total", "counter", "Comparisons that found nothing to do.", false},
    [NUMBER_ERRORS] = {"sync_consecutive_errors", "gauge", "Comparisons that failed, since the last one that did not.",
                       true},
    [NUMBER_SUCCESS] = {"sync_last_success_timestamp_seconds", "gauge", "When the last comparison succeeded; 0: never.",
                        true},
    [NUMBER_MANAGED] = {"managed_configurations", "gauge", "Configurations of ours on the hub.", true},
    [NUMBER_MISMATCH] = {"registry_owner_mismatch", "gauge",
                         "Deployments whose ids on the hub are all held by someone else.", true},
    [NUMBER_USED] = {"hub_quota_used", "gauge", "Configurations on the hub, of all owners.", true},
    [NUMBER_LIMIT] = {"hub_quota_limit", "gauge", "Configurations that the hub takes.", true},
    [NUMBER_REACHABLE] = {"hub_reachable", "gauge", "1 when the hub answered the last call.", true},
};

static int64_t number_of(const struct hub_metrics *hub, size_t number)
{
    const int64_t numbers[HUB_NUMBERS] = {
        [NUMBER_PASSES] = (int64_t)hub->passes,
        [NUMBER_NO_OP] = (int64_t)hub->no_op_passes,
        [NUMBER_ERRORS] = hub->consecutive_errors,
        [NUMBER_SUCCESS] = hub->last_success_wall_s,
        [NUMBER_MANAGED] = hub->managed,
        [NUMBER_MISMATCH] = hub->owner_mismatches,
        [NUMBER_USED] = hub->present,
        [NUMBER_LIMIT] = hub->limit,
        [NUMBER_REACHABLE] = hub->reachable,
    };
    return numbers[number];
}

static void write_hub_family(const struct metrics *metrics, size_t number, struct strbuf *out)
{
    const char *name = hub_families[number].name;
    if (hub_families[number].of_leader && !metrics->leader)
        return;
    family(out, name, hub_families[number].type, hub_families[number].help);
    for (size_t i = 0; i < metrics->hub_count; i++)
        strbuf_add_format(out, PREFIX "%s{hub=\"%s\"} %" PRId64 "\n", name, metrics->hubs[i].name,
                          number_of(&metrics->hubs[i], number));
}

static void write_hubs(const struct metrics *metrics, struct strbuf *out)
{
    if (metrics->hub_count == 0)
        return;
    family(out, "hub_requests_total", "counter", "Calls to the hub, by operation and by the status of the answer.");
    for (size_t i = 0; i < metrics->hub_count; i++)
        write_hub_requests(&metrics->hubs[i], out);
    family(out, "hub_request_duration_seconds", "histogram", "Time that calls to the hub took, by operation.");
    for (size_t i = 0; i < metrics->hub_count; i++)
        write_hub_durations(&metrics->hubs[i], out);
    for (size_t number = 0; number < HUB_NUMBERS; number++)
        write_hub_family(metrics, number, out);
    if (!metrics->leader)
        return;
    family(out, "managed_deployments", "gauge", "Deployments that belong on the hub, by how they stand there.");
    for (size_t i = 0; i < metrics->hub_count; i++)
        write_deployments(&metrics->hubs[i], out);
}

static void write_watches(const struct metrics *metrics, struct strbuf *out)
{
    static const char *const names[CLUSTER_KINDS] = {[CLUSTER_DEPLOYMENTS] = "deployments",
                                                     [CLUSTER_REPLICA_SETS] = "replicasets",
                                                     [CLUSTER_CONFIG_MAPS] = "configmaps",
                                                     [CLUSTER_SECRETS] = "secrets",
                                                     [CLUSTER_PODS] = "pods"};
    family(out, "watches_failing", "gauge", "Watches of the API server that do not deliver now.");
    for (size_t i = 0; i < CLUSTER_KINDS; i++)
        strbuf_add_format(out, PREFIX "watches_failing{resource=\"%s\"} %" PRId64 "\n", names[i],
                          metrics->failing_watches[i]);
}

void metrics_write(const struct metrics *metrics, struct strbuf *out)
{
    family(out, "build_info", "gauge", "The version that runs.");
    strbuf_add_format(out, PREFIX "build_info{version=\"%s\"} 1\n", VERSION);
    metrics_process_write(metrics->start_wall_ms, out);
    write_webhook(metrics, out);
    plain(out, "leader_status", "gauge", "1 while this process holds the Lease and syncs.", metrics->leader);
    plain(out, "watch_troubles_total", "counter", "Watches of the API server that broke and were begun anew.",
          (int64_t)metrics->watch_troubles);
    write_watches(metrics, out);
    plain(out, "deletions_blocked", "gauge", "1 while the brake holds deletions back until an operator confirms.",
          metrics->deletions_blocked);
    write_hubs(metrics, out);
}
