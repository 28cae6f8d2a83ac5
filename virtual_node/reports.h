/* What the connector's Lease tells about the hubs: pure, the keeper fetches it. */
#ifndef VIRTUAL_NODE_REPORTS_H
#define VIRTUAL_NODE_REPORTS_H

#include "common/hubs.h"
#include "virtual_node/status.h"

#include <stdint.h>

struct node_reports {
    struct node_hub_view *views; /* one for each hub, in their order */
    char **annotations;          /* their names */
    size_t count;
    char *sign;          /* changes with each renewal of the Lease */
    int64_t changed_ms;  /* when we saw that last */
    int64_t patience_ms; /* how long the Lease may stay as it is */
};

#define NODE_REPORTS_INIT                                                                                              \
    {                                                                                                                  \
        .views = NULL                                                                                                  \
    }

int node_reports_init(struct node_reports *reports, const struct hubs *hubs, struct error *error);
void node_reports_release(struct node_reports *reports);

/* Takes over a Lease as the server gave it at now_ms (clock_now_ms); NULL: there is none. Fails when an annotation
 * can't be read; that hub keeps its health of before, and the others are taken over. */
int node_reports_take(struct node_reports *reports, const cJSON *lease, int64_t now_ms, struct error *error);

/* The Lease could not be read: only time has passed. */
void node_reports_age(struct node_reports *reports, int64_t now_ms);

#endif
