/* Ports of a container. Private to the room. */
#ifndef TRANSLATE_PORTS_H
#define TRANSLATE_PORTS_H

#include "translate/pod_reading.h"

void ports_read(struct pod_reading *reading, const cJSON *item);

#endif
