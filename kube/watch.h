/* List and watch of one resource, for as long as the program runs: pages, bookmarks, resuming after the last
 * resourceVersion, listing anew after 410, back-off with jitter, watches of bounded life with an idle limit. */
#ifndef KUBE_WATCH_H
#define KUBE_WATCH_H

#include "kube/client.h"

struct kube_watch_options {
    const char *path;  /* "/apis/apps/v1/deployments" */
    const char *query; /* selectors, "fieldSelector=…" percent-encoded; NULL: none */
    /* Calls in the watching thread. An object is only valid during the call; take it apart, do not keep it.
     * A complete list is list_begin, put for each object, list_end; what list_end has not seen is gone.
     * consistent says that the list was made without resourceVersion (a quorum read). */
    void (*list_begin)(void *context);
    void (*put)(void *context, const cJSON *object);
    void (*gone)(void *context, const cJSON *object); /* a DELETED event: the object's last state */
    void (*list_end)(void *context);
    void (*trouble)(void *context, const char *message); /* will be tried again; for the log */
    void *context;
};

/* Runs until kube_client_stop. A list is always made without resourceVersion, with limit=500 and continue. When *relist is
 * set by another thread (atomic), the watch ends and a new list is made within a second. relist may be NULL. */
void kube_watch_run(struct kube_client *client, const struct kube_watch_options *options, const _Atomic bool *relist);

#endif
