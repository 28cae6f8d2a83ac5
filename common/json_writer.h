/* Writes JSON, append only, in the order of the calls: what the caller does is what the reader sees, byte for byte.
 *
 *     struct json_writer w = {.out = &buffer};
 *     json_begin_object(&w);
 *     json_name(&w, "priority"), json_add_int(&w, 10);
 *     json_end_object(&w);
 *
 * Commas are put by the writer. Balance is the caller's duty; memory failure is the buffer's to tell. */
#ifndef COMMON_JSON_WRITER_H
#define COMMON_JSON_WRITER_H

#include "common/strbuf.h"

#include <cjson/cJSON.h>
#include <stdint.h>

struct json_writer {
    struct strbuf *out;
    bool needs_comma;
};

void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_name(struct json_writer *writer, const char *name);
void json_add_string(struct json_writer *writer, const char *text); /* NULL writes null */
void json_add_string_length(struct json_writer *writer, const char *text, size_t length);
void json_add_int(struct json_writer *writer, int64_t number);
void json_add_bool(struct json_writer *writer, bool value);
void json_add_null(struct json_writer *writer);
/* Text that is JSON already, as it is. */
void json_add_raw(struct json_writer *writer, const char *json);
/* A parsed value, its members in their order. Whole numbers up to 2^53 are written without exponent, others with the 15
 * or 17 digits that read back as the same number. */
void json_add_value(struct json_writer *writer, const cJSON *value);

/* name and text in one call, for the most frequent members. */
void json_member_string(struct json_writer *writer, const char *name, const char *text);
void json_member_int(struct json_writer *writer, const char *name, int64_t number);
void json_member_bool(struct json_writer *writer, const char *name, bool value);

/* A value with every object's members in the order of their bytes and no white space: equal values give equal texts. */
void json_add_canonical(struct json_writer *writer, const cJSON *value);

#endif
