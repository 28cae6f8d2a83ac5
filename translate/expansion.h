/* $(VAR) in texts of a container. Private to the room. */
#ifndef TRANSLATE_EXPANSION_H
#define TRANSLATE_EXPANSION_H

#include "common/strbuf.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Appends text with each $(NAME) replaced by the string member of that name. $$ stands for one $, and what has no value
 * stays as it is: then true is returned and *ret_unknown (may be NULL) is the start of the last such name in text.
 * Rule: k8s.io/kubernetes/third_party/forked/golang/expansion. */
bool expansion_add(struct strbuf *out, const char *text, const cJSON *values, const char **ret_unknown);

/* Whether there is anything to replace. */
bool expansion_is_needed(const char *text);

#endif
