/* Who calls, and whether he may. */
#ifndef EMULATOR_AUTHORIZE_H
#define EMULATOR_AUTHORIZE_H

#include "emulator/api.h"

/* Finds the principal by a shared access signature or a Bearer token, and judges his rights to this call, whose url has
 * been parsed. False after answering with the service's error. */
bool emulator_call_authorize(struct emulator_call *call);

#endif
