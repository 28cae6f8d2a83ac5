/* Boolean expressions over a twin: the WHERE clause of a query and, restricted, the target condition of a
 * configuration.
 *
 * Logic has three values: a comparison with something that is not there, or between different types, is undefined; so
 * is its NOT; and only "true" selects a twin. Objects and arrays cannot be compared. */
#ifndef EMULATOR_EXPRESSION_H
#define EMULATOR_EXPRESSION_H

#include "common/error.h"
#include "emulator/lexer.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct emulator_path {
    char **segments;
    size_t count;
};

/* From a path token. Release with emulator_path_release. */
void emulator_path_init(struct emulator_path *path, const struct emulator_token *token);
void emulator_path_release(struct emulator_path *path);

/* The value at the path, or NULL. The names that the service gives (deviceId, properties.reported) match in any letter
 * case. */
const cJSON *emulator_path_find(const struct emulator_path *path, const cJSON *twin);

enum emulator_operand_kind {
    EMULATOR_OPERAND_PATH,
    EMULATOR_OPERAND_LITERAL,
};

struct emulator_operand {
    enum emulator_operand_kind kind;
    struct emulator_path path;
    cJSON *literal; /* string, number, boolean or null */
};

enum emulator_expression_kind {
    EMULATOR_EXPRESSION_OR,
    EMULATOR_EXPRESSION_AND,
    EMULATOR_EXPRESSION_NOT,
    EMULATOR_EXPRESSION_COMPARE,
    EMULATOR_EXPRESSION_IN,
    EMULATOR_EXPRESSION_IS_DEFINED,
};

struct emulator_expression {
    enum emulator_expression_kind kind;
    struct emulator_expression **children; /* OR, AND, NOT */
    size_t child_count, child_capacity;
    enum emulator_comparison comparison;
    struct emulator_operand left;  /* COMPARE, IN, IS_DEFINED */
    struct emulator_operand right; /* COMPARE */
    cJSON *list;                   /* IN: array of literals */
};

/* Reads an expression where the lexer stands, and leaves the lexer behind it. */
int emulator_expression_read(struct emulator_lexer *lexer, struct emulator_expression **ret_expression,
                             struct error *error);
void emulator_expression_free(struct emulator_expression *expression);

static inline void emulator_expression_free_pointer(struct emulator_expression **expression)
{
    emulator_expression_free(*expression);
}

#define cleanup_expression __attribute__((cleanup(emulator_expression_free_pointer)))

/* Whether the twin (see emulator_twin_tree) makes the expression true. */
bool emulator_expression_selects(const struct emulator_expression *expression, const cJSON *twin);

#endif
