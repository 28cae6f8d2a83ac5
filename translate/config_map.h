/* Reading the data of a ConfigMap with edge settings. Private to the room.
 *
 * prefix is what stands before the paths in findings: "" where the ConfigMap itself is judged, "configmap/<name>: "
 * where it is a part of something else. */
#ifndef TRANSLATE_CONFIG_MAP_H
#define TRANSLATE_CONFIG_MAP_H

#include "translate/field_error.h"
#include "translate/twin_limits.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_MAP_EDGE_HUB   "edgehub"
#define CONFIG_MAP_EDGE_AGENT "edgeagent"

#define KEY_STATUS             "status"
#define KEY_RESTART_POLICY     "restartPolicy"
#define KEY_VERSION            "version"
#define KEY_CREATE_OPTIONS     "createOptions"
#define KEY_DESIRED_PROPERTIES "desiredProperties"
#define KEY_PULL_POLICY        "imagePullPolicy"
#define KEY_STARTUP_ORDER      "startupOrder"
#define KEY_ENV                "env"

/* Bytes of a text with JSON in it that are read: four times what any twin holds, for white space and escapes. What is
 * longer is refused unread, so that nobody waits for it. */
#define CONFIG_MAP_MAX_TEXT (4 * (size_t)TWIN_MAX_SIZE)

/* Whether this is a name of the ConfigMaps of the two system modules. */
bool config_map_is_system(const char *name);

/* Whether a module's ConfigMap can have this key. */
bool config_map_knows_key(const char *key);

/* As a choice of words: "supported values: …" for a finding when the text is none of them (a list ended by NULL).
 * Returns the text, or NULL when it is missing or wrong. */
const char *config_map_choice(const cJSON *data, const char *key, const char *const *values, const char *prefix,
                              struct findings *findings);

/* As config_map_text, and a finding when it is longer than CONFIG_MAP_MAX_TEXT. */
const char *config_map_bounded_text(const cJSON *data, const char *key, const char *prefix, struct findings *findings);

/* data[key] as a tree, as config_map_desired_properties has it. */
cJSON *config_map_object(const cJSON *data, const char *key, const char *prefix, struct findings *findings);

/* The text of a key; NULL when it is missing, or no string, which is a finding. */
const char *config_map_text(const cJSON *data, const char *key, const char *prefix, struct findings *findings);

/* data[desiredProperties] as a tree for the caller; NULL when it is missing or blank, or no JSON object without
 * repeated names, or when it has more than any twin holds, which is a finding. */
cJSON *config_map_desired_properties(const cJSON *data, const char *prefix, struct findings *findings);

/* Adds a finding for each member of object that is not in the list of allowed names (ended by NULL). */
void config_map_check_members(const cJSON *object, const char *path, const char *const *allowed,
                              struct findings *findings);

/* Adds a finding when the member of object is there, and no whole number in these limits. */
void config_map_check_number(const cJSON *object, const char *name, int64_t least, int64_t most, const char *path,
                             struct findings *findings);

#endif
