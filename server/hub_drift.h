/* What somebody else did to our configurations on a hub: seen where a list differs from what the last one and our own
 * calls since have shown, and kept until a call of ours has put it right. No I/O. */
#ifndef SERVER_HUB_DRIFT_H
#define SERVER_HUB_DRIFT_H

#include "sync/observed.h"

#include <sys/queue.h>

struct hub_drift_note {
    TAILQ_ENTRY(hub_drift_note) link;
    char *id, *namespace, *name; /* of the configuration, and of its Deployment */
    char *found;                 /* "configuration x had been deleted" */
    bool is_gone;                /* it is not there, or not ours */
    bool is_new;                 /* found by the last list */
};

/* A configuration to which a call of ours may have been done, or may yet be. */
struct hub_drift_doubt {
    TAILQ_ENTRY(hub_drift_doubt) link;
    char *id;
    int64_t until_ms; /* lists made before say nothing about it */
};

struct hub_drift {
    TAILQ_HEAD(hub_drift_notes, hub_drift_note) notes;
    TAILQ_HEAD(hub_drift_doubts, hub_drift_doubt) doubts;
};

void hub_drift_init(struct hub_drift *drift);
/* Forgets everything. */
void hub_drift_release(struct hub_drift *drift);

/* Notes what differs. before is what was known until now, nothing at first; list_ms is when the new list was asked for.
 * Without memory a change may stay untold. */
void hub_drift_compare(struct hub_drift *drift, const struct observed *before, const struct observed *now,
                       int64_t list_ms);

/* A call of ours to that configuration has no answer, and may take effect until then. */
void hub_drift_doubt(struct hub_drift *drift, const char *id, int64_t until_ms);

/* What was found of a Deployment's configurations, as one text for the caller to free, and forgets it; NULL: nothing.
 */
char *hub_drift_take(struct hub_drift *drift, const char *namespace, const char *name);

/* Nothing is to be done: what was found and needed no call is forgotten, but for what is missed still since its
 * Deployment is paused, or waits. */
void hub_drift_settle(struct hub_drift *drift, const struct observed *observed);

#endif
