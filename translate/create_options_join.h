/* Create options as other tools write them into a manifest: in pieces. */
#ifndef TRANSLATE_CREATE_OPTIONS_JOIN_H
#define TRANSLATE_CREATE_OPTIONS_JOIN_H

#include "common/error.h"

#include <cjson/cJSON.h>

/* The text of createOptions, createOptions01 … of a module's settings, joined as the device does: every member whose
 * name contains createOptions in any case, in the order of the names; the first without a number, the others 1, 2, 3 …
 * An object in place of text is written as text; "" when there are none. The text belongs to the caller.
 * Returns 0, or -1 with a sentence. */
int create_options_join(const cJSON *settings, char **ret_text, struct error *error);

#endif
