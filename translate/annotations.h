/* What the annotations of a Deployment and of its pod template say. Names of the original connector on the template,
 * our own under a prefix on the Deployment. */
#ifndef TRANSLATE_ANNOTATIONS_H
#define TRANSLATE_ANNOTATIONS_H

#include "translate/field_error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

#define ANNOTATION_IS_EDGE          "isEdgeDeployment"
#define ANNOTATION_TARGET_CONDITION "targetCondition"
#define ANNOTATION_PRIORITY         "priority"
#define ANNOTATION_LOGGING_OPTIONS  "loggingOptions"
#define ANNOTATION_PREFIX           "iot-edge-connector/"

#define DEFAULT_PRIORITY         10
#define DEFAULT_LAYERED_PRIORITY 1000

enum reconcile_policy { RECONCILE_MANAGE, RECONCILE_SKIP, RECONCILE_DETACH_ON_DELETE };

struct edge_annotations {
    const char *target_condition; /* owned by the tree; NULL when missing */
    const char *logging_options;  /* owned by the tree; "" when missing */
    int priority;                 /* 0 … 2147483647; the default when missing or wrong */
    unsigned ready_percent;       /* 1 … 100 */
    enum reconcile_policy reconcile_policy;
    const char *config_map_prefix; /* owned by the tree; "" when missing or wrong */
    bool layered;                  /* a layer over a base deployment: it carries modules and routes only */
    bool allow_pvc;                /* claims become Docker volumes of their name */
    bool adopt;                    /* configurations that nobody claims may become the Deployment's */
    bool replace_system_modules;   /* devices may get other system modules than they have */
    bool allow_gap;                /* a layer may be deleted before its successor is there */
};

/* Whether the pod template of this Deployment (or ReplicaSet) carries isEdgeDeployment: "true", exactly. */
bool deployment_is_edge(const cJSON *deployment);

/* Values are "true" and "false". */
#define ANNOTATION_LAYERED          ANNOTATION_PREFIX "layered"
#define ANNOTATION_ALLOW_GAP        ANNOTATION_PREFIX "allow-gap"
#define ANNOTATION_CONFIGMAP_PREFIX ANNOTATION_PREFIX "configmap-prefix"

/* Reads what both sets of annotations say; wrong values become findings (findings may be NULL) and give the default. */
void edge_annotations_read(const cJSON *deployment, struct edge_annotations *ret_annotations,
                           struct findings *findings);

/* What `priority` is when nothing is said: 1000 for a layered deployment, else 10. */
int edge_annotations_default_priority(const cJSON *deployment);

/* Decimal digits alone, from 0 to limit. */
bool annotation_parse_number(const char *text, long limit, long *ret_number);

/* "manage", "skip", "detach-on-delete". */
const char *reconcile_policy_name(enum reconcile_policy policy);

#endif
