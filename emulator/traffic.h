/* The messages on a device: from a module's output, by the routes of edgeHub, to inputs and to the hub. */
#ifndef EMULATOR_TRAFFIC_H
#define EMULATOR_TRAFFIC_H

#include "common/json_writer.h"
#include "emulator/fleet.h"

/* The module sends a message out of that output. order: body (text, or any JSON) and properties (an object of texts).
 * What a module receives is in its log. Writes {"delivered": ["m/inputs/i" or "$upstream", …]}. */
int emulator_traffic_send(struct emulator_device *device, const char *module, const char *output, const cJSON *order,
                          struct json_writer *json, struct error *error);

#endif
