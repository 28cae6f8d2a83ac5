/* Events that wait to be posted. Queued under the engine's lock, posted without it. */
#ifndef SERVER_EVENTS_H
#define SERVER_EVENTS_H

#include "kube/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

/* An object that an Event can be about. */
struct event_target {
    const char *kind, *api_version; /* static */
    const char *namespace, *name, *uid;
};

struct event {
    STAILQ_ENTRY(event) link;
    const char *kind, *api_version; /* static; of the object it is about */
    char *namespace, *name, *uid;
    char *reason, *message;
    bool warning;
    struct event *otherwise; /* the same about another object, for when this one is refused; or NULL */
};

STAILQ_HEAD(event_list, event);

struct event_queue {
    struct event_list list;
    size_t count;
};

void event_queue_init(struct event_queue *queue);
void event_queue_release(struct event_queue *queue);

/* Copies what it is given; what is no static text may be NULL, and then there is no Event. A queue that nobody empties
 * forgets the oldest ones. */
void event_queue_add(struct event_queue *queue, const char *kind, const char *api_version, const char *namespace,
                     const char *name, const char *uid, bool warning, const char *reason, const char *message);

/* As event_queue_add, about what may not be there any more: when the API server refuses that (its namespace is going as
 * well), it is told about the other one. */
void event_queue_add_or(struct event_queue *queue, const struct event_target *target,
                        const struct event_target *otherwise, bool warning, const char *reason, const char *message);

/* Moves all events; those of `from` come first. */
void event_queue_prepend(struct event_queue *queue, struct event_queue *from);

/* Posts them in their order. Returns false when the API server is in trouble: what was not posted is still there. An
 * Event that is refused is dropped, or told about the other object. */
bool event_queue_post(struct event_queue *queue, struct kube_client *client, const char *component);

#endif
