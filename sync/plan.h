/* What should be on a hub against what is there, as an ordered list of calls. Pure. Design, "Level-triggered sync".
 * The plan never deletes before the successor is there and evaluated (but where a gap is needed), and never touches
 * what is not ours. */
#ifndef SYNC_PLAN_H
#define SYNC_PLAN_H

#include "common/error.h"
#include "sync/observed.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a Deployment may be without a configuration while its content is replaced. What is ALLOWED to takes a slot
 * that is kept for replacements even when its predecessor has gone already. NEEDED: the two cannot be there together,
 * so the predecessors go first, and only when nothing but them is in the way of the new one. */
enum plan_gap { PLAN_GAP_NEVER, PLAN_GAP_ALLOWED, PLAN_GAP_NEEDED };

/* One Deployment on this hub. */
struct desired_configuration {
    const char *namespace, *name, *uid;
    /* NULL: frozen. What is on the hub stays as it is (paused, cannot be translated, a ConfigMap disappeared, being
     * deleted, policy skip). */
    const char *content;
    const char *target_condition;
    int priority;
    /* Also of a frozen one: the label on the hub follows it, since it must be known when the Deployment is gone. NULL
     * leaves the labels of a frozen one alone. */
    const char *reconcile_policy;
    const char *config_maps; /* joined by commas */
    const char *secrets;     /* names, joined by commas */
    const cJSON *template_labels;
    enum plan_gap gap;
    bool needs_whole; /* what the hub has of it has to be read whole before it can be said what is desired */
    bool adopt; /* what nobody else claims and is the same, or what the original connector left behind, is made ours */
    bool replace_system_modules; /* devices may get other system modules than they have */
    bool may_create;             /* false: only what is there already is kept in step (the hub is full …) */
};

/* A Deployment that is certainly gone, or no longer placed here: its configurations are to be deleted. When it is gone,
 * those whose reconcile-policy label says detach-on-delete or skip stay untouched; one that lives and is no longer
 * placed here (displaced) leaves nothing behind. One that is desired as well is not ended. */
struct ended_deployment {
    const char *namespace, *name;
    bool displaced;
};

/* The hub's baseline, as its entry in the configuration has it. */
struct plan_baseline {
    bool wanted;    /* false: what is there of it goes */
    bool confirmed; /* it may come to devices of the condition that have no configuration yet */
    const char *content, *target_condition;
};

struct plan_input {
    const char *owner, *hub;
    const struct desired_configuration *desired;
    size_t desired_count;
    const struct ended_deployment *ended;
    size_t ended_count;
    const struct observed *observed;      /* the hub's configurations */
    const struct plan_baseline *baseline; /* NULL: what is there of it stays as it is */
    bool deletes_allowed; /* false: a new leader within its grace; deletions are left out and pending is set */
    unsigned limit;       /* configurations that the hub takes (100; 10 on a free one) */
};

/* A read shows a configuration whole: what was kept of the list is not enough for what is to be done. An adoption is an
 * update of one that was not ours. */
enum plan_action { PLAN_CREATE, PLAN_READ, PLAN_ADOPT, PLAN_UPDATE, PLAN_DELETE };

struct plan_call {
    enum plan_action action;
    char *id;
    char *etag;             /* of adoption, update and delete, unquoted */
    char *body;             /* of create, adoption and update */
    char *namespace, *name; /* of the Deployment it is for */
    bool baseline;          /* for none: it is the hub's baseline */
    bool leaves_modules;    /* of update and delete: devices that it is taken from may go on with its modules, since no
                             * base deployment that stays is certain to target them (conditions are compared as text) */
};

enum plan_problem_kind {
    PLAN_CONFLICT,        /* the id is held by someone else in all its salts */
    PLAN_HUB_FULL,        /* the create waits for a free slot */
    PLAN_CONTENT_ALTERED, /* ours by its labels and with the id we want, but with another content: nothing is done for
                           * this Deployment, not under another salt either */
    PLAN_SYSTEM_MODULES,  /* devices that now have another base would get other system modules */
};

struct plan_problem {
    enum plan_problem_kind kind;
    char *namespace, *name;
    char *message;
};

/* Where a Deployment stands on this hub, for the status of its pods. One for each desired one, in its order. Of a
 * frozen one it is the configuration that wins on its devices: the last good one. */
struct plan_standing {
    char *id;           /* of the configuration with the desired content when it is on the hub, else NULL */
    char *content_hash; /* as its label has it; NULL without id */
    bool evaluated;     /* its systemMetrics.results are there */
    int64_t targeted;   /* of them; -1 unknown */
    char *created_time; /* createdTimeUtc, or NULL */
    char *tie;          /* a sentence: which base deployment of equal priority takes devices from this one, or NULL */
};

struct plan {
    struct plan_call *calls;
    size_t call_count;
    struct plan_problem *problems;
    size_t problem_count;
    struct plan_standing *standings;
    size_t standing_count;  /* as many as desired ones */
    char *baseline_problem; /* a sentence: why the baseline is not there; or NULL */
    bool pending;           /* something waits for the hub (an evaluation, a slot) or for the grace: look again soon */
};

#define PLAN_INIT                                                                                                      \
    {                                                                                                                  \
        NULL, 0, NULL, 0, NULL, 0, NULL, false                                                                         \
    }

/* Returns 0, or -1 without memory or when a content is no JSON. The calls depend on the order of desired and ended, not
 * on that of the hub's list. */
int plan_make(const struct plan_input *input, struct plan *ret_plan, struct error *error);
void plan_release(struct plan *plan);

#define cleanup_plan __attribute__((cleanup(plan_release)))

#endif
