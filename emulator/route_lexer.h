/* Words of the route language. */
#ifndef EMULATOR_ROUTE_LEXER_H
#define EMULATOR_ROUTE_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum emulator_route_token_kind {
    EMULATOR_ROUTE_END,
    EMULATOR_ROUTE_KEYWORD, /* SELECT FROM WHERE INTO AND OR NOT */
    EMULATOR_ROUTE_STRING,
    EMULATOR_ROUTE_NUMBER,
    EMULATOR_ROUTE_CONSTANT, /* true false null undefined */
    EMULATOR_ROUTE_OPERATOR,
    EMULATOR_ROUTE_SYSTEM, /* $name */
    EMULATOR_ROUTE_NAME,
    EMULATOR_ROUTE_BAD, /* no word begins so */
};

struct emulator_route_lexer {
    const char *next;
    enum emulator_route_token_kind kind; /* of the current token */
    const char *start;
    size_t length;
};

void emulator_route_lexer_init(struct emulator_route_lexer *lexer, const char *text);
void emulator_route_lexer_advance(struct emulator_route_lexer *lexer);

/* Whether the current token is of that kind and that text, in any letter case. */
bool emulator_route_lexer_at(const struct emulator_route_lexer *lexer, enum emulator_route_token_kind kind,
                             const char *text);
/* Likewise for an operator; it is then behind. */
bool emulator_route_lexer_take(struct emulator_route_lexer *lexer, const char *operator);

/* The text of a STRING, its quotes and escapes undone, for the caller to free. */
char *emulator_route_lexer_string(const struct emulator_route_lexer *lexer);

#endif
