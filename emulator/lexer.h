/* Words of the query language: paths, literals, operators. Used for queries and for target conditions. */
#ifndef EMULATOR_LEXER_H
#define EMULATOR_LEXER_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

enum emulator_token_kind {
    EMULATOR_TOKEN_END,
    EMULATOR_TOKEN_PATH, /* also a keyword: see emulator_lexer_at_keyword */
    EMULATOR_TOKEN_STRING,
    EMULATOR_TOKEN_NUMBER,
    EMULATOR_TOKEN_COMPARISON,
    EMULATOR_TOKEN_PUNCTUATION, /* one of ( ) [ ] , * */
};

enum emulator_comparison {
    EMULATOR_EQUAL,
    EMULATOR_NOT_EQUAL,
    EMULATOR_LESS,
    EMULATOR_LESS_EQUAL,
    EMULATOR_GREATER,
    EMULATOR_GREATER_EQUAL,
};

struct emulator_token {
    enum emulator_token_kind kind;
    const char *start; /* in the text */
    size_t length;
    double number;
    enum emulator_comparison comparison;
    char punctuation;
    bool keyword_form; /* a path that is one plain word */
};

struct emulator_lexer {
    const char *text;
    const char *next;
    struct emulator_token token; /* the current one */
};

/* Stands on the first token. Returns 0, or -1 with what is wrong and where. */
int emulator_lexer_init(struct emulator_lexer *lexer, const char *text, struct error *error);
int emulator_lexer_advance(struct emulator_lexer *lexer, struct error *error);

/* Whether the current token is that word, in any letter case. */
bool emulator_lexer_at_keyword(const struct emulator_lexer *lexer, const char *word);
bool emulator_lexer_at(const struct emulator_lexer *lexer, char punctuation);

/* "near 'x'" or "at its end": where the lexer stands, for messages. For the caller to free. */
char *emulator_lexer_place(const struct emulator_lexer *lexer);

/* The text of a string token, its quotes and escapes undone, for the caller to free. */
char *emulator_token_string(const struct emulator_token *token);

#endif
