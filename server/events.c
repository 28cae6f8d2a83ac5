#include "server/events.h"

#include "common/cleanup.h"
#include "common/log.h"

#include <string.h>

#define MOST_EVENTS 500

void event_queue_init(struct event_queue *queue)
{
    STAILQ_INIT(&queue->list);
    queue->count = 0;
}

static void event_free(struct event *event)
{
    free(event->namespace);
    free(event->name);
    free(event->uid);
    free(event->reason);
    free(event->message);
    free(event);
}

static void drop_first(struct event_queue *queue)
{
    struct event *first = STAILQ_FIRST(&queue->list);
    STAILQ_REMOVE_HEAD(&queue->list, link);
    queue->count--;
    event_free(first);
}

void event_queue_release(struct event_queue *queue)
{
    while (!STAILQ_EMPTY(&queue->list))
        drop_first(queue);
}

void event_queue_add(struct event_queue *queue, const char *kind, const char *api_version, const char *namespace,
                     const char *name, const char *uid, bool warning, const char *reason, const char *message)
{
    struct event *event = namespace && name && uid && reason && message ? calloc(1, sizeof(*event)) : NULL;
    if (!event)
        return;
    *event = (struct event){.kind = kind,
                            .api_version = api_version,
                            .namespace = strdup(namespace),
                            .name = strdup(name),
                            .uid = strdup(uid),
                            .reason = strdup(reason),
                            .message = strdup(message),
                            .warning = warning};
    if (!event->namespace || !event->name || !event->uid || !event->reason || !event->message) {
        event_free(event);
        return;
    }
    STAILQ_INSERT_TAIL(&queue->list, event, link);
    queue->count++;
    if (queue->count > MOST_EVENTS)
        drop_first(queue);
}

void event_queue_prepend(struct event_queue *queue, struct event_queue *from)
{
    STAILQ_CONCAT(&from->list, &queue->list);
    STAILQ_CONCAT(&queue->list, &from->list);
    queue->count += from->count;
    from->count = 0;
}

bool event_queue_post(struct event_queue *queue, struct kube_client *client, const char *component)
{
    while (!STAILQ_EMPTY(&queue->list)) {
        cleanup_error struct error error = {NULL};
        const struct event *event = STAILQ_FIRST(&queue->list);
        struct kube_event post = {.kind = event->kind,
                                  .api_version = event->api_version,
                                  .namespace = event->namespace,
                                  .name = event->name,
                                  .uid = event->uid,
                                  .component = component,
                                  .reason = event->reason,
                                  .message = event->message,
                                  .warning = event->warning};
        int status = kube_event_post(client, &post, &error);
        if (status < 0 || status == 429 || status >= 500)
            return false;
        if (status >= 300)
            log_debug("an Event could not be posted: %s", error_message(&error));
        drop_first(queue);
    }
    return true;
}
