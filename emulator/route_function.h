/* Values, types and functions of route conditions. */
#ifndef EMULATOR_ROUTE_FUNCTION_H
#define EMULATOR_ROUTE_FUNCTION_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define EMULATOR_ROUTE_MOST_ARGUMENTS 16

enum emulator_route_type {
    EMULATOR_ROUTE_TEXT,
    EMULATOR_ROUTE_NUMERIC,
    EMULATOR_ROUTE_BOOL,
    EMULATOR_ROUTE_NULL,
    EMULATOR_ROUTE_UNDEFINED,
    EMULATOR_ROUTE_VALUE, /* of a query into the body: known only when there is a message */
};

struct emulator_route_value {
    enum emulator_route_type type; /* never VALUE */
    char *text;                    /* of TEXT, owned */
    double number;                 /* of NUMERIC; of BOOL 0 or 1 */
};

static inline void emulator_route_value_release(struct emulator_route_value *value)
{
    free(value->text);
}

#define cleanup_route_value __attribute__((cleanup(emulator_route_value_release)))

struct emulator_route_value emulator_route_text(const char *text);
struct emulator_route_value emulator_route_number(double number);
struct emulator_route_value emulator_route_bool(bool truth);
struct emulator_route_value emulator_route_copy(const struct emulator_route_value *value);

/* Whether there is such a function for arguments of these types, and the type of its result. */
int emulator_route_function_check(const char *name, const enum emulator_route_type *types, size_t count,
                                  enum emulator_route_type *ret_type, struct error *error);

/* Undefined when an argument is not what the function takes. */
struct emulator_route_value emulator_route_function_call(const char *name, const struct emulator_route_value *arguments,
                                                         size_t count);

#endif
