/* What the watches saw of the cluster, reduced to what the engine needs: edge Deployments, their ReplicaSets and pods,
 * pods on our nodes, ConfigMaps with keys of ours, Secrets that a Deployment may read. Data only, no I/O; the engine's
 * lock guards it. */
#ifndef SERVER_CLUSTER_H
#define SERVER_CLUSTER_H

#include "common/error.h"
#include "server/cluster_kind.h"
#include "server/namespaces.h"
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
    SLIST_ENTRY(cluster_translation) link;
    size_t hub;
    struct manifest manifest;     /* valid when problem is NULL */
    char hash[CONTENT_HASH_SIZE]; /* of manifest.content */
    char *problem;                /* sentence with every error, or NULL */
};

/* What Deployments read besides themselves. */
enum cluster_source_kind { CLUSTER_CONFIG_MAP, CLUSTER_SECRET, CLUSTER_SOURCE_KINDS };

struct cluster_deployment {
    TAILQ_ENTRY(cluster_deployment) link;
    char *key; /* "namespace/name" */
    char *namespace, *name, *uid;
    char *packed;                            /* reduced and completed with the defaults; see server/packed.h */
    cJSON *template_labels;                  /* of the pod template, or NULL */
    char input_digest[CONTENT_HASH_SIZE];    /* over what the translation reads */
    char template_digest[CONTENT_HASH_SIZE]; /* over the pod template as stored */
    struct edge_annotations annotations;     /* without its texts */
    struct cluster_source **reads;           /* what it reads, there or not; each once */
    size_t read_count;
    char *made_with[CLUSTER_SOURCE_KINDS]; /* names of those that a hub's configuration of it was made with, joined by
                                              commas, or NULL: as the last hub showed it that had one */
    bool paused, deleting, rolled_out;     /* rolled_out: the status shows a complete rollout */
    int64_t replicas;
    int64_t changed_ms, unsettled_since_ms; /* the last change of the input, and the first after a rest; 0: settled */
    int64_t born_ms;                        /* when the watch told of its creation; 0: it was in a list already */
    SLIST_HEAD(cluster_translations, cluster_translation) translations; /* for the hubs that asked */
    bool marked; /* for whoever goes through pods and Deployments, within one hold of the
                    lock */
    unsigned round;
};

struct cluster_replica_set {
    TAILQ_ENTRY(cluster_replica_set) link;
    char *key; /* uid */
    char *namespace, *deployment_name, *deployment_uid;
    char template_digest[CONTENT_HASH_SIZE];
    unsigned round;
};

/* A ConfigMap or Secret that a Deployment reads; others are not kept. */
struct cluster_source {
    TAILQ_ENTRY(cluster_source) link;
    enum cluster_source_kind kind;
    char *key; /* "namespace/name" */
    char *namespace, *name;
    size_t readers;
    cJSON *data; /* as it was read last; NULL: there is none, or nobody knows yet. Of a Secret it is overwritten before
                    it is freed, and shown nowhere */
    char *version; /* … of data: its resourceVersion */
    char digest[CONTENT_HASH_SIZE];
    bool known;            /* whether it is there was found out once */
    bool due;              /* it is to be read */
    bool awaited;          /* by the list that runs */
    int64_t gone_ms;       /* since when it is missing, which does not count yet: data are the last; 0: it is not */
    int64_t read_after_ms; /* not to be read before */
    unsigned news;         /* counts what the watch told of it, for an answer that was overtaken by it */
    unsigned failures;
    char *trouble;  /* why it could not be read, or NULL */
    unsigned watch; /* of Secrets: which namespace */
};

struct cluster_pod {
    TAILQ_ENTRY(cluster_pod) link;
    char *key; /* uid */
    char *namespace, *name;
    char *owner_uid;                                  /* of the controlling ReplicaSet, or NULL */
    char *packed;                                     /* reduced; see server/packed.h */
    char *node_name;                                  /* NULL while unbound */
    char *pinned_to;                                  /* nodeSelector kubernetes.io/hostname; NULL: none */
    bool edge, gated, deleting, finished, controlled; /* controlled: by anything */
    bool has_status, running, ready;                  /* has_status: somebody has written of its containers */
    unsigned source, round;
    uint64_t version; /* its resourceVersion: several watches and our own writes tell of one pod, in no order */
    /* The last write to it, so that one that does not stick is not made over and over. */
    char write_digest[CONTENT_HASH_SIZE];
    int64_t write_again_ms; /* not before this */
    unsigned writes;        /* of this one again */
    unsigned refusals;      /* of any, in a row */
    char *told;             /* reason and message of the last Event about it, or NULL */
    int64_t orphaned_ms;    /* since when no Deployment is known for this edge pod; 0: one is */
};

