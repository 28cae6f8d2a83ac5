/* The containers of a pod template as modules: their names, images and number. Private to the room. */
#ifndef TRANSLATE_CONTAINERS_H
#define TRANSLATE_CONTAINERS_H

#include "translate/field_error.h"

#include <cjson/cJSON.h>

#define MAX_MODULES 50

void containers_check(const cJSON *pod_spec, struct findings *findings);

#endif
