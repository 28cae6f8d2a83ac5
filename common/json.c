#include "common/json.h"

#include "common/cleanup.h"
#include "common/json_scan.h"
#include "common/name_list.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define TEXT_OF(number) #number
#define AS_TEXT(number) TEXT_OF(number)

#define LARGEST_INTEGER 9007199254740991.0 /* 2^53-1, beyond which doubles skip whole numbers */

static bool is_container(const cJSON *value)
{
    return (value->type & 0xff) == cJSON_Object || (value->type & 0xff) == cJSON_Array;
}

static bool is_object(const cJSON *value)
{
    return value && (value->type & 0xff) == cJSON_Object;
}

/* cJSON reads \u0000 as a NUL byte, which would end the string early. An even number of backslashes before it means
 * that it is no escape but text. */
static const char *find_nul_escape(const char *text, size_t length)
{
    static const char escape[] = "\\u0000";
    const char *end = text + length;
    const char *found = text;

    while ((found = memmem(found, (size_t)(end - found), escape, sizeof(escape) - 1))) {
        size_t before = 0;

        while (found - before > text && found[-1 - (ptrdiff_t)before] == '\\')
            before++;
        if (before % 2 == 0)
            return found;
        found++;
    }
    return NULL;
}

/* Each value but the first stands behind one of these. Those in strings are counted as well unless exactly is set. */
static size_t count_values(const char *text, size_t length, bool exactly)
{
    static const bool leads[256] = {[','] = true, ['['] = true, ['{'] = true};
    size_t count = 1;
    bool quoted = false;

    for (size_t i = 0; i < length && !exactly; i++)
        count += leads[(unsigned char)text[i]];
    for (size_t i = 0; i < length && exactly; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        else if (quoted)
            i += text[i] == '\\';
        else
            count += leads[(unsigned char)text[i]];
    }
    return count;
}

static int refuse_many_values(const char *text, size_t length, struct error *error)
{
    size_t most = length / JSON_BYTES_FOR_VALUE > JSON_MANY_VALUES ? length / JSON_BYTES_FOR_VALUE : JSON_MANY_VALUES;
    size_t count;

    if (length <= JSON_MANY_VALUES || count_values(text, length, false) <= most)
        return 0;
    count = count_values(text, length, true);
    if (count <= most)
        return 0;
    return error_set(error, "the JSON has some %zu values in %zu bytes; at most %zu are read", count, length, most);
}

/* What cJSON would let pass, found without reading the text byte by byte. */
static int refuse_what_cjson_takes(const char *text, size_t length, struct error *error)
{
    const char *found = memchr(text, '\0', length);

    if (found)
        return error_set(error, "not valid JSON: a NUL byte at byte %zu", (size_t)(found - text));
    found = find_nul_escape(text, length);
    if (found)
        return error_set(error, "the escape \\u0000 at byte %zu is not supported", (size_t)(found - text));
    /* cJSON 1.7.15 reads one byte too far when the text ends in a comma inside an object. */
    if (length && text[length - 1] == ',')
        return error_set(error, "not valid JSON: it ends after the comma at byte %zu", length - 1);
    return refuse_many_values(text, length, error);
}

/* cJSON says only where it stopped. The scanner is slower and knows what is wrong. */
static int explain_failure(const char *text, size_t length, size_t stopped, struct error *error)
{
    if (json_scan(text, length, NULL, error) < 0)
        return -1;
    return error_set(
        error,
        "cannot read the JSON at byte %zu: a number of more than 63 characters, or not enough memory for a "
        "text of %zu bytes",
        stopped, length);
}

/* NULL when the tree is not nested deeper than limit, and every number is one: cJSON turns 1e999 into infinity. One
 * walk for both, since a large tree is in no cache. */
static const char *tree_problem(const cJSON *value, unsigned limit)
{
    if (!is_container(value))
        return isfinite(value->valuedouble) ? NULL : "the JSON holds a number that is too large";
    if (!limit)
        return "the JSON is nested deeper than " AS_TEXT(JSON_MAX_DEPTH) " levels";
    for (const cJSON *child = value->child; child; child = child->next) {
        const char *problem = tree_problem(child, limit - 1);

        if (problem)
            return problem;
    }
    return NULL;
}

