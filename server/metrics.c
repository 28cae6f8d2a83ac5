#include "server/metrics.h"

#include "common/banned.h"
#include "server/metrics_private.h"
#include "server/metrics_process.h"

#include <stdlib.h>

#define MS               ((int64_t)1000000)
#define SECOND           (1000 * MS)
#define UNKNOWN_AS_ERROR (METRICS_WEBHOOK_CODES - 1)

const struct histogram_scale metrics_webhook_scale = {
    12,
    {MS / 10, MS / 4, MS / 2, MS, MS * 5 / 2, 5 * MS, 10 * MS, 25 * MS, 100 * MS, 500 * MS, SECOND, SECOND * 5 / 2},
    {"0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.1", "0.5", "1", "2.5"},
};

const struct histogram_scale metrics_hub_scale = {
    10,
    {25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, SECOND, SECOND * 5 / 2, 10 * SECOND, 30 * SECOND, 90 * SECOND},
    {"0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "10", "30", "90"},
};

const int metrics_hub_codes[METRICS_HUB_CODES] = {
    200, 201, 204, 400, 401, 403, 404, 409, 412, 413, 429, 500, 502, 503, 504, METRICS_HUB_OTHER, METRICS_HUB_NONE,
};

/* The last one is ours: what is no other code is a fault of the webhook. */
const int metrics_webhook_codes[METRICS_WEBHOOK_CODES] = {200, 422, 400, 405, 415, [UNKNOWN_AS_ERROR] = 500};

int metrics_init(struct metrics *metrics, const char *const *hub_names, size_t hub_count)
{
    *metrics = (struct metrics){.start_wall_ms = metrics_process_start_ms()};
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

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void metrics_count_review(struct metrics *metrics, enum webhook_path path, int code)
{
    size_t place = 0;
    while (place < UNKNOWN_AS_ERROR && metrics_webhook_codes[place] != code)
        place++;
    count(&metrics->requests[path][place]);
}

void metrics_observe_latency(struct metrics *metrics, enum webhook_path path, int64_t nanoseconds)
{
    histogram_observe(&metrics->latencies[path], &metrics_webhook_scale, nanoseconds);
}

static size_t hub_code(int status)
{
    size_t place = 0;
    while (metrics_hub_codes[place] != METRICS_HUB_OTHER && metrics_hub_codes[place] != status)
        place++;
    return status ? place : METRICS_HUB_CODES - 1;
}

void metrics_observe_hub(void *context, enum iothub_operation operation, int status, int64_t nanoseconds)
{
    struct hub_metrics *hub = context;
    count(&hub->requests[operation][hub_code(status)]);
    histogram_observe(&hub->durations[operation], &metrics_hub_scale, nanoseconds);
}
