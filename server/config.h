/* The connector's configuration file (YAML). Every key has its place in docs/configuration.md. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "common/error.h"
#include "common/hubs.h"
#include "common/log.h"
#include "server/namespaces.h"

#include <stdint.h>

struct config {
    char *owner;                    /* `owner`; NULL: the uid of the namespace kube-system */
    char *kubeconfig;               /* `kubeconfig`; NULL: as kube_access_load looks for it */
    struct hubs hubs;               /* `hubs` */
    struct namespaces secrets_from; /* `secretsFrom`, none: namespaces whose Secrets' values may go to the hubs */

    char *listen_address;   /* `webhook.address`, "::" */
    uint16_t listen_port;   /* `webhook.port`, 8443 */
    char *certificate_file; /* `webhook.certificate` */
    char *key_file;         /* `webhook.key` */
    unsigned threads;       /* `webhook.threads`, 4 */
    int64_t drain_ms;       /* `webhook.drain`, 10s: after SIGTERM it goes on serving for so long */

    char *health_address; /* `health.address`, "::" */
    uint16_t health_port; /* `health.port`, 8081 */

    char *api_address; /* `api.address`, "::"; NULL without the section `api`: nobody listens */
    uint16_t api_port; /* `api.port`, 8444 */

    char *lease_namespace;     /* `lease.namespace`; NULL: the pod's own, else "default" */
    char *lease_name;          /* `lease.name`, "iot-edge-connector" */
    char *lease_identity;      /* `lease.identity`; NULL: host name and a random suffix */
    unsigned lease_duration_s; /* `lease.duration`, 15s */

    int64_t settle_ms;          /* `sync.settle`, 2s: quiet period that gathers changes */
    int64_t resync_ms;          /* `sync.resync`, 5m: how often a hub is listed when nothing changed */
    int64_t evaluation_poll_ms; /* `sync.evaluationPoll`, 30s: … while an evaluation of the hub is awaited */
    int64_t status_ms;  /* `sync.status`, 15s: how often the devices' state is read while something is not ready */
    int64_t absence_ms; /* `sync.absence`, 60s: between the two lists that show a Deployment gone */
    int64_t offline_after_ms; /* `sync.offlineAfter`, 15m */
    int64_t hub_timeout_ms;   /* `sync.hubTimeout`, 90s: for one call */
    int64_t error_backoff_ms; /* `sync.errorBackoff`, 5m: the longest pause after failures */

    enum log_level log_level;   /* `log.level`, info */
    enum log_format log_format; /* `log.format`, text */
};

/* Reads and checks the file; every error names the key. An unknown key is an error. */
int config_load(const char *path, struct config *ret_config, struct error *error);
void config_release(struct config *config);

#endif
