#include "emulator/expression.h"

#include "common/json.h"
#include "emulator/memory.h"

enum truth { FALSE, TRUE, UNDEFINED };

void emulator_path_init(struct emulator_path *path, const struct emulator_token *token)
{
    const char *at = token->start;
    const char *end = token->start + token->length;
    size_t capacity = 0;

    *path = (struct emulator_path){NULL, 0};
    while (at < end) {
        bool bracketed = *at == '[';
        const char *start = bracketed ? at + 2 : at;
        const char *stop = bracketed ? strstr(start, "]]") : memchr(start, '.', (size_t)(end - start));
        if (!stop)
            stop = end;
        path->segments = emulator_array_grow(path->segments, path->count, &capacity, sizeof(*path->segments));
        path->segments[path->count++] = emulator_text_copy_length(start, (size_t)(stop - start));
        at = stop + (bracketed ? 3 : 1);
    }
}

void emulator_path_release(struct emulator_path *path)
{
    for (size_t i = 0; i < path->count; i++)
        free(path->segments[i]);
    free(path->segments);
}

/* Most of an evaluation is spent here, and most names differ in their first letter. */
static bool segment_equals(const char *name, const char *segment, bool any_case)
{
    if ((name[0] ^ segment[0]) & ~('a' ^ 'A'))
        return false;
    return any_case ? strcasecmp(name, segment) == 0 : strcmp(name, segment) == 0;
}

const cJSON *emulator_path_find(const struct emulator_path *path, const cJSON *twin)
{
    /* The service's own names come in any letter case, those that users choose do not. */
    size_t fixed = path->count > 1 && strcasecmp(path->segments[0], "properties") == 0 ? 2 : 1;
    const cJSON *value = twin;

    for (size_t i = 0; i < path->count && value; i++) {
        const cJSON *member = cJSON_IsObject(value) ? value->child : NULL;
        while (member && !segment_equals(member->string, path->segments[i], i < fixed))
            member = member->next;
        value = member;
    }
    return value;
}

static void operand_release(struct emulator_operand *operand)
{
    emulator_path_release(&operand->path);
    cJSON_Delete(operand->literal);
}

void emulator_expression_free(struct emulator_expression *expression)
{
    if (!expression)
        return;
    for (size_t i = 0; i < expression->child_count; i++)
        emulator_expression_free(expression->children[i]);
    free(expression->children);
    operand_release(&expression->left);
    operand_release(&expression->right);
    cJSON_Delete(expression->list);
    free(expression);
}

static const cJSON *operand_value(const struct emulator_operand *operand, const cJSON *twin)
{
    return operand->kind == EMULATOR_OPERAND_PATH ? emulator_path_find(&operand->path, twin) : operand->literal;
}

static enum truth truth_of(bool value)
{
    return value ? TRUE : FALSE;
}

static enum truth order_judge(enum emulator_comparison comparison, int order)
{
    switch (comparison) {
    case EMULATOR_EQUAL:
        return truth_of(order == 0);
    case EMULATOR_NOT_EQUAL:
        return truth_of(order != 0);
    case EMULATOR_LESS:
        return truth_of(order < 0);
    case EMULATOR_LESS_EQUAL:
        return truth_of(order <= 0);
    case EMULATOR_GREATER:
        return truth_of(order > 0);
    case EMULATOR_GREATER_EQUAL:
        return truth_of(order >= 0);
    }
    return UNDEFINED;
}

static enum truth compare(enum emulator_comparison comparison, const cJSON *left, const cJSON *right)
{
    bool only_equality = comparison == EMULATOR_EQUAL || comparison == EMULATOR_NOT_EQUAL;

    if (cJSON_IsString(left) && cJSON_IsString(right))
        return order_judge(comparison, strcmp(left->valuestring, right->valuestring));
    if (cJSON_IsNumber(left) && cJSON_IsNumber(right))
        return order_judge(comparison,
                           (left->valuedouble > right->valuedouble) - (left->valuedouble < right->valuedouble));
    if (cJSON_IsBool(left) && cJSON_IsBool(right) && only_equality)
        return order_judge(comparison, cJSON_IsTrue(left) - cJSON_IsTrue(right));
    if (cJSON_IsNull(left) && cJSON_IsNull(right) && only_equality)
        return order_judge(comparison, 0);
    return UNDEFINED;
}

static enum truth judge(const struct emulator_expression *expression, const cJSON *twin);

/* OR is decided by a true child, AND by a false one. */
static enum truth judge_children(const struct emulator_expression *expression, const cJSON *twin, enum truth deciding)
{
    enum truth result = deciding == TRUE ? FALSE : TRUE;

    for (size_t i = 0; i < expression->child_count; i++) {
        enum truth child = judge(expression->children[i], twin);
        if (child == deciding)
            return deciding;
        if (child == UNDEFINED)
            result = UNDEFINED;
    }
    return result;
}

static enum truth judge_not(const struct emulator_expression *expression, const cJSON *twin)
{
    enum truth child = judge(expression->children[0], twin);

    return child == UNDEFINED ? UNDEFINED : truth_of(child == FALSE);
}

static enum truth judge_in(const struct emulator_expression *expression, const cJSON *twin)
{
    const cJSON *value = operand_value(&expression->left, twin);
    const cJSON *item;

    if (!value)
        return UNDEFINED;
    cJSON_ArrayForEach(item, expression->list) if (compare(EMULATOR_EQUAL, value, item) == TRUE) return TRUE;
    return FALSE;
}

static enum truth judge(const struct emulator_expression *expression, const cJSON *twin)
{
    switch (expression->kind) {
    case EMULATOR_EXPRESSION_OR:
        return judge_children(expression, twin, TRUE);
    case EMULATOR_EXPRESSION_AND:
        return judge_children(expression, twin, FALSE);
    case EMULATOR_EXPRESSION_NOT:
        return judge_not(expression, twin);
    case EMULATOR_EXPRESSION_COMPARE:
        return compare(expression->comparison, operand_value(&expression->left, twin),
                       operand_value(&expression->right, twin));
    case EMULATOR_EXPRESSION_IN:
        return judge_in(expression, twin);
    case EMULATOR_EXPRESSION_IS_DEFINED:
        return truth_of(operand_value(&expression->left, twin) != NULL);
    }
    return UNDEFINED;
}

bool emulator_expression_selects(const struct emulator_expression *expression, const cJSON *twin)
{
    return judge(expression, twin) == TRUE;
}
