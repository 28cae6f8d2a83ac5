/* What the agent and the hub on a device make of their desired properties before they follow them. */
#ifndef EMULATOR_MANIFEST_CHECK_H
#define EMULATOR_MANIFEST_CHECK_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The code for lastDesiredStatus: 200, 400 (cannot be read), 412 (schema version), 417 (nothing there). The error is
 * the description when it is not 200. */
int emulator_manifest_check_agent(const cJSON *desired, struct error *error);
int emulator_manifest_check_hub(const cJSON *desired, struct error *error);

/* Whether the conditions of all routes compile, in desired properties that have passed the check. */
bool emulator_manifest_routes_compile(const cJSON *desired);

#endif
