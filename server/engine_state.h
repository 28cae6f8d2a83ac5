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
#include "server/events.h"
#include "server/hub_baseline_state.h"
#include "server/hub_drift.h"
#include "server/hub_refusal.h"
#include "server/hub_standing.h"
#include "server/metrics.h"
#include "sync/explanation.h"

#include <pthread.h>
#include <stdatomic.h>

#define ENGINE_COMPONENT   "iot-edge-connector"
#define ENGINE_USER_AGENT  "iot-edge-connector/" VERSION
#define CONFIRM_ANNOTATION "iot-edge-connector/confirm-deletions"

struct hub_reading;
struct hub_question;

TAILQ_HEAD(hub_questions, hub_question);

/* A pass over a hub (server/hub_pass.h). */
struct hub_pass {
    bool open;
    bool wants_list;         /* before anything else */
    bool listed;             /* it had its list */
    bool pending;            /* the hub is to be looked at again soon */
    unsigned calls;          /* that were made */
    struct plan_call next;   /* the call that is due, while nothing has changed since it was planned; id NULL: none */
    struct plan_call before; /* the last one that went well: one like it would begin a loop */
    struct plan_call unsure; /* one of which only a GET tells what became of it; id NULL: none */
    enum iothub_result unsure_result;
    char *unsure_message;
};

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
    bool judge;  /* something changed that decides about absences */
    bool listed; /* its configurations were read once since this process leads: standings tell who holds what */
    bool reachable, ever_reachable;
    int64_t reachable_since_wall_s;
    const char *trouble_reason; /* static; NULL while all is well */
    char *trouble;              /* the sentence */
    char *query_trouble;        /* why the devices' state cannot be read, or NULL */
    struct hub_standings standings;
    void *standing_index; /* by the key; see server/index.h */
    struct absences absences;
    size_t blocked_deletions;       /* that wait for the operator's word; 0: none */
    int64_t settle_due_ms;          /* the earliest end of a settling; 0: none */
    struct explanation outlook;     /* what the last plan comes to */
    struct hub_questions questions; /* that the worker is to answer */

    /* The worker's own. */
    unsigned term; /* of leading, that it works in */
    struct rate_limit configuration_calls, queries;
    char *credentials_trouble; /* as it was told last, or NULL */
    struct observed observed;
    unsigned exchanges; /* of the call that was taken from one of them last */
    struct hub_pass pass;
    struct hub_drift drift;
    struct hub_refusals refusals;
    struct hub_baseline_state baseline;
    struct hub_reading *reading; /* of the devices' state, begun and not at its end; or NULL */
    unsigned failures, query_failures;
    int64_t listed_ms, next_list_ms, next_query_ms;
    int64_t budget_due_ms; /* when the pass that is open may go on */
};

struct engine_watch {
    struct engine *engine;
    enum cluster_kind kind;
    unsigned
        source; /* of pods: 0 the unbound ones, 1 + hub those on its node; of Secrets: the index of the namespace */
    struct kube_watch *watch;
    pthread_t thread;
    bool started;
    /* Guarded. */
    unsigned round;
    bool in_list;            /* a list runs */
    int64_t list_began_ms;   /* of the list that runs, or the last one */
    int64_t listed_ms;       /* when the last complete list began; 0: none yet */
    int64_t relist_asked_ms; /* when a new list was asked for last */
    char *trouble;           /* the last one since a list was complete, or NULL */
    bool failing;            /* it does not deliver: trouble was told, and no recovery since */
    char *refusal;           /* why the API server does not let us watch, until it does; or NULL */
};

struct engine {
    const struct config *config;
    const struct kube_access *access;
    struct metrics *metrics;
    pthread_mutex_t lock, parsing; /* parsing: a hub's list; neither is taken while the other is held */
    atomic_bool stopping;

    /* Guarded. */
    struct cluster cluster;
    bool reconcile; /* the reconciler has something to look at */
    struct event_queue events;
    char *owner;                 /* set once by the leader thread, before it leads */
    char *lease_uid;             /* of the Lease, once it was seen */
    char *lease_holder;          /* who held it when it was seen last; NULL: nobody */
    int64_t confirmed_deletions; /* what the operator confirmed; 0: nothing */
    bool confirmation_used;
    int64_t term_began_ms;

    struct engine_watch *watches;
    size_t watch_count;
    struct hub_worker *hubs;
    size_t hub_count;

