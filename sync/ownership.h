/* Whose configuration it is: what the labels of a configuration on the hub say, and what ours say.
 * Label keys are [a-z0-9-] and ours win over labels copied from the pod template. */
#ifndef SYNC_OWNERSHIP_H
#define SYNC_OWNERSHIP_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define LABEL_OWNER            "iot-edge-connector-owner"
#define LABEL_HUB              "iot-edge-connector-hub"
#define LABEL_NAMESPACE        "iot-edge-connector-namespace"
#define LABEL_NAME             "iot-edge-connector-name"
#define LABEL_UID              "iot-edge-connector-uid"
#define LABEL_CONTENT_HASH     "iot-edge-connector-content-hash"
#define LABEL_RECONCILE_POLICY "iot-edge-connector-reconcile-policy"
#define LABEL_CONFIG_MAPS      "iot-edge-connector-config-maps" /* names, joined by commas */
#define LABEL_SECRETS          "iot-edge-connector-secrets"     /* names, joined by commas */

#define LABEL_KIND "iot-edge-connector-kind" /* baseline; a Deployment's has none */

#define KIND_BASELINE "baseline"

struct ownership {
    const char *owner, *hub, *namespace, *name, *uid, *content_hash, *reconcile_policy, *config_maps, *secrets, *kind;
};

/* Reads what a configuration's labels say, NULL where they say nothing; the texts are owned by the tree. Returns false
 * when it carries no owner of this product or lacks namespace, name or hash: then it is no Deployment's. */
bool ownership_read(const cJSON *configuration, struct ownership *ret_ownership);

/* Whether its reconcile-policy label says that it stays on the hub when its Deployment is gone: detach-on-delete or
 * skip. */
bool ownership_outlives(const struct ownership *ownership);

/* The labels object for a configuration of ours, as JSON text: labels copied from the pod template (template_labels,
 * may be NULL) whose keys are made [a-z0-9-], sorted, ours last and winning. For the caller to free; NULL without
 * memory. */
char *ownership_labels(const struct ownership *ownership, const cJSON *template_labels);

#endif
