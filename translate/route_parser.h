/* What the parts of the route parser share. Private to the room. */
#ifndef TRANSLATE_ROUTE_PARSER_H
#define TRANSLATE_ROUTE_PARSER_H

#include "common/error.h"
#include "translate/field_error.h"
#include "translate/route.h"
#include "translate/route_lexer.h"

#include <stdbool.h>
#include <stddef.h>

struct route_parser {
    const char *text;
    const char *name; /* what warnings begin with */
    struct route_lexer lexer;
    struct route_token token; /* the next one, not taken yet */
    const char *previous_end; /* behind the last one that was taken */
    unsigned depth;
    size_t failed_at; /* byte */
    struct findings *warnings;
    struct error *error;
};

/* Line and column of a byte. */
struct route_position route_parser_position(const char *text, size_t offset);

/* Refuses a comment that was none: sources look like the begin of one, so that a star and a slash further on make it
 * swallow what stands between. False and an error then. Reads the text without taking anything. */
bool route_parser_check_comments(struct route_parser *parser);

/* Goes behind the token. */
void route_parser_take(struct route_parser *parser);

/* Takes the token if it is of this kind. */
bool route_parser_accept(struct route_parser *parser, enum route_token_kind kind);

/* Sets the error, with the token and its place before the advice. Returns false. */
bool route_parser_fail(struct route_parser *parser, const struct route_token *at, const char *advice, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a warning, when somebody wants them. */
void route_parser_warn(const struct route_parser *parser, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads and judges the condition behind WHERE, up to the first token that is no part of it. False on an error. */
bool route_condition_parse(struct route_parser *parser);

#endif
