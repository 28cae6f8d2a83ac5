/* Calls to a hub that did not go well, so that they are not made again at once and do not hold up others. Of one worker
 * alone; no I/O. */
#ifndef SERVER_HUB_REFUSAL_H
#define SERVER_HUB_REFUSAL_H

#include "sync/configuration_id.h"
#include "sync/plan.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct hub_refusal {
    TAILQ_ENTRY(hub_refusal) link;
    char digest[CONTENT_HASH_SIZE]; /* over action, id and body */
    char *key;                      /* of the Deployment */
    unsigned times;                 /* in a row */
    int64_t retry_ms;               /* not before this; INT64_MAX: before the next list */
    int64_t fence_ms;               /* a create that had no answer may take effect until then, and would be newer than
                                       another content that was created meanwhile: that waits. 0: no matter */
    int64_t unwanted_ms;            /* since when no plan has it; 0: the last one had */
};

TAILQ_HEAD(hub_refusals, hub_refusal);

void hub_refusals_init(struct hub_refusals *refusals);
void hub_refusals_release(struct hub_refusals *refusals);

/* Notes one; a call that changed is another call. Returns NULL without memory. */
struct hub_refusal *hub_refusal_add(struct hub_refusals *refusals, const struct plan_call *call);

/* The hub has what the call was to bring about: what went wrong before is no matter any more. */
void hub_refusals_forget(struct hub_refusals *refusals, const struct plan_call *call);

/* The first call of the plan that is to be made now, or NULL: those that went wrong come after all others. */
struct plan_call *hub_refusals_choose(const struct hub_refusals *refusals, const struct plan *plan, int64_t now_ms);

/* Whether a call of that Deployment went wrong that is wanted still. */
bool hub_refusals_concern(const struct hub_refusals *refusals, const char *key);

/* Forgets those that the plans have not wanted for a moment. One alone is no sign: a pod that is being bound belongs
 * nowhere for as long. */
void hub_refusals_prune(struct hub_refusals *refusals, const struct plan *plan, int64_t now_ms);

/* A list was read: what waited for it may be tried again. */
void hub_refusals_relisted(struct hub_refusals *refusals);

/* When the first one may be tried again; INT64_MAX: none by time. */
int64_t hub_refusals_due(const struct hub_refusals *refusals);

#endif
