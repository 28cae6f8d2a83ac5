/* What a hub has of one desired configuration, and what others have there that it concerns. Private to sync/. */
#ifndef SYNC_LOOK_H
#define SYNC_LOOK_H

#include "sync/plan.h"

/* What the hub has of one desired configuration. */
struct look {
    const struct observed_configuration *current; /* the one with the desired content */
    const struct observed_configuration *newest;  /* of all of the Deployment, the one that wins on a device */
    const struct observed_configuration *adopts;  /* has the content and is nobody's: it becomes the current one */
    const struct observed_configuration *altered; /* has the id we want and our labels, but another content */
    const struct observed_configuration *robbed;  /* its devices would get other system modules, without leave */
    char content_digest[CONTENT_HASH_SIZE];
    struct base_content base;
    char free_id[CONFIGURATION_ID_SIZE]; /* "" when all are held */
    bool clears;                         /* all that there is goes, to make room for the new content */
    bool outdated;                       /* current's condition, priority or labels are not the desired ones */
};

/* Fills in all of the look. Returns -1 without memory or when the content is no JSON. */
int look_take(const struct plan_input *input, const struct desired_configuration *desired, struct look *ret_look,
              struct error *error);

/* The sentence that tells of another base deployment of equal priority on devices of this one, or NULL for none; for
 * the caller to free. Returns -1 without memory. */
int look_tie(const struct plan_input *input, const struct desired_configuration *desired, const struct look *look,
             char **ret_tie);

/* Whether devices from which a configuration of ours is taken may go on with its modules: a device keeps the modules of
 * its last deployment until another one applies to it, and loses those of a layer only by a base. condition: of the
 * Deployment's configuration that stays, or NULL. */
bool look_leaves_modules(const struct plan_input *input, const struct observed_configuration *left,
                         const char *condition);

#endif
