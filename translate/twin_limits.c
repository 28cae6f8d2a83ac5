/* Source of the limits: the IoT Hub developer guide, "Understand and use device twins" and its quotas page. */
#include "translate/twin_limits.h"

#include "common/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAX_INTEGER 4503599627370495.0

int twin_key_is_legal(const char *key)
{
    size_t length = 0;

    for (; key[length]; length++) {
        unsigned char c = (unsigned char)key[length];

        if (c <= 0x20 || c == 0x7f || c == '.' || c == '$' || c == '#')
            return 0;
    }
    return length > 0 && length <= TWIN_MAX_KEY;
}

size_t twin_size(const cJSON *desired)
{
    size_t size = 0;

    for (const cJSON *item = desired ? desired->child : NULL; item; item = item->next) {
        if (item->string)
            size += strlen(item->string);
        if (cJSON_IsString(item))
            size += strlen(item->valuestring);
        else if (cJSON_IsNumber(item))
            size += 8;
        else if (cJSON_IsBool(item))
            size += 4;
        else
            size += twin_size(item);
    }
    return size;
}

/* Before its path is put together: nearly all are. */
static bool is_good_scalar(const cJSON *item)
{
    if (cJSON_IsString(item))
        return strlen(item->valuestring) <= TWIN_MAX_STRING;
    return !cJSON_IsNull(item) &&
           !(cJSON_IsNumber(item) && (item->valuedouble > MAX_INTEGER || item->valuedouble < -MAX_INTEGER - 1));
}

static void fail_scalar(const cJSON *item, const char *field, struct findings *findings)
{
    char shown[32];

    (void)snprintf(shown, sizeof(shown), "%.17g", item->valuedouble);
    if (cJSON_IsNull(item))
        findings_add_error(findings, FIELD_INVALID, field, "null", "IoT Hub takes null as a deletion; leave it out");
    else if (cJSON_IsString(item))
        findings_add_error(findings, FIELD_TOO_LONG, field, NULL, "IoT Hub takes strings of at most %d bytes",
                           TWIN_MAX_STRING);
    else
        findings_add_error(findings, FIELD_INVALID, field, shown,
                           "IoT Hub takes numbers from -4503599627370496 to 4503599627370495");
}

static void check_members(const cJSON *parent, const char *field, unsigned depth, struct findings *findings)
{
    size_t index = 0;

    if (depth > TWIN_MAX_DEPTH) {
        findings_add_error(findings, FIELD_INVALID, field, "nesting", "IoT Hub takes at most %d levels",
                           TWIN_MAX_DEPTH);
        return;
    }
    for (const cJSON *item = parent->child; item; item = item->next, index++) {
        char path[FIELD_PATH_SIZE];

        if (findings_is_full(findings))
            return;
        if (item->string && !twin_key_is_legal(item->string))
            findings_add_error(findings, FIELD_INVALID, field, item->string,
                               "IoT Hub refuses names that are empty, longer than %d bytes, or have . $ # or blanks",
                               TWIN_MAX_KEY);
        if (!item->child && is_good_scalar(item))
            continue;
        if (item->string)
            field_path(path, "%s.%s", field, item->string);
        else
            field_path(path, "%s[%zu]", field, index);
        if (item->child)
            check_members(item, path, depth + 1, findings);
        else
            fail_scalar(item, path, findings);
    }
}

void twin_limits_check(const cJSON *desired, const char *field, struct findings *findings)
{
    size_t size = twin_size(desired);

    check_members(desired, field, 1, findings);
    if (size > TWIN_MAX_SIZE)
        findings_add_error(findings, FIELD_TOO_LONG, field, NULL,
                           "%zu bytes; IoT Hub takes at most %d in a module's twin", size, TWIN_MAX_SIZE);
}

void twin_limits_warn_size(size_t size, const char *what, struct findings *findings)
{
    if (size > TWIN_WARN_SIZE && size <= TWIN_MAX_SIZE)
        findings_add_warning(findings, "%s take %zu of the %d bytes of a twin", what, size, TWIN_MAX_SIZE);
}