static size_t skip_white_space(const char *text, size_t length, size_t at)
{
    while (at < length && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
        at++;
    return at;
}

int json_parse(const char *text, size_t length, cJSON **ret_tree, struct error *error)
{
    cleanup_json cJSON *tree = NULL;
    const char *end = text;
    const char *problem;
    size_t rest;

    if (refuse_what_cjson_takes(text, length, error) < 0)
        return -1;
    tree = cJSON_ParseWithLengthOpts(text, length, &end, false);
    if (!tree)
        return explain_failure(text, length, (size_t)(end - text), error);
    rest = skip_white_space(text, length, (size_t)(end - text));
    if (rest < length)
        return explain_failure(text, length, rest, error);
    problem = tree_problem(tree, JSON_MAX_DEPTH);
    if (problem)
        return error_set(error, "%s", problem);
    *ret_tree = steal_ptr(tree);
    return 0;
}

unsigned json_depth(const cJSON *value, unsigned limit)
{
    unsigned deepest = 0;

    if (!value || !is_container(value))
        return 0;
    if (limit == 0)
        return 1;
    for (const cJSON *child = value->child; child && deepest < limit; child = child->next) {
        unsigned depth;

        if (!is_container(child))
            continue;
        depth = json_depth(child, limit - 1);
        if (depth > deepest)
            deepest = depth;
    }
    return deepest + 1;
}

/* Enough for nearly all objects; larger ones need memory. */
#define NAMES_ON_STACK 32

static const char *object_repeated_name(const cJSON *object)
{
    struct name on_stack[NAMES_ON_STACK];
    cleanup_free struct name *allocated = NULL;
    struct name *names = on_stack;
    const struct name *repeated;
    size_t count = (size_t)cJSON_GetArraySize(object);
    const cJSON *member = object->child;

    if (count > NAMES_ON_STACK)
        names = allocated = calloc(count, sizeof(*names));
    if (!names)
        return member->string; /* without memory nobody can tell: refuse */
    for (size_t i = 0; i < count; i++, member = member->next)
        names[i] = (struct name){.text = member->string, .length = strlen(member->string), .place = i};
    repeated = name_list_repeated(names, count);
    return repeated ? repeated->text : NULL;
}

bool json_has_duplicates(const cJSON *value, const char **ret_name)
{
    const char *repeated;

    if (!value || !is_container(value))
        return false;
    repeated = is_object(value) ? object_repeated_name(value) : NULL;
    if (repeated) {
        if (ret_name)
            *ret_name = repeated;
        return true;
    }
    for (const cJSON *child = value->child; child; child = child->next) {
        if (json_has_duplicates(child, ret_name))
            return true;
    }
    return false;
}

cJSON *json_get(const cJSON *object, const char *name)
{
    if (!is_object(object))
        return NULL;
    for (cJSON *member = object->child; member; member = member->next) {
        if (member->string[0] == name[0] && strcmp(member->string, name) == 0)
            return member;
    }
    return NULL;
}

cJSON *json_at(const cJSON *object, ...)
{
    cJSON *value = NULL;
    const char *name;
    va_list names;

    va_start(names, object);
    while ((name = va_arg(names, const char *))) {
        value = json_get(object, name);
        if (!value)
            break;
        object = value;
    }
    va_end(names);
    return value;
}

const char *json_string(const cJSON *object, const char *name)
{
    return json_string_or(object, name, NULL);
}

const char *json_string_or(const cJSON *object, const char *name, const char *otherwise)
{
    const cJSON *member = json_get(object, name);

    return cJSON_IsString(member) ? member->valuestring : otherwise;
}

bool json_int64(const cJSON *object, const char *name, int64_t *ret_value)
{
    const cJSON *member = json_get(object, name);

    if (!cJSON_IsNumber(member) || !(fabs(member->valuedouble) <= LARGEST_INTEGER))
        return false;
    if (member->valuedouble != floor(member->valuedouble))
        return false;
    *ret_value = (int64_t)member->valuedouble;
    return true;
}

bool json_bool(const cJSON *object, const char *name, bool otherwise)
{
    const cJSON *member = json_get(object, name);

    return cJSON_IsBool(member) ? cJSON_IsTrue(member) : otherwise;
}

const char *json_type_name(const cJSON *value)
{
    switch (value ? value->type & 0xff : cJSON_Invalid) {
    case cJSON_Object:
        return "object";
    case cJSON_Array:
        return "array";
    case cJSON_String:
        return "string";
    case cJSON_Number:
        return "number";
    case cJSON_True:
    case cJSON_False:
        return "boolean";
    case cJSON_NULL:
        return "null";
    default:
        return "nothing";
    }
}
