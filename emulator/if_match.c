#include "emulator/if_match.h"

#include "common/banned.h"

enum emulator_if_match_kind emulator_if_match_kind(const char *value)
{
    if (!value || !*value || strcmp(value, "\"\"") == 0)
        return EMULATOR_IF_MATCH_ABSENT;
    if (strcmp(value, "*") == 0 || strcmp(value, "\"*\"") == 0)
        return EMULATOR_IF_MATCH_ANY;
    size_t length = strlen(value);
    if (length > 2 && value[0] == '"' && value[length - 1] == '"')
        return EMULATOR_IF_MATCH_ETAG;
    return EMULATOR_IF_MATCH_UNQUOTED;
}

bool emulator_if_match_equals(const char *value, const char *etag)
{
    size_t length = strlen(etag);

    return strlen(value) == length + 2 && strncmp(value + 1, etag, length) == 0;
}
