/* YAML to JSON, as kubectl reads it: plain scalars are resolved by the rules of its parser (yes and on are true, 0777
 * is 511), << merges, anchors are expanded under a count. Duplicate keys are refused. Depth and size are capped. */
#ifndef COMMON_YAML_H
#define COMMON_YAML_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* Bytes of one stream, and what its aliases may add to one document: values, and bytes of text in them. */
#define YAML_MAX_LENGTH       ((size_t)16 << 20)
#define YAML_MAX_ALIAS_VALUES ((size_t)100000)
#define YAML_MAX_ALIAS_BYTES  ((size_t)16 << 20)
#define YAML_MAX_ANCHORS      ((size_t)1000)

/* The documents of a stream, as a JSON array that belongs to the caller; empty documents are left out, and so is null.
 * An error names the line and column. A stream that is JSON is YAML as well.
 * Refused, since JSON or a double cannot hold them: .inf, .nan, whole numbers beyond 2^53-1, text with NUL bytes.
 * Nesting ends at JSON_MAX_DEPTH. */
int yaml_parse(const char *text, size_t length, cJSON **ret_documents, struct error *error);

#endif
