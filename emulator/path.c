#include "emulator/path.h"

#include "common/banned.h"
#include "http/server.h"

bool emulator_url_parse(const char *path, struct emulator_url *url)
{
    if (*path != '/')
        return false;
    for (const char *at = path + 1; *at;) {
        size_t length = strcspn(at, "/");
        if (length == 0 || url->count == EMULATOR_MAX_SEGMENTS)
            return false;
        url->segments[url->count] = http_percent_decode(at, length);
        if (!url->segments[url->count])
            return false;
        url->count++;
        at += length + (at[length] == '/');
    }
    return true;
}

void emulator_url_release(struct emulator_url *url)
{
    for (size_t i = 0; i < url->count; i++)
        free(url->segments[i]);
    url->count = 0;
}

bool emulator_url_has(const struct emulator_url *url, size_t index, const char *text)
{
    return index < url->count && strcmp(url->segments[index], text) == 0;
}
