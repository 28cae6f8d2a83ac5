/* Reads the text of a query; query.c runs it. */
#include "emulator/query.h"

#include "emulator/memory.h"

static int fail(const struct emulator_lexer *lexer, struct error *error, const char *what)
{
    cleanup_free char *place = emulator_lexer_place(lexer);

    return error_set(error, "%s %s", what, place);
}

static int expect_keyword(struct emulator_lexer *lexer, const char *word, const char *what, struct error *error)
{
    if (!emulator_lexer_at_keyword(lexer, word))
        return fail(lexer, error, what);
    return emulator_lexer_advance(lexer, error);
}

/* [AS name]: replaces *name when it is there. */
static int read_alias(struct emulator_lexer *lexer, char **name, struct error *error)
{
    if (!emulator_lexer_at_keyword(lexer, "as"))
        return 0;
    if (emulator_lexer_advance(lexer, error) < 0)
        return -1;
    if (lexer->token.kind != EMULATOR_TOKEN_PATH || !lexer->token.keyword_form)
        return fail(lexer, error, "a name is missing after AS");
    free(*name);
    *name = emulator_text_copy_length(lexer->token.start, lexer->token.length);
    return emulator_lexer_advance(lexer, error);
}

static int read_count(struct emulator_lexer *lexer, struct emulator_query *query, struct error *error)
{
    query->count_name = emulator_text_copy("$1");
    if (emulator_lexer_advance(lexer, error) < 0)
        return -1;
    if (!emulator_lexer_at(lexer, '(') || emulator_lexer_advance(lexer, error) < 0 || !emulator_lexer_at(lexer, ')'))
        return fail(lexer, error, "COUNT is written COUNT()");
    return emulator_lexer_advance(lexer, error) < 0 ? -1 : read_alias(lexer, &query->count_name, error);
}

static int read_column(struct emulator_lexer *lexer, struct emulator_query *query, struct error *error)
{
    if (lexer->token.kind != EMULATOR_TOKEN_PATH || emulator_lexer_at_keyword(lexer, "from"))
        return fail(lexer, error, "a column is missing");
    query->columns =
        emulator_array_grow(query->columns, query->column_count, &query->column_capacity, sizeof(*query->columns));
    struct emulator_column *column = &query->columns[query->column_count++];
    emulator_path_init(&column->path, &lexer->token);
    column->name = emulator_text_copy(column->path.segments[column->path.count - 1]);
    if (emulator_lexer_advance(lexer, error) < 0)
        return -1;
    return read_alias(lexer, &column->name, error);
}

/* TOP number */
static int read_top(struct emulator_lexer *lexer, struct emulator_query *query, struct error *error)
{
    if (!emulator_lexer_at_keyword(lexer, "top"))
        return 0;
    if (emulator_lexer_advance(lexer, error) < 0)
        return -1;
    if (lexer->token.kind != EMULATOR_TOKEN_NUMBER || !(lexer->token.number >= 1 && lexer->token.number <= INT32_MAX))
        return fail(lexer, error, "TOP needs a number");
    query->top = (size_t)lexer->token.number;
    return emulator_lexer_advance(lexer, error);
}

static int read_columns(struct emulator_lexer *lexer, struct emulator_query *query, struct error *error)
{
    if (emulator_lexer_at(lexer, '*'))
        return emulator_lexer_advance(lexer, error);
    for (;;) {
        bool counts = emulator_lexer_at_keyword(lexer, "count") && !query->count_name;
        if ((counts ? read_count(lexer, query, error) : read_column(lexer, query, error)) < 0)
            return -1;
        if (!emulator_lexer_at(lexer, ','))
            return 0;
        if (emulator_lexer_advance(lexer, error) < 0)
            return -1;
    }
}

