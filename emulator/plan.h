/* Plans: see evaluation.h. */
#ifndef EMULATOR_PLAN_H
#define EMULATOR_PLAN_H

#include "emulator/evaluation.h"

/* The plan of the base and its layers, in their order, made when there is none yet; marks it as used. */
struct emulator_plan *emulator_plan_for(struct emulator_plans *plans,
                                        struct emulator_configuration *const *configurations, size_t count);

/* Frees the plans that no device used since the last call, and unmarks the others. */
void emulator_plans_sweep(struct emulator_plans *plans);

#endif
