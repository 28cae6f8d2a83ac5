#include "emulator/shape.h"

#include "common/cleanup.h"

#include <math.h>
#include <strings.h>

static bool is_whole_text(const char *text)
{
    size_t sign = *text == '-' || *text == '+';
    size_t digits = strspn(text + sign, "0123456789");

    return digits > 0 && digits < 20 && text[sign + digits] == '\0';
}

static bool is_integer(const cJSON *value, bool lenient)
{
    if (cJSON_IsNumber(value))
        return value->valuedouble == floor(value->valuedouble);
    return lenient && (cJSON_IsBool(value) || (cJSON_IsString(value) && is_whole_text(value->valuestring)));
}

static bool is_truth(const cJSON *value, bool lenient)
{
    if (cJSON_IsBool(value))
        return true;
    return lenient &&
           (cJSON_IsNumber(value) || (cJSON_IsString(value) && (strcasecmp(value->valuestring, "true") == 0 ||
                                                                strcasecmp(value->valuestring, "false") == 0)));
}

static bool is_text(const cJSON *value, bool lenient)
{
    return cJSON_IsString(value) || (lenient && (cJSON_IsNumber(value) || cJSON_IsBool(value)));
}

static int scalar_check(const struct emulator_shape *shape, const cJSON *value, const char *name, bool lenient,
                        struct error *error)
{
    bool integer = shape->kind == EMULATOR_SHAPE_INTEGER, truth = shape->kind == EMULATOR_SHAPE_TRUTH;
    bool fine = integer ? is_integer(value, lenient) : truth ? is_truth(value, lenient) : is_text(value, lenient);

    if (fine)
        return 0;
    return error_set(error, "%s must be %s", name, integer ? "a whole number" : truth ? "true or false" : "a string");
}

static const struct emulator_shape *field_shape(const struct emulator_shape *record, const char *name, bool lenient)
{
    for (size_t i = 0; i < record->field_count; i++)
        if ((lenient ? strcasecmp(record->fields[i].name, name) : strcmp(record->fields[i].name, name)) == 0)
            return record->fields[i].shape;
    return NULL;
}

static int members_check(const struct emulator_shape *shape, const cJSON *value, bool lenient, struct error *error)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, value)
    {
        const char *name = member->string ? member->string : "an item";
        const struct emulator_shape *inner =
            shape->kind == EMULATOR_SHAPE_RECORD ? field_shape(shape, name, lenient) : shape->item;
        if (inner && emulator_shape_check(inner, member, name, lenient, error) < 0)
            return -1;
    }
    return 0;
}

int emulator_shape_check(const struct emulator_shape *shape, const cJSON *value, const char *name, bool lenient,
                         struct error *error)
{
    bool list = shape->kind == EMULATOR_SHAPE_LIST;

    if (cJSON_IsNull(value))
        return 0;
    if (shape->kind <= EMULATOR_SHAPE_TRUTH)
        return scalar_check(shape, value, name, lenient, error);
    if (list ? !cJSON_IsArray(value) : !cJSON_IsObject(value))
        return error_set(error, "%s must be %s", name, list ? "an array" : "an object");
    if (members_check(shape, value, lenient, error) < 0)
        return error_wrap(error, "%s", name);
    return 0;
}
