#include "emulator/expression.h"

#include "emulator/memory.h"

#define MAX_NESTING 64

static int read_or(struct emulator_lexer *lexer, unsigned depth, struct emulator_expression **ret, struct error *error);

static int fail(const struct emulator_lexer *lexer, struct error *error, const char *what)
{
    cleanup_free char *place = emulator_lexer_place(lexer);

    return error_set(error, "%s %s", what, place);
}

static struct emulator_expression *expression_new(enum emulator_expression_kind kind)
{
    struct emulator_expression *expression = emulator_allocate(sizeof(*expression));

    expression->kind = kind;
    return expression;
}

static void child_add(struct emulator_expression *expression, struct emulator_expression *child)
{
    expression->children = emulator_array_grow(expression->children, expression->child_count,
                                               &expression->child_capacity, sizeof(struct emulator_expression *));
    expression->children[expression->child_count++] = child;
}

static int expect(struct emulator_lexer *lexer, char punctuation, struct error *error)
{
    if (!emulator_lexer_at(lexer, punctuation)) {
        char what[] = "'?' is missing";
        what[1] = punctuation;
        return fail(lexer, error, what);
    }
    return emulator_lexer_advance(lexer, error);
}

/* A string, a number, true, false or null; NULL when the lexer stands on something else. */
static cJSON *literal_of(const struct emulator_lexer *lexer)
{
    if (lexer->token.kind == EMULATOR_TOKEN_STRING) {
        cleanup_free char *text = emulator_token_string(&lexer->token);
        return cJSON_CreateString(text);
    }
    if (lexer->token.kind == EMULATOR_TOKEN_NUMBER)
        return cJSON_CreateNumber(lexer->token.number);
    if (emulator_lexer_at_keyword(lexer, "true"))
        return cJSON_CreateTrue();
    if (emulator_lexer_at_keyword(lexer, "false"))
        return cJSON_CreateFalse();
    if (emulator_lexer_at_keyword(lexer, "null"))
        return cJSON_CreateNull();
    return NULL;
}

static bool at_reserved_word(const struct emulator_lexer *lexer)
{
    static const char *const words[] = {"and",    "or",   "not",   "in",    "nin", "is_defined",
                                        "select", "from", "where", "group", "by"};

    for (size_t i = 0; i < array_length(words); i++)
        if (emulator_lexer_at_keyword(lexer, words[i]))
            return true;
    return false;
}

static int read_operand(struct emulator_lexer *lexer, struct emulator_operand *operand, struct error *error)
{
    operand->kind = EMULATOR_OPERAND_LITERAL;
    operand->literal = literal_of(lexer);
    if (!operand->literal) {
        if (lexer->token.kind != EMULATOR_TOKEN_PATH || at_reserved_word(lexer))
            return fail(lexer, error, "a value or the path of a property is missing");
        operand->kind = EMULATOR_OPERAND_PATH;
        emulator_path_init(&operand->path, &lexer->token);
    }
    return emulator_lexer_advance(lexer, error);
}

static int read_list(struct emulator_lexer *lexer, cJSON *list, struct error *error)
{
    if (expect(lexer, '[', error) < 0)
        return -1;
    while (!emulator_lexer_at(lexer, ']')) {
        cJSON *item = literal_of(lexer);
        if (!item)
            return fail(lexer, error, "a value is missing in the list");
        cJSON_AddItemToArray(list, item);
        if (emulator_lexer_advance(lexer, error) < 0)
            return -1;
        if (!emulator_lexer_at(lexer, ']') && expect(lexer, ',', error) < 0)
            return -1;
    }
    return emulator_lexer_advance(lexer, error);
}

/* Wraps an expression in NOT. */
static struct emulator_expression *negate(struct emulator_expression *expression)
{
    struct emulator_expression *wrapped = expression_new(EMULATOR_EXPRESSION_NOT);

    child_add(wrapped, expression);
    return wrapped;
}

static int read_in(struct emulator_lexer *lexer, struct emulator_expression **in_out, struct error *error)
{
    bool negated = emulator_lexer_at_keyword(lexer, "nin");

    (*in_out)->kind = EMULATOR_EXPRESSION_IN;
    (*in_out)->list = cJSON_CreateArray();
    if (emulator_lexer_advance(lexer, error) < 0 || read_list(lexer, (*in_out)->list, error) < 0)
        return -1;
    if (negated)
        *in_out = negate(*in_out);
    return 0;
}

