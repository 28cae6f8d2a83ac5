/* From the cluster and a hub's list: which Deployments belong on the hub and with what, and which have ended there. No
 * I/O; the engine's lock is held. */
#ifndef SERVER_HUB_GATHER_H
#define SERVER_HUB_GATHER_H

#include "server/engine_state.h"
#include "sync/plan.h"

/* What goes into the plan, and what it is made of. */
struct hub_gathering {
    struct hub_worker *worker;
    int64_t now_ms;
    struct desired_configuration *desired;
    struct hub_standing **standings; /* of desired[i]; NULL for one that is gone */
    char **config_maps, **secrets;   /* of desired[i], owned */
    size_t desired_count;
    struct ended_deployment *ended;
    size_t ended_count;
};

/* Reads worker->observed, notes absences, tells what stands in a Deployment's way before the hub is asked. Valid as
 * long as the lock is held. 0, or -1 without memory; to be released either way. */
int hub_gather(struct hub_worker *worker, int64_t now_ms, struct hub_gathering *ret_gathering);
void hub_gathering_release(struct hub_gathering *gathering);

#define cleanup_hub_gathering __attribute__((cleanup(hub_gathering_release)))

#endif
