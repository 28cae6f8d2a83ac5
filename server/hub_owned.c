#include "server/hub_owned.h"

#include "common/cleanup.h"

#include <string.h>

bool hub_owned_read(const struct hub_worker *worker, const cJSON *configuration, struct ownership *ret_owned)
{
    return ownership_read(configuration, ret_owned) && strcmp(ret_owned->owner, worker->engine->owner) == 0 &&
           ret_owned->hub && strcmp(ret_owned->hub, worker->hub->name) == 0;
}

bool hub_owned_of(const struct hub_worker *worker, const cJSON *configuration,
                  const struct cluster_deployment *deployment, struct ownership *ret_owned)
{
    return hub_owned_read(worker, configuration, ret_owned) &&
           strcmp(ret_owned->namespace, deployment->namespace) == 0 && strcmp(ret_owned->name, deployment->name) == 0;
}

char *hub_owned_missing(const struct hub_worker *worker, const struct cluster_deployment *deployment,
                        enum cluster_source_kind kind)
{
    const cJSON *configuration = NULL;
    cJSON_ArrayForEach(configuration, worker->observed)
    {
        struct ownership owned;
        if (!hub_owned_of(worker, configuration, deployment, &owned))
            continue;
        const char *label = kind == CLUSTER_SECRET ? owned.secrets : owned.config_maps;
        cleanup_free char *names = label ? strdup(label) : NULL;
        char *rest = names;
        for (char *name = strsep(&rest, ","); name; name = strsep(&rest, ","))
            if (name[0] && cluster_deployment_reads(deployment, kind, name) &&
                cluster_source_is_absent(&worker->engine->cluster, kind, deployment->namespace, name))
                return strdup(name);
    }
    return NULL;
}
