/* Routes of edgeHub: [SELECT *] FROM source [WHERE condition] INTO sink. */
#ifndef TRANSLATE_ROUTE_H
#define TRANSLATE_ROUTE_H

#include "common/error.h"
#include "common/strbuf.h"
#include "translate/field_error.h"

#include <stddef.h>

/* A place in a text: the byte, counted from 0, and what people count, from 1. */
struct route_position {
    size_t offset;
    size_t line;
    size_t column; /* characters */
};

/* A route as the device reads it. */
struct route {
    char *source; /* such as /messages/modules/sensor/outputs/alarm */
    char *module; /* whose input is the sink; NULL when that is $upstream */
    char *input;
};

#define ROUTE_INIT                                                                                                     \
    {                                                                                                                  \
        NULL, NULL, NULL                                                                                               \
    }

void route_release(struct route *route);

#define cleanup_route __attribute__((cleanup(route_release)))

/* Reads a route by the grammar of edgeHub and judges the types of its condition. One route that edgeHub cannot read
 * makes it refuse all of them, and a condition of wrong types makes it ignore all of them without a word: both are
 * errors, as is what it would read otherwise than it was meant (a!='x', text behind the sink, a comment that swallows a
 * part). What can be read but never matches, or runs in a circle, is a warning that begins with name.
 *
 * ret_route, ret_position (where the error is) and warnings may be NULL. Returns 0, or -1 with a sentence that names
 * the place. */
int route_read(const char *text, const char *name, struct route *ret_route, struct route_position *ret_position,
               struct findings *warnings, struct error *error);

/* route_read, for who wants to know only whether it is right. */
int route_check(const char *text, struct error *error);

/* Two lines for a terminal: the line of the text at that place, and a caret below it. */
void route_add_caret(struct strbuf *out, const char *text, const struct route_position *position);

#endif
