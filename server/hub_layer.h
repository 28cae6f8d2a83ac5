/* Layers that are replaced: while the old and the new one are both on the hub, both apply on a device. The engine's
 * lock is held. */
#ifndef SERVER_HUB_LAYER_H
#define SERVER_HUB_LAYER_H

#include "server/engine_state.h"

/* Whether this content may go to the hub now; if so, desired->gap says whether its predecessors go first. Says what
 * stands in its way, or in desired->needs_whole that its predecessors must be known for that. Anything but a layer may
 * go. */
bool hub_layer_may_go(struct hub_worker *worker, const struct cluster_deployment *deployment,
                      const struct cluster_translation *translation, struct hub_standing *standing,
                      struct desired_configuration *desired);

#endif
