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
    if (event->otherwise)
        event_free(event->otherwise);
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

/* NULL when something is missing, or without memory. */
static struct event *event_new(const struct event_target *target, bool warning, const char *reason, const char *message)
{
    bool complete = target->namespace && target->name && target->uid && reason && message;
    struct event *event = complete ? calloc(1, sizeof(*event)) : NULL;
    if (!event)
        return NULL;
    *event = (struct event){.kind = target->kind,
                            .api_version = target->api_version,
                            .namespace = strdup(target->namespace),
                            .name = strdup(target->name),
                            .uid = strdup(target->uid),
                            .reason = strdup(reason),
                            .message = strdup(message),
                            .warning = warning};
    if (event->namespace && event->name && event->uid && event->reason && event->message)
        return event;
    event_free(event);
    return NULL;
}

static void append(struct event_queue *queue, struct event *event)
{
    STAILQ_INSERT_TAIL(&queue->list, event, link);
    queue->count++;
    if (queue->count > MOST_EVENTS)
        drop_first(queue);
}

void event_queue_add(struct event_queue *queue, const char *kind, const char *api_version, const char *namespace,
                     const char *name, const char *uid, bool warning, const char *reason, const char *message)
{
    const struct event_target target = {kind, api_version, namespace, name, uid};
    struct event *event = event_new(&target, warning, reason, message);
    if (event)
        append(queue, event);
}

void event_queue_add_or(struct event_queue *queue, const struct event_target *target,
                        const struct event_target *otherwise, bool warning, const char *reason, const char *message)
{
    struct event *second = event_new(otherwise, warning, reason, message);
    struct event *first = event_new(target, warning, reason, message);
    if (first)
        first->otherwise = second;
    else
        first = second;
    if (first)
        append(queue, first);
}

void event_queue_prepend(struct event_queue *queue, struct event_queue *from)
{
    STAILQ_CONCAT(&from->list, &queue->list);
    STAILQ_CONCAT(&queue->list, &from->list);
    queue->count += from->count;
    from->count = 0;
}

static int post(const struct event *event, struct kube_client *client, const char *component)
{
    cleanup_error struct error error = {NULL};
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
    if (status >= 300)
        log_debug("an Event could not be posted: %s", error_message(&error));
    return status;
}

static bool is_trouble(int status)
{
    return status < 0 || status == 429 || status >= 500;
}

bool event_queue_post(struct event_queue *queue, struct kube_client *client, const char *component)
{
    while (!STAILQ_EMPTY(&queue->list)) {
        const struct event *event = STAILQ_FIRST(&queue->list);
        int status = post(event, client, component);
        if (!is_trouble(status) && status >= 300 && event->otherwise)
            status = post(event->otherwise, client, component);
        if (is_trouble(status))
            return false;
        drop_first(queue);
    }
    return true;
}
