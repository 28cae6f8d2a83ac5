/* How much of a twin a pod template takes at least, before anything is translated. Private to the room. */
#ifndef TRANSLATE_POD_SIZE_H
#define TRANSLATE_POD_SIZE_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* Bytes of $edgeAgent's twin, as the hub counts them, that what is listed in the containers takes in any case: names of
 * variables, ports, mounts, arguments. A template beyond TWIN_MAX_SIZE can never be sent, so that nothing else need be
 * said of it. */
size_t pod_least_size(const cJSON *pod_spec);

#endif
