/* Reads routes and their conditions. */
#include "common/strbuf.h"
#include "emulator/memory.h"
#include "emulator/route.h"
#include "emulator/route_node.h"

#include <strings.h>

#define MOST_DEPTH 100

static const char open_bracket[] = "a closing bracket is missing";

static int read_level(struct emulator_route_lexer *lexer, size_t level, unsigned depth,
                      struct emulator_route_node **ret_node, struct error *error);

static int fail(const struct emulator_route_lexer *lexer, struct error *error, const char *what)
{
    if (lexer->kind == EMULATOR_ROUTE_END)
        return error_set(error, "%s at the end", what);
    return error_set(error, "%s at '%.*s'", what, (int)(lexer->length ? lexer->length : 1), lexer->start);
}

static struct emulator_route_node *node_new(enum emulator_route_node_kind kind, const char *text, size_t length)
{
    struct emulator_route_node *node = emulator_allocate(sizeof(*node));

    node->kind = kind;
    node->text = emulator_text_copy_length(text, length);
    return node;
}

static void child_add(struct emulator_route_node *node, struct emulator_route_node *child)
{
    node->children =
        emulator_array_grow(node->children, node->child_count, &node->child_capacity, sizeof(*node->children));
    node->children[node->child_count++] = child;
}

void emulator_route_condition_free(struct emulator_route_node *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->child_count; i++)
        emulator_route_condition_free(node->children[i]);
    free(node->children);
    free(node->text);
    free(node);
}

static void node_drop(struct emulator_route_node **node)
{
    emulator_route_condition_free(*node);
}

#define cleanup_node __attribute__((cleanup(node_drop)))

/* $body.x is a query into the body; $body alone is a property like any other. */
static struct emulator_route_node *system_node(const struct emulator_route_lexer *lexer)
{
    static const char body[] = "$body.";

    if (lexer->length > strlen(body) && strncasecmp(lexer->start, body, strlen(body)) == 0)
        return node_new(EMULATOR_ROUTE_BODY_NODE, lexer->start + strlen(body), lexer->length - strlen(body));
    return node_new(EMULATOR_ROUTE_SYSTEM_NODE, lexer->start + 1, lexer->length - 1);
}

static double number_of(const struct emulator_route_lexer *lexer)
{
    cleanup_free char *text = emulator_text_copy_length(lexer->start, lexer->length);

    /* strtod reads hexadecimal numbers, and nothing of a lone exponent. */
    return text[0] == 'e' || text[0] == 'E' ? 0 : strtod(text, NULL);
}

static int read_arguments(struct emulator_route_lexer *lexer, unsigned depth, struct emulator_route_node *call,
                          struct error *error)
{
    if (emulator_route_lexer_take(lexer, ")"))
        return 0;
    for (;;) {
        struct emulator_route_node *argument = NULL;
        if (read_level(lexer, 0, depth + 1, &argument, error) < 0)
            return -1;
        child_add(call, argument);
        if (emulator_route_lexer_take(lexer, ")"))
            return 0;
        if (!emulator_route_lexer_take(lexer, ","))
            return fail(lexer, error, "a comma or a closing bracket is missing");
    }
}

static int read_name(struct emulator_route_lexer *lexer, unsigned depth, struct emulator_route_node **ret_node,
                     struct error *error)
{
    cleanup_node struct emulator_route_node *node = node_new(EMULATOR_ROUTE_PROPERTY_NODE, lexer->start, lexer->length);

    emulator_route_lexer_advance(lexer);
    if (emulator_route_lexer_take(lexer, "(")) {
        node->kind = EMULATOR_ROUTE_CALL_NODE;
        if (read_arguments(lexer, depth, node, error) < 0)
            return -1;
    }
    *ret_node = steal_ptr(node);
    return 0;
}

