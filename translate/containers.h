/* The containers of a pod template as modules: what must be right about them, and what of them does not reach a device.
 * Private to the room. */
#ifndef TRANSLATE_CONTAINERS_H
#define TRANSLATE_CONTAINERS_H

#include "translate/field_error.h"

#include <cjson/cJSON.h>

#define MAX_MODULES 50

/* Names, images and number of the containers, and that there are no init containers. */
void containers_check(const cJSON *pod_spec, struct findings *findings);

/* A warning for each container, and for the pod, that names the fields which this version does not translate. Values
 * that the API server fills in by itself are no wish of the user's, and what only concerns scheduling is meant for the
 * cluster. */
void containers_warn_unforwarded(const cJSON *pod_spec, struct findings *findings);

#endif
