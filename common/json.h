/* Strict reading of JSON with cJSON: names are compared with their case, sizes and depths are capped. */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nesting that is accepted from outside, everywhere. */
#define JSON_MAX_DEPTH 64

/* Values that a text may have whatever its length; beyond them, one for each so many bytes. A tree takes 64 bytes a
 * value: a list of digits would take 32 times its text and five times the time of what people write, which has ten
 * bytes a value and more. */
#define JSON_MANY_VALUES     12288
#define JSON_BYTES_FOR_VALUE 6

static inline void cleanup_json_tree(cJSON **tree)
{
    cJSON_Delete(*tree);
}

#define cleanup_json __attribute__((cleanup(cleanup_json_tree)))

/* Parses exactly one JSON text; only white space may follow it. text need not end in NUL. Refuses nesting deeper than
 * JSON_MAX_DEPTH, more than JSON_MANY_VALUES when that is more than one for each JSON_BYTES_FOR_VALUE, the escape for
 * NUL (a C string would end there) and numbers beyond a double. Where cJSON is lenient (leading zeros, control
 * characters) so is this; json_minify is not. The tree belongs to the caller. Returns 0, or -1 with a sentence that
 * says what is wrong and at which byte. */
int json_parse(const char *text, size_t length, cJSON **ret_tree, struct error *error);

/* Levels of nesting below and including this value; a scalar has 0. Stops counting at limit + 1. */
unsigned json_depth(const cJSON *value, unsigned limit);

/* Whether some object in the tree has the same name twice; ret_name (may be NULL) points into the tree. */
bool json_has_duplicates(const cJSON *value, const char **ret_name);

/* The member of that name, or NULL; object may be NULL or no object. */
cJSON *json_get(const cJSON *object, const char *name);

/* Follows names through objects: json_at(pod, "metadata", "name", NULL). NULL when one is missing. */
cJSON *json_at(const cJSON *object, ...) __attribute__((sentinel));

/* The text of a string member, or NULL when it is missing or no string. Owned by the tree. */
const char *json_string(const cJSON *object, const char *name);

/* As json_string, with a value in place of NULL. */
const char *json_string_or(const cJSON *object, const char *name, const char *otherwise);

/* A whole number in ±(2^53-1). Returns false when it is missing, no number or no whole number. */
bool json_int64(const cJSON *object, const char *name, int64_t *ret_value);

/* A boolean; otherwise when missing or of another type. */
bool json_bool(const cJSON *object, const char *name, bool otherwise);

/* Deep equality; the order of an object's members does not matter, that of an array's items does. When memory runs out
 * large objects count as different. */
bool json_equal(const cJSON *a, const cJSON *b);

/* What a value is, for messages: "object", "array", "string", "number", "boolean", "null", "nothing". */
const char *json_type_name(const cJSON *value);

/* The same JSON text without white space between tokens, every token as it was written: numbers keep their digits.
 * Refuses what is not one valid JSON text, nesting beyond JSON_MAX_DEPTH and an object that has a name twice.
 * The text belongs to the caller. */
int json_minify(const char *text, size_t length, char **ret_text, struct error *error);

#endif
