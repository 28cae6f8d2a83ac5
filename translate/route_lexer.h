/* The words of a route, cut as edgeHub's lexer cuts them: the longest match wins, and nearly every character can be
 * part of a name. So a!='x' is the name `a!`, `=` and a text, and 'x'AND is one name. Private to the room. */
#ifndef TRANSLATE_ROUTE_LEXER_H
#define TRANSLATE_ROUTE_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum route_token_kind {
    ROUTE_END,
    ROUTE_SELECT, /* these words in any letter case */
    ROUTE_FROM,
    ROUTE_WHERE,
    ROUTE_INTO,
    ROUTE_AND,
    ROUTE_OR,
    ROUTE_NOT,
    ROUTE_STRING,
    ROUTE_NUMBER,
    ROUTE_TRUE, /* these in lower case only */
    ROUTE_FALSE,
    ROUTE_NULL,
    ROUTE_UNDEFINED,
    ROUTE_LESS,
    ROUTE_LESS_EQUAL,
    ROUTE_GREATER,
    ROUTE_GREATER_EQUAL,
    ROUTE_EQUAL,
    ROUTE_NOT_EQUAL,
    ROUTE_CONCAT,   /* || */
    ROUTE_COALESCE, /* ?? */
    ROUTE_PLUS,
    ROUTE_MINUS,
    ROUTE_STAR,
    ROUTE_SLASH,
    ROUTE_PERCENT,
    ROUTE_OPEN,
    ROUTE_CLOSE,
    ROUTE_OPEN_BRACE,
    ROUTE_CLOSE_BRACE,
    ROUTE_COMMA,
    ROUTE_SYSTEM, /* $name */
    ROUTE_NAME,
    ROUTE_UNKNOWN, /* a character that nothing begins with */
};

struct route_token {
    enum route_token_kind kind;
    const char *text;
    size_t length;
};

struct route_lexer {
    const char *at;
    const char *last_close; /* the last end of a comment in the text, or NULL */
    const char *comment;    /* the last comment that was skipped, and where it ended */
    const char *comment_end;
};

struct route_lexer route_lexer_new(const char *text);
struct route_token route_lexer_next(struct route_lexer *lexer);

/* A character that can stand in a name. */
bool route_is_name_character(char c);

/* Whether the token is this text, in any letter case. */
bool route_token_is(const struct route_token *token, const char *text);

#endif
