#include "translate/label_selector.h"

#include "common/json.h"

#include <string.h>

static bool has_value(const cJSON *values, const char *value)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, values)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, value) == 0)
            return true;
    }
    return false;
}

static bool expression_matches(const cJSON *expression, const cJSON *labels)
{
    const char *how = json_string_or(expression, "operator", "");
    const char *value = json_string(labels, json_string_or(expression, "key", ""));
    const cJSON *values = json_get(expression, "values");

    if (strcmp(how, "In") == 0)
        return value && has_value(values, value);
    if (strcmp(how, "NotIn") == 0)
        return !value || !has_value(values, value);
    if (strcmp(how, "Exists") == 0)
        return value;
    return strcmp(how, "DoesNotExist") == 0 && !value;
}

bool label_selector_matches(const cJSON *selector, const cJSON *labels)
{
    const cJSON *item;

    if (!cJSON_IsObject(selector))
        return false;
    cJSON_ArrayForEach(item, json_get(selector, "matchLabels"))
    {
        const char *value = item->string ? json_string(labels, item->string) : NULL;

        if (!value || !cJSON_IsString(item) || strcmp(value, item->valuestring) != 0)
            return false;
    }
    cJSON_ArrayForEach(item, json_get(selector, "matchExpressions"))
    {
        if (!expression_matches(item, labels))
            return false;
    }
    return true;
}
