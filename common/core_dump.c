#include "common/core_dump.h"

#include "common/banned.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

bool core_dump_is_allowed(void)
{
    const char *asked = getenv(CORE_DUMP_VARIABLE);

    return asked && strcmp(asked, "allow") == 0;
}

void core_dump_forbid(void)
{
    const struct rlimit none = {0, 0};

    if (core_dump_is_allowed())
        return;
    /* The limit is not asked when cores go to a helper (core(5)); this flag always is. */
    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &none);
}
