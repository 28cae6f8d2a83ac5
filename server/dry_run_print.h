/* What a dry run prints, for people and for machines. */
#ifndef SERVER_DRY_RUN_PRINT_H
#define SERVER_DRY_RUN_PRINT_H

#include "server/engine_state.h"

#include <stdbool.h>
#include <stdio.h>

/* A gated pod and where it would go. */
struct dry_run_placement {
    char *namespace, *name; /* of the pod */
    const char *hub;        /* owned by the engine; NULL: none is left, and it would stay Pending */
};

/* The hubs' part is in the engine: outlooks, standings, absences, troubles. */
struct dry_run_plan {
    const struct engine *engine;
    struct dry_run_placement *placements;
    size_t placement_count;
};

void dry_run_plan_release(struct dry_run_plan *plan);

#define cleanup_dry_run_plan __attribute__((cleanup(dry_run_plan_release)))

/* node: of a hub, or NULL. 0, or -1 without memory. */
int dry_run_plan_place(struct dry_run_plan *plan, const struct cluster_pod *pod, const char *node);

/* Both return whether anything is to be done, now or later, or stands in the way of it. */
bool dry_run_print_text(const struct dry_run_plan *plan, FILE *out);
bool dry_run_print_json(const struct dry_run_plan *plan, FILE *out);

#endif
