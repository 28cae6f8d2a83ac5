/* What a layer can carry, and how it says it. Private to the room. */
#ifndef TRANSLATE_LAYERED_PARTS_H
#define TRANSLATE_LAYERED_PARTS_H

#include "common/json_writer.h"
#include "translate/parts.h"

/* Findings for everything that only a base deployment can say. The paths are those of the two desired properties. */
void layered_check_parts(const struct parts *parts, const char *edge_agent_path, const char *edge_hub_path,
                         struct findings *findings);

/* Writes the routes as members of an open section; nothing when there are none. */
bool layered_has_routes(const struct parts *parts);
void layered_write_routes(struct json_writer *writer, const struct parts *parts);

#endif
