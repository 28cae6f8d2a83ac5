/* What the service lets into a section of a twin. */
#ifndef EMULATOR_TWIN_LIMITS_H
#define EMULATOR_TWIN_LIMITS_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define EMULATOR_TWIN_DESIRED_LIMIT ((size_t)32 * 1024)
#define EMULATOR_TWIN_TAGS_LIMIT    ((size_t)8 * 1024)

/* Size (names and values, without what the service adds), depth, names, strings, numbers, no null in arrays. */
int emulator_twin_limits_check(const cJSON *section, const char *name, size_t limit, struct error *error);

#endif
