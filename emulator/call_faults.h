/* Carries out on a call what a fault orders. */
#ifndef EMULATOR_CALL_FAULTS_H
#define EMULATOR_CALL_FAULTS_H

#include "emulator/api.h"

/* Returns whether the call goes on. When it does not, the response is what the fault wants. */
bool emulator_call_suffer(struct emulator_call *call, const struct emulator_fault_effect *effect);

#endif
