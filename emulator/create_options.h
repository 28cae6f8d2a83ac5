/* The three readers that create options pass on a device, one after the other: edgeAgent, which refuses the whole
 * deployment (code 400), edgelet and dockerd, which fail to create the one container (code 500). */
#ifndef EMULATOR_CREATE_OPTIONS_H
#define EMULATOR_CREATE_OPTIONS_H

#include "common/error.h"

#include <cjson/cJSON.h>

/* Puts the chunks in a module's settings together, and judges the types of the fields that edgeAgent knows, with its
 * leniency: names in any letter case, "5" for 5, "true" for true. *ret_options is the caller's, an object. */
int emulator_create_options_read(const cJSON *settings, cJSON **ret_options, struct error *error);

/* What edgelet and dockerd say of options that edgeAgent has read. */
int emulator_create_options_try(const cJSON *options, struct error *error);

#endif
