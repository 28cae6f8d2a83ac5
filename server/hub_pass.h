/* A pass over a hub: its configurations are listed, and the calls of the plan made one by one. Every call is followed
 * by a new plan, so that it always acts on the world as it is now. Each takes the lock itself. */
#ifndef SERVER_HUB_PASS_H
#define SERVER_HUB_PASS_H

#include "server/engine_state.h"

/* Plans on what the last list showed, which costs no call. Returns whether a pass is needed. */
bool hub_pass_look(struct hub_worker *worker);

/* Makes a pass, and says in the worker when the next one is due. */
void hub_pass_run(struct hub_worker *worker);

#endif
