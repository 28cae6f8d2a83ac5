/* What happens to a container while it is there: it exits, waits, is started again, as its restartPolicy says. The
 * times are those of edgeAgent, in units of the fleet's back-off: 1 unit (10 s) after the first exit, then twice as
 * much each time up to 30; after 20 restarts it stays failed; 60 units without an exit make up for all of them. */
#ifndef EMULATOR_LIFE_H
#define EMULATOR_LIFE_H

#include "emulator/fleet.h"

/* Whether a module of that definition is to run. */
bool emulator_life_is_wanted(const cJSON *definition);

/* A container was made: what the fleet file wants of it begins. */
void emulator_life_begin(struct emulator_device *device, struct emulator_container *container, int64_t now_ms);

/* It was started again by order; nothing waits any more. */
void emulator_life_restart(struct emulator_device *device, struct emulator_container *container, int64_t now_ms);

/* It exits now. */
void emulator_life_exit(struct emulator_device *device, struct emulator_container *container, int exit_code,
                        int64_t now_ms);

/* Says on the device when something is due next, after its containers' times were set. */
void emulator_life_plan(struct emulator_device *device);

/* Lets happen what is due. Returns whether anything did. */
bool emulator_life_run(struct emulator_device *device, int64_t now_ms);

#endif
