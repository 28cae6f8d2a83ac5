/* Reading an object of the configuration file: names that are known, texts that are not empty. */
#ifndef COMMON_CONFIG_KEYS_H
#define COMMON_CONFIG_KEYS_H

#include "common/error.h"

#include <cjson/cJSON.h>

/* Refuses a member that is not among the known ones (ended by NULL): "x: unknown key; use a, b or c". */
int config_keys_check(const cJSON *object, const char *const known[], struct error *error);

/* A copy of a text that is not empty, or of otherwise when the key is missing (NULL then leaves *ret_text alone). */
int config_keys_take_text(const cJSON *object, const char *name, const char *otherwise, char **ret_text,
                          struct error *error);

#endif
