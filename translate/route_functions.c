/* From the built-in functions of edgeHub's conditions (Routing.Core/query/builtins of IoT Edge). */
#include "translate/route_functions.h"

#include "common/cleanup.h"
#include "translate/nearest.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define UNBOUNDED SIZE_MAX

struct route_function {
    const char *name;
    const char *shape;
    const char *arguments; /* t text, n number, x text or number, any: a; the last one stands for all that follow */
    size_t least;
    size_t most;
    enum route_type result;
};

#define NUMERIC(name)                                                                                                  \
    {                                                                                                                  \
        name, name "(number)", "n", 1, 1, ROUTE_TYPE_NUMBER                                                            \
    }
#define TEST(name)                                                                                                     \
    {                                                                                                                  \
        name, name "(anything)", "a", 1, 1, ROUTE_TYPE_BOOL                                                            \
    }
#define SEARCH(name, res)                                                                                              \
    {                                                                                                                  \
        name, name "(text, text)", "t", 2, 2, res                                                                      \
    }

static const struct route_function functions[] = {
    NUMERIC("abs"),
    NUMERIC("exp"),
    NUMERIC("square"),
    NUMERIC("ceiling"),
    NUMERIC("floor"),
    NUMERIC("sign"),
    NUMERIC("sqrt"),
    {"power", "power(number, number)", "n", 2, 2, ROUTE_TYPE_NUMBER},
    {"as_number", "as_number(text)", "x", 1, 1, ROUTE_TYPE_NUMBER},
    TEST("is_bool"),
    TEST("is_defined"),
    TEST("is_null"),
    TEST("is_number"),
    TEST("is_string"),
    {"concat", "concat(text, text, ...)", "t", 2, UNBOUNDED, ROUTE_TYPE_TEXT},
    {"length", "length(text)", "t", 1, 1, ROUTE_TYPE_NUMBER},
    {"lower", "lower(text)", "t", 1, 1, ROUTE_TYPE_TEXT},
    {"upper", "upper(text)", "t", 1, 1, ROUTE_TYPE_TEXT},
    {"substring", "substring(text, number[, number])", "tn", 2, 3, ROUTE_TYPE_TEXT},
    SEARCH("index_of", ROUTE_TYPE_NUMBER),
    SEARCH("starts_with", ROUTE_TYPE_BOOL),
    SEARCH("ends_with", ROUTE_TYPE_BOOL),
    SEARCH("contains", ROUTE_TYPE_BOOL),
};

const struct route_function *route_function_find(const char *name, size_t length)
{
    for (size_t i = 0; i < array_length(functions); i++) {
        if (strlen(functions[i].name) == length && strncasecmp(functions[i].name, name, length) == 0)
            return &functions[i];
    }
    return NULL;
}

const char *route_function_nearest(const char *name, size_t length)
{
    const char *names[array_length(functions) + 1] = {NULL};

    for (size_t i = 0; i < array_length(functions); i++)
        names[i] = functions[i].name;
    return nearest_name(name, length, names);
}

bool route_function_takes(const struct route_function *function, size_t index, enum route_type type)
{
    size_t known = strlen(function->arguments);
    char wanted = function->arguments[index < known ? index : known - 1];

    if (index >= function->most)
        return false;
    if (wanted == 'a' || type == ROUTE_TYPE_BODY)
        return true;
    return ((wanted == 't' || wanted == 'x') && type == ROUTE_TYPE_TEXT) ||
           ((wanted == 'n' || wanted == 'x') && type == ROUTE_TYPE_NUMBER);
}

bool route_function_takes_count(const struct route_function *function, size_t count)
{
    return count >= function->least && count <= function->most;
}

enum route_type route_function_result(const struct route_function *function)
{
    return function->result;
}

const char *route_function_shape(const struct route_function *function)
{
    return function->shape;
}
