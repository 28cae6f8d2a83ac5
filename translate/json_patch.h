/* Applies the JSONPatch that we write ourselves: `add` and `replace` of members and of the end of a list. Private to
 * the room. */
#ifndef TRANSLATE_JSON_PATCH_H
#define TRANSLATE_JSON_PATCH_H

#include "common/error.h"

#include <cjson/cJSON.h>

/* Returns 0, or -1 when a path leads nowhere or without memory; what came before it is then applied. */
int json_patch_apply(cJSON *document, const cJSON *operations, struct error *error);

#endif
