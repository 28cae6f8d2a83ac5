/* coordination.k8s.io/v1 Lease: who leads, and a node's heartbeat. */
#ifndef KUBE_LEASE_H
#define KUBE_LEASE_H

#include "kube/client.h"

struct kube_lease_options {
    const char *namespace, *name;
    const char *holder; /* our identity */
    unsigned duration_s;
    const char *owner_node_name; /* for a node's Lease: ownerReference to that Node … */
    const char *owner_node_uid;  /* … of this uid; else NULL */
};

/* One Lease as we last saw it. */
struct kube_lease;

int kube_lease_new(const struct kube_lease_options *options, struct kube_lease **ret_lease, struct error *error);
void kube_lease_free(struct kube_lease *lease);

/* Who holds it after a call, NULL for nobody; and an annotation's value as last seen, or NULL. Owned by the lease. */
const char *kube_lease_holder(const struct kube_lease *lease);
const char *kube_lease_annotation(const struct kube_lease *lease, const char *name);
/* Its uid as last seen, for Events about it; NULL while it was not seen. Owned by the lease. */
const char *kube_lease_uid(const struct kube_lease *lease);

/* Sets an annotation that goes out with the next renewal; value NULL removes it. */
int kube_lease_set_annotation(struct kube_lease *lease, const char *name, const char *value);

/* The Node's uid changed (it was made anew): the next renewal carries it. */
int kube_lease_set_owner_uid(struct kube_lease *lease, const char *uid);

enum kube_lease_result { KUBE_LEASE_FAILED = -1, KUBE_LEASE_HELD_BY_OTHER = 0, KUBE_LEASE_OURS = 1 };

/* Takes or renews the Lease: creates it when it is missing, renews it when it is ours, takes it when its holder let go
 * or has not renewed for its duration (by our own clock, since we saw the last change). ret_taken_over (may be NULL)
 * becomes true when it was taken from a holder that had not let go: another one, or an earlier life of this one, whose
 * Lease bears our name although we have not written it. timeout_ms bounds the call. */
enum kube_lease_result kube_lease_renew(struct kube_lease *lease, struct kube_client *client, unsigned timeout_ms,
                                        bool *ret_taken_over, struct error *error);

/* Lets go: holderIdentity becomes empty, so that the next one need not wait. */
int kube_lease_let_go(struct kube_lease *lease, struct kube_client *client, unsigned timeout_ms, struct error *error);

#endif
