/* Where each Deployment stands on one hub. Guarded by the engine's lock. */
#ifndef SERVER_HUB_STANDING_H
#define SERVER_HUB_STANDING_H

#include "sync/configuration_id.h"
#include "sync/plan.h"
#include "translate/module_state.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct hub_worker;

struct hub_standing {
    TAILQ_ENTRY(hub_standing) link;
    char *key, *namespace, *name; /* of the Deployment */
    bool holds;                   /* the hub has a configuration of it */
    bool mortal;                  /* … and one of them goes when the Deployment is gone, by its policy label */
    bool seen;                    /* in the present pass */
    char *id;                     /* the configuration that has the content of … */
    char hash[CONTENT_HASH_SIZE]; /* … this hash; "" for none */
    bool evaluated;
    int64_t targeted;            /* -1: unknown */
    int64_t created_wall_ms;     /* 0: unknown */
    char *tie;                   /* as plan_standing has it: told when it is new; or NULL */
    char *reason, *message;      /* what stands in its way on this hub, or NULL */
    bool refused;                /* by the hub: true until the call is not wanted any more, or succeeds */
    struct module_states states; /* of the devices, read for states_hash */
    char states_hash[CONTENT_HASH_SIZE];
    int64_t next_query_ms;
};

TAILQ_HEAD(hub_standings, hub_standing);

/* The standing of a Deployment ("namespace/name"), or NULL. */
struct hub_standing *hub_standing_find(const struct hub_worker *worker, const char *key);

/* As hub_standing_find, made when it is missing; NULL without memory. */
struct hub_standing *hub_standing_get(struct hub_worker *worker, const char *namespace, const char *name);

/* Says what stands in its way (reason NULL: nothing any more), with an Event when that is new. Returns whether it is.
 */
bool hub_standing_trouble(struct hub_worker *worker, struct hub_standing *standing, bool warning, const char *reason,
                          const char *message);

/* Takes over what a plan says. */
void hub_standing_publish(struct hub_worker *worker, struct hub_standing *standing,
                          const struct plan_standing *planned);

/* Forgets those that neither hold something here nor were seen in this pass. */
void hub_standings_drop_unseen(struct hub_worker *worker);
void hub_standings_release(struct hub_worker *worker);

#endif
