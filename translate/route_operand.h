/* What an operand of a condition is, and which operands an operation takes. Private to the room. */
#ifndef TRANSLATE_ROUTE_OPERAND_H
#define TRANSLATE_ROUTE_OPERAND_H

#include "translate/route_functions.h"
#include "translate/route_parser.h"

#include <stdbool.h>

#define ROUTE_SHOWN      40
#define ROUTE_SHOWN_SIZE (4 * ROUTE_SHOWN + 4)

struct route_operand {
    enum route_type type;
    struct route_token start; /* its first token */
    const char *end;          /* behind its last one */
    bool is_property;         /* one name alone */
    bool is_operation;        /* of two operands, without parentheses around them */
};

/* "text", "a number" … */
extern const char *const route_type_names[];

/* How tight an operator binds, from 1; 0 when it is none. */
unsigned route_tightness(enum route_token_kind kind);

/* The text of an operand, cut, for a message. */
void route_operand_show(char buffer[ROUTE_SHOWN_SIZE], const struct route_operand *operand);

/* Whether the operation takes these operands; both gets the type of what comes out. False and an error when not. */
bool route_check_operation(struct route_parser *p, const struct route_token *operation,
                           const struct route_operand *left, const struct route_operand *right,
                           struct route_operand *both);
bool route_check_minus(struct route_parser *p, const struct route_token *operation,
                       const struct route_operand *operand);
bool route_check_not(struct route_parser *p, const struct route_token *operation, const struct route_operand *operand);

/* Whether a name of a property was meant as one. The lexer makes names of a+b, 'it''s', TRUE, and of a! in a!=b: false
 * and an error then, with what the device reads. */
bool route_check_misread(struct route_parser *p, const struct route_token *name);

#endif
