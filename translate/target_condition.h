/* Whether IoT Hub takes a text as the target condition of a configuration. */
#ifndef TRANSLATE_TARGET_CONDITION_H
#define TRANSLATE_TARGET_CONDITION_H

#include "common/error.h"
#include "translate/field_error.h"

/* Comparisons of deviceId, tags.… and properties.reported.… with values, joined by AND, OR, NOT and parentheses, or
 * `*`. Stricter than a device query: what the hub refuses or nobody documents (IN, double quotes, desired properties)
 * is refused. Returns 0, or -1 with a sentence that says where it goes wrong and what to write. */
int target_condition_check(const char *condition, struct error *error);

/* Warns of `*`, and of a condition that no device can meet: the same field equal to two values at once. For a condition
 * that target_condition_check takes. */
void target_condition_warn(const char *condition, struct findings *findings);

#endif
