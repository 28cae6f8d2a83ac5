/* Kubernetes API client: requests with the credentials of a kubeconfig or of the pod's ServiceAccount.
 * A client belongs to one thread and keeps its connection; each thread makes its own from the shared access. */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the API server is and who we are. Immutable after it was loaded; shared by threads. */
struct kube_access;

/* From a kubeconfig file (current-context; token, tokenFile or client certificate, as data or files), or with NULL from
 * $KUBECONFIG, else from inside the pod (/var/run/secrets/kubernetes.io/serviceaccount), else ~/.kube/config. */
int kube_access_load(const char *kubeconfig, struct kube_access **ret_access, struct error *error);

/* What a person says on a command line instead; each may be NULL. */
struct kube_access_choice {
    const char *kubeconfig;
    const char *context; /* of the kubeconfig, in place of current-context */
    const char *server;  /* no kubeconfig at all, nor credentials: "http://127.0.0.1:8001" of `kubectl proxy` */
};
int kube_access_choose(const struct kube_access_choice *choice, struct kube_access **ret_access, struct error *error);
/* The namespace that the kubeconfig's context names, or NULL. */
const char *kube_access_context_namespace(const struct kube_access *access);
void kube_access_free(struct kube_access *access);
/* For messages: "https://127.0.0.1:6443". */
const char *kube_access_server(const struct kube_access *access);
/* The pod's own namespace, when we run in one; else NULL. */
const char *kube_access_namespace(const struct kube_access *access);

struct kube_client;

/* user_agent as "iot-edge-connector/0.1.0". access must outlive the client. */
int kube_client_new(const struct kube_access *access, const char *user_agent, struct kube_client **ret_client,
                    struct error *error);
void kube_client_free(struct kube_client *client);
/* Ends the running call at once and each later one before it begins. Any thread. */
void kube_client_stop(struct kube_client *client);

enum {
    KUBE_FAILED = -1,  /* no answer, or one that is no JSON */
    KUBE_STOPPED = -2, /* by kube_client_stop */
};

#define KUBE_STRATEGIC_MERGE_PATCH "application/strategic-merge-patch+json"
#define KUBE_MERGE_PATCH           "application/merge-patch+json"
#define KUBE_JSON_PATCH            "application/json-patch+json"

/* One call. method GET, POST, PUT, PATCH or DELETE; body is JSON text or NULL; content_type NULL means
 * application/json. timeout_ms bounds the whole exchange (0: 10000). Returns the HTTP status of an answer (also 404,
 * 409, …) or a negative number. For status ≥ 300 the error holds the server's message and *ret_object (may be NULL) its
 * Status object. A 401 is tried once more with the token read again. *ret_object belongs to the caller. */
int kube_call(struct kube_client *client, const char *method, const char *path, const char *content_type,
              const char *body, unsigned timeout_ms, cJSON **ret_object, struct error *error);

/* Creates a core/v1 Event about an object. reason CamelCase; a Warning or Normal. Equal events within 10 minutes (same
 * uid, reason and message) are left out; the memory of that is the client's. Returns as kube_call; 0 when left out. */
struct kube_event {
    const char *kind, *api_version, *namespace, *name, *uid; /* of the object it is about */
    const char *component;                                   /* "iot-edge-connector" */
    const char *reason;
    const char *message; /* cut to 1024 bytes */
    bool warning;
};
int kube_event_post(struct kube_client *client, const struct kube_event *event, struct error *error);

/* Percent-encodes one segment of a path. For the caller to free. */
char *kube_path_escape(const char *segment);

/* "/apis/apps/v1" + "/namespaces/<namespace>/deployments/<name>", names escaped; name NULL: of all of them. For the
 * caller to free; NULL without memory. */
char *kube_object_path(const char *group, const char *namespace, const char *resource, const char *name);

#endif
