/* $(VAR) in texts of a container. Private to the room. */
#ifndef TRANSLATE_EXPANSION_H
#define TRANSLATE_EXPANSION_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends text with each $(NAME) replaced by its value, which find gives, or NULL. $$ stands for one $, and what has no
 * value stays as it is. Rule: k8s.io/kubernetes/third_party/forked/golang/expansion. Returns -1 when that makes out
 * longer than limit: values that name one another twice grow without end. */
int expansion_add(struct strbuf *out, const char *text,
                  const char *(*find)(void *context, const char *name, size_t length), void *context, size_t limit);

/* Whether there is anything to replace. */
bool expansion_is_needed(const char *text);

#endif
