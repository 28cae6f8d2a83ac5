#include "emulator/route_function.h"

#include "common/strbuf.h"
#include "emulator/memory.h"

#include <ctype.h>
#include <math.h>
#include <strings.h>

static struct emulator_route_value undefined(void)
{
    return (struct emulator_route_value){.type = EMULATOR_ROUTE_UNDEFINED};
}

struct emulator_route_value emulator_route_text(const char *text)
{
    return (struct emulator_route_value){.type = EMULATOR_ROUTE_TEXT, .text = emulator_text_copy(text)};
}

struct emulator_route_value emulator_route_number(double number)
{
    return (struct emulator_route_value){.type = EMULATOR_ROUTE_NUMERIC, .number = number};
}

struct emulator_route_value emulator_route_bool(bool truth)
{
    return (struct emulator_route_value){.type = EMULATOR_ROUTE_BOOL, .number = truth};
}

struct emulator_route_value emulator_route_copy(const struct emulator_route_value *value)
{
    struct emulator_route_value copy = *value;

    copy.text = emulator_text_copy(value->text);
    return copy;
}

static struct emulator_route_value call_abs(const struct emulator_route_value *a, size_t count)
{
    double n = a[0].number;

    (void)count;
    return emulator_route_number(fabs(n));
}

static struct emulator_route_value call_exp(const struct emulator_route_value *a, size_t count)
{
    double n = a[0].number;

    (void)count;
    return emulator_route_number(exp(n));
}

static struct emulator_route_value call_square(const struct emulator_route_value *a, size_t count)
{
    double n = a[0].number;

    (void)count;
    return emulator_route_number(n * n);
}

static struct emulator_route_value call_ceiling(const struct emulator_route_value *a, size_t count)
{
    double n = a[0].number;

    (void)count;
    return emulator_route_number(ceil(n));
}

static struct emulator_route_value call_floor(const struct emulator_route_value *a, size_t count)
{
    double n = a[0].number;

    (void)count;
    return emulator_route_number(floor(n));
}

static struct emulator_route_value call_sign(const struct emulator_route_value *a, size_t count)
{
    double n = a[0].number;

    (void)count;
    return emulator_route_number((n > 0) - (n < 0));
}

static struct emulator_route_value call_sqrt(const struct emulator_route_value *a, size_t count)
{
    double n = a[0].number;

    (void)count;
    return emulator_route_number(sqrt(n));
}

static struct emulator_route_value call_is_bool(const struct emulator_route_value *a, size_t count)
{
    (void)count;
    return emulator_route_bool(a[0].type == EMULATOR_ROUTE_BOOL);
}

static struct emulator_route_value call_is_null(const struct emulator_route_value *a, size_t count)
{
    (void)count;
    return emulator_route_bool(a[0].type == EMULATOR_ROUTE_NULL);
}

static struct emulator_route_value call_is_number(const struct emulator_route_value *a, size_t count)
{
    (void)count;
    return emulator_route_bool(a[0].type == EMULATOR_ROUTE_NUMERIC);
}

static struct emulator_route_value call_is_string(const struct emulator_route_value *a, size_t count)
{
    (void)count;
    return emulator_route_bool(a[0].type == EMULATOR_ROUTE_TEXT);
}

static struct emulator_route_value call_is_defined(const struct emulator_route_value *a, size_t count)
{
    (void)count;
    return emulator_route_bool(a[0].type != EMULATOR_ROUTE_UNDEFINED);
}

static struct emulator_route_value call_power(const struct emulator_route_value *a, size_t count)
{
    (void)count;
    return emulator_route_number(pow(a[0].number, a[1].number));
}

static struct emulator_route_value call_as_number(const struct emulator_route_value *a, size_t count)
{
    char *end;

    (void)count;
    if (a[0].type == EMULATOR_ROUTE_NUMERIC)
        return a[0];
    double number = strtod(a[0].text, &end);
    return *end || end == a[0].text ? undefined() : emulator_route_number(number);
}

static struct emulator_route_value call_concat(const struct emulator_route_value *a, size_t count)
{
    struct strbuf text = STRBUF_INIT;

    for (size_t i = 0; i < count; i++)
        strbuf_add_string(&text, a[i].text);
    return (struct emulator_route_value){.type = EMULATOR_ROUTE_TEXT, .text = strbuf_steal(&text)};
}

static struct emulator_route_value call_length(const struct emulator_route_value *a, size_t count)
{
    (void)count;
    return emulator_route_number((double)strlen(a[0].text));
}

static struct emulator_route_value call_lower(const struct emulator_route_value *a, size_t count)
{
    struct emulator_route_value result = emulator_route_text(a[0].text);

    (void)count;
    for (char *at = result.text; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return result;
}

static struct emulator_route_value call_upper(const struct emulator_route_value *a, size_t count)
{
    struct emulator_route_value result = emulator_route_text(a[0].text);

    (void)count;
    for (char *at = result.text; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return result;
}

static struct emulator_route_value call_substring(const struct emulator_route_value *a, size_t count)
{
    double length = (double)strlen(a[0].text), from = a[1].number;
    double most = count > 2 ? a[2].number : length - from;

    if (!(from >= 0 && from <= length && most >= 0 && from + most <= length))
        return undefined();
    return (struct emulator_route_value){.type = EMULATOR_ROUTE_TEXT,
                                         .text = emulator_text_copy_length(a[0].text + (size_t)from, (size_t)most)};
}

static struct emulator_route_value call_index_of(const struct emulator_route_value *a, size_t count)
{
    const char *found = strstr(a[0].text, a[1].text);

