#include "common/hub_baseline.h"

#include "common/cleanup.h"
#include "common/config_keys.h"
#include "common/json.h"

#include <stdlib.h>
#include <string.h>

#define CONDITION "baselineCondition"
#define CONFIRMED "baselineConfirmed"

void hub_baseline_release(struct hub_baseline *baseline)
{
    for (size_t i = 0; i < baseline->confirmed_count; i++)
        free(baseline->confirmed[i]);
    free(baseline->confirmed);
    free(baseline->condition);
    *baseline = (struct hub_baseline){0};
}

bool hub_baseline_confirms(const struct hub_baseline *baseline, const char *device)
{
    for (size_t i = 0; i < baseline->confirmed_count; i++)
        if (strcmp(baseline->confirmed[i], device) == 0)
            return true;
    return baseline->all_confirmed;
}

static int take_devices(const cJSON *list, struct hub_baseline *baseline, struct error *error)
{
    const cJSON *item;

    if (cJSON_IsString(list) && strcmp(list->valuestring, "*") == 0) {
        baseline->all_confirmed = true;
        return 0;
    }
    if (!cJSON_IsArray(list))
        return error_set(error, CONFIRMED ": must be a list of device ids, or \"*\" for any");
    baseline->confirmed = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(char *));
    if (!baseline->confirmed)
        return error_set(error, "not enough memory for " CONFIRMED);
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item) || !*item->valuestring)
            return error_set(error, CONFIRMED "[%zu]: must be the id of a device, as text", baseline->confirmed_count);
        char *device = strdup(item->valuestring);

        if (!device)
            return error_set(error, "not enough memory for " CONFIRMED);
        baseline->confirmed[baseline->confirmed_count++] = device;
    }
    return 0;
}

/* The other two keys say nothing without the first. */
static int refuse_alone(const cJSON *entry, struct error *error)
{
    static const char *const names[] = {CONDITION, CONFIRMED};

    for (size_t i = 0; i < array_length(names); i++)
        if (json_get(entry, names[i]))
            return error_set(error, "%s: only with baseline: true", names[i]);
    return 0;
}

int hub_baseline_parse(const cJSON *entry, struct hub_baseline *baseline, struct error *error)
{
    const cJSON *said = json_get(entry, "baseline"), *confirmed = json_get(entry, CONFIRMED);

    if (said && !cJSON_IsBool(said))
        return error_set(error, "baseline: must be true or false, not %s", json_type_name(said));
    baseline->said = said;
    baseline->wanted = cJSON_IsTrue(said);
    if (!baseline->wanted)
        return refuse_alone(entry, error);
    if (config_keys_take_text(entry, CONDITION, NULL, &baseline->condition, error) < 0)
        return -1;
    if (!baseline->condition)
        return error_set(error, CONDITION ": missing; say which devices the baseline is for, * for all");
    return confirmed ? take_devices(confirmed, baseline, error) : 0;
}
