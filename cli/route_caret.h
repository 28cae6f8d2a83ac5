/* Where in a route an error is. */
#ifndef CLI_ROUTE_CARET_H
#define CLI_ROUTE_CARET_H

#include "cli/documents.h"
#include "common/strbuf.h"
#include "translate/field_error.h"

/* Appends the route and a caret below the place when the error is about a route that cannot be read: of a ConfigMap
 * edgehub, or of a Deployment that reads one; else nothing. */
void route_caret_add(struct strbuf *out, const struct documents *documents, const struct document *document,
                     const struct field_error *error);

#endif
