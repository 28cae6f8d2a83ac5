/* Passes over a hub: its configurations are listed, and the calls of the plan made one by one. Every call is followed
 * by a new plan, so that it always acts on the world as it is now. What changes while the list is young is acted upon
 * without a new one: lists and calls are paid from one budget, and the calls come first. */
#ifndef SERVER_HUB_PASS_H
#define SERVER_HUB_PASS_H

#include "server/engine_state.h"

/* Makes the next call, when one is due and there is budget for it. Returns whether it did something. Takes and releases
 * the lock itself. */
bool hub_pass_step(struct hub_worker *worker);

/* When it has something to do next, on clock_now_ms; 0: now. Guarded. */
int64_t hub_pass_due(const struct hub_worker *worker);

/* Leaves the one that is under way, and all that is known. */
void hub_pass_forget(struct hub_worker *worker);

#endif
