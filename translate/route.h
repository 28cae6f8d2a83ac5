/* Routes of edgeHub: FROM <source> [WHERE <condition>] INTO <sink>. */
#ifndef TRANSLATE_ROUTE_H
#define TRANSLATE_ROUTE_H

#include "common/error.h"

/* Judges the frame of a route: its words, its source, its sink, nothing behind it. The condition is only read over. One
 * route that edgeHub cannot read makes it refuse all of them, and it ignores what stands behind the sink: both are
 * errors here. Returns 0, or -1 with a sentence. */
int route_check(const char *route, struct error *error);

#endif
