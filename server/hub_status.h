/* Reading the devices' state of what is on a hub: device queries, page by page. */
#ifndef SERVER_HUB_STATUS_H
#define SERVER_HUB_STATUS_H

#include "server/engine_state.h"

/* When the next standing is due for a reading, on clock_now_ms; INT64_MAX: none. Guarded. */
int64_t hub_status_due(const struct hub_worker *worker);

/* Reads the state for the standing that is due first, when there is one and the budget allows. Returns the milliseconds
 * after which it should be called again because the budget was spent; 0: done. Takes and releases the lock itself. */
int64_t hub_status_read(struct hub_worker *worker);

#endif