static int read_in_braces(struct emulator_route_lexer *lexer, struct emulator_route_node **ret_node,
                          struct error *error)
{
    if (lexer->kind != EMULATOR_ROUTE_SYSTEM)
        return fail(lexer, error, "a system property is missing");
    cleanup_node struct emulator_route_node *node = system_node(lexer);
    emulator_route_lexer_advance(lexer);
    if (!emulator_route_lexer_take(lexer, "}"))
        return fail(lexer, error, "a closing brace is missing");
    *ret_node = steal_ptr(node);
    return 0;
}

static int read_in_brackets(struct emulator_route_lexer *lexer, unsigned depth, struct emulator_route_node **ret_node,
                            struct error *error)
{
    cleanup_node struct emulator_route_node *node = NULL;

    if (read_level(lexer, 0, depth + 1, &node, error) < 0)
        return -1;
    if (!emulator_route_lexer_take(lexer, ")"))
        return fail(lexer, error, open_bracket);
    *ret_node = steal_ptr(node);
    return 0;
}

static int read_primary(struct emulator_route_lexer *lexer, unsigned depth, struct emulator_route_node **ret_node,
                        struct error *error)
{
    if (emulator_route_lexer_take(lexer, "("))
        return read_in_brackets(lexer, depth, ret_node, error);
    if (emulator_route_lexer_take(lexer, "{"))
        return read_in_braces(lexer, ret_node, error);
    if (lexer->kind == EMULATOR_ROUTE_NAME)
        return read_name(lexer, depth, ret_node, error);
    if (lexer->kind == EMULATOR_ROUTE_STRING) {
        cleanup_free char *text = emulator_route_lexer_string(lexer);
        *ret_node = node_new(EMULATOR_ROUTE_TEXT_NODE, text, strlen(text));
    } else if (lexer->kind == EMULATOR_ROUTE_NUMBER) {
        *ret_node = node_new(EMULATOR_ROUTE_NUMBER_NODE, lexer->start, lexer->length);
        (*ret_node)->number = number_of(lexer);
    } else if (lexer->kind == EMULATOR_ROUTE_CONSTANT) {
        *ret_node = node_new(EMULATOR_ROUTE_CONSTANT_NODE, lexer->start, lexer->length);
    } else if (lexer->kind == EMULATOR_ROUTE_SYSTEM) {
        *ret_node = system_node(lexer);
    } else {
        return fail(lexer, error, "a value is missing");
    }
    emulator_route_lexer_advance(lexer);
    return 0;
}

static int read_unary(struct emulator_route_lexer *lexer, unsigned depth, struct emulator_route_node **ret_node,
                      struct error *error)
{
    bool negates = emulator_route_lexer_at(lexer, EMULATOR_ROUTE_KEYWORD, "not");
    struct emulator_route_node *child = NULL;

    if (depth > MOST_DEPTH)
        return error_set(error, "the condition is nested too deep");
    if (!negates && !emulator_route_lexer_at(lexer, EMULATOR_ROUTE_OPERATOR, "-"))
        return read_primary(lexer, depth, ret_node, error);
    emulator_route_lexer_advance(lexer);
    if (read_unary(lexer, depth + 1, &child, error) < 0)
        return -1;
    *ret_node = node_new(negates ? EMULATOR_ROUTE_NOT_NODE : EMULATOR_ROUTE_MINUS_NODE, "", 0);
    child_add(*ret_node, child);
    return 0;
}

/* The binary operators, from the loosest to the tightest. */
static const char *const levels[][4] = {
    {"??"}, {"or"}, {"and"}, {"=", "!=", "<>"}, {"<", "<=", ">", ">="}, {"+", "-", "||"}, {"*", "/", "%"},
};

/* The operator of that level on which the lexer stands, or NULL. */
static const char *operator_at(const struct emulator_route_lexer *lexer, size_t level)
{
    for (size_t i = 0; i < array_length(levels[level]) && levels[level][i]; i++) {
        const char *text = levels[level][i];
        if (emulator_route_lexer_at(lexer, EMULATOR_ROUTE_OPERATOR, text) ||
            emulator_route_lexer_at(lexer, EMULATOR_ROUTE_KEYWORD, text))
            return text;
    }
    return NULL;
}

