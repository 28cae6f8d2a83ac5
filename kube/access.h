/* What is behind struct kube_access; for this room and its tests only. */
#ifndef KUBE_ACCESS_H
#define KUBE_ACCESS_H

#include "kube/client.h"

struct kube_access {
    char *server;             /* as it was configured, without a slash at the end */
    char *base_url;           /* its scheme, host and port */
    char *prefix;             /* its path, "" for none: servers behind a proxy have one */
    char *namespace;          /* the pod's own, or NULL */
    char *context_namespace;  /* of the kubeconfig's context, or NULL */
    char *ca_file;            /* at most one of the two; neither: the system's */
    char *ca_data;            /* PEM text */
    char *token;              /* or NULL */
    char *token_file;         /* or NULL; is read again and again, and wins over token */
    int64_t token_age_ms;     /* so long what was read of it is used; 0: a minute */
    char *client_certificate; /* PEM text, with client_key, or NULL */
    char *client_key;
};

static inline void cleanup_kube_access_pointer(struct kube_access **access)
{
    kube_access_free(*access);
}

#define cleanup_kube_access __attribute__((cleanup(cleanup_kube_access_pointer)))

/* Takes "https://host:port/path" apart into server, base_url and prefix, which must be NULL before. */
int kube_access_set_server(struct kube_access *access, const char *url, struct error *error);

/* Fills an empty access from a kubeconfig file. context NULL: its current-context. */
int kube_kubeconfig_read(const char *path, const char *context, struct kube_access *access, struct error *error);

/* From the files of a ServiceAccount in a folder, and the API server's host and port as the pod's environment names
 * them. */
int kube_access_from_pod(const char *folder, const char *host, const char *port, struct kube_access **ret_access,
                         struct error *error);

#endif