    pthread_cond_t reconciler_wake, reader_wake, listed; /* listed: a list is complete */
    pthread_t reconciler_thread, leader_thread, reader_thread;
    bool reconciler_started, leader_started, reader_started;
    struct kube_client *reconciler_kube, *leader_kube, *reader_kube;
    struct kube_lease *lease; /* the leader thread's; after its end engine_stop's */
    pthread_cond_t leader_wake;
    pthread_cond_t answered; /* a question to a worker */
    bool mute;               /* nobody waits for answers any more. Guarded */

    _Atomic int64_t leads_until_ms;     /* 0: does not lead */
    _Atomic int64_t deletes_allowed_ms; /* not before this */
    _Atomic unsigned term;              /* counts the times that this process began to lead */
    atomic_bool cut_off;                /* the stop came while a write was on its way to a hub */
};

/* Whether this process may write now. */
bool engine_leads(const struct engine *engine);

/* Whether the watches have all shown a complete list; those of Secrets need not. Guarded. */
bool engine_synced(const struct engine *engine);

/* What cannot be read of what the Deployment reads, and why: a sentence for the caller to free, and a static reason for
 * an Event; NULL when nothing is known to be in the way. Guarded. */
char *engine_sources_trouble(const struct engine *engine, const struct cluster_deployment *deployment,
                             const char **ret_reason);

/* Appends how a hub is doing, in words. Guarded. */
void engine_add_hub_state(const struct hub_worker *worker, struct strbuf *out);

/* Waits on a condition for at most that long, with the engine's lock held; not at all when the engine stops. */
void engine_wait(struct engine *engine, pthread_cond_t *condition, int64_t ms);

/* A condition whose waits go by a clock that does not jump. */
void engine_condition_init(pthread_cond_t *condition);

/* Something changed: wakes the reconciler, and when the hubs are concerned the workers too. Guarded. */
void engine_changed(struct engine *engine, enum cluster_change change);

/* Queues an Event about a Deployment, or about a hub on the Lease. Guarded. */
void engine_tell_deployment(struct engine *engine, const char *namespace, const char *name, bool warning,
                            const char *reason, const char *message);
void engine_tell_lease(struct engine *engine, const char *reason, const char *message);

/* … about a Deployment that is gone, of which this was the uid (or NULL); on the Lease when its namespace takes none.
 */
void engine_tell_gone(struct engine *engine, const char *namespace, const char *name, const char *uid, bool warning,
                      const char *reason, const char *message);

/* Asks for a new complete list of Deployments, unless that was done a moment ago. Guarded. */
void engine_relist_deployments(struct engine *engine);

/* Queues an Event on the Lease for each watch that the API server refuses. Guarded. */
void engine_tell_refusals(struct engine *engine);

/* When the last complete list of Deployments began. Guarded. */
int64_t engine_deployments_listed_ms(const struct engine *engine);

/* The watches of Deployments, ReplicaSets, ConfigMaps, unbound pods, the pods on each hub's node, and the Secrets of
 * each namespace that secretsFrom lists. */
int engine_watches_init(struct engine *engine, struct error *error);

/* Starts the threads of the watches alone: all is read, and nothing written. */
int engine_start_watches(struct engine *engine, struct error *error);

/* Finds out which owner our configurations carry, once: the configured one, or this cluster's own mark. */
int leader_find_owner(struct engine *engine, struct error *error);

/* Threads. */
void *engine_watch_run(void *watch);
void *source_reader_run(void *engine);
void *leader_run(void *engine);
/* Lets go of the Lease when it is held, so that the next one need not wait. After every other thread has ended. */
void leader_let_go(struct engine *engine);
void *reconciler_run(void *engine);
void *hub_worker_run(void *worker);

/* Makes a worker of a hub; an error names the hub. */
int hub_worker_init(struct hub_worker *worker, struct engine *engine, size_t index, struct error *error);
void hub_worker_stop(struct hub_worker *worker);
void hub_worker_release(struct hub_worker *worker);

/* Whether this process still leads, and in the term in which the worker began what it does. */
bool hub_worker_leads(const struct hub_worker *worker);

/* Whether a call may be made now: this process leads, and the budget has one, which is taken by this. */
bool hub_worker_take(struct hub_worker *worker, struct rate_limit *budget);

#endif
