/* Calls that write a pod: decided under the engine's lock, made without it. */
#ifndef SERVER_POD_WRITE_H
#define SERVER_POD_WRITE_H

#include "server/cluster.h"
#include "server/engine_state.h"

#include <sys/queue.h>

struct pod_write {
    STAILQ_ENTRY(pod_write) link;
    const char *method; /* static */
    const char *content_type;
    char *path, *body;
    char *uid;
};

STAILQ_HEAD(pod_writes, pod_write);

void pod_write_free(struct pod_write *write);

/* Adds a call; subresource is "" or begins with "/". Takes the body over, which may be NULL for want of memory. What
 * was written a moment ago and did not stick, or was refused, waits for longer each time. */
void pod_write_add(struct pod_writes *writes, struct cluster_pod *pod, int64_t now_ms, const char *method,
                   const char *subresource, const char *content_type, char *body);

/* Makes the calls while this process leads, and empties the list. Returns false when the API server is in trouble.
 * Takes the lock itself. */
bool pod_writes_carry_out(struct engine *engine, struct pod_writes *writes);

#endif
