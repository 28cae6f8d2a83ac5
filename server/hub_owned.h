/* Which of a hub's configurations are a Deployment's. The engine's lock is held. */
#ifndef SERVER_HUB_OWNED_H
#define SERVER_HUB_OWNED_H

#include "server/engine_state.h"
#include "sync/ownership.h"

/* Whether a configuration of the hub's list is ours. */
bool hub_owned_read(const struct hub_worker *worker, const cJSON *configuration, struct ownership *ret_owned);

/* Whether it is that Deployment's. */
bool hub_owned_of(const struct hub_worker *worker, const cJSON *configuration,
                  const struct cluster_deployment *deployment, struct ownership *ret_owned);

/* The name of a ConfigMap or Secret that one of its configurations was made with, and that is gone from under a
 * Deployment which reads it still; NULL for none. For the caller to free. */
char *hub_owned_missing(const struct hub_worker *worker, const struct cluster_deployment *deployment,
                        enum cluster_source_kind kind);

#endif
