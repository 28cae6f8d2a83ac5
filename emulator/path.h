/* The path of a URL in its segments. */
#ifndef EMULATOR_PATH_H
#define EMULATOR_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define EMULATOR_MAX_SEGMENTS 6

struct emulator_url {
    char *segments[EMULATOR_MAX_SEGMENTS]; /* percent-decoded */
    size_t count;
};

#define EMULATOR_URL_INIT                                                                                              \
    {                                                                                                                  \
        {NULL}, 0                                                                                                      \
    }

/* Splits at slashes; one at the end does not count. False for a broken escape, an empty segment, or too many. */
bool emulator_url_parse(const char *path, struct emulator_url *url);
void emulator_url_release(struct emulator_url *url);

#define cleanup_url __attribute__((cleanup(emulator_url_release)))

/* Whether the segment of that index is this text. */
bool emulator_url_has(const struct emulator_url *url, size_t index, const char *text);

#endif
