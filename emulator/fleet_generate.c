/* Makes a fleet of any size. */
#include "common/json.h"
#include "emulator/fleet.h"
#include "emulator/memory.h"

#define MOST_VALUES 16

/* A tag and its values with their shares. */
struct spread {
    char *name;
    char *values[MOST_VALUES];
    unsigned percent[MOST_VALUES];
    size_t count;
};

static void spread_release(struct spread *spread)
{
    free(spread->name);
    for (size_t i = 0; i < spread->count; i++)
        free(spread->values[i]);
}

static int value_add(struct spread *spread, const char *text, size_t length, struct error *error)
{
    const char *colon = memrchr(text, ':', length);
    unsigned long percent = 100;
    char *end;

    if (spread->count == MOST_VALUES)
        return error_set(error, "more than %d values", MOST_VALUES);
    if (colon) {
        percent = strtoul(colon + 1, &end, 10);
        if (end == colon + 1 || *end != '%' || end + 1 != text + length || percent > 100)
            return error_set(error, "%.*s is no value with a percentage such as A:50%%", (int)length, text);
        length = (size_t)(colon - text);
    }
    spread->percent[spread->count] = (unsigned)percent;
    spread->values[spread->count++] = emulator_text_copy_length(text, length);
    return 0;
}

static int spread_parse(const char *text, struct spread *spread, struct error *error)
{
    const char *equals = strchr(text, '=');
    unsigned sum = 0;

    if (!equals || equals == text)
        return error_set(error, "%s is not of the form name=value:percent", text);
    spread->name = emulator_text_copy_length(text, (size_t)(equals - text));
    for (const char *at = equals + 1; *at;) {
        size_t length = strcspn(at, ",");
        if (value_add(spread, at, length, error) < 0)
            return -1;
        at += length + (at[length] == ',');
    }
    for (size_t i = 0; i < spread->count; i++)
        sum += spread->percent[i];
    return sum <= 100 ? 0 : error_set(error, "%s: the shares are more than 100%%", text);
}

/* Each hundred devices in a row have the shares exactly; 61 and 100 have no common factor, so that tags mix. */
static const char *value_for(const struct spread *spread, size_t device)
{
    unsigned place = (unsigned)(device % 100 * 61 % 100), sum = 0;

    for (size_t i = 0; i < spread->count; i++) {
        sum += spread->percent[i];
        if (place < sum)
            return spread->values[i];
    }
    return NULL;
}

static int device_add(struct emulator_fleet *fleet, size_t number, const struct spread *spreads, size_t count,
                      struct error *error)
{
    cleanup_free char *id = emulator_text_format("device%05zu", number + 1);
    cleanup_json cJSON *tags = cJSON_CreateObject();

    for (size_t i = 0; i < count; i++) {
        const char *value = value_for(&spreads[i], number);
        if (value)
            cJSON_AddStringToObject(tags, spreads[i].name, value);
    }
    return emulator_fleet_add(fleet, id, true, tags, NULL) ? 0 : error_set(error, "there is another device %s", id);
}

int emulator_fleet_generate(struct emulator_fleet *fleet, size_t count, const char *const *tags, size_t tag_count,
                            struct error *error)
{
    struct spread *spreads = emulator_allocate(tag_count * sizeof(*spreads));
    int result = 0;

    for (size_t i = 0; i < tag_count && result == 0; i++)
        result = spread_parse(tags[i], &spreads[i], error);
    if (result < 0)
        error_wrap(error, "--tag");
    for (size_t i = 0; i < count && result == 0; i++)
        result = device_add(fleet, i, spreads, tag_count, error);
    for (size_t i = 0; i < tag_count; i++)
        spread_release(&spreads[i]);
    free(spreads);
    return result;
}
