/* Ports of the device among all modules of a configuration. Private to the room. */
#ifndef TRANSLATE_PARTS_PORTS_H
#define TRANSLATE_PARTS_PORTS_H

#include "translate/parts.h"

/* Adds an error for a module that asks for a port of another one, or of edgeHub. */
void parts_check_ports(const struct manifest_input *input, const struct parts *parts, struct findings *findings);

#endif
