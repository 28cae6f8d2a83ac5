#include "emulator/any_case.h"

#include <stdlib.h>
#include <strings.h>

cJSON *emulator_any_case_get(const cJSON *object, const char *name)
{
    cJSON *member;

    if (!cJSON_IsObject(object))
        return NULL;
    cJSON_ArrayForEach(member, object)
    {
        if (strcasecmp(member->string, name) == 0)
            return member;
    }
    return NULL;
}

double emulator_any_case_number(const cJSON *object, const char *name)
{
    const cJSON *member = emulator_any_case_get(object, name);

    if (cJSON_IsString(member))
        return strtod(member->valuestring, NULL);
    return cJSON_IsNumber(member) ? member->valuedouble : 0;
}

const char *emulator_any_case_text(const cJSON *object, const char *name)
{
    const cJSON *member = emulator_any_case_get(object, name);

    return cJSON_IsString(member) ? member->valuestring : "";
}
