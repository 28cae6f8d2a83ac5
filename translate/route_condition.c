/* From edgeHub's grammar of conditions (Condition.g4 of IoT Edge) and its compiler (ConditionVisitor.cs). By recursive
 * descent, the operators by their precedence; loosest first: ?? · OR · AND · = != <> · < <= > >= · + - || · * / % .
 * NOT and the minus before an operand bind tighter than all of them. */
#include "translate/route_functions.h"
#include "translate/route_operand.h"
#include "translate/route_parser.h"

#include "common/cleanup.h"
#include "translate/text.h"

#include <string.h>
#include <strings.h>

#define MAX_DEPTH      64
#define MAX_HEX_DIGITS 16
#define BODY           "$body."

static bool parse_expression(struct route_parser *p, unsigned tightness, struct route_operand *result);

static bool enter(struct route_parser *p)
{
    if (++p->depth <= MAX_DEPTH)
        return true;
    return route_parser_fail(p, &p->token, "more than %d levels within each other", MAX_DEPTH);
}

/* name [ "[" digits "]" ] { "." name [ "[" digits "]" ] }, where a name has no brackets, and is no number. */
static bool is_body_path(const char *path, size_t length)
{
    const char *end = path + length;

    while (path < end) {
        const char *start = path;

        while (path < end && *path != '.' && *path != '[' && *path != ']')
            path++;
        if (path == start + strspn(start, "0123456789") || path == start)
            return false;
        if (path < end && *path == '[') {
            size_t digits = strspn(path + 1, "0123456789");

            if (!digits || path[1 + digits] != ']')
                return false;
            path += digits + 2;
        }
        if (path == end)
            return true;
        if (*path != '.')
            return false;
        path++;
    }
    return false;
}

static bool parse_system(struct route_parser *p, struct route_operand *result)
{
    const struct route_token token = p->token;

    if (token.kind != ROUTE_SYSTEM)
        return route_parser_fail(p, &token, "a system property such as $connectionModuleId is expected");
    result->type = ROUTE_TYPE_TEXT;
    if (token.length >= strlen(BODY) && strncasecmp(token.text, BODY, strlen(BODY)) == 0) {
        if (!is_body_path(token.text + strlen(BODY), token.length - strlen(BODY)))
            return route_parser_fail(p, &token, "behind $body. stands a path, as in $body.readings[0].temperature");
        result->type = ROUTE_TYPE_BODY;
    } else if (memchr(token.text, '[', token.length) || memchr(token.text, ']', token.length)) {
        result->type = ROUTE_TYPE_UNDEFINED;
    } else if (token.length > strlen("$twin") && strncasecmp(token.text, "$twin.", strlen("$twin.")) == 0) {
        route_parser_warn(p, "%.*s is never there on a device: only IoT Hub's own routes know twins",
                          (int)(token.length < ROUTE_SHOWN ? token.length : ROUTE_SHOWN), token.text);
    }
    route_parser_take(p);
    return true;
}

static bool fail_argument(struct route_parser *p, const struct route_function *function, size_t index,
                          const struct route_operand *argument)
{
    char shown[ROUTE_SHOWN_SIZE];

    route_operand_show(shown, argument);
    if (argument->type == ROUTE_TYPE_TEXT && route_function_takes(function, index, ROUTE_TYPE_NUMBER))
        return route_parser_fail(p, &argument->start, "this is text, and the function is %s: write as_number(%s)",
                                 route_function_shape(function), shown);
    return route_parser_fail(p, &argument->start, "this is %s, and the function is %s",
                             route_type_names[argument->type], route_function_shape(function));
}

static bool parse_arguments(struct route_parser *p, const struct route_function *function,
                            const struct route_token *name)
{
    struct route_operand wrong = {0};
    size_t count = 0, wrong_index = 0;
    bool has_wrong = false;

    if (p->token.kind != ROUTE_CLOSE) {
        do {
            struct route_operand argument = {0};

            if (!parse_expression(p, 1, &argument))
                return false;
            if (!has_wrong && !route_function_takes(function, count, argument.type)) {
                wrong = argument;
                wrong_index = count;
                has_wrong = true;
            }
            count++;
        } while (route_parser_accept(p, ROUTE_COMMA));
    }
    if (p->token.kind != ROUTE_CLOSE)
        return route_parser_fail(p, &p->token, "a comma or the closing parenthesis of %.*s is expected",
                                 (int)name->length, name->text);
    if (!route_function_takes_count(function, count))
        return route_parser_fail(p, name, "it has %zu arguments, and the function is %s", count,
                                 route_function_shape(function));
    if (has_wrong)
        return fail_argument(p, function, wrong_index, &wrong);
    route_parser_take(p);
    return true;
}

static bool fail_unknown_function(struct route_parser *p, const struct route_token *name)
{
    const char *nearest = route_function_nearest(name->text, name->length);

    if (route_token_is(name, "twin_change_includes"))
        return route_parser_fail(p, name, "devices have no such function; only IoT Hub's own routes do");
    if (strchr("-+", name->text[0]) && route_function_find(name->text + 1, name->length - 1))
        return route_parser_fail(p, name, "the device reads this as one name: put a blank behind %c", name->text[0]);
    if (nearest)
        return route_parser_fail(p, name, "there is no such function; %s was probably meant", nearest);
    return route_parser_fail(p, name, "there is no such function");
}

static bool parse_call(struct route_parser *p, const struct route_token *name, struct route_operand *result)
{
    const struct route_function *function = route_function_find(name->text, name->length);

    if (!function)
        return fail_unknown_function(p, name);
    route_parser_take(p);
    result->type = route_function_result(function);
    if (!enter(p) || !parse_arguments(p, function, name))
        return false;
    p->depth--;
    return true;
}

