/* Lists of calls and problems that grow, and the bodies of calls. Private to sync/. */
#ifndef SYNC_CALLS_H
#define SYNC_CALLS_H

#include "sync/observed.h"
#include "sync/plan.h"

struct calls {
    struct plan_call *items;
    size_t count;
};

#define CALLS_INIT {NULL, 0}

void calls_release(struct calls *calls);

#define cleanup_calls __attribute__((cleanup(calls_release)))

/* Everything is copied; etag and body may be NULL. Returns -1 without memory. */
int calls_add(struct calls *calls, enum plan_action action, const char *id, const char *etag, const char *body,
              const char *namespace, const char *name);

/* Moves all of source behind what target has; source is empty afterwards. Returns -1 without memory. */
int calls_move(struct calls *target, struct calls *source);

void call_release(struct plan_call *call);

/* The labels that a desired configuration has on the hub, as JSON text; for the caller to free. NULL without memory. */
char *call_labels(const char *owner, const char *hub, const struct desired_configuration *desired);

/* The body of a PUT. current is what an update replaces, whose custom metrics stay; NULL for a create. For the caller to
 * free; NULL without memory. */
char *call_body(const char *id, const struct desired_configuration *desired, const char *labels,
                const struct observed_configuration *current);

#endif
