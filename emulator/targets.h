/* Which modules a device should have: by the configurations and tags as they are at this instant, evaluated or not. */
#ifndef EMULATOR_TARGETS_H
#define EMULATOR_TARGETS_H

#include "emulator/evaluation.h"

/* The names, in order, as an object's members; for the caller to delete. NULL when no base matches the device: it keeps
 * what it has. */
cJSON *emulator_targets_find(const struct emulator_hub_state *state, const struct emulator_device *device);

#endif
