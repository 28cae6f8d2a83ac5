#include "emulator/route_condition.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/route_function.h"
#include "emulator/route_node.h"

#include <math.h>
#include <strings.h>

static bool is_binary(const struct emulator_route_node *node, const char *operators)
{
    cleanup_free char *framed = emulator_text_format(" %s ", node->text);

    return strstr(operators, framed) != NULL;
}

/* seg { "." seg }, where seg is a name, which is no number, with an index in square brackets or without. */
static bool is_json_path(const char *path)
{
    for (;;) {
        size_t name = strcspn(path, "()<>@,;:\\\"/[]?={}.\t\n\r");
        if (name == 0 || name == strspn(path, "0123456789"))
            return false;
        path += name;
        if (*path == '[') {
            size_t index = strspn(path + 1, "0123456789");
            if (index == 0 || path[1 + index] != ']')
                return false;
            path += index + 2;
        }
        if (*path == '\0')
            return true;
        if (*path++ != '.')
            return false;
    }
}

static int type_find(const struct emulator_route_node *node, enum emulator_route_type *ret_type, struct error *error);

static int mismatch(const struct emulator_route_node *node, struct error *error)
{
    return error_set(error, "the operands of %s are of types that do not go together",
                     node->kind == EMULATOR_ROUTE_BINARY_NODE ? node->text : "NOT or minus");
}

static bool is_logical(enum emulator_route_type type)
{
    return type == EMULATOR_ROUTE_BOOL || type == EMULATOR_ROUTE_NULL || type == EMULATOR_ROUTE_UNDEFINED;
}

/* edgeHub checks what is right of a value no further; afterwards .NET finds no operator for some pairs. */
static bool logical_type(bool is_and, enum emulator_route_type left, enum emulator_route_type right,
                         enum emulator_route_type *ret_type)
{
    bool left_null = left == EMULATOR_ROUTE_NULL, right_null = right == EMULATOR_ROUTE_NULL;

    *ret_type =
        (is_and ? left_null || right_null : left_null && right_null) ? EMULATOR_ROUTE_NULL : EMULATOR_ROUTE_BOOL;
    if (left == EMULATOR_ROUTE_VALUE)
        return !is_and || !right_null;
    if ((left_null && right == EMULATOR_ROUTE_UNDEFINED) || (right_null && left == EMULATOR_ROUTE_UNDEFINED))
        return false;
    return is_logical(left) && is_logical(right);
}

static bool is_numeric(enum emulator_route_type type)
{
    return type == EMULATOR_ROUTE_NUMERIC || type == EMULATOR_ROUTE_VALUE;
}

static bool goes_with(enum emulator_route_type a, enum emulator_route_type b)
{
    if (a == EMULATOR_ROUTE_VALUE || b == EMULATOR_ROUTE_VALUE)
        return a != EMULATOR_ROUTE_UNDEFINED && b != EMULATOR_ROUTE_UNDEFINED;
    return a == b;
}

static int binary_type(const struct emulator_route_node *node, enum emulator_route_type *ret_type, struct error *error)
{
    enum emulator_route_type left, right;
    bool fine;

    if (type_find(node->children[0], &left, error) < 0 || type_find(node->children[1], &right, error) < 0)
        return -1;
    if (is_binary(node, " and or ")) {
        fine = logical_type(is_binary(node, " and "), left, right, ret_type);
    } else if (is_binary(node, " + - * / % ")) {
        bool with_value = left == EMULATOR_ROUTE_VALUE || right == EMULATOR_ROUTE_VALUE;
        *ret_type = with_value ? EMULATOR_ROUTE_VALUE : EMULATOR_ROUTE_NUMERIC;
        fine = is_numeric(left) && is_numeric(right) && !(with_value && is_binary(node, " % "));
    } else if (is_binary(node, " || ")) {
        *ret_type = EMULATOR_ROUTE_TEXT;
        fine = goes_with(left, EMULATOR_ROUTE_TEXT) && goes_with(right, EMULATOR_ROUTE_TEXT);
    } else {
        *ret_type = is_binary(node, " ?? ") ? left : EMULATOR_ROUTE_BOOL;
        fine = goes_with(left, right);
    }
    return fine ? 0 : mismatch(node, error);
}

