#include "emulator/moment.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <strings.h>

static int64_t unit_ms(const char *unit, size_t length)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {
        {"ms", 1},         {"s", 1000},        {"sec", 1000},     {"second", 1000},    {"seconds", 1000},
        {"m", 60000},      {"min", 60000},     {"mins", 60000},   {"minute", 60000},   {"minutes", 60000},
        {"h", 3600000},    {"hr", 3600000},    {"hour", 3600000}, {"hours", 3600000},  {"d", 86400000},
        {"day", 86400000}, {"days", 86400000}, {"w", 604800000},  {"week", 604800000}, {"weeks", 604800000},
    };

    for (size_t i = 0; i < array_length(units); i++)
        if (strlen(units[i].name) == length && strncasecmp(units[i].name, unit, length) == 0)
            return units[i].ms;
    return 0;
}

/* One or more numbers, each with its unit. */
static bool duration_parse(const char *text, int64_t *ret_ms)
{
    int64_t sum = 0;

    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        char *end;
        if (*text < '0' || *text > '9')
            return false;
        long long number = strtoll(text, &end, 10);
        end += strspn(end, " ");
        size_t length = strcspn(end, " 0123456789");
        int64_t unit = unit_ms(end, length);
        if (!unit || number > INT32_MAX)
            return false;
        sum += number * unit;
        text = end + length;
    }
    *ret_ms = sum;
    return true;
}

bool emulator_moment_parse(const char *text, int64_t now_ms, int64_t *ret_ms)
{
    size_t digits = strspn(text, "0123456789");
    int64_t ago;

    if (clock_parse_rfc3339(text, ret_ms))
        return true;
    if (digits > 0 && digits <= 10 && text[digits] == '\0') {
        *ret_ms = strtoll(text, NULL, 10) * 1000;
        return true;
    }
    if (!*text || !duration_parse(text, &ago))
        return false;
    *ret_ms = now_ms - ago;
    return true;
}
