/* What the files behind cluster.h share. Private to them. */
#ifndef SERVER_CLUSTER_PRIVATE_H
#define SERVER_CLUSTER_PRIVATE_H

#include "common/json_writer.h"
#include "common/strbuf.h"
#include "server/cluster.h"
#include "server/index.h"

/* Removing while walking: TAILQ_FOREACH_SAFE is not in glibc's sys/queue.h. */
#define FOREACH_REMOVABLE(entry, next, head)                                                                           \
    for ((entry) = TAILQ_FIRST(head); (entry) && ((next) = TAILQ_NEXT(entry, link), 1); (entry) = (next))

/* "namespace/name" of an object, for the caller to free; NULL when it lacks one of them. */
char *cluster_object_key(const cJSON *object);
char *cluster_object_copy(const cJSON *object, const char *name);
/* The reference to an object's controller, or NULL, and its uid when it is of that kind. */
const cJSON *cluster_object_controller(const cJSON *object);
const char *cluster_object_controller_uid(const cJSON *object, const char *kind);
/* A copy with the named members (each list ends in NULL) of metadata, spec and status. */
cJSON *cluster_object_reduce(const cJSON *object, const char *const *metadata, const char *const *spec,
                             const char *const *status);
void cluster_object_copy_members(cJSON *to, const cJSON *from, const char *const *names);

/* Digests are hashes over canonical JSON. */
void cluster_digest_value(struct json_writer *writer, const cJSON *value);
void cluster_digest_finish(struct strbuf *text, char digest[CONTENT_HASH_SIZE]);
/* Of a pod template. A ReplicaSet's is its Deployment's and one label more, which is left out. */
void cluster_template_digest(const cJSON *template, char digest[CONTENT_HASH_SIZE]);

/* The input of a Deployment's translation changed. */
void cluster_deployment_changed(const struct cluster *cluster, struct cluster_deployment *deployment, int64_t now_ms);

/* Finds out what the Deployment, as this object has it, reads, and forgets what nobody reads any more. */
void cluster_deployment_note_reads(struct cluster *cluster, struct cluster_deployment *deployment, const cJSON *object);
void cluster_deployment_forget_reads(struct cluster *cluster, struct cluster_deployment *deployment);

/* Tells the Deployments that read it; returns whether there was one. */
bool cluster_source_readers_changed(struct cluster *cluster, const struct cluster_source *source, int64_t now_ms);
void cluster_source_forget_data(struct cluster_source *source);

/* Forgets that a Deployment is gone. */
void cluster_forget_gone(struct cluster *cluster, const char *key);
void cluster_release_gones(struct cluster *cluster);

/* Remove an entry. */
void cluster_drop_deployment(struct cluster *cluster, struct cluster_deployment *deployment);
void cluster_drop_replica_set(struct cluster *cluster, struct cluster_replica_set *set);
void cluster_drop_pod(struct cluster *cluster, struct cluster_pod *pod);
/* Notes which of the arrival's watch were not in its list. Returns whether that changes something. */
bool cluster_sweep_sources(struct cluster *cluster, enum cluster_source_kind kind,
                           const struct cluster_arrival *arrival);
void cluster_release_sources(struct cluster *cluster);

#endif
