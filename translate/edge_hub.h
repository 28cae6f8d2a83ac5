/* The desired properties of edgeHub: routes and how long messages are kept. From the ConfigMap `edgehub`. */
#ifndef TRANSLATE_EDGE_HUB_H
#define TRANSLATE_EDGE_HUB_H

#include "common/json_writer.h"
#include "translate/field_error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Judges what stands in data[desiredProperties] of that ConfigMap; path is that place. desired may be NULL. */
void edge_hub_check(const cJSON *desired, const char *path, struct findings *findings);

/* Warns of routes from or to modules that are none of these, and when no route names any of them. desired was checked
 * before, and may be NULL. */
void edge_hub_warn_modules(const cJSON *desired, const char *const *modules, size_t count, struct findings *findings);

/* Whether a route is an object, which came with schema version 1.1. */
bool edge_hub_has_route_objects(const cJSON *desired);

/* Writes the object, with the defaults of what is missing: everything goes to the cloud and is kept for two hours.
 * desired was checked before, and may be NULL. */
void edge_hub_write(struct json_writer *writer, const cJSON *desired);

#endif
