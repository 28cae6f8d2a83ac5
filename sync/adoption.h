/* Configurations on a hub that nobody's labels claim and that a Deployment may make its own, when its annotation says
 * adopt. */
#ifndef SYNC_ADOPTION_H
#define SYNC_ADOPTION_H

#include "sync/observed.h"

/* Whether its labels claim it neither for another owner nor for another Deployment, and it is not ours already. */
bool adoption_is_free(const struct observed_configuration *configuration, const char *owner, const char *namespace,
                      const char *name);

/* Whether the original connector made it for a Deployment of that name, and left it behind: its id is a pod's name,
 * <name>-<hash>-<five letters>, and it has that pod's label pod-template-hash. That connector knew no namespaces. */
bool adoption_is_leaked(const struct observed_configuration *configuration, const char *name);

#endif