/* GROUP BY path, … */
static int read_groups(struct emulator_lexer *lexer, struct emulator_query *query, struct error *error)
{
    if (!emulator_lexer_at_keyword(lexer, "group"))
        return 0;
    if (emulator_lexer_advance(lexer, error) < 0 || expect_keyword(lexer, "by", "BY is missing", error) < 0)
        return -1;
    for (;;) {
        if (lexer->token.kind != EMULATOR_TOKEN_PATH)
            return fail(lexer, error, "a property to group by is missing");
        query->groups =
            emulator_array_grow(query->groups, query->group_count, &query->group_capacity, sizeof(*query->groups));
        emulator_path_init(&query->groups[query->group_count++], &lexer->token);
        if (emulator_lexer_advance(lexer, error) < 0)
            return -1;
        if (!emulator_lexer_at(lexer, ','))
            return 0;
        if (emulator_lexer_advance(lexer, error) < 0)
            return -1;
    }
}

static bool paths_equal(const struct emulator_path *a, const struct emulator_path *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->segments[i], b->segments[i]) != 0)
            return false;
    return true;
}

/* A column beside COUNT() must be one of those that rows are put together by. */
static int groups_check(const struct emulator_query *query, struct error *error)
{
    if (query->group_count == 0)
        return query->count_name && query->column_count
                   ? error_set(error, "COUNT() beside other columns needs GROUP BY")
                   : 0;
    if (query->column_count == 0 && !query->count_name)
        return error_set(error, "GROUP BY needs columns");
    for (size_t i = 0; i < query->column_count; i++) {
        bool found = false;
        for (size_t j = 0; j < query->group_count; j++)
            found = found || paths_equal(&query->columns[i].path, &query->groups[j]);
        if (!found)
            return error_set(error, "the column %s is not in GROUP BY", query->columns[i].name);
    }
    return 0;
}

static int read_collection(struct emulator_lexer *lexer, struct emulator_query *query, struct error *error)
{
    const struct emulator_token *token = &lexer->token;
    static const char modules[] = "devices.modules";

    if (token->kind == EMULATOR_TOKEN_PATH && token->length == strlen(modules) &&
        strncasecmp(token->start, modules, token->length) == 0)
        query->modules = true;
    else if (!emulator_lexer_at_keyword(lexer, "devices"))
        return fail(lexer, error, "only devices and devices.modules can be queried, not what stands");
    return emulator_lexer_advance(lexer, error);
}

static int read_query(struct emulator_lexer *lexer, struct emulator_query *query, struct error *error)
{
    if (expect_keyword(lexer, "select", "SELECT is missing", error) < 0 || read_top(lexer, query, error) < 0 ||
        read_columns(lexer, query, error) < 0 || expect_keyword(lexer, "from", "FROM is missing", error) < 0 ||
        read_collection(lexer, query, error) < 0)
        return -1;
    if (emulator_lexer_at_keyword(lexer, "where")) {
        if (emulator_lexer_advance(lexer, error) < 0 || emulator_expression_read(lexer, &query->where, error) < 0)
            return -1;
    }
    if (read_groups(lexer, query, error) < 0)
        return -1;
    if (lexer->token.kind != EMULATOR_TOKEN_END)
        return fail(lexer, error, "the query is not understood");
    return groups_check(query, error);
}

int emulator_query_parse(const char *text, struct emulator_query *ret_query, struct error *error)
{
    struct emulator_query query = EMULATOR_QUERY_INIT;
    struct emulator_lexer lexer;

    if (emulator_lexer_init(&lexer, text, error) < 0 || read_query(&lexer, &query, error) < 0) {
        emulator_query_release(&query);
        return -1;
    }
    *ret_query = query;
    return 0;
}

void emulator_query_release(struct emulator_query *query)
{
    for (size_t i = 0; i < query->column_count; i++) {
        emulator_path_release(&query->columns[i].path);
        free(query->columns[i].name);
    }
    for (size_t i = 0; i < query->group_count; i++)
        emulator_path_release(&query->groups[i]);
    free(query->groups);
    free(query->columns);
    free(query->count_name);
    emulator_expression_free(query->where);
    *query = (struct emulator_query)EMULATOR_QUERY_INIT;
}
