/* One HTTP exchange with the API server, below kube_call; for this room only. */
#ifndef KUBE_REQUEST_H
#define KUBE_REQUEST_H

#include "kube/client.h"

/* Most bytes that are accepted of an answer that is no stream: one object. */
#define KUBE_OBJECT_LIMIT ((size_t)8 * 1024 * 1024)
/* Of each object its metadata alone, with every other field left out by the server. */
#define KUBE_METADATA_OF_OBJECT "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
#define KUBE_METADATA_OF_LIST   "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

struct kube_request {
    const char *method;
    const char *path;         /* with its query */
    const char *content_type; /* NULL: application/json */
    const char *accept;       /* NULL: application/json */
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
