/* What the threads of the engine share. Private to the engine's files.
 *
 *   watches (one thread each) ─► cluster ─┬─► hub workers (one thread each) ─► IoT Hub
 *                                         │        │ standings
 *                                         └─► reconciler (one thread) ◄─┘ ─► pods: placement, status; Events
 *   leader (one thread): the Lease; everybody writes only while it is held
 *
 * One lock guards everything marked so; it is never held over a call to the network. */
#ifndef SERVER_ENGINE_STATE_H
#define SERVER_ENGINE_STATE_H

#include "common/hubs.h"
#include "iothub/client.h"
#include "iothub/rate_limit.h"
#include "kube/client.h"
#include "kube/lease.h"
#include "kube/watch.h"
#include "server/absence.h"
#include "server/cluster.h"
#include "server/config.h"
#include "server/engine.h"
#include "server/metrics.h"
#include "translate/module_state.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#define ENGINE_COMPONENT  "iot-edge-connector"
#define ENGINE_USER_AGENT "iot-edge-connector/" VERSION

struct engine;

/* Where one Deployment stands on one hub. Guarded. */
struct hub_standing {
    TAILQ_ENTRY(hub_standing) link;
    char *key, *namespace, *name; /* of the Deployment */
    bool holds;                   /* the hub has a configuration of it */
    bool seen;                    /* in the present pass */
    char *id;                     /* the configuration that has the content of … */
    char hash[CONTENT_HASH_SIZE]; /* … this hash; "" for none */
    bool evaluated;
    int64_t targeted;            /* -1: unknown */
    int64_t created_wall_ms;     /* 0: unknown */
    char *reason, *message;      /* what stands in its way on this hub, or NULL */
    struct module_states states; /* of the devices, read for states_hash */
    char states_hash[CONTENT_HASH_SIZE];
    bool ready; /* by the last status that was made of it */
    int64_t next_query_ms;
};
TAILQ_HEAD(hub_standings, hub_standing);

/* A call that the hub refused; it is not made again before retry_ms unless it changes. The worker's own. */
struct hub_refusal {
    TAILQ_ENTRY(hub_refusal) link;
    char digest[CONTENT_HASH_SIZE]; /* over action, id and body */
    char *key;                      /* of the Deployment */
    char *reason, *message;
    int64_t retry_ms;
};
TAILQ_HEAD(hub_refusals, hub_refusal);

struct hub_worker {
    struct engine *engine;
    const struct hub *hub;
    size_t index;
    struct hub_metrics *metrics;
    char *node_name;
    cJSON *node_labels;
    struct system_modules system_modules;
    struct iothub_client *client;
    struct kube_client *kube;
    pthread_t thread;
    bool started;
    pthread_cond_t wake;

    /* Guarded. */
    bool dirty;  /* something in the cluster changed that may concern the hub */
    bool listed; /* its configurations were read once since this process leads: standings tell who holds what */
    bool reachable, ever_reachable;
    int64_t reachable_since_wall_s;
    const char *trouble_reason; /* static; NULL while all is well */
    char *trouble;              /* the sentence */
    struct hub_standings standings;
    struct absences absences;
    bool deletions_blocked;
    int64_t settle_due_ms; /* the earliest end of a settling; 0: none */

    /* The worker's own. */
    struct rate_limit configuration_calls, queries;
    cJSON *observed;
    struct hub_refusals refusals;
    unsigned failures;
    int64_t next_pass_ms;
    bool pending;
};

/* An Event that waits to be posted by the reconciler. */
struct engine_event {
    STAILQ_ENTRY(engine_event) link;
    char *namespace, *name; /* of the Deployment, or of the pod */
    bool about_pod;         /* about this one pod, which has no Deployment of ours */
    size_t hub;
    char *reason, *message;
    bool warning;
};
STAILQ_HEAD(engine_events, engine_event);

struct engine_watch {
    struct engine *engine;
    enum cluster_kind kind;
    unsigned source; /* of pods: 0 the unbound ones, 1 + hub those on its node */
    struct kube_watch *watch;
    pthread_t thread;
    bool started;
    /* Guarded. */
    unsigned round;
    int64_t list_began_ms;   /* of the list that runs */
    int64_t listed_ms;       /* when the last complete list began; 0: none yet */
    int64_t relist_asked_ms; /* when a new list was asked for last */
};

struct engine {
    const struct config *config;
    const struct kube_access *access;
    struct metrics *metrics;
    pthread_mutex_t lock;
    atomic_bool stopping;

    /* Guarded. */
    struct cluster cluster;
    bool reconcile; /* the reconciler has something to look at */
    struct engine_events events;
    char *owner;                 /* set once by the leader thread, before it leads */
    int64_t confirmed_deletions; /* what the operator confirmed; 0: nothing */
    bool confirmation_used;

    struct engine_watch *watches;
    size_t watch_count;
    struct hub_worker *hubs;
    size_t hub_count;

    pthread_cond_t reconciler_wake;
    pthread_t reconciler_thread, leader_thread;
    bool reconciler_started, leader_started;
    struct kube_client *reconciler_kube, *leader_kube;
    struct kube_lease *lease; /* the leader thread's; after its end engine_stop's */
    pthread_cond_t leader_wake;

    _Atomic int64_t leads_until_ms;     /* 0: does not lead */
    _Atomic int64_t deletes_allowed_ms; /* not before this */
};

/* Whether this process may write now. */
bool engine_leads(const struct engine *engine);

/* Whether the watches have all shown a complete list. Guarded. */
bool engine_synced(const struct engine *engine);

/* Waits on a condition for at most that long, with the engine's lock held. */
void engine_wait(struct engine *engine, pthread_cond_t *condition, int64_t ms);

/* A condition whose waits go by a clock that does not jump. */
void engine_condition_init(pthread_cond_t *condition);

/* Something changed: wakes the reconciler, and with hubs the workers too. Guarded. */
void engine_changed(struct engine *engine, bool hubs);

/* Queues an Event about a Deployment and its pods on a hub. Guarded. */
void engine_add_event(struct engine *engine, const char *namespace, const char *name, size_t hub, bool warning,
                      const char *reason, const char *message);

/* Asks for a new complete list of Deployments, unless that was done a moment ago. Guarded. */
void engine_relist_deployments(struct engine *engine);

/* The watch of Deployments. */
struct engine_watch *engine_deployments_watch(struct engine *engine);

/* Threads. */
void *leader_run(void *engine);
/* Lets go of the Lease when it is held, so that the next one need not wait. After every other thread has ended. */
void leader_let_go(struct engine *engine);
void *reconciler_run(void *engine);
void *hub_worker_run(void *worker);

/* Makes a worker of a hub; an error names the hub. */
int hub_worker_init(struct hub_worker *worker, struct engine *engine, size_t index, struct error *error);
void hub_worker_stop(struct hub_worker *worker);
void hub_worker_release(struct hub_worker *worker);

/* The standing of a Deployment on the hub, or NULL. Guarded. */
struct hub_standing *hub_worker_standing(const struct hub_worker *worker, const char *key);

/* Whether a living pod of the Deployment is bound or pinned to the hub's node. Guarded. */
bool hub_worker_has_pod(const struct hub_worker *worker, const struct cluster_deployment *deployment);

#endif