/* An end that was seen: a DELETED event, or an update that is no edge Deployment any more. */
struct cluster_gone {
    TAILQ_ENTRY(cluster_gone) link;
    char *key;
    char *namespace, *name;
    enum reconcile_policy policy; /* of its last days */
    int64_t gone_ms;              /* the end settles as a change does: what is made anew at once takes over in place */
    bool *done;                   /* for each hub: nothing of it is left to do there */
};

TAILQ_HEAD(cluster_deployments, cluster_deployment);
TAILQ_HEAD(cluster_replica_sets, cluster_replica_set);
TAILQ_HEAD(cluster_sources, cluster_source);
TAILQ_HEAD(cluster_pods, cluster_pod);
TAILQ_HEAD(cluster_gones, cluster_gone);

struct cluster_store {
    struct cluster_sources list;
    void *index;
};

struct cluster {
    size_t hub_count;
    int64_t settle_ms; /* so long an input must have been quiet */
    struct cluster_deployments deployments;
    struct cluster_replica_sets replica_sets;
    struct cluster_store stores[CLUSTER_SOURCE_KINDS];
    struct cluster_pods pods;
    struct cluster_gones gones;
    void *deployment_index, *replica_set_index, *pod_index;
    const struct namespaces *secrets_from; /* NULL: none */
    bool *secrets_listed;                  /* for each of them: its Secrets were listed once */
    bool config_maps_listed;
};

void cluster_init(struct cluster *cluster, size_t hub_count, int64_t settle_ms);
void cluster_release(struct cluster *cluster);

/* The values of Secrets of these namespaces, which must outlive the cluster, may be used; once. 0, or -1 without
 * memory. */
int cluster_allow_secrets(struct cluster *cluster, const struct namespaces *namespaces);

/* The way by which an object came. */
struct cluster_arrival {
    unsigned source; /* of pods: which watch; of Secrets: which namespace */
    unsigned round;  /* of the list that it came with, or after */
    bool in_list;    /* an item of a list, no event */
    int64_t now_ms;  /* clock_now_ms */
};

/* What that changed; each includes the one before. */
enum cluster_change {
    CLUSTER_SAME,
    CLUSTER_CHANGED,      /* what shows in the pods */
    CLUSTER_HUBS_CHANGED, /* what may concern the hubs */
};

/* Take in an object. Of ConfigMaps and Secrets only the metadata. */
enum cluster_change cluster_put_deployment(struct cluster *cluster, const cJSON *object,
                                           const struct cluster_arrival *arrival);
enum cluster_change cluster_put_replica_set(struct cluster *cluster, const cJSON *object,
                                            const struct cluster_arrival *arrival);
enum cluster_change cluster_put_config_map(struct cluster *cluster, const cJSON *object,
                                           const struct cluster_arrival *arrival);
enum cluster_change cluster_put_secret(struct cluster *cluster, const cJSON *object,
                                       const struct cluster_arrival *arrival);
enum cluster_change cluster_put_pod(struct cluster *cluster, const cJSON *object,
                                    const struct cluster_arrival *arrival);

/* The answer to a write of ours: what is known already is brought up to date, nothing else. */
enum cluster_change cluster_refresh_pod(struct cluster *cluster, const cJSON *object);

/* A DELETED event. */
enum cluster_change cluster_remove_deployment(struct cluster *cluster, const cJSON *object,
                                              const struct cluster_arrival *arrival);
enum cluster_change cluster_remove_replica_set(struct cluster *cluster, const cJSON *object,
                                               const struct cluster_arrival *arrival);
enum cluster_change cluster_remove_config_map(struct cluster *cluster, const cJSON *object,
                                              const struct cluster_arrival *arrival);
enum cluster_change cluster_remove_secret(struct cluster *cluster, const cJSON *object,
                                          const struct cluster_arrival *arrival);
enum cluster_change cluster_remove_pod(struct cluster *cluster, const cJSON *object,
                                       const struct cluster_arrival *arrival);

