/* What a container may do: securityContext of the container, over that of the pod. Private to the room. */
#ifndef TRANSLATE_SECURITY_H
#define TRANSLATE_SECURITY_H

#include "translate/pod_reading.h"

/* Reads what holds for the container being read. */
void security_read(struct pod_reading *reading);

/* What only a pod has: groups and kernel parameters. */
void security_read_pod(struct pod_reading *reading, const cJSON *item);

#endif
