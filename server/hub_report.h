/* How a hub is doing, for all who ask: /readyz, metrics, the pods, and the virtual node by way of the Lease. Each takes
 * the lock itself. */
#ifndef SERVER_HUB_REPORT_H
#define SERVER_HUB_REPORT_H

#include "server/engine_state.h"

/* The hub answered as it should. */
void hub_report_well(struct hub_worker *worker);

/* It did not. */
void hub_report_trouble(struct hub_worker *worker, enum iothub_result result, const char *message);

/* Why the devices' state cannot be read; NULL: it can. */
void hub_report_query_trouble(struct hub_worker *worker, const char *message);

/* Another replica leads: what was known here grows old. */
void hub_report_nothing(struct hub_worker *worker);

#endif