static int read_level(struct emulator_route_lexer *lexer, size_t level, unsigned depth,
                      struct emulator_route_node **ret_node, struct error *error)
{
    cleanup_node struct emulator_route_node *left = NULL;
    const char *operator;

    if (level == array_length(levels))
        return read_unary(lexer, depth, ret_node, error);
    if (read_level(lexer, level + 1, depth, &left, error) < 0)
        return -1;
    while ((operator= operator_at(lexer, level))) {
        struct emulator_route_node *right = NULL;
        emulator_route_lexer_advance(lexer);
        if (read_level(lexer, level + 1, depth, &right, error) < 0)
            return -1;
        struct emulator_route_node *both = node_new(EMULATOR_ROUTE_BINARY_NODE, operator, strlen(operator));
        child_add(both, left);
        child_add(both, right);
        left = both;
    }
    *ret_node = steal_ptr(left);
    return 0;
}

int emulator_route_condition_read(struct emulator_route_lexer *lexer, struct emulator_route_node **ret_node,
                                  struct error *error)
{
    return read_level(lexer, 0, 0, ret_node, error);
}

static int read_keyword(struct emulator_route_lexer *lexer, const char *word, struct error *error)
{
    if (!emulator_route_lexer_at(lexer, EMULATOR_ROUTE_KEYWORD, word)) {
        cleanup_free char *what = emulator_text_format("%s is missing", word);
        return fail(lexer, error, what);
    }
    emulator_route_lexer_advance(lexer);
    return 0;
}

static int read_source(struct emulator_route_lexer *lexer, struct emulator_route *route, struct error *error)
{
    cleanup_strbuf struct strbuf source = STRBUF_INIT;

    do {
        if (!emulator_route_lexer_take(lexer, "/"))
            return fail(lexer, error, "a source begins with a slash:");
        bool any = emulator_route_lexer_at(lexer, EMULATOR_ROUTE_OPERATOR, "*");
        if (!any && lexer->kind != EMULATOR_ROUTE_NAME)
            return fail(lexer, error, "a part of the source is missing");
        strbuf_add_format(&source, "/%.*s", (int)lexer->length, lexer->start);
        emulator_route_lexer_advance(lexer);
    } while (emulator_route_lexer_at(lexer, EMULATOR_ROUTE_OPERATOR, "/"));
    route->source = strbuf_steal(&source);
    return 0;
}

/* "/modules/<m>/inputs/<i>", of which edgeHub checks no more than the number of parts. */
static int endpoint_read(const char *text, struct emulator_route *route, struct error *error)
{
    cleanup_free char *copy = emulator_text_copy(text + strspn(text, " \t\r\n"));
    size_t length = strlen(copy), count = 0;
    char *parts[4];

    while (length && strchr(" \t\r\n", copy[length - 1]))
        copy[--length] = '\0';
    if (length && copy[length - 1] == '/')
        copy[--length] = '\0';
    char *at = copy + (*copy == '/');
    for (;;) {
        char *slash = strchr(at, '/');
        if (count < array_length(parts))
            parts[count] = at;
        count++;
        if (!slash)
            break;
        *slash = '\0';
        at = slash + 1;
    }
    if (count != array_length(parts))
        return error_set(error, "BrokeredEndpoint takes \"/modules/<module>/inputs/<input>\", not \"%s\"", text);
    route->module = emulator_text_copy(parts[1]);
    route->input = emulator_text_copy(parts[3]);
    return 0;
}

