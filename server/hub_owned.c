#include "server/hub_owned.h"

#include "common/cleanup.h"

#include <string.h>

/* Of names joined by commas. */
static char *find_missing(const struct hub_worker *worker, const struct cluster_deployment *deployment,
                          enum cluster_source_kind kind, const char *joined)
{
    cleanup_free char *names = joined ? strdup(joined) : NULL;
    char *rest = names;
    for (char *name = strsep(&rest, ","); name; name = strsep(&rest, ","))
        if (name[0] && cluster_deployment_reads(deployment, kind, name) &&
            cluster_source_is_absent(&worker->engine->cluster, kind, deployment->namespace, name))
            return strdup(name);
    return NULL;
}

char *hub_owned_missing(const struct hub_worker *worker, const struct cluster_deployment *deployment,
                        enum cluster_source_kind kind)
{
    bool holds = false;
    for (size_t i = 0; i < worker->observed.count; i++) {
        const struct observed_configuration *configuration = &worker->observed.items[i];
        const struct ownership *owned = &configuration->ownership;
        if (!observed_is_of(configuration, deployment->namespace, deployment->name))
            continue;
        holds = true;
        char *missing =
            find_missing(worker, deployment, kind, kind == CLUSTER_SECRET ? owned->secrets : owned->config_maps);
        if (missing)
            return missing;
    }
    return holds ? NULL : find_missing(worker, deployment, kind, deployment->made_with[kind]);
}
