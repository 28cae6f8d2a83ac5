/* A plan in words: what each call is for, and what waits. For people who ask before, or instead of, its being carried
 * out. Pure. */
#ifndef SYNC_EXPLANATION_H
#define SYNC_EXPLANATION_H

#include "common/json_writer.h"
#include "sync/plan.h"

struct explained_call {
    enum plan_action action;
    bool waits; /* it is not in the plan yet: why says what has to come first */
    char *id;
    char *namespace, *name; /* of the Deployment it is for */
    char *why;
};

struct explanation {
    struct explained_call *calls; /* those of the plan in its order, then what waits */
    size_t count;
};

#define EXPLANATION_INIT                                                                                               \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

/* input and plan as plan_make had and made them. Returns 0, or -1 without memory. */
int explanation_make(const struct plan_input *input, const struct plan *plan, struct explanation *ret_explanation,
                     struct error *error);
void explanation_release(struct explanation *explanation);

#define cleanup_explanation __attribute__((cleanup(explanation_release)))

/* "create", "read", "adopt", "update" or "delete". */
const char *explanation_action_name(enum plan_action action);

/* As the dry run and the status show it: a JSON object with action, waits, id, namespace, name, why. */
void explained_call_write(const struct explained_call *call, struct json_writer *writer);

#endif
