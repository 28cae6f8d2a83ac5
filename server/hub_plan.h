/* From the cluster and a hub's list to a plan: which Deployments belong on this hub, which have ended there, and what
 * the standings are afterwards. No I/O; the engine's lock is held. */
#ifndef SERVER_HUB_PLAN_H
#define SERVER_HUB_PLAN_H

#include "server/engine_state.h"
#include "sync/plan.h"

/* Makes the plan from worker->observed and publishes the standings, the Events and the absences that follow from it. */
int hub_plan_make(struct hub_worker *worker, int64_t now_ms, struct plan *ret_plan, struct error *error);

#endif
