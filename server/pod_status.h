/* The status of a pod on one of our nodes, from what the hub and the devices say. Pure: the pod as it is and the
 * standing in, a patch out. Design, "Status". */
#ifndef SERVER_POD_STATUS_H
#define SERVER_POD_STATUS_H

#include "translate/manifest.h"
#include "translate/module_state.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

enum pod_standing_kind {
    POD_EDGE,      /* of an edge Deployment: the devices decide */
    POD_FOREIGN,   /* no edge pod; it landed here by its tolerations, and must not freeze its controller: Running and
                      Ready */
    POD_UNMANAGED, /* an edge pod without a Deployment: nothing is forwarded, and it says so */
};

struct pod_standing {
    enum pod_standing_kind kind;
    bool on_hub;                        /* the hub holds the configuration with this pod's content */
    const struct manifest *manifest;    /* of that content; NULL while it cannot be translated */
    const struct module_states *states; /* NULL before the first reading */
    int64_t hub_targeted;               /* targetedCount of the hub's last evaluation; -1: not evaluated yet */
    unsigned ready_percent;
    const char *reason;  /* what stands in the way, CamelCase, and … */
    const char *message; /* … as a sentence; NULL when nothing does */
    bool wished;         /* it is the user's own wish */
};

/* The strategic merge patch for pods/status, with the pod's uid inside; NULL when the status says all that already.
 * ret_ready says whether the pod is ready by it. 0, or -1 without memory. */
int pod_status_patch(const cJSON *pod, const struct pod_standing *standing, int64_t now_wall_s, char **ret_patch,
                     bool *ret_ready);

#endif
