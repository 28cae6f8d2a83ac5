/* Volumes of the pod and where a container mounts them. Private to the room. */
#ifndef TRANSLATE_VOLUMES_H
#define TRANSLATE_VOLUMES_H

#include "translate/pod_reading.h"

/* Judges the pod's list: what kinds there are. */
void volumes_read(struct pod_reading *reading, const cJSON *item);

/* Reads volumeMounts of the container being read. */
void volumes_read_mounts(struct pod_reading *reading);

#endif
