/* In a word, where a Deployment stands on a hub. The engine's lock is held. */
#ifndef SERVER_HUB_PLACE_H
#define SERVER_HUB_PLACE_H

#include "server/engine_state.h"

struct hub_place {
    const char *state;   /* InSync, Evaluating, Changing, Settling, Waiting, Blocked, Held, Unknown. Static */
    const char *reason;  /* CamelCase, or NULL */
    const char *message; /* a sentence, or NULL; as long as the lock is held */
};

struct hub_place hub_place_of(const struct hub_worker *worker, const struct cluster_deployment *deployment,
                              const struct hub_standing *standing);

#endif
