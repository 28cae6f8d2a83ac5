/* Which modules a device should have: by the configurations and tags as they are at this instant, evaluated or not. */
#ifndef EMULATOR_TARGETS_H
#define EMULATOR_TARGETS_H

#include "emulator/evaluation.h"

/* The names of the modules, for each stack of configurations that was met: devices that follow the same share them. */
struct emulator_targets {
    struct emulator_targets_of *items;
    size_t count, capacity;
    struct emulator_configuration **stack; /* room for all configurations */
};

/* Before and after looking at devices, between which no configuration may change. */
void emulator_targets_begin(struct emulator_targets *targets, const struct emulator_hub_state *state);
void emulator_targets_end(struct emulator_targets *targets);

/* The names as an object's members, a share of them for the caller to drop. NULL when no base matches the device, whose
 * own twin's tree that is: it keeps what it has. */
struct emulator_document *emulator_targets_find(struct emulator_targets *targets,
                                                const struct emulator_hub_state *state, const cJSON *device_tree);

#endif
