/* Points in time as edgeAgent takes them in since and until. */
#ifndef EMULATOR_MOMENT_H
#define EMULATOR_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* An RFC 3339 time, seconds since 1970, or how long ago: "90 min", "1 day", "2h". Milliseconds since 1970. */
bool emulator_moment_parse(const char *text, int64_t now_ms, int64_t *ret_ms);

#endif
