/* Lists of calls and problems that grow, and the bodies of calls. Private to sync/. */
#ifndef SYNC_CALLS_H
#define SYNC_CALLS_H

#include "sync/observed.h"
#include "sync/plan.h"

struct plan_calls {
    struct plan_call *items;
    size_t count;
};

#define PLAN_CALLS_INIT                                                                                                \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

void plan_calls_release(struct plan_calls *calls);

#define cleanup_plan_calls __attribute__((cleanup(plan_calls_release)))

/* Everything is copied; etag and body may be NULL. Returns -1 without memory. */
int plan_calls_add(struct plan_calls *calls, enum plan_action action, const char *id, const char *etag,
                   const char *body, const char *namespace, const char *name);

/* Moves all of source behind what target has; source is empty afterwards. Returns -1 without memory. */
int plan_calls_move(struct plan_calls *target, struct plan_calls *source);

void plan_call_release(struct plan_call *call);

/* The labels that a desired configuration has on the hub, as JSON text; for the caller to free. NULL without memory. */
char *plan_call_labels(const char *owner, const char *hub, const struct desired_configuration *desired);

/* The body of a PUT. current is what an update replaces, whose custom metrics stay; NULL for a create. For the caller
 * to free; NULL without memory. */
char *plan_call_body(const char *id, const struct desired_configuration *desired, const char *labels,
                     const struct observed_configuration *current);

/* The body of a PUT that changes nothing of a configuration on the hub, which was read whole, but that its labels make
 * it the Deployment's; its own labels stay beside them. For the caller to free; NULL without memory. */
char *plan_call_adoption_body(const char *owner, const char *hub, const struct desired_configuration *desired,
                              const struct observed_configuration *current);

/* The body of a PUT that changes nothing of a configuration on the hub, which was read whole, but its reconcile-policy
 * label. For the caller
 * to free; NULL without memory. */
char *plan_call_policy_body(const struct observed_configuration *current, const char *policy);

#endif
