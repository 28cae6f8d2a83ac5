/* env and envFrom of a container, and where its texts use them. Private to the room. */
#ifndef TRANSLATE_ENV_H
#define TRANSLATE_ENV_H

#include "common/json_writer.h"
#include "common/strbuf.h"
#include "translate/pod_reading.h"

/* Reads envFrom and env, in the order in which Kubernetes lets one win over another. */
void env_read(struct pod_reading *reading);

/* Appends a text with its $(VAR) replaced; place is for the warning about what has no value. */
void env_expand(struct pod_reading *reading, struct strbuf *out, const char *text, const char *place);

/* A list of strings (command, args) into an array of the create options. */
void env_expand_list(struct pod_reading *reading, const cJSON *list, const char *place, cJSON *array);

/* The member env of a module in a manifest: names and values, or names and objects with a value. Nothing when there are
 * none, or NULL. */
void env_write(struct json_writer *writer, const cJSON *env);

/* Whether the edge agent's manifest can carry this variable; else it goes into the create options. */
bool env_fits_manifest(const char *name, const char *value);

#endif
