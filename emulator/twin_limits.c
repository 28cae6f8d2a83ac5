#include "emulator/twin_limits.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <math.h>

#define MOST_DEPTH   10
#define MOST_STRING  4096
#define MOST_NAME    1024
#define MOST_INTEGER 4503599627370495.0

/* Control characters are not counted. */
static size_t text_size(const char *text)
{
    size_t size = 0;

    for (; *text; text++)
        size += (unsigned char)*text >= 0x20 && *text != 0x7f;
    return size;
}

static int name_check(const char *name, struct error *error)
{
    if (strlen(name) > MOST_NAME)
        return error_set(error, "a property's name is longer than %d bytes", MOST_NAME);
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || strchr(".$# ", *at))
            return error_set(error, "the property's name '%s' has a character that is not allowed", name);
    return *name ? 0 : error_set(error, "a property's name is empty");
}

static int number_check(double number, struct error *error)
{
    if (number == floor(number) && (number > MOST_INTEGER || number < -MOST_INTEGER - 1))
        return error_set(error, "the number %.17g is out of range", number);
    return 0;
}

static int value_check(const cJSON *value, unsigned depth, size_t *size, struct error *error)
{
    const cJSON *member;

    if (cJSON_IsString(value)) {
        *size += text_size(value->valuestring);
        return strlen(value->valuestring) > MOST_STRING
                   ? error_set(error, "a string is longer than %d bytes", MOST_STRING)
                   : 0;
    }
    if (cJSON_IsNumber(value)) {
        *size += 8;
        return number_check(value->valuedouble, error);
    }
    if (cJSON_IsBool(value))
        *size += 4;
    if ((cJSON_IsObject(value) || cJSON_IsArray(value)) && depth > MOST_DEPTH)
        return error_set(error, "it is nested deeper than %d levels", MOST_DEPTH);
    cJSON_ArrayForEach(member, value)
    {
        if (cJSON_IsArray(value) && cJSON_IsNull(member))
            return error_set(error, "an array has a null in it");
        if (cJSON_IsObject(value)) {
            if (name_check(member->string, error) < 0)
                return -1;
            *size += text_size(member->string);
        }
        if (value_check(member, depth + 1, size, error) < 0)
            return -1;
    }
    return 0;
}

int emulator_twin_limits_check(const cJSON *section, const char *name, size_t limit, struct error *error)
{
    size_t size = 0;

    if (value_check(section, 0, &size, error) < 0)
        return error_wrap(error, "%s", name);
    if (size > limit)
        return error_set(error, "%s has %zu bytes, and at most %zu are allowed", name, size, limit);
    return 0;
}
