/* Reading the devices' state of what is on a hub: device queries, a page a step, so that nothing waits for the last
 * page of a large fleet. */
#ifndef SERVER_HUB_STATUS_H
#define SERVER_HUB_STATUS_H

#include "server/engine_state.h"

/* When the next page may and should be read, on clock_now_ms; INT64_MAX: none. Guarded. */
int64_t hub_status_due(const struct hub_worker *worker);

/* Reads a page: of the reading that is under way, else the first one for the standing that is due. Takes and releases
 * the lock itself. */
void hub_status_step(struct hub_worker *worker);

/* Forgets what is under way. */
void hub_status_forget(struct hub_worker *worker);

#endif
