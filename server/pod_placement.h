/* Pins gated pods to hubs. Design, "Placement". The engine's lock is held. */
#ifndef SERVER_POD_PLACEMENT_H
#define SERVER_POD_PLACEMENT_H

#include "server/pod_write.h"

/* Adds a call for each gated pod whose place is certain. */
void pod_placement_decide(struct engine *engine, int64_t now_ms, struct pod_writes *writes);

#endif
