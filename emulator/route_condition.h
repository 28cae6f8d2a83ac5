/* The WHERE of a route: read, checked for types as edgeHub compiles it, and judged for a message. */
#ifndef EMULATOR_ROUTE_CONDITION_H
#define EMULATOR_ROUTE_CONDITION_H

#include "common/error.h"
#include "emulator/route_lexer.h"

#include <cjson/cJSON.h>

/* What a condition looks at. */
struct emulator_route_message {
    const cJSON *properties; /* of the application: an object of texts, or NULL */
    const cJSON *system;     /* likewise, as connectionModuleId */
    const cJSON *body;       /* or NULL when it is no JSON */
};

struct emulator_route_node;

/* Reads an expression where the lexer stands. */
int emulator_route_condition_read(struct emulator_route_lexer *lexer, struct emulator_route_node **ret_node,
                                  struct error *error);
void emulator_route_condition_free(struct emulator_route_node *node);

/* Whether the types fit; what does not compile is noticed by edgeHub only after it has reported success. */
int emulator_route_condition_compile(const struct emulator_route_node *node, struct error *error);

/* Only what is true lets a message pass. */
bool emulator_route_condition_holds(const struct emulator_route_node *node,
                                    const struct emulator_route_message *message);

#endif
