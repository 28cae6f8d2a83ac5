/* From the cluster and a hub's list to a plan: which Deployments belong on this hub, which have ended there, and what
 * the standings are afterwards. No I/O; the engine's lock is held. */
#ifndef SERVER_HUB_PLAN_H
#define SERVER_HUB_PLAN_H

#include "server/engine_state.h"
#include "sync/plan.h"

/* Makes the plan from worker->observed and publishes the standings, the Events and the absences that follow from it. */
int hub_plan_make(struct hub_worker *worker, int64_t now_ms, struct plan *ret_plan, struct error *error);

/* Forgets every standing. */
void hub_plan_release(struct hub_worker *worker);

/* Says of a Deployment on this hub what stands in its way (reason NULL: nothing any more), with an Event when that is
 * new. */
void hub_standing_trouble(struct hub_worker *worker, struct hub_standing *standing, const char *reason,
                          const char *message);

#endif
