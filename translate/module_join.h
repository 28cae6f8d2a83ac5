/* A module's two sides joined: its ConfigMap, and the fields of its container. Private to the room. */
#ifndef TRANSLATE_MODULE_JOIN_H
#define TRANSLATE_MODULE_JOIN_H

#include "translate/module_settings.h"
#include "translate/pod_reading.h"

/* Takes what the container wishes into the settings. prefix is "configmap/<name>: "; index is the container's. What
 * contradicts becomes a finding; equal values are one. */
void module_join(struct module_settings *settings, struct module_wishes *wishes, const char *prefix, size_t index,
                 struct findings *findings);

#endif
