/* What is said of a change on a hub: one line in the log, and an Event for whom it concerns. Each takes the engine's
 * lock itself. */
#ifndef SERVER_HUB_TELL_H
#define SERVER_HUB_TELL_H

#include "server/engine_state.h"
#include "sync/plan.h"

/* What is to be said of a change, written while worker->observed is as it was before. */
struct hub_telling {
    const char *reason; /* static; of the Event */
    bool warning;
    char *message, *uid; /* uid: of the Deployment as the configuration had it, or NULL */
};

/* A call of ours took effect; configuration is what the hub has now, NULL after a delete. To be released. */
void hub_telling_write(struct hub_worker *worker, const struct plan_call *call, const cJSON *configuration,
                       struct hub_telling *ret_telling);
void hub_telling_release(struct hub_telling *telling);

#define cleanup_hub_telling __attribute__((cleanup(hub_telling_release)))

/* Says it; remark is added to the line of the log, "" for none. */
void hub_tell_done(struct hub_worker *worker, const struct plan_call *call, const struct hub_telling *telling,
                   const char *remark);

/* A list showed what somebody else had done. */
void hub_tell_found(const struct hub_worker *worker);

/* Deployments with calls that wait because of the whole hub's trouble. */
void hub_tell_waiting(struct hub_worker *worker, enum iothub_result result);

#endif
