/* Probes of a container, and what it runs at its start and end. Private to the room. */
#ifndef TRANSLATE_PROBES_H
#define TRANSLATE_PROBES_H

#include "translate/pod_reading.h"

void probes_read_liveness(struct pod_reading *reading, const cJSON *item);

/* readinessProbe and startupProbe. */
void probes_read_other(struct pod_reading *reading, const cJSON *item);
void probes_read_lifecycle(struct pod_reading *reading, const cJSON *item);

#endif
