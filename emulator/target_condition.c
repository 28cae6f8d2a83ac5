#include "emulator/target_condition.h"

#include "emulator/memory.h"

/* deviceId, tags.x or properties.reported.x, the fixed words in any letter case; no segment with a dollar sign or in
 * brackets below them. */
static int path_check(const struct emulator_path *path, bool of_modules, struct error *error)
{
    char *const *segments = path->segments;
    bool fine = false;

    if (strcasecmp(segments[0], "deviceId") == 0)
        fine = path->count == 1;
    else if (of_modules && strcasecmp(segments[0], "moduleId") == 0)
        fine = path->count == 1;
    else if (strcasecmp(segments[0], "tags") == 0)
        fine = path->count > 1;
    else if (strcasecmp(segments[0], "properties") == 0)
        fine = path->count > 2 && strcasecmp(segments[1], "reported") == 0;
    for (size_t i = 1; i < path->count && fine; i++)
        fine = !strpbrk(segments[i], "$[]");
    if (fine)
        return 0;
    return error_set(error,
                     "Invalid targetCondition. It must be a filter condition based on 'deviceId', 'tags', or "
                     "'properties.reported'. It contains: %s",
                     segments[0]);
}

static int comparison_check(const struct emulator_expression *expression, bool of_modules, struct error *error)
{
    if (expression->left.kind != EMULATOR_OPERAND_PATH)
        return error_set(error, "Invalid targetCondition. A comparison must begin with a property");
    if (path_check(&expression->left.path, of_modules, error) < 0)
        return -1;
    if (expression->right.kind == EMULATOR_OPERAND_PATH) {
        if (path_check(&expression->right.path, of_modules, error) < 0)
            return -1;
        return error_set(error, "Invalid targetCondition. A property must be compared with a value");
    }
    if (cJSON_IsNull(expression->right.literal))
        return error_set(error, "Invalid targetCondition. A property cannot be compared with null");
    return 0;
}

static int check(const struct emulator_expression *expression, bool of_modules, struct error *error)
{
    switch (expression->kind) {
    case EMULATOR_EXPRESSION_COMPARE:
        return comparison_check(expression, of_modules, error);
    case EMULATOR_EXPRESSION_IS_DEFINED:
        return path_check(&expression->left.path, of_modules, error);
    case EMULATOR_EXPRESSION_IN:
        return error_set(error, "Invalid targetCondition. IN is not supported; write the comparisons with OR");
    case EMULATOR_EXPRESSION_OR:
    case EMULATOR_EXPRESSION_AND:
    case EMULATOR_EXPRESSION_NOT:
        break;
    }
    for (size_t i = 0; i < expression->child_count; i++)
        if (check(expression->children[i], of_modules, error) < 0)
            return -1;
    return 0;
}

int emulator_target_condition_parse(const char *text, struct emulator_target_condition *ret_condition,
                                    struct error *error)
{
    return emulator_target_condition_parse_for(text, false, ret_condition, error);
}

int emulator_target_condition_parse_for(const char *text, bool of_modules,
                                        struct emulator_target_condition *ret_condition, struct error *error)
{
    cleanup_expression struct emulator_expression *expression = NULL;
    struct emulator_lexer lexer;

    if (emulator_lexer_init(&lexer, text, error) < 0)
        return error_wrap(error, "Invalid targetCondition");
    if (lexer.token.kind == EMULATOR_TOKEN_END) {
        *ret_condition = (struct emulator_target_condition)EMULATOR_TARGET_CONDITION_INIT;
        return 0;
    }
    if (emulator_lexer_at(&lexer, '*') && lexer.next[strspn(lexer.next, " \t\r\n")] == '\0') {
        *ret_condition = (struct emulator_target_condition){.all = true};
        return 0;
    }
    if (emulator_expression_read(&lexer, &expression, error) < 0)
        return error_wrap(error, "Invalid targetCondition");
    if (lexer.token.kind != EMULATOR_TOKEN_END) {
        cleanup_free char *place = emulator_lexer_place(&lexer);
        return error_set(error, "Invalid targetCondition: AND or OR is missing %s", place);
    }
    if (check(expression, of_modules, error) < 0)
        return -1;
    *ret_condition = (struct emulator_target_condition){.expression = steal_ptr(expression)};
    return 0;
}

void emulator_target_condition_release(struct emulator_target_condition *condition)
{
    emulator_expression_free(condition->expression);
    condition->expression = NULL;
}

bool emulator_target_condition_holds(const struct emulator_target_condition *condition, const cJSON *twin)
{
    if (condition->all)
        return true;
    return condition->expression && emulator_expression_selects(condition->expression, twin);
}
