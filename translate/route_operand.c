/* From edgeHub's compiler of conditions (ConditionVisitor.cs of IoT Edge). */
#include "translate/route_operand.h"

#include "common/cleanup.h"
#include "translate/text.h"

#include <string.h>

const char *const route_type_names[] = {
    [ROUTE_TYPE_TEXT] = "text", [ROUTE_TYPE_NUMBER] = "a number",     [ROUTE_TYPE_BOOL] = "true or false",
    [ROUTE_TYPE_NULL] = "null", [ROUTE_TYPE_UNDEFINED] = "undefined", [ROUTE_TYPE_BODY] = "a value of the body",
};

unsigned route_tightness(enum route_token_kind kind)
{
    switch (kind) {
    case ROUTE_COALESCE:
        return 1;
    case ROUTE_OR:
        return 2;
    case ROUTE_AND:
        return 3;
    case ROUTE_EQUAL:
    case ROUTE_NOT_EQUAL:
        return 4;
    case ROUTE_LESS:
    case ROUTE_LESS_EQUAL:
    case ROUTE_GREATER:
    case ROUTE_GREATER_EQUAL:
        return 5;
    case ROUTE_PLUS:
    case ROUTE_MINUS:
    case ROUTE_CONCAT:
        return 6;
    case ROUTE_STAR:
    case ROUTE_SLASH:
    case ROUTE_PERCENT:
        return 7;
    default:
        return 0;
    }
}

void route_operand_show(char buffer[ROUTE_SHOWN_SIZE], const struct route_operand *operand)
{
    char text[ROUTE_SHOWN_SIZE];
    size_t length = (size_t)(operand->end - operand->start.text);

    if (length >= sizeof(text))
        length = sizeof(text) - 1;
    memcpy(text, operand->start.text, length);
    text[length] = '\0';
    text_copy_excerpt(buffer, sizeof(text), text, ROUTE_SHOWN);
}

/* The values of the body have + - * /, but neither % nor a minus before them. Compiling fails then, as for types that
 * do not fit. */
static bool fail_body(struct route_parser *p, const struct route_token *operation, const struct route_operand *body)
{
    char shown[ROUTE_SHOWN_SIZE];

    route_operand_show(shown, body);
    return route_parser_fail(p, operation,
                             "a value of the body has no %.*s, and the device then ignores all routes: write "
                             "as_number(%s)",
                             (int)operation->length, operation->text, shown);
}

bool route_check_minus(struct route_parser *p, const struct route_token *operation, const struct route_operand *operand)
{
    if (operand->type == ROUTE_TYPE_BODY)
        return fail_body(p, operation, operand);
    return operand->type == ROUTE_TYPE_NUMBER ||
           route_parser_fail(p, &operand->start, "this is %s, and a minus takes a number",
                             route_type_names[operand->type]);
}

bool route_check_not(struct route_parser *p, const struct route_token *operation, const struct route_operand *operand)
{
    char shown[ROUTE_SHOWN_SIZE];

    if (operand->type == ROUTE_TYPE_BOOL || operand->type == ROUTE_TYPE_NULL || operand->type == ROUTE_TYPE_BODY)
        return true;
    route_operand_show(shown, operand);
    if (route_tightness(p->token.kind))
        return route_parser_fail(p, operation, "the device reads (NOT %s) %.*s …: put what NOT negates in parentheses",
                                 shown, (int)p->token.length, p->token.text);
    return route_parser_fail(p, operation, "%s is %s, and NOT takes what is true or false", shown,
                             route_type_names[operand->type]);
}

static bool is_logical(enum route_type type)
{
    return type == ROUTE_TYPE_BOOL || type == ROUTE_TYPE_NULL || type == ROUTE_TYPE_UNDEFINED;
}

static bool are_equal(enum route_type a, enum route_type b)
{
    if (a == ROUTE_TYPE_BODY || b == ROUTE_TYPE_BODY)
        return a != ROUTE_TYPE_UNDEFINED && b != ROUTE_TYPE_UNDEFINED;
    return a == b;
}

/* Both of that type, or values of the body. */
static bool are(enum route_type wanted, enum route_type a, enum route_type b)
{
    return (a == wanted || a == ROUTE_TYPE_BODY) && (b == wanted || b == ROUTE_TYPE_BODY);
}

