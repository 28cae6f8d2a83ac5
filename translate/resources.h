/* Limits of a container. Private to the room. */
#ifndef TRANSLATE_RESOURCES_H
#define TRANSLATE_RESOURCES_H

#include "translate/pod_reading.h"

void resources_read(struct pod_reading *reading, const cJSON *item);

#endif