static int read_comparison(struct emulator_lexer *lexer, struct emulator_expression **ret, struct error *error)
{
    cleanup_expression struct emulator_expression *expression = expression_new(EMULATOR_EXPRESSION_COMPARE);

    if (read_operand(lexer, &expression->left, error) < 0)
        return -1;
    if (emulator_lexer_at_keyword(lexer, "in") || emulator_lexer_at_keyword(lexer, "nin")) {
        if (read_in(lexer, &expression, error) < 0)
            return -1;
    } else {
        if (lexer->token.kind != EMULATOR_TOKEN_COMPARISON)
            return fail(lexer, error, "a comparison is missing");
        expression->comparison = lexer->token.comparison;
        if (emulator_lexer_advance(lexer, error) < 0 || read_operand(lexer, &expression->right, error) < 0)
            return -1;
    }
    *ret = steal_ptr(expression);
    return 0;
}

static int read_is_defined(struct emulator_lexer *lexer, struct emulator_expression **ret, struct error *error)
{
    cleanup_expression struct emulator_expression *expression = expression_new(EMULATOR_EXPRESSION_IS_DEFINED);

    if (emulator_lexer_advance(lexer, error) < 0 || expect(lexer, '(', error) < 0 ||
        read_operand(lexer, &expression->left, error) < 0)
        return -1;
    if (expression->left.kind != EMULATOR_OPERAND_PATH)
        return fail(lexer, error, "IS_DEFINED takes the path of a property, not a value,");
    if (expect(lexer, ')', error) < 0)
        return -1;
    *ret = steal_ptr(expression);
    return 0;
}

static int read_not(struct emulator_lexer *lexer, unsigned depth, struct emulator_expression **ret, struct error *error)
{
    if (depth > MAX_NESTING)
        return error_set(error, "it is nested deeper than %d levels", MAX_NESTING);
    if (emulator_lexer_at_keyword(lexer, "not")) {
        if (emulator_lexer_advance(lexer, error) < 0 || read_not(lexer, depth + 1, ret, error) < 0)
            return -1;
        *ret = negate(*ret);
        return 0;
    }
    if (emulator_lexer_at_keyword(lexer, "is_defined"))
        return read_is_defined(lexer, ret, error);
    if (!emulator_lexer_at(lexer, '('))
        return read_comparison(lexer, ret, error);
    cleanup_expression struct emulator_expression *inner = NULL;
    if (emulator_lexer_advance(lexer, error) < 0 || read_or(lexer, depth + 1, &inner, error) < 0 ||
        expect(lexer, ')', error) < 0)
        return -1;
    *ret = steal_ptr(inner);
    return 0;
}

static int read_and(struct emulator_lexer *lexer, unsigned depth, struct emulator_expression **ret, struct error *error)
{
    cleanup_expression struct emulator_expression *expression = expression_new(EMULATOR_EXPRESSION_AND);

    for (;;) {
        struct emulator_expression *child = NULL;
        if (read_not(lexer, depth, &child, error) < 0)
            return -1;
        child_add(expression, child);
        if (!emulator_lexer_at_keyword(lexer, "and"))
            break;
        if (emulator_lexer_advance(lexer, error) < 0)
            return -1;
    }
    *ret = steal_ptr(expression);
    return 0;
}

static int read_or(struct emulator_lexer *lexer, unsigned depth, struct emulator_expression **ret, struct error *error)
{
    cleanup_expression struct emulator_expression *expression = expression_new(EMULATOR_EXPRESSION_OR);

    for (;;) {
        struct emulator_expression *child = NULL;
        if (read_and(lexer, depth, &child, error) < 0)
            return -1;
        child_add(expression, child);
        if (!emulator_lexer_at_keyword(lexer, "or"))
            break;
        if (emulator_lexer_advance(lexer, error) < 0)
            return -1;
    }
    *ret = steal_ptr(expression);
    return 0;
}

int emulator_expression_read(struct emulator_lexer *lexer, struct emulator_expression **ret_expression,
                             struct error *error)
{
    return read_or(lexer, 0, ret_expression, error);
}