static int read_sink(struct emulator_route_lexer *lexer, struct emulator_route *route, struct error *error)
{
    if (emulator_route_lexer_at(lexer, EMULATOR_ROUTE_SYSTEM, "$upstream"))
        return 0;
    if (!emulator_route_lexer_at(lexer, EMULATOR_ROUTE_NAME, "BrokeredEndpoint"))
        return fail(lexer, error, "the sink must be $upstream or BrokeredEndpoint(\"…\"), which it is not");
    emulator_route_lexer_advance(lexer);
    if (!emulator_route_lexer_take(lexer, "(") || lexer->kind != EMULATOR_ROUTE_STRING)
        return fail(lexer, error, "BrokeredEndpoint needs a string in brackets");
    /* As it stands: edgeHub resolves no escapes here. */
    cleanup_free char *argument = emulator_text_copy_length(lexer->start + 1, lexer->length - 2);
    emulator_route_lexer_advance(lexer);
    if (!emulator_route_lexer_at(lexer, EMULATOR_ROUTE_OPERATOR, ")"))
        return fail(lexer, error, "a closing bracket is missing");
    return endpoint_read(argument, route, error);
}

/* A bracket that is not closed is noticed only when the route is compiled. */
static int read_where(struct emulator_route_lexer *lexer, struct emulator_route *route, struct error *error)
{
    cleanup_error struct error reason = {NULL};

    if (emulator_route_condition_read(lexer, &route->condition, &reason) == 0)
        return 0;
    if (!emulator_route_lexer_at(lexer, EMULATOR_ROUTE_KEYWORD, "into") ||
        !strstr(error_message(&reason), open_bracket))
        return error_set(error, "%s", error_message(&reason));
    error_set(&route->condition_error, "%s", error_message(&reason));
    return 0;
}

int emulator_route_compile(const struct emulator_route *route, struct error *error)
{
    if (route->condition_error.message)
        return error_set(error, "%s", error_message(&route->condition_error));
    return route->condition ? emulator_route_condition_compile(route->condition, error) : 0;
}

static int read_route(struct emulator_route_lexer *lexer, struct emulator_route *route, struct error *error)
{
    if (emulator_route_lexer_at(lexer, EMULATOR_ROUTE_KEYWORD, "select")) {
        emulator_route_lexer_advance(lexer);
        if (!emulator_route_lexer_take(lexer, "*"))
            return fail(lexer, error, "SELECT takes * and nothing else, not what stands");
    }
    if (read_keyword(lexer, "from", error) < 0 || read_source(lexer, route, error) < 0)
        return -1;
    if (emulator_route_lexer_at(lexer, EMULATOR_ROUTE_KEYWORD, "where")) {
        emulator_route_lexer_advance(lexer);
        if (read_where(lexer, route, error) < 0)
            return -1;
    }
    /* What follows the sink is ignored. */
    return read_keyword(lexer, "into", error) < 0 ? -1 : read_sink(lexer, route, error);
}

int emulator_route_parse(const char *text, struct emulator_route *ret_route, struct error *error)
{
    struct emulator_route route = {.source = NULL};
    struct emulator_route_lexer lexer;

    emulator_route_lexer_init(&lexer, text);
    if (read_route(&lexer, &route, error) < 0) {
        emulator_route_release(&route);
        return -1;
    }
    *ret_route = route;
    return 0;
}

void emulator_route_release(struct emulator_route *route)
{
    free(route->source);
    free(route->module);
    free(route->input);
    emulator_route_condition_free(route->condition);
    error_release(&route->condition_error);
    *route = (struct emulator_route){.source = NULL};
}

/* A route's source is a prefix, part by part, in any letter case; a wildcard counts at its end only. */
static bool source_matches(const char *pattern, const char *source)
{
    size_t length = strlen(pattern);

    if (length >= 1 && pattern[length - 1] == '*')
        length--;
    while (length && pattern[length - 1] == '/')
        length--;
    return strncasecmp(pattern, source, length) == 0 && (source[length] == '\0' || source[length] == '/');
}

bool emulator_route_takes(const struct emulator_route *route, const char *source,
                          const struct emulator_route_message *message)
{
    return source_matches(route->source, source) &&
           (!route->condition || emulator_route_condition_holds(route->condition, message));
}
