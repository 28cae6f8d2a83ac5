/* Layered deployments: dotted keys that add modules and routes to what a base deployment says. */
#ifndef TRANSLATE_LAYERED_H
#define TRANSLATE_LAYERED_H

#include "common/error.h"

#include <stdbool.h>

/* While a layer is replaced, the old and the new one may both apply on a device: what they both want of it is judged
 * together (twins of 32 KB, ports of the device). Returns 0 when they go together, or -1 with a sentence about what
 * does not; then the old one has to go before the new one is there. Contents that are no layers go together always: of
 * those a device takes one. */
int layered_check_transition(const char *old_content, const char *new_content, struct error *error);

#endif
