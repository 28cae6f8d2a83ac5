/* imagePullSecrets as registry credentials of the edge agent. Private to the room. */
#ifndef TRANSLATE_PULL_SECRETS_H
#define TRANSLATE_PULL_SECRETS_H

#include "translate/pod_reading.h"

/* The credentials of the registries that the pod's images come from, by a name made of the registry's, each with
 * username, password and address: an object for the caller, or NULL when there are none. Those that edge_agent (may be
 * NULL), the desired properties of that ConfigMap, has already are left out; with other values they are a finding. */
cJSON *pull_secrets_read(struct pod_reading *reading, const cJSON *edge_agent);

/* Warns of credentials in edge_agent that no image needs: neither one of the Deployment nor one of the runtime. */
void pull_secrets_warn_unused(const struct pod_reading *reading, const cJSON *edge_agent);

#endif
