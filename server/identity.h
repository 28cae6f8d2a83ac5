/* Who this process is in the cluster, where the configuration file leaves it open. */
#ifndef SERVER_IDENTITY_H
#define SERVER_IDENTITY_H

#include "server/config.h"

#define IDENTITY_NAMESPACE_FILE "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

/* Fills in lease_namespace (what namespace_file says, else "default") and lease_identity (host name and a random
 * suffix, so that no two processes share one, not even two lives of a pod) where they are NULL. */
int identity_complete(struct config *config, const char *namespace_file, struct error *error);

#endif
