/* A process that holds keys leaves no image of its memory behind when it crashes. */
#ifndef COMMON_CORE_DUMP_H
#define COMMON_CORE_DUMP_H

#include <stdbool.h>

/* With this variable set to "allow" things stay as they are, so that a crash can be looked into. */
#define CORE_DUMP_VARIABLE "IOT_EDGE_CONNECTOR_CORE_DUMPS"

bool core_dump_is_allowed(void);

/* Forbids core dumps unless they are allowed, those that a helper of the system would take too, and debuggers of all
 * users but root. The first thing that a program does. */
void core_dump_forbid(void);

#endif
