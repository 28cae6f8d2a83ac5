/* Routes as the emulated edgeHub reads them. The grammar is that of the device, with its traps: the longest match makes
 * one word of what is written without blanks, text behind the sink is ignored, a comment may begin in a source. */
#ifndef EMULATOR_ROUTE_H
#define EMULATOR_ROUTE_H

#include "common/error.h"
#include "emulator/route_condition.h"

#include <stdbool.h>
#include <stddef.h>

struct emulator_route {
    char *source;                          /* "/messages/modules/m/outputs/o"; a wildcard at its end is gone */
    struct emulator_route_node *condition; /* or NULL */
    struct error condition_error;          /* set when there is one with an open bracket */
    char *module, *input;                  /* of the sink; NULL: $upstream */
};

/* Parses a route, or says why edgeHub refuses it. A bracket that is left open in a condition is no reason: edgeHub
 * finds that out when it compiles the route. */
int emulator_route_parse(const char *text, struct emulator_route *ret_route, struct error *error);
/* Whether the condition can be read and its types fit. */
int emulator_route_compile(const struct emulator_route *route, struct error *error);

void emulator_route_release(struct emulator_route *route);

#define cleanup_route __attribute__((cleanup(emulator_route_release)))

/* Whether a message of that source ("/messages/modules/m/outputs/o") and content takes the route. */
bool emulator_route_takes(const struct emulator_route *route, const char *source,
                          const struct emulator_route_message *message);

#endif
