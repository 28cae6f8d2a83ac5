#include "virtual_node/reports.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <string.h>

/* A change of leaders, or a restart of the only one, is no silence. */
#define PATIENCE_MIN_MS 60000
#define PATIENCE_LEASES 4

int node_reports_init(struct node_reports *reports, const struct hubs *hubs, struct error *error)
{
    reports->views = calloc(hubs->count, sizeof(*reports->views));
    reports->annotations = calloc(hubs->count, sizeof(*reports->annotations));
    reports->patience_ms = PATIENCE_MIN_MS;
    if (!reports->views || !reports->annotations)
        return error_set(error, "out of memory");
    reports->count = hubs->count;
    for (size_t i = 0; i < hubs->count; i++) {
        reports->annotations[i] = hub_health_annotation(hubs->items[i].name);
        if (!reports->annotations[i])
            return error_set(error, "out of memory");
    }
    return 0;
}

void node_reports_release(struct node_reports *reports)
{
    for (size_t i = 0; i < reports->count; i++) {
        hub_health_release(&reports->views[i].health);
        free(reports->annotations[i]);
    }
    free(reports->views);
    free(reports->annotations);
    free(reports->sign);
    *reports = (struct node_reports)NODE_REPORTS_INIT;
}

/* Without memory for the new sign the old one stays, and the Lease ages: no harm within the patience. */
static void note_renewal(struct node_reports *reports, const cJSON *lease, int64_t now_ms)
{
    const cJSON *spec = json_get(lease, "spec");
    cleanup_free char *sign = NULL;
    if (asprintf(&sign, "%s %s", json_string_or(spec, "renewTime", ""), json_string_or(spec, "holderIdentity", "")) <
        0) {
        sign = NULL;
        return;
    }
    if (!reports->sign || strcmp(reports->sign, sign) != 0)
        reports->changed_ms = now_ms;
    free(reports->sign);
    reports->sign = steal_ptr(sign);
    int64_t duration_s = 0;
    json_int64(spec, "leaseDurationSeconds", &duration_s);
    int64_t patience_ms = duration_s * 1000 * PATIENCE_LEASES;
    reports->patience_ms = patience_ms > PATIENCE_MIN_MS ? patience_ms : PATIENCE_MIN_MS;
}

static enum node_sight sight_of(const struct node_reports *reports, const struct node_hub_view *view, bool reported,
                                int64_t now_ms)
{
    if (reported && now_ms - reports->changed_ms <= reports->patience_ms)
        return NODE_SIGHT_FRESH;
    /* A message is there once a report was read. */
    return view->health.message ? NODE_SIGHT_SILENT : NODE_SIGHT_NONE;
}

int node_reports_take(struct node_reports *reports, const cJSON *lease, int64_t now_ms, struct error *error)
{
    int result = 0;
    if (lease)
        note_renewal(reports, lease, now_ms);
    const cJSON *annotations = json_at(lease, "metadata", "annotations", NULL);
    for (size_t i = 0; i < reports->count; i++) {
        struct node_hub_view *view = &reports->views[i];
        const char *text = json_string(annotations, reports->annotations[i]);
        cleanup_error struct error reading = {NULL};
        if (text && hub_health_read(text, &view->health, &reading) < 0)
            result = error_set(error, "annotation %s: %s", reports->annotations[i], error_message(&reading));
        view->sight = sight_of(reports, view, text && view->health.message, now_ms);
    }
    return result;
}

void node_reports_age(struct node_reports *reports, int64_t now_ms)
{
    for (size_t i = 0; i < reports->count; i++) {
        struct node_hub_view *view = &reports->views[i];
        view->sight = sight_of(reports, view, view->sight == NODE_SIGHT_FRESH, now_ms);
    }
}