/* A list of ConfigMaps or Secrets begins. */
void cluster_expect_sources(struct cluster *cluster, enum cluster_source_kind kind,
                            const struct cluster_arrival *arrival);

/* After a complete list: what was not in it (of another round than the arrival's) is dropped. Absence of a Deployment
 * is not yet an end, and that of a ConfigMap or Secret counts later. */
enum cluster_change cluster_sweep(struct cluster *cluster, enum cluster_kind kind,
                                  const struct cluster_arrival *arrival);

/* The reduced Deployment with its defaults, for the caller to delete; NULL without memory. */
cJSON *cluster_deployment_open(const struct cluster_deployment *deployment);

struct cluster_deployment *cluster_find_deployment(const struct cluster *cluster, const char *namespace,
                                                   const char *name);
struct cluster_source *cluster_find_source(const struct cluster *cluster, enum cluster_source_kind kind,
                                           const char *namespace, const char *name);

/* The Deployment that the pod belongs to, through its ReplicaSet's controller reference; NULL when there is none.
 * ret_current (may be NULL) says whether the ReplicaSet has the Deployment's present template. */
struct cluster_deployment *cluster_pod_deployment(const struct cluster *cluster, const struct cluster_pod *pod,
                                                  bool *ret_current);

struct cluster_pod *cluster_find_pod(const struct cluster *cluster, const char *uid);

/* The node whose hub a living pod counts for: it is bound to it or pinned; NULL: none. */
const char *cluster_pod_stands_on(const struct cluster_pod *pod);

/* Whether the Deployment reads a ConfigMap, or a Secret, of that name; name NULL: any. */
bool cluster_deployment_reads(const struct cluster_deployment *deployment, enum cluster_source_kind kind,
                              const char *name);

/* The names of the Secrets that are there and that it reads, sorted and joined by commas; "" for none. For the caller
 * to free; NULL without memory. */
char *cluster_secrets_read(const struct cluster_deployment *deployment);

/* Whether it waits for a ConfigMap or Secret to become known: it is not judged before that. */
bool cluster_deployment_lacks(const struct cluster_deployment *deployment);

/* Whether one that it reads is missing for so short a time that it does not count: its content stays as it is. */
bool cluster_deployment_misses(const struct cluster_deployment *deployment);

/* Whether one that a Deployment reads is not there, for certain. */
bool cluster_source_is_absent(const struct cluster *cluster, enum cluster_source_kind kind, const char *namespace,
                              const char *name);

/* One that is to be read now, since it is new, changed, or has been missing for absence_ms; NULL: none within
 * *ret_wait_ms. */
struct cluster_source *cluster_source_next(const struct cluster *cluster, int64_t now_ms, int64_t absence_ms,
                                           int64_t *ret_wait_ms);

/* What came of reading it: the object; that there is none (for_good: what was there counts as gone now); or why that
 * is not known. */
enum cluster_change cluster_source_found(struct cluster *cluster, struct cluster_source *source, const cJSON *object,
                                         int64_t now_ms);
enum cluster_change cluster_source_missing(struct cluster *cluster, struct cluster_source *source, bool for_good,
                                           int64_t now_ms);
enum cluster_change cluster_source_failed(struct cluster_source *source, const char *why, int64_t now_ms);

/* It is missing, and cannot count before another look. */
void cluster_source_postpone(struct cluster_source *source, int64_t until_ms);

/* The translation for a hub, made now when it is not there. NULL while a ConfigMap or Secret is lacking, or without
 * memory. */
const struct cluster_translation *cluster_translate(const struct cluster *cluster,
                                                    struct cluster_deployment *deployment, size_t hub,
                                                    const struct system_modules *system_modules);

/* Whether the input has been quiet for settle_ms (or restless for ten times that). When not, *ret_wait_ms says how
 * long. */
bool cluster_settled(const struct cluster *cluster, struct cluster_deployment *deployment, int64_t now_ms,
                     int64_t *ret_wait_ms);

/* A Deployment that is gone for certain; what its policy was decides about its configurations. */
void cluster_add_gone(struct cluster *cluster, const char *namespace, const char *name, enum reconcile_policy policy,
                      int64_t now_ms);
bool cluster_is_gone(const struct cluster *cluster, const char *namespace, const char *name);
/* A hub has nothing to do about it (any more). Forgets it when no hub has. */
void cluster_gone_done(struct cluster *cluster, struct cluster_gone *gone, size_t hub);

#endif