static bool parse_name(struct route_parser *p, struct route_operand *result)
{
    const struct route_token name = p->token;

    route_parser_take(p);
    if (p->token.kind == ROUTE_OPEN)
        return parse_call(p, &name, result);
    result->type = ROUTE_TYPE_TEXT;
    result->is_property = true;
    return route_check_misread(p, &name);
}

static bool parse_parentheses(struct route_parser *p, struct route_operand *result)
{
    struct route_operand inner = {0};

    route_parser_take(p);
    if (!enter(p) || !parse_expression(p, 1, &inner))
        return false;
    p->depth--;
    result->type = inner.type;
    if (p->token.kind != ROUTE_CLOSE)
        return route_parser_fail(p, &p->token, "an operator or the closing parenthesis is expected");
    route_parser_take(p);
    return true;
}

static bool fail_no_operand(struct route_parser *p)
{
    switch (p->token.kind) {
    case ROUTE_EQUAL:
        return route_parser_fail(p, &p->token, "a value is expected; equality is one =");
    case ROUTE_INTO:
        return route_parser_fail(p, &p->token,
                                 p->depth ? "a value is expected" : "a condition is expected behind WHERE");
    case ROUTE_UNKNOWN:
        if (p->token.length > 1 && memchr(p->token.text + 1, *p->token.text, p->token.length - 1))
            return route_parser_fail(p, &p->token,
                                     "the device reads on to the next blank: put blanks around operators");
        if (*p->token.text == '"' || *p->token.text == '\'')
            return route_parser_fail(p, &p->token,
                                     "this text has no end, or a \\ in it that is none of \\\" \\' \\\\ \\u");
        return route_parser_fail(p, &p->token, "this character means nothing in a condition");
    default:
        return route_parser_fail(p, &p->token, "a property, a value or a function is expected");
    }
}

/* A hexadecimal number of more than 64 bits. */
static bool is_too_long(const struct route_token *number)
{
    const char *end = number->text + number->length;
    const char *digits = number->text + 2;

    if (number->length < 2 || (number->text[1] != 'x' && number->text[1] != 'X'))
        return false;
    while (digits < end && *digits == '0')
        digits++;
    return end - digits > MAX_HEX_DIGITS;
}

static bool parse_primary(struct route_parser *p, struct route_operand *result)
{
    switch (p->token.kind) {
    case ROUTE_STRING:
        result->type = ROUTE_TYPE_TEXT;
        break;
    case ROUTE_NUMBER:
        result->type = is_too_long(&p->token) ? ROUTE_TYPE_UNDEFINED : ROUTE_TYPE_NUMBER;
        break;
    case ROUTE_TRUE:
    case ROUTE_FALSE:
        result->type = ROUTE_TYPE_BOOL;
        break;
    case ROUTE_NULL:
        result->type = ROUTE_TYPE_NULL;
        break;
    case ROUTE_UNDEFINED:
        result->type = ROUTE_TYPE_UNDEFINED;
        break;
    case ROUTE_SYSTEM:
        return parse_system(p, result);
    case ROUTE_OPEN_BRACE:
        route_parser_take(p);
        if (!parse_system(p, result))
            return false;
        return route_parser_accept(p, ROUTE_CLOSE_BRACE) ||
               route_parser_fail(p, &p->token, "the closing brace } is expected");
    case ROUTE_NAME:
        return parse_name(p, result);
    case ROUTE_OPEN:
        return parse_parentheses(p, result);
    default:
        return fail_no_operand(p);
    }
    route_parser_take(p);
    return true;
}

static bool parse_unary(struct route_parser *p, struct route_operand *result)
{
    const struct route_token operation = p->token;
    struct route_operand operand = {0};

    result->start = operation;
    if (operation.kind != ROUTE_NOT && operation.kind != ROUTE_MINUS) {
        if (!parse_primary(p, result))
            return false;
        result->end = p->previous_end;
        return true;
    }
    route_parser_take(p);
    if (!enter(p) || !parse_unary(p, &operand))
        return false;
    p->depth--;
    result->end = p->previous_end;
    result->type = operation.kind == ROUTE_NOT ? ROUTE_TYPE_BOOL : ROUTE_TYPE_NUMBER;
    if (operation.kind == ROUTE_NOT)
        return route_check_not(p, &operation, &operand);
    return route_check_minus(p, &operation, &operand);
}

/* The operators at least this tight, from the left. The recursion is as deep as there are kinds of operators. */
static bool parse_expression(struct route_parser *p, unsigned tightness, struct route_operand *result)
{
    if (!parse_unary(p, result))
        return false;
    while (route_tightness(p->token.kind) >= tightness) {
        const struct route_token operation = p->token;
        struct route_operand right = {0};
        struct route_operand both = {.start = result->start, .is_operation = true};

        route_parser_take(p);
        if (!parse_expression(p, route_tightness(operation.kind) + 1, &right) ||
            !route_check_operation(p, &operation, result, &right, &both))
            return false;
        both.end = p->previous_end;
        *result = both;
    }
    return true;
}

bool route_condition_parse(struct route_parser *p)
{
    struct route_operand condition = {0};

    if (!parse_expression(p, 1, &condition))
        return false;
    if (condition.type != ROUTE_TYPE_BOOL && condition.type != ROUTE_TYPE_BODY)
        route_parser_warn(p, "the condition is %s and never true: no message takes this route",
                          route_type_names[condition.type]);
    return true;
}
