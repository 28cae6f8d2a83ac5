/* What the watches saw of the cluster, reduced to what the engine needs: edge Deployments, their ReplicaSets and pods,
 * pods on our nodes, ConfigMaps with keys of ours. Data only, no I/O; the engine's lock guards it. */
#ifndef SERVER_CLUSTER_H
#define SERVER_CLUSTER_H

#include "common/error.h"
#include "sync/configuration_id.h"
#include "translate/annotations.h"
#include "translate/manifest.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* A Deployment translated for one hub; made when it is asked for, dropped when an input changes. */
struct cluster_translation {
    bool done;
    struct manifest manifest;     /* valid when problem is NULL */
    char hash[CONTENT_HASH_SIZE]; /* of manifest.content */
    char *problem;                /* sentence with every error, or NULL */
};

struct cluster_deployment {
    TAILQ_ENTRY(cluster_deployment) link;
    char *key; /* "namespace/name" */
    char *namespace, *name, *uid;
    cJSON *object;                           /* reduced, completed with the defaults */
    char input_digest[CONTENT_HASH_SIZE];    /* over what the translation reads */
    char template_digest[CONTENT_HASH_SIZE]; /* over the pod template as stored */
    struct edge_annotations annotations;     /* its texts are owned by object */
    bool paused, deleting, rolled_out;       /* rolled_out: the status shows a complete rollout */
    int64_t replicas;
    int64_t changed_ms, unsettled_since_ms;   /* last and first input change that is not settled; 0: settled */
    struct cluster_translation *translations; /* one for each hub */
    unsigned round;
};

struct cluster_replica_set {
    TAILQ_ENTRY(cluster_replica_set) link;
    char *key; /* uid */
    char *namespace, *deployment_name, *deployment_uid;
    char template_digest[CONTENT_HASH_SIZE];
    unsigned round;
};

struct cluster_config_map {
    TAILQ_ENTRY(cluster_config_map) link;
    char *key; /* "namespace/name" */
    char *namespace, *name;
    cJSON *data;
    char digest[CONTENT_HASH_SIZE];
    unsigned round;
};

struct cluster_pod {
    TAILQ_ENTRY(cluster_pod) link;
    char *key; /* uid */
    char *namespace, *name;
    char *owner_uid;       /* of the controlling ReplicaSet, or NULL */
    cJSON *object;         /* reduced */
    const char *node_name; /* owned by object; NULL while unbound */
    const char *pinned_to; /* nodeSelector kubernetes.io/hostname, owned by object; NULL: none */
    bool edge, gated, deleting, finished, controlled; /* controlled: by anything */
    unsigned source, round;
    uint64_t version; /* its resourceVersion: several watches and our own writes tell of one pod, in no order */
    char patch_digest[CONTENT_HASH_SIZE]; /* the last status that we wrote, so that one that does not stick is not
                                             written */
    int64_t patched_ms;                   /* … over and over */
};

/* An end that was seen: a DELETED event, or an update that is no edge Deployment any more. */
struct cluster_gone {
    TAILQ_ENTRY(cluster_gone) link;
    char *key;
    char *namespace, *name;
    bool *done; /* for each hub: nothing of it is left there */
};

TAILQ_HEAD(cluster_deployments, cluster_deployment);
TAILQ_HEAD(cluster_replica_sets, cluster_replica_set);
TAILQ_HEAD(cluster_config_maps, cluster_config_map);
TAILQ_HEAD(cluster_pods, cluster_pod);
TAILQ_HEAD(cluster_gones, cluster_gone);

enum cluster_kind { CLUSTER_DEPLOYMENTS, CLUSTER_REPLICA_SETS, CLUSTER_CONFIG_MAPS, CLUSTER_PODS, CLUSTER_KINDS };

struct cluster {
    size_t hub_count;
    struct cluster_deployments deployments;
    struct cluster_replica_sets replica_sets;
    struct cluster_config_maps config_maps;
    struct cluster_pods pods;
    struct cluster_gones gones;
    void *deployment_index, *replica_set_index, *config_map_index, *pod_index;
};

void cluster_init(struct cluster *cluster, size_t hub_count);
void cluster_release(struct cluster *cluster);

/* Take in an object; each returns true when something that matters changed. now_ms is clock_now_ms. round and source
 * belong to the list and the watch it came by. */
bool cluster_put_deployment(struct cluster *cluster, const cJSON *object, unsigned round, int64_t now_ms);
bool cluster_put_replica_set(struct cluster *cluster, const cJSON *object, unsigned round);
bool cluster_put_config_map(struct cluster *cluster, const cJSON *object, unsigned round, int64_t now_ms);
bool cluster_put_pod(struct cluster *cluster, const cJSON *object, unsigned source, unsigned round, bool *ret_moved);

/* The answer to a write of ours: what is known already is brought up to date, nothing else. */
bool cluster_refresh_pod(struct cluster *cluster, const cJSON *object, bool *ret_moved);

/* A DELETED event. */
bool cluster_remove_deployment(struct cluster *cluster, const cJSON *object);
bool cluster_remove_replica_set(struct cluster *cluster, const cJSON *object);
bool cluster_remove_config_map(struct cluster *cluster, const cJSON *object, int64_t now_ms);
bool cluster_remove_pod(struct cluster *cluster, const cJSON *object, unsigned source);

/* After a complete list: what was not in it (older than round) is dropped. Absence of a Deployment is not yet an end.
 */
bool cluster_sweep(struct cluster *cluster, enum cluster_kind kind, unsigned source, unsigned round, int64_t now_ms);

struct cluster_deployment *cluster_find_deployment(const struct cluster *cluster, const char *namespace,
                                                   const char *name);
struct cluster_config_map *cluster_find_config_map(const struct cluster *cluster, const char *namespace,
                                                   const char *name);

/* The Deployment that the pod belongs to, through its ReplicaSet's controller reference; NULL when there is none.
 * ret_current (may be NULL) says whether the ReplicaSet has the Deployment's present template. */
struct cluster_deployment *cluster_pod_deployment(const struct cluster *cluster, const struct cluster_pod *pod,
                                                  bool *ret_current);

/* Whether the Deployment reads a ConfigMap of that name: a container is called so, or it is edgehub or edgeagent. */
bool cluster_deployment_uses(const struct cluster_deployment *deployment, const char *config_map);

/* The translation for a hub, made now when it is not there. NULL without memory. */
const struct cluster_translation *cluster_translate(const struct cluster *cluster,
                                                    struct cluster_deployment *deployment, size_t hub,
                                                    const struct system_modules *system_modules);

/* Whether the inputs have been quiet for settle_ms (or restless for ten times that). When not, *ret_wait_ms says how
 * long. */
bool cluster_settled(struct cluster_deployment *deployment, int64_t settle_ms, int64_t now_ms, int64_t *ret_wait_ms);

/* A Deployment that is gone for certain: its configurations are to be deleted. */
void cluster_add_gone(struct cluster *cluster, const char *namespace, const char *name);
bool cluster_is_gone(const struct cluster *cluster, const char *namespace, const char *name);
/* A hub has nothing of it (any more). Forgets it when no hub has. */
void cluster_gone_done(struct cluster *cluster, struct cluster_gone *gone, size_t hub);

#endif
