/* One HTTP exchange with the API server, below kube_call; for this room only. */
#ifndef KUBE_REQUEST_H
#define KUBE_REQUEST_H

#include "kube/client.h"

/* Most bytes that are accepted of an answer: one object, and a page of a list. */
#define KUBE_OBJECT_LIMIT ((size_t)8 * 1024 * 1024)
#define KUBE_LIST_LIMIT   ((size_t)64 * 1024 * 1024)

struct kube_request {
    const char *method;
    const char *path;         /* with its query */
    const char *content_type; /* NULL: application/json */
    const char *body;         /* or NULL */
    unsigned timeout_ms;
    size_t answer_limit;
    /* A body with status 200 in pieces, and the longest silence between them; see http/client.h. */
    int (*on_data)(void *context, const char *data, size_t length);
    void *context;
    int64_t idle_limit_ms;
};

/* As kube_call. A 200 that went to on_data leaves *ret_object alone. */
int kube_request_send(struct kube_client *client, const struct kube_request *request, cJSON **ret_object,
                      struct error *error);

/* The memory of events that were posted, made at its first use and freed with the client. */
struct kube_event_memory;
struct kube_event_memory **kube_client_event_memory(struct kube_client *client);
void kube_event_memory_free(struct kube_event_memory *memory);

#endif
