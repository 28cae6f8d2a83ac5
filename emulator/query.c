#include "emulator/query.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/twin.h"

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

void emulator_query_place_release(struct emulator_query_place *place)
{
    free(place->device_id);
    free(place->module_id);
    *place = (struct emulator_query_place)EMULATOR_QUERY_PLACE_INIT;
}

/* One pass over the twins. */
struct cursor {
    const struct emulator_query *query;
    const struct emulator_fleet *fleet;
    size_t device, module;
};

/* The next twin whatever the WHERE says; NULL at the end. */
static const struct emulator_twin *cursor_step(struct cursor *cursor, const struct emulator_device **ret_device)
{
    while (cursor->device < cursor->fleet->count) {
        const struct emulator_device *device = cursor->fleet->devices[cursor->device];
        *ret_device = device;
        if (!cursor->query->modules) {
            cursor->device++;
            return &device->twin;
        }
        if (cursor->module < device->module_count)
            return device->modules[cursor->module++];
        cursor->device++;
        cursor->module = 0;
    }
    return NULL;
}

static bool is_after(const struct emulator_query_place *place, const struct emulator_device *device,
                     const struct emulator_twin *twin)
{
    if (!place->device_id)
        return true;
    int order = strcmp(device->id, place->device_id);
    if (order || !twin->module_id || !place->module_id)
        return order > 0;
    return strcmp(twin->module_id, place->module_id) > 0;
}

/* The tree of the next selected twin after the place (which may be NULL), or NULL at the end. */
static cJSON *cursor_next(struct cursor *cursor, const struct emulator_query_place *place,
                          const struct emulator_device **ret_device, const struct emulator_twin **ret_twin)
{
    while ((*ret_twin = cursor_step(cursor, ret_device))) {
        if (place && !is_after(place, *ret_device, *ret_twin))
            continue;
        cJSON *tree = emulator_twin_tree(*ret_device, *ret_twin);
        if (!cursor->query->where || emulator_expression_selects(cursor->query->where, tree))
            return tree;
        cJSON_Delete(tree);
    }
    return NULL;
}

size_t emulator_query_count(const struct emulator_query *query, const struct emulator_fleet *fleet)
{
    struct cursor cursor = {query, fleet, 0, 0};
    const struct emulator_device *device;
    const struct emulator_twin *twin;
    size_t count = 0;
    cJSON *tree;

    while ((tree = cursor_next(&cursor, NULL, &device, &twin))) {
        cJSON_Delete(tree);
        count++;
    }
    return count;
}

static void row_write(const struct emulator_query *query, const cJSON *tree, struct json_writer *json)
{
    if (query->column_count == 0) {
        json_add_value(json, tree);
        return;
    }
    json_begin_object(json);
    for (size_t i = 0; i < query->column_count; i++) {
        const cJSON *value = emulator_path_find(&query->columns[i].path, tree);
        if (!value)
            continue;
        json_name(json, query->columns[i].name);
        json_add_value(json, value);
    }
    json_end_object(json);
}

static void place_set(struct emulator_query_place *place, const struct emulator_device *device,
                      const struct emulator_twin *twin)
{
    size_t rows = place->rows + 1;

    emulator_query_place_release(place);
    place->device_id = emulator_text_copy(device->id);
    place->module_id = emulator_text_copy(twin->module_id);
    place->rows = rows;
}

static bool rows_write(struct cursor *cursor, size_t page_size, struct emulator_query_place *place,
                       struct json_writer *json)
{
    const struct emulator_device *device;
    const struct emulator_twin *twin;
    size_t top = cursor->query->top, rows = 0;
    cJSON *tree;

    while ((!top || place->rows < top) && (tree = cursor_next(cursor, place, &device, &twin))) {
        bool full = rows == page_size;
        if (!full) {
            row_write(cursor->query, tree, json);
            place_set(place, device, twin);
        }
        cJSON_Delete(tree);
        if (full)
            return true;
        rows++;
    }
    return false;
}

/* Twins that agree in what they are grouped by. */
struct group {
    char *key;
    cJSON *row; /* its columns */
    size_t count;
};

struct groups {
    struct group *items;
    size_t count, capacity;
};

static char *group_key(const struct emulator_query *query, const cJSON *tree)
{
    struct strbuf text = STRBUF_INIT;
    struct json_writer json = {.out = &text};

    json_begin_array(&json);
    for (size_t i = 0; i < query->group_count; i++) {
        const cJSON *value = emulator_path_find(&query->groups[i], tree);
        if (value)
            json_add_canonical(&json, value);
        else
            json_add_raw(&json, "undefined");
    }
    return strbuf_steal(&text);
}

static struct group *group_for(struct groups *groups, const struct emulator_query *query, const cJSON *tree)
{
    cleanup_free char *key = group_key(query, tree);

    for (size_t i = 0; i < groups->count; i++)
        if (strcmp(groups->items[i].key, key) == 0)
            return &groups->items[i];
    groups->items = emulator_array_grow(groups->items, groups->count, &groups->capacity, sizeof(*groups->items));
    struct group *group = &groups->items[groups->count++];
    *group = (struct group){.key = steal_ptr(key), .row = cJSON_CreateObject()};
    for (size_t i = 0; i < query->column_count; i++) {
        const cJSON *value = emulator_path_find(&query->columns[i].path, tree);
        if (value)
            cJSON_AddItemToObject(group->row, query->columns[i].name, cJSON_Duplicate(value, true));
    }
    return group;
}

/* All groups on one page: there are few. */
static void groups_write(const struct emulator_query *query, const struct emulator_fleet *fleet,
                         struct json_writer *json)
{
    struct cursor cursor = {query, fleet, 0, 0};
    const struct emulator_device *device;
    const struct emulator_twin *twin;
    struct groups groups = {NULL, 0, 0};
    cJSON *tree;

    while ((tree = cursor_next(&cursor, NULL, &device, &twin))) {
        group_for(&groups, query, tree)->count++;
        cJSON_Delete(tree);
    }
    for (size_t i = 0; i < groups.count; i++) {
        struct group *group = &groups.items[i];
        if (query->count_name)
            cJSON_AddNumberToObject(group->row, query->count_name, (double)group->count);
        if (!query->top || i < query->top)
            json_add_value(json, group->row);
        cJSON_Delete(group->row);
        free(group->key);
    }
    free(groups.items);
}

bool emulator_query_run(const struct emulator_query *query, const struct emulator_fleet *fleet, size_t page_size,
                        struct emulator_query_place *place, struct json_writer *json)
{
    struct cursor cursor = {query, fleet, 0, 0};
    bool more = false;

    json_begin_array(json);
    if (query->group_count) {
        groups_write(query, fleet, json);
    } else if (query->count_name) {
        json_begin_object(json);
        json_member_int(json, query->count_name, (int64_t)emulator_query_count(query, fleet));
        json_end_object(json);
    } else {
        more = rows_write(&cursor, page_size, place, json);
    }
    json_end_array(json);
    return more;
}
