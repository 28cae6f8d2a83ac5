/* What a Deployment's configurations on a hub were made with. The engine's lock is held. */
#ifndef SERVER_HUB_OWNED_H
#define SERVER_HUB_OWNED_H

#include "server/engine_state.h"

/* The name of a ConfigMap or Secret that one of its configurations was made with (where the hub has none of it, the
 * last one on any hub), and that is gone from under a Deployment which reads it still; NULL for none. For the caller to
 * free. */
char *hub_owned_missing(const struct hub_worker *worker, const struct cluster_deployment *deployment,
                        enum cluster_source_kind kind);

#endif
