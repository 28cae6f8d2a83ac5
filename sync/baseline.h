/* A hub's baseline: one configuration of ours that is no Deployment's, of priority 0 and with the system modules alone.
 * Private to sync/. */
#ifndef SYNC_BASELINE_H
#define SYNC_BASELINE_H

#include "sync/calls.h"

/* Where the calls for it go. */
struct baseline_calls {
    struct plan_calls *creates, *updates, *deletes;
    bool slot_free;
    bool pending;  /* filled in */
    char *problem; /* filled in: a sentence that says why it is not there, or NULL; for the caller to free */
};

/* Returns -1 without memory or when its content is no JSON. */
int baseline_plan(const struct plan_input *input, struct baseline_calls *calls, struct error *error);

#endif
