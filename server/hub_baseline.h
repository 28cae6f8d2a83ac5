/* The hub's baseline, as far as it takes more than a plan: which devices would get it that no configuration targets yet
 * is asked of the hub, page by page, and is the operator's to confirm. Of the worker's own thread. */
#ifndef SERVER_HUB_BASELINE_H
#define SERVER_HUB_BASELINE_H

#include "server/hub_baseline_state.h"
#include "sync/plan.h"

#include <stdbool.h>

struct hub_worker;

/* 0, or -1 without memory. */
int hub_baseline_init(struct hub_worker *worker, struct error *error);
void hub_baseline_end(struct hub_worker *worker);

/* What was known of the devices grows old. */
void hub_baseline_forget(struct hub_worker *worker);

/* What a plan is to do about it; NULL when the configuration says nothing. Owned by the worker. */
const struct plan_baseline *hub_baseline_wish(struct hub_worker *worker);

/* When the hub is to be asked next; INT64_MAX: never. */
int64_t hub_baseline_due(const struct hub_worker *worker);

/* Asks for a page, when there is a token for it. */
void hub_baseline_step(struct hub_worker *worker);

/* Asks for all pages at once, regardless of tokens. 0, or -1 when the hub does not answer. */
int hub_baseline_ask_all(struct hub_worker *worker, struct error *error);

/* Says why the baseline is not there (NULL: it is), when that is new. The engine's lock is held. */
void hub_baseline_tell(struct hub_worker *worker, const char *problem);

#endif
