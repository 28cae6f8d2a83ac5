/* Create options from two sides: the text of a module's ConfigMap, and what the fields of the pod say. Private to the
 * room. */
#ifndef TRANSLATE_OPTIONS_MERGE_H
#define TRANSLATE_OPTIONS_MERGE_H

#include "translate/field_error.h"

#include <cjson/cJSON.h>

/* Appends wishes to text, a JSON object without white space. Every token of text stays as it is written and where it
 * stands; what it lacks follows in the order of names. Lists that are sets for Docker (Binds, Mounts, Env, …) are
 * joined; any other value that both have must be equal, else a finding below path is added. container is the place of
 * the container, for messages. Returns the new text for the caller, or NULL with findings (or findings->failed). */
char *options_merge(const char *text, const cJSON *wishes, const char *path, const char *container,
                    struct findings *findings);

#endif
