/* Schema versions of the two system modules, as they read them: versions of .NET. Private to the room. */
#ifndef TRANSLATE_SCHEMA_VERSION_H
#define TRANSLATE_SCHEMA_VERSION_H

#include <stdbool.h>

/* Of 1.minor.build.revision; what is not there is -1. */
struct schema_version {
    long minor, build, revision;
};

/* False for what is none, or has not 1 in front. */
bool schema_version_read(const char *text, struct schema_version *ret_version);

#endif