static int unary_type(const struct emulator_route_node *node, enum emulator_route_type *ret_type, struct error *error)
{
    bool negates = node->kind == EMULATOR_ROUTE_NOT_NODE;
    enum emulator_route_type type;

    if (type_find(node->children[0], &type, error) < 0)
        return -1;
    *ret_type = negates ? EMULATOR_ROUTE_BOOL : EMULATOR_ROUTE_NUMERIC;
    if (negates ? type == EMULATOR_ROUTE_BOOL || type == EMULATOR_ROUTE_NULL || type == EMULATOR_ROUTE_VALUE
                : type == EMULATOR_ROUTE_NUMERIC)
        return 0;
    return mismatch(node, error);
}

static int call_type(const struct emulator_route_node *node, enum emulator_route_type *ret_type, struct error *error)
{
    enum emulator_route_type types[EMULATOR_ROUTE_MOST_ARGUMENTS];

    if (node->child_count > EMULATOR_ROUTE_MOST_ARGUMENTS)
        return error_set(error, "%s has too many arguments", node->text);
    for (size_t i = 0; i < node->child_count; i++)
        if (type_find(node->children[i], &types[i], error) < 0)
            return -1;
    return emulator_route_function_check(node->text, types, node->child_count, ret_type, error);
}

/* Hexadecimal, of more than sixteen digits. */
static bool is_too_wide(const char *number)
{
    if (number[0] != '0' || (number[1] != 'x' && number[1] != 'X'))
        return false;
    return strlen(number + 2 + strspn(number + 2, "0")) > 16;
}

static enum emulator_route_type constant_type(const char *text)
{
    if (strcmp(text, "null") == 0)
        return EMULATOR_ROUTE_NULL;
    return strcmp(text, "undefined") == 0 ? EMULATOR_ROUTE_UNDEFINED : EMULATOR_ROUTE_BOOL;
}

static int type_find(const struct emulator_route_node *node, enum emulator_route_type *ret_type, struct error *error)
{
    switch (node->kind) {
    case EMULATOR_ROUTE_TEXT_NODE:
    case EMULATOR_ROUTE_PROPERTY_NODE:
        *ret_type = EMULATOR_ROUTE_TEXT;
        return 0;
    case EMULATOR_ROUTE_SYSTEM_NODE:
        *ret_type = strpbrk(node->text, "[]") ? EMULATOR_ROUTE_UNDEFINED : EMULATOR_ROUTE_TEXT;
        return 0;
    case EMULATOR_ROUTE_NUMBER_NODE:
        *ret_type = is_too_wide(node->text) ? EMULATOR_ROUTE_UNDEFINED : EMULATOR_ROUTE_NUMERIC;
        return 0;
    case EMULATOR_ROUTE_CONSTANT_NODE:
        *ret_type = constant_type(node->text);
        return 0;
    case EMULATOR_ROUTE_BODY_NODE:
        *ret_type = EMULATOR_ROUTE_VALUE;
        return is_json_path(node->text) ? 0 : error_set(error, "$body.%s is no path in a body", node->text);
    case EMULATOR_ROUTE_CALL_NODE:
        return call_type(node, ret_type, error);
    case EMULATOR_ROUTE_MINUS_NODE:
    case EMULATOR_ROUTE_NOT_NODE:
        return unary_type(node, ret_type, error);
    case EMULATOR_ROUTE_BINARY_NODE:
        return binary_type(node, ret_type, error);
    }
    return -1;
}

