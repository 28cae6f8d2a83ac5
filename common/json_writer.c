#include "common/json_writer.h"

#include "common/cleanup.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Whole numbers up to here are exact in a double. */
#define LARGEST_EXACT 9007199254740992.0

static void begin_value(struct json_writer *writer)
{
    if (writer->needs_comma)
        strbuf_add_char(writer->out, ',');
    writer->needs_comma = true;
}

void json_begin_object(struct json_writer *writer)
{
    begin_value(writer);
    strbuf_add_char(writer->out, '{');
    writer->needs_comma = false;
}

void json_end_object(struct json_writer *writer)
{
    strbuf_add_char(writer->out, '}');
    writer->needs_comma = true;
}

void json_begin_array(struct json_writer *writer)
{
    begin_value(writer);
    strbuf_add_char(writer->out, '[');
    writer->needs_comma = false;
}

void json_end_array(struct json_writer *writer)
{
    strbuf_add_char(writer->out, ']');
    writer->needs_comma = true;
}

static bool needs_escape(unsigned char byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

static void add_escape(struct strbuf *out, unsigned char byte)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    char pair[2] = {'\\', (char)byte};

    if (byte < 0x20) {
        pair[1] = byte < sizeof(letters) ? letters[byte] : '\0';
        if (!pair[1]) {
            strbuf_add_format(out, "\\u%04x", byte);
            return;
        }
    }
    strbuf_add(out, pair, sizeof(pair));
}

static void add_quoted(struct strbuf *out, const char *text, size_t length)
{
    size_t start = 0;

    strbuf_reserve(out, length + 2);
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (!needs_escape((unsigned char)text[i]))
            continue;
        strbuf_add(out, text + start, i - start);
        add_escape(out, (unsigned char)text[i]);
        start = i + 1;
    }
    strbuf_add(out, text + start, length - start);
    strbuf_add_char(out, '"');
}

void json_name(struct json_writer *writer, const char *name)
{
    begin_value(writer);
    add_quoted(writer->out, name, strlen(name));
    strbuf_add_char(writer->out, ':');
    writer->needs_comma = false;
}

void json_add_string(struct json_writer *writer, const char *text)
{
    if (!text) {
        json_add_null(writer);
        return;
    }
    json_add_string_length(writer, text, strlen(text));
}

void json_add_string_length(struct json_writer *writer, const char *text, size_t length)
{
    begin_value(writer);
    add_quoted(writer->out, text, length);
}

void json_add_int(struct json_writer *writer, int64_t number)
{
    begin_value(writer);
    strbuf_add_format(writer->out, "%" PRId64, number);
}

void json_add_bool(struct json_writer *writer, bool value)
{
    json_add_raw(writer, value ? "true" : "false");
}

void json_add_null(struct json_writer *writer)
{
    json_add_raw(writer, "null");
}

void json_add_raw(struct json_writer *writer, const char *json)
{
    begin_value(writer);
    strbuf_add_string(writer->out, json);
}

static void add_number(struct json_writer *writer, double number)
{
    char text[32];

    if (!isfinite(number)) {
        json_add_null(writer);
        return;
    }
    if (number == floor(number) && fabs(number) <= LARGEST_EXACT) {
        json_add_int(writer, (int64_t)number);
        return;
    }
    snprintf(text, sizeof(text), "%.15g", number);
    if (strtod(text, NULL) != number)
        snprintf(text, sizeof(text), "%.17g", number);
    json_add_raw(writer, text);
}

static void add_scalar(struct json_writer *writer, const cJSON *value)
{
    switch (value->type & 0xff) {
    case cJSON_String:
        json_add_string(writer, value->valuestring);
        return;
    case cJSON_Number:
        add_number(writer, value->valuedouble);
        return;
    case cJSON_True:
    case cJSON_False:
        json_add_bool(writer, cJSON_IsTrue(value));
        return;
    case cJSON_Raw:
        json_add_raw(writer, value->valuestring);
        return;
    default:
        json_add_null(writer);
    }
}

static void add_array(struct json_writer *writer, const cJSON *array,
                      void (*add)(struct json_writer *writer, const cJSON *value))
{
    const cJSON *item;

    json_begin_array(writer);
    cJSON_ArrayForEach(item, array) add(writer, item);
    json_end_array(writer);
}

void json_add_value(struct json_writer *writer, const cJSON *value)
{
    const cJSON *member;

    if (cJSON_IsArray(value)) {
        add_array(writer, value, json_add_value);
        return;
    }
    if (!cJSON_IsObject(value)) {
        if (value)
            add_scalar(writer, value);
        else
            json_add_null(writer);
        return;
    }
    json_begin_object(writer);
    cJSON_ArrayForEach(member, value)
    {
        json_name(writer, member->string);
        json_add_value(writer, member);
    }
    json_end_object(writer);
}

void json_member_string(struct json_writer *writer, const char *name, const char *text)
{
    json_name(writer, name);
    json_add_string(writer, text);
}

void json_member_int(struct json_writer *writer, const char *name, int64_t number)
{
    json_name(writer, name);
    json_add_int(writer, number);
}

void json_member_bool(struct json_writer *writer, const char *name, bool value)
{
    json_name(writer, name);
    json_add_bool(writer, value);
}

static int compare_members(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static void add_canonical_object(struct json_writer *writer, const cJSON *object)
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    cleanup_free const cJSON **members = calloc(count + 1, sizeof(*members));
    const cJSON *member;
    size_t i = 0;

    if (!members) {
        writer->out->failed = true;
        return;
    }
    cJSON_ArrayForEach(member, object) members[i++] = member;
    qsort(members, count, sizeof(*members), compare_members);
    json_begin_object(writer);
    for (i = 0; i < count; i++) {
        json_name(writer, members[i]->string);
        json_add_canonical(writer, members[i]);
    }
    json_end_object(writer);
}

void json_add_canonical(struct json_writer *writer, const cJSON *value)
{
    if (cJSON_IsObject(value))
        add_canonical_object(writer, value);
    else if (cJSON_IsArray(value))
        add_array(writer, value, json_add_canonical);
    else
        json_add_value(writer, value);
}
