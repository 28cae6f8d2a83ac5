/* What the desired properties of edgeAgent say besides the modules: the runtime's settings and the two system modules.
 * From the ConfigMap `edgeagent`, and from the hub's entry in the configuration. */
#ifndef TRANSLATE_EDGE_AGENT_H
#define TRANSLATE_EDGE_AGENT_H

#include "common/json_writer.h"
#include "translate/field_error.h"
#include "translate/manifest.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Judges what stands in data[desiredProperties] of that ConfigMap; path is that place. desired may be NULL. Passwords
 * are in no message. */
void edge_agent_check(const cJSON *desired, const char *path, struct findings *findings);

/* Each writes one member of the desired properties. desired was checked before, and may be NULL. credentials (may be
 * NULL) are those of imagePullSecrets, by their names. */
void edge_agent_write_runtime(struct json_writer *writer, const cJSON *desired, const char *logging_options,
                              const cJSON *credentials);
void edge_agent_write_system_modules(struct json_writer *writer, const cJSON *desired,
                                     const struct system_modules *defaults);

/* The create options of edgeHub, minified, for the caller to free; NULL when memory ran out. otherwise is the hub
 * entry's. */
char *edge_agent_hub_create_options(const cJSON *desired, const char *otherwise);

/* "1.0", or what the ConfigMap asks for. */
const char *edge_agent_schema_version(const cJSON *desired);

/* Whether a system module has what came with schema version 1.1. */
bool edge_agent_needs_newer_schema(const cJSON *desired);

#endif
