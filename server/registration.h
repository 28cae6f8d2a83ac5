/* `iot-edge-connector register`: creates or updates the two webhook configurations of manifests/webhook.yaml. */
#ifndef SERVER_REGISTRATION_H
#define SERVER_REGISTRATION_H

#include "common/error.h"
#include "common/strbuf.h"

struct registration {
    const char *kubeconfig;        /* NULL: as kube_access_load looks for it */
    const char *ca_file;           /* goes into caBundle */
    const char *url;               /* "https://127.0.0.1:8443": called by URL */
    const char *service_namespace; /* else by Service */
    const char *service_name;
    unsigned service_port;
};

/* Writes only when something differs. report gets a line for each configuration that is done: "<resource>/<name>
 * created", "configured" or "unchanged". */
int registration_apply(const struct registration *registration, struct strbuf *report, struct error *error);

#endif
