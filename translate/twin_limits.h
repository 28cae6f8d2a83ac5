/* What IoT Hub takes as desired properties of a module twin. */
#ifndef TRANSLATE_TWIN_LIMITS_H
#define TRANSLATE_TWIN_LIMITS_H

#include "translate/field_error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define TWIN_MAX_DEPTH  10
#define TWIN_MAX_STRING 4096
#define TWIN_MAX_KEY    1024
#define TWIN_MAX_SIZE   32768
#define TWIN_WARN_SIZE  24576

/* Adds a finding for everything inside this object that the hub would refuse: keys with . $ # blanks or control
 * characters, null, strings, numbers and nesting beyond the limits; and the size of all of it. field is the path of the
 * object. */
void twin_limits_check(const cJSON *desired, const char *field, struct findings *findings);

/* Warns when that many bytes fill more than three quarters of a twin, but not more than all of it. what says what takes
 * them: "the routes". */
void twin_limits_warn_size(size_t size, const char *what, struct findings *findings);

/* As the hub counts: the bytes of names and strings, 8 for a number, 4 for a boolean. */
size_t twin_size(const cJSON *desired);

/* Whether a name can be one in a twin: not empty, and without . $ # blanks and control characters. */
int twin_key_is_legal(const char *key);

#endif
