#include "server/hub_place.h"

#include "server/pod_report.h"

#include <string.h>

/* What the last plan does or waits for. */
static const struct explained_call *find_call(const struct hub_worker *worker,
                                              const struct cluster_deployment *deployment)
{
    for (size_t i = 0; i < worker->outlook.count; i++) {
        const struct explained_call *call = &worker->outlook.calls[i];
        if (strcmp(call->namespace, deployment->namespace) == 0 && strcmp(call->name, deployment->name) == 0)
            return call;
    }
    return NULL;
}

/* Nothing stands in the way: how far is it? */
static struct hub_place progress_of(const struct hub_worker *worker, const struct cluster_deployment *deployment,
                                    const struct hub_standing *standing)
{
    const struct explained_call *call = find_call(worker, deployment);
    if (cluster_deployment_lacks(deployment))
        return (struct hub_place){"Waiting", NULL, "its ConfigMaps or Secrets are not known yet"};
    if (deployment->unsettled_since_ms)
        return (struct hub_place){"Settling", NULL, "it changed a moment ago, and more may follow"};
    if (call)
        return (struct hub_place){"Changing", NULL, call->why};
    if (!standing->id)
        return (struct hub_place){"Waiting", NULL, "the hub has not been listed yet"};
    if (!standing->evaluated)
        return (struct hub_place){"Evaluating", NULL, "the hub has not evaluated the target condition yet"};
    return (struct hub_place){"InSync", NULL, NULL};
}

struct hub_place hub_place_of(const struct hub_worker *worker, const struct cluster_deployment *deployment,
                              const struct hub_standing *standing)
{
    const char *message = NULL;
    const char *frozen = pod_report_frozen(deployment, &message);
    if (frozen)
        return (struct hub_place){"Held", frozen, message};
    if (standing->reason)
        return (struct hub_place){"Blocked", standing->reason, standing->message};
    if (worker->trouble)
        return (struct hub_place){"Unknown", worker->trouble_reason, worker->trouble};
    return progress_of(worker, deployment, standing);
}
