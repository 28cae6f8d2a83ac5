/* One call that changes a hub: sent, and made sure of. When its answer leaves open what the hub has now, only a GET of
 * that one configuration tells, which is a step of its own since it costs budget as well. */
#ifndef SERVER_HUB_CALL_H
#define SERVER_HUB_CALL_H

#include "server/engine_state.h"
#include "sync/plan.h"

/* What came of a step of a pass. */
enum hub_step { HUB_STEP_DONE, HUB_STEP_AGAIN, HUB_STEP_TROUBLE, HUB_STEP_STOPPED };

/* Sends it. A refusal concerns its Deployment alone: HUB_STEP_AGAIN. */
enum hub_step hub_call_make(struct hub_worker *worker, const struct plan_call *call);

/* Whether a call is to be made sure of before anything else. */
bool hub_call_is_open(const struct hub_worker *worker);

/* Makes sure of it. */
enum hub_step hub_call_check(struct hub_worker *worker);
void hub_call_forget(struct hub_worker *worker);

/* The call goes wrong again and again, or the hub will not have it: it waits, the others go on, and its Deployment is
 * told why. */
enum hub_step hub_call_refuse(struct hub_worker *worker, const struct plan_call *call, const char *reason,
                              const char *message, int64_t pause_ms);

/* The whole hub is in trouble: nothing is called before the back-off is over, and then a list. */
enum hub_step hub_call_trouble(struct hub_worker *worker, enum iothub_result result, const char *message);

/* A call that is owned by whoever holds it. */
void hub_call_move(struct plan_call *to, struct plan_call *from);
void hub_call_release(struct plan_call *call);

#endif