int emulator_route_condition_compile(const struct emulator_route_node *node, struct error *error)
{
    enum emulator_route_type type;

    return type_find(node, &type, error);
}

static struct emulator_route_value judge(const struct emulator_route_node *node,
                                         const struct emulator_route_message *message);

static struct emulator_route_value value_of_json(const cJSON *value)
{
    if (cJSON_IsString(value))
        return emulator_route_text(value->valuestring);
    if (cJSON_IsNumber(value))
        return emulator_route_number(value->valuedouble);
    if (cJSON_IsBool(value))
        return emulator_route_bool(cJSON_IsTrue(value));
    return (struct emulator_route_value){.type = cJSON_IsNull(value) ? EMULATOR_ROUTE_NULL : EMULATOR_ROUTE_UNDEFINED};
}

/* Names of properties count in any letter case for the system's, exactly for the application's. */
static struct emulator_route_value system_value(const cJSON *system, const char *name)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, system)
    {
        if (strcasecmp(member->string, name) == 0)
            return value_of_json(member);
    }
    return value_of_json(NULL);
}

static struct emulator_route_value body_value(const cJSON *body, const char *path)
{
    while (body && *path) {
        size_t length = strcspn(path, ".[");
        cleanup_free char *name = emulator_text_copy_length(path, length);
        body = json_get(body, name);
        path += length;
        if (*path == '[') {
            body = cJSON_IsArray(body) ? cJSON_GetArrayItem(body, (int)strtol(path + 1, NULL, 10)) : NULL;
            path += strcspn(path, "]") + 1;
        }
        path += *path == '.';
    }
    return value_of_json(body);
}

static struct emulator_route_value compare(const char *operator, const struct emulator_route_value * a,
                                           const struct emulator_route_value *b)
{
    bool negated = strcmp(operator, "!=") == 0 || strcmp(operator, "<>") == 0;
    double order = 0;

    if (a->type == EMULATOR_ROUTE_UNDEFINED || b->type == EMULATOR_ROUTE_UNDEFINED)
        return (struct emulator_route_value){.type = EMULATOR_ROUTE_UNDEFINED};
    if (a->type != b->type)
        return negated ? emulator_route_bool(true)
                       : (struct emulator_route_value){.type = strcmp(operator, "=") == 0 ? EMULATOR_ROUTE_BOOL
                                                                                          : EMULATOR_ROUTE_UNDEFINED};
    if (a->type == EMULATOR_ROUTE_TEXT)
        order = strcmp(a->text, b->text);
    else if (a->type != EMULATOR_ROUTE_NULL)
        order = a->number - b->number;
    if (negated)
        return emulator_route_bool(order != 0);
    bool equal = order == 0, less = order < 0;
    if (strcmp(operator, "=") == 0)
        return emulator_route_bool(equal);
    bool or_equal = operator[1] == '=';
    return emulator_route_bool((equal && or_equal) || (!equal && less == (operator[0] == '<')));
}

static bool is_true(const struct emulator_route_value *value)
{
    return value->type == EMULATOR_ROUTE_BOOL && value->number != 0;
}

static struct emulator_route_value calculate(char operator, const struct emulator_route_value * a,
                                             const struct emulator_route_value *b)
{
    if (a->type != EMULATOR_ROUTE_NUMERIC || b->type != EMULATOR_ROUTE_NUMERIC)
        return (struct emulator_route_value){.type = EMULATOR_ROUTE_UNDEFINED};
    switch (operator) {
    case '+':
        return emulator_route_number(a->number + b->number);
    case '-':
        return emulator_route_number(a->number - b->number);
    case '*':
        return emulator_route_number(a->number * b->number);
    case '/':
        return emulator_route_number(a->number / b->number);
    default:
        return emulator_route_number(fmod(a->number, b->number));
    }
}

