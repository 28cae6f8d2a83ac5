/* The two ends of a route: what the device makes of them, and whether anything can pass. Private to the room. */
#ifndef TRANSLATE_ROUTE_ENDS_H
#define TRANSLATE_ROUTE_ENDS_H

#include "translate/route.h"
#include "translate/route_parser.h"

#include <stdbool.h>

/* Splits the argument of BrokeredEndpoint as it stands in the text, with its quotes. False when it is no input of a
 * module; route->module and input belong to the route. Memory that runs out leaves them NULL, and is true. */
bool route_ends_read_input(const struct route_token *string, struct route *route, bool *ret_usual_words);

/* Warns of a source that no message has, and of a module that gets its own messages. */
void route_ends_warn(const struct route_parser *parser, const struct route *route, bool has_condition);

/* The module's name in a source such as /messages/modules/sensor/outputs/alarm, and its length; NULL when the source
 * names none. */
const char *route_ends_source_module(const char *source, size_t *ret_length);

#endif
