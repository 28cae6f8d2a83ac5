/* YAML to JSON, as kubectl reads it: plain scalars are resolved by the rules of its parser (yes and on are true, 0777
 * is 511), << merges, anchors are expanded under a count. Duplicate keys are refused. Depth and size are capped. */
#ifndef COMMON_YAML_H
#define COMMON_YAML_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* The documents of a stream, as a JSON array that belongs to the caller; empty documents are left out.
 * An error names the line and column. A stream that is JSON is YAML as well. */
int yaml_parse(const char *text, size_t length, cJSON **ret_documents, struct error *error);

#endif