static struct emulator_route_value join(const struct emulator_route_value *a, const struct emulator_route_value *b)
{
    if (a->type != EMULATOR_ROUTE_TEXT || b->type != EMULATOR_ROUTE_TEXT)
        return (struct emulator_route_value){.type = EMULATOR_ROUTE_UNDEFINED};
    return (struct emulator_route_value){.type = EMULATOR_ROUTE_TEXT,
                                         .text = emulator_text_format("%s%s", a->text, b->text)};
}

static struct emulator_route_value binary(const struct emulator_route_node *node,
                                          const struct emulator_route_message *message)
{
    cleanup_route_value struct emulator_route_value a = judge(node->children[0], message);
    cleanup_route_value struct emulator_route_value b = judge(node->children[1], message);
    const char *operator= node->text;

    if (strcmp(operator, "and") == 0)
        return emulator_route_bool(is_true(&a) && is_true(&b));
    if (strcmp(operator, "or") == 0)
        return emulator_route_bool(is_true(&a) || is_true(&b));
    if (strcmp(operator, "??") == 0)
        return a.type == EMULATOR_ROUTE_UNDEFINED ? emulator_route_copy(&b) : emulator_route_copy(&a);
    if (strcmp(operator, "||") == 0)
        return join(&a, &b);
    if (strchr("+-*/%", operator[0]))
        return calculate(operator[0], &a, &b);
    return compare(operator, & a, &b);
}

static struct emulator_route_value call(const struct emulator_route_node *node,
                                        const struct emulator_route_message *message)
{
    struct emulator_route_value values[EMULATOR_ROUTE_MOST_ARGUMENTS] = {{.type = EMULATOR_ROUTE_UNDEFINED}};
    size_t count =
        node->child_count < EMULATOR_ROUTE_MOST_ARGUMENTS ? node->child_count : EMULATOR_ROUTE_MOST_ARGUMENTS;

    for (size_t i = 0; i < count; i++)
        values[i] = judge(node->children[i], message);
    struct emulator_route_value result = emulator_route_function_call(node->text, values, count);
    for (size_t i = 0; i < count; i++)
        free(values[i].text);
    return result;
}

static struct emulator_route_value judge(const struct emulator_route_node *node,
                                         const struct emulator_route_message *message)
{
    cleanup_route_value struct emulator_route_value child = {.type = EMULATOR_ROUTE_UNDEFINED};

    switch (node->kind) {
    case EMULATOR_ROUTE_TEXT_NODE:
        return emulator_route_text(node->text);
    case EMULATOR_ROUTE_NUMBER_NODE:
        return emulator_route_number(node->number);
    case EMULATOR_ROUTE_CONSTANT_NODE:
        return (struct emulator_route_value){.type = constant_type(node->text),
                                             .number = strcmp(node->text, "true") == 0};
    case EMULATOR_ROUTE_PROPERTY_NODE:
        return value_of_json(json_get(message->properties, node->text));
    case EMULATOR_ROUTE_SYSTEM_NODE:
        return system_value(message->system, node->text);
    case EMULATOR_ROUTE_BODY_NODE:
        return body_value(message->body, node->text);
    case EMULATOR_ROUTE_CALL_NODE:
        return call(node, message);
    case EMULATOR_ROUTE_MINUS_NODE:
        child = judge(node->children[0], message);
        return child.type == EMULATOR_ROUTE_NUMERIC ? emulator_route_number(-child.number) : value_of_json(NULL);
    case EMULATOR_ROUTE_NOT_NODE:
        child = judge(node->children[0], message);
        return child.type == EMULATOR_ROUTE_BOOL ? emulator_route_bool(child.number == 0) : value_of_json(NULL);
    case EMULATOR_ROUTE_BINARY_NODE:
        return binary(node, message);
    }
    return value_of_json(NULL);
}

bool emulator_route_condition_holds(const struct emulator_route_node *node,
                                    const struct emulator_route_message *message)
{
    cleanup_route_value struct emulator_route_value value = judge(node, message);

    return is_true(&value);
}
