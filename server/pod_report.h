/* The status of the pods on our nodes, the end of those that are deleted, and Events about pods. The engine's lock is
 * held. */
#ifndef SERVER_POD_REPORT_H
#define SERVER_POD_REPORT_H

#include "server/pod_status.h"
#include "server/pod_write.h"

/* Adds the calls that bring every pod on our nodes to what its hub says. */
void pod_report_decide(struct engine *engine, int64_t now_ms, struct pod_writes *writes);

/* Queues an Event about the pod, unless it was told the same before. reason NULL: nothing is to be told any more. */
void pod_report_tell(struct engine *engine, struct cluster_pod *pod, bool warning, const char *reason,
                     const char *message);

/* The hub whose node that is, or -1. node may be NULL. */
int pod_report_hub(const struct engine *engine, const char *node);

/* What is to be said about a pod on the node of a hub. Returns false when nothing is known that would be better than
 * what its status says already. */
bool pod_report_standing(struct engine *engine, size_t hub, struct cluster_pod *pod, int64_t now_ms,
                         struct pod_standing *ret_standing);

/* Why a Deployment's content is not forwarded for now, by the user's own wish; NULL: it is. Both texts are static. */
const char *pod_report_frozen(const struct cluster_deployment *deployment, const char **ret_message);

#endif
