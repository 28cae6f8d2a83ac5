/* List and watch of one resource, for as long as the program runs: pages, bookmarks, resuming after the last
 * resourceVersion, listing anew after 410, back-off with jitter, watches of bounded life with an idle limit.
 *
 *     kube_watch_new(access, "iot-edge-connector/0.1.0", &options, &watch, error);
 *     kube_watch_run(watch);       in a thread of its own, returns after kube_watch_stop from another
 *     kube_watch_free(watch);      when that thread has ended
 *
 * A watch has a connection of its own. */
#ifndef KUBE_WATCH_H
#define KUBE_WATCH_H

#include "kube/client.h"

struct kube_watch_options {
    const char *path;  /* "/apis/apps/v1/deployments" */
    const char *query; /* selectors, "fieldSelector=…" percent-encoded; NULL: none */
    bool metadata;     /* of each object only its metadata is asked for (PartialObjectMetadata) */
    /* Calls in the watching thread. An object is only valid during the call; take it apart, do not keep it. Objects of
     * a list have no kind and apiVersion: the API server leaves them out. They are put one by one while the list is
     * read. A complete list is list_begin, put for each object, list_end; what was not put between the two is gone. It
     * is always made without resourceVersion (a quorum read). A list_begin that follows a list_begin without a list_end
     * starts over: the list before it was broken off and tells nothing about absence. */
    void (*list_begin)(void *context);
    void (*put)(void *context, const cJSON *object);
    void (*gone)(void *context, const cJSON *object); /* a DELETED event: the object's last state */
    void (*list_end)(void *context);
    /* It will be tried again; for the log. Called once for a sentence, figures in it aside, until the watch works
     * again. status is that of the server's refusal, or 0. */
    void (*trouble)(void *context, int status, const char *message);
    /* The watch delivers again after trouble; a list that is complete is not enough. */
    void (*recovered)(void *context);
    int64_t idle_limit_ms; /* without a byte for so long the connection counts as dead; 0: 150 s */
    void *context;
};

struct kube_watch;

/* The options are copied, their strings too. access must outlive the watch; user_agent as in kube_client_new. */
int kube_watch_new(const struct kube_access *access, const char *user_agent, const struct kube_watch_options *options,
                   struct kube_watch **ret_watch, struct error *error);

/* After kube_watch_run has returned. watch may be NULL. */
void kube_watch_free(struct kube_watch *watch);

/* Lists and watches until kube_watch_stop. Once in the life of a watch. */
void kube_watch_run(struct kube_watch *watch);

/* Asks for a new complete list, begun after this call: what runs is broken off at once. Any thread. */
void kube_watch_relist(struct kube_watch *watch);

/* Makes kube_watch_run return at once; before it, it returns without a call. Any thread. */
void kube_watch_stop(struct kube_watch *watch);

#endif
