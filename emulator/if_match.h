/* The header If-Match, as the service reads it. */
#ifndef EMULATOR_IF_MATCH_H
#define EMULATOR_IF_MATCH_H

#include <stdbool.h>

enum emulator_if_match_kind {
    EMULATOR_IF_MATCH_ABSENT,   /* no header, an empty one, or "" */
    EMULATOR_IF_MATCH_ANY,      /* * or "*" */
    EMULATOR_IF_MATCH_ETAG,     /* "MQ==" in quotes */
    EMULATOR_IF_MATCH_UNQUOTED, /* anything else */
};

enum emulator_if_match_kind emulator_if_match_kind(const char *value);

/* Whether a value of kind ETAG is that etag, which has no quotes. */
bool emulator_if_match_equals(const char *value, const char *etag);

#endif
