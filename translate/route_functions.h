/* The functions of conditions, and the types of what goes in and comes out. Private to the room. */
#ifndef TRANSLATE_ROUTE_FUNCTIONS_H
#define TRANSLATE_ROUTE_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* ROUTE_TYPE_BODY is what a query of the body gives: text, a number, true or false, or null. */
enum route_type {
    ROUTE_TYPE_TEXT,
    ROUTE_TYPE_NUMBER,
    ROUTE_TYPE_BOOL,
    ROUTE_TYPE_NULL,
    ROUTE_TYPE_UNDEFINED,
    ROUTE_TYPE_BODY,
};

struct route_function;

/* Names are compared without their case. NULL when there is none. */
const struct route_function *route_function_find(const char *name, size_t length);

/* The function that was probably meant, or NULL. */
const char *route_function_nearest(const char *name, size_t length);

/* Whether the argument of that index (from 0) can have this type; false beyond the last one too. */
bool route_function_takes(const struct route_function *function, size_t index, enum route_type type);

/* Whether that many arguments are right. */
bool route_function_takes_count(const struct route_function *function, size_t count);

enum route_type route_function_result(const struct route_function *function);

/* "substring(text, number[, number])" */
const char *route_function_shape(const struct route_function *function);

#endif