    (void)count;
    return emulator_route_number(found ? (double)(found - a[0].text) : -1);
}

static struct emulator_route_value call_starts_with(const struct emulator_route_value *a, size_t count)
{
    (void)count;
    return emulator_route_bool(strncmp(a[0].text, a[1].text, strlen(a[1].text)) == 0);
}

static struct emulator_route_value call_ends_with(const struct emulator_route_value *a, size_t count)
{
    size_t length = strlen(a[0].text), end = strlen(a[1].text);

    (void)count;
    return emulator_route_bool(end <= length && strcmp(a[0].text + length - end, a[1].text) == 0);
}

static struct emulator_route_value call_contains(const struct emulator_route_value *a, size_t count)
{
    (void)count;
    return emulator_route_bool(strstr(a[0].text, a[1].text) != NULL);
}

/* Arguments are written n (number), s (string), ? (anything), . (string or number). */
static const struct {
    const char *name, *arguments;
    size_t least;
    bool any_number; /* the last argument may come again */
    enum emulator_route_type result;
    struct emulator_route_value (*call)(const struct emulator_route_value *arguments, size_t count);
} functions[] = {
    {"abs", "n", 1, false, EMULATOR_ROUTE_NUMERIC, call_abs},
    {"exp", "n", 1, false, EMULATOR_ROUTE_NUMERIC, call_exp},
    {"square", "n", 1, false, EMULATOR_ROUTE_NUMERIC, call_square},
    {"ceiling", "n", 1, false, EMULATOR_ROUTE_NUMERIC, call_ceiling},
    {"floor", "n", 1, false, EMULATOR_ROUTE_NUMERIC, call_floor},
    {"sign", "n", 1, false, EMULATOR_ROUTE_NUMERIC, call_sign},
    {"sqrt", "n", 1, false, EMULATOR_ROUTE_NUMERIC, call_sqrt},
    {"power", "nn", 2, false, EMULATOR_ROUTE_NUMERIC, call_power},
    {"as_number", ".", 1, false, EMULATOR_ROUTE_NUMERIC, call_as_number},
    {"is_bool", "?", 1, false, EMULATOR_ROUTE_BOOL, call_is_bool},
    {"is_defined", "?", 1, false, EMULATOR_ROUTE_BOOL, call_is_defined},
    {"is_null", "?", 1, false, EMULATOR_ROUTE_BOOL, call_is_null},
    {"is_number", "?", 1, false, EMULATOR_ROUTE_BOOL, call_is_number},
    {"is_string", "?", 1, false, EMULATOR_ROUTE_BOOL, call_is_string},
    {"concat", "ss", 2, true, EMULATOR_ROUTE_TEXT, call_concat},
    {"length", "s", 1, false, EMULATOR_ROUTE_NUMERIC, call_length},
    {"lower", "s", 1, false, EMULATOR_ROUTE_TEXT, call_lower},
    {"upper", "s", 1, false, EMULATOR_ROUTE_TEXT, call_upper},
    {"substring", "snn", 2, false, EMULATOR_ROUTE_TEXT, call_substring},
    {"index_of", "ss", 2, false, EMULATOR_ROUTE_NUMERIC, call_index_of},
    {"starts_with", "ss", 2, false, EMULATOR_ROUTE_BOOL, call_starts_with},
    {"ends_with", "ss", 2, false, EMULATOR_ROUTE_BOOL, call_ends_with},
    {"contains", "ss", 2, false, EMULATOR_ROUTE_BOOL, call_contains},
};

static bool takes(char argument, enum emulator_route_type type, bool value_goes)
{
    if (argument == '?' || (value_goes && type == EMULATOR_ROUTE_VALUE))
        return true;
    if (argument == '.')
        return type == EMULATOR_ROUTE_TEXT || type == EMULATOR_ROUTE_NUMERIC;
    return type == (argument == 'n' ? EMULATOR_ROUTE_NUMERIC : EMULATOR_ROUTE_TEXT);
}

/* The place of the function among all, or their number. */
static size_t function_find(const char *name)
{
    size_t place = 0;

    while (place < array_length(functions) && strcasecmp(functions[place].name, name) != 0)
        place++;
    return place;
}

static char argument_of(size_t function, size_t place)
{
    size_t length = strlen(functions[function].arguments);

    return functions[function].arguments[place < length ? place : length - 1];
}

int emulator_route_function_check(const char *name, const enum emulator_route_type *types, size_t count,
                                  enum emulator_route_type *ret_type, struct error *error)
{
    size_t function = function_find(name);

    if (function == array_length(functions))
        return error_set(error, "there is no function %s", name);
    if (count < functions[function].least ||
        (count > strlen(functions[function].arguments) && !functions[function].any_number))
        return error_set(error, "%s has %zu arguments", name, count);
    for (size_t i = 0; i < count; i++)
        if (!takes(argument_of(function, i), types[i], true))
            return error_set(error, "argument %zu of %s is of the wrong type", i + 1, name);
    *ret_type = functions[function].result;
    return 0;
}

struct emulator_route_value emulator_route_function_call(const char *name, const struct emulator_route_value *arguments,
                                                         size_t count)
{
    size_t function = function_find(name);

    if (function == array_length(functions))
        return undefined();
    for (size_t i = 0; i < count; i++)
        if (!takes(argument_of(function, i), arguments[i].type, false))
            return undefined();
    return functions[function].call(arguments, count);
}
