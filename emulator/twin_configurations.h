/* Configurations that are no IoT Edge deployments: they set desired properties of devices' own twins (deviceContent)
 * and of modules' (moduleContent). All that match are laid over each other, from low priority to high. */
#ifndef EMULATOR_TWIN_CONFIGURATIONS_H
#define EMULATOR_TWIN_CONFIGURATIONS_H

#include "emulator/evaluation.h"

void emulator_twin_configurations_evaluate(struct emulator_hub_state *state, int64_t now);

/* Adds the device to the counts of the configurations that its last evaluation gave to its twins. */
void emulator_twin_configurations_count(struct emulator_configurations *configurations,
                                        const struct emulator_device *device);

#endif
