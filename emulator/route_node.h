/* The tree of a route's condition; for its reader, its compiler and its judge. */
#ifndef EMULATOR_ROUTE_NODE_H
#define EMULATOR_ROUTE_NODE_H

#include "emulator/route_condition.h"

enum emulator_route_node_kind {
    EMULATOR_ROUTE_TEXT_NODE,
    EMULATOR_ROUTE_NUMBER_NODE,
    EMULATOR_ROUTE_CONSTANT_NODE, /* text: true, false, null, undefined */
    EMULATOR_ROUTE_PROPERTY_NODE, /* text: the name */
    EMULATOR_ROUTE_SYSTEM_NODE,   /* text: the name without its dollar sign */
    EMULATOR_ROUTE_BODY_NODE,     /* text: the path in the body */
    EMULATOR_ROUTE_CALL_NODE,     /* text: the function */
    EMULATOR_ROUTE_MINUS_NODE,
    EMULATOR_ROUTE_NOT_NODE,
    EMULATOR_ROUTE_BINARY_NODE, /* text: the operator, in lower case */
};

struct emulator_route_node {
    enum emulator_route_node_kind kind;
    char *text;
    double number;
    struct emulator_route_node **children;
    size_t child_count, child_capacity;
};

#endif