static bool fail_operands(struct route_parser *p, const struct route_token *operation, const struct route_operand *left,
                          const struct route_operand *right, const char *takes)
{
    char a[ROUTE_SHOWN_SIZE], b[ROUTE_SHOWN_SIZE];
    const struct route_operand *text = left->type == ROUTE_TYPE_TEXT ? left : right;
    const struct route_operand *other = left->type == ROUTE_TYPE_TEXT ? right : left;

    route_operand_show(a, left);
    route_operand_show(b, right);
    if (left->is_operation || right->is_operation)
        return route_parser_fail(p, operation,
                                 "the device reads (%s) %.*s (%s), %s and %s, and %.*s %s: put parentheses around what "
                                 "belongs together",
                                 a, (int)operation->length, operation->text, b, route_type_names[left->type],
                                 route_type_names[right->type], (int)operation->length, operation->text, takes);
    if (text->is_property && text->type == ROUTE_TYPE_TEXT && other->type == ROUTE_TYPE_NUMBER)
        return route_parser_fail(p, operation, "properties are text, and %.*s %s: write as_number(%s)",
                                 (int)operation->length, operation->text, takes, text == left ? a : b);
    if (text->is_property && text->type == ROUTE_TYPE_TEXT && other->type == ROUTE_TYPE_BOOL)
        return route_parser_fail(p, operation, "properties are text, and %.*s %s: write '%s'", (int)operation->length,
                                 operation->text, takes, text == left ? b : a);
    return route_parser_fail(p, operation, "%s is %s, %s is %s, and %.*s %s", a, route_type_names[left->type], b,
                             route_type_names[right->type], (int)operation->length, operation->text, takes);
}

static bool fail_logical(struct route_parser *p, const struct route_token *operation, const struct route_operand *left,
                         const struct route_operand *right)
{
    char shown[ROUTE_SHOWN_SIZE];

    route_operand_show(shown, right);
    if (right->type == ROUTE_TYPE_BODY && is_logical(left->type))
        return route_parser_fail(p, operation, "a value of the body stands on the left of %.*s only: write %s = true",
                                 (int)operation->length, operation->text, shown);
    return fail_operands(p, operation, left, right, "takes what is true or false on both sides");
}

/* What the device can compute no AND or OR of, although it lets them through its check of types. */
static bool is_without_logic(enum route_token_kind kind, enum route_type left, enum route_type right)
{
    return (left == ROUTE_TYPE_NULL && right == ROUTE_TYPE_UNDEFINED) ||
           (left == ROUTE_TYPE_UNDEFINED && right == ROUTE_TYPE_NULL) ||
           (left == ROUTE_TYPE_BODY && right == ROUTE_TYPE_NULL && kind == ROUTE_AND);
}

/* With a value of the body on its left the device takes anything on the right. */
static bool check_logical(struct route_parser *p, const struct route_token *operation, const struct route_operand *left,
                          const struct route_operand *right, struct route_operand *result)
{
    int nulls = (left->type == ROUTE_TYPE_NULL) + (right->type == ROUTE_TYPE_NULL);
    char shown[ROUTE_SHOWN_SIZE];

    if (left->type != ROUTE_TYPE_BODY && (!is_logical(left->type) || !is_logical(right->type)))
        return fail_logical(p, operation, left, right);
    if (is_without_logic(operation->kind, left->type, right->type))
        return route_parser_fail(
            p, operation, "the device cannot compute %.*s of %s and %s, and then ignores all routes",
            (int)operation->length, operation->text, route_type_names[left->type], route_type_names[right->type]);
    result->type = nulls > (operation->kind == ROUTE_OR) ? ROUTE_TYPE_NULL : ROUTE_TYPE_BOOL;
    if (right->type == ROUTE_TYPE_TEXT || right->type == ROUTE_TYPE_NUMBER) {
        route_operand_show(shown, right);
        route_parser_warn(p, "%s is %s, so that this %s is never true", shown, route_type_names[right->type],
                          operation->kind == ROUTE_AND ? "AND" : "OR");
    }
    return true;
}

static bool check_arithmetic(struct route_parser *p, const struct route_token *operation,
                             const struct route_operand *left, const struct route_operand *right,
                             struct route_operand *result)
{
    bool has_body = left->type == ROUTE_TYPE_BODY || right->type == ROUTE_TYPE_BODY;

    if (!are(ROUTE_TYPE_NUMBER, left->type, right->type))
        return fail_operands(p, operation, left, right, "takes numbers on both sides");
    if (has_body && operation->kind == ROUTE_PERCENT)
        return fail_body(p, operation, left->type == ROUTE_TYPE_BODY ? left : right);
    result->type = has_body ? ROUTE_TYPE_BODY : ROUTE_TYPE_NUMBER;
    return true;
}

bool route_check_operation(struct route_parser *p, const struct route_token *operation,
                           const struct route_operand *left, const struct route_operand *right,
                           struct route_operand *result)
{
    switch (route_tightness(operation->kind)) {
    case 1:
        result->type = left->type == ROUTE_TYPE_BODY ? left->type : right->type;
        return are_equal(left->type, right->type) || fail_operands(p, operation, left, right, "takes two of one type");
    case 2:
    case 3:
        return check_logical(p, operation, left, right, result);
    case 4:
    case 5:
        result->type = ROUTE_TYPE_BOOL;
        return are_equal(left->type, right->type) || fail_operands(p, operation, left, right, "takes two of one type");
    default:
        if (operation->kind != ROUTE_CONCAT)
            return check_arithmetic(p, operation, left, right, result);
        result->type = ROUTE_TYPE_TEXT;
        return are(ROUTE_TYPE_TEXT, left->type, right->type) ||
               fail_operands(p, operation, left, right, "takes text on both sides");
    }
}
