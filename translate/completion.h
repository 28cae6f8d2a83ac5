/* What an edge Deployment lacks of the completion: one judgement for the one who completes and the one who validates.
 * Private to the room. */
#ifndef TRANSLATE_COMPLETION_H
#define TRANSLATE_COMPLETION_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define ANNOTATION_ISTIO_INJECT "sidecar.istio.io/inject"
#define NODE_TYPE_KEY           "type"
#define NODE_TYPE               "virtual-kubelet"
#define HOSTNAME_KEY            "kubernetes.io/hostname"

/* A toleration that every edge pod needs. An empty effect means all of them, without a time limit. */
struct needed_toleration {
    const char *key;
    const char *value; /* NULL: operator Exists */
    const char *effect;
};

#define NEEDED_TOLERATIONS 5
extern const struct needed_toleration needed_tolerations[NEEDED_TOLERATIONS];

/* Where a list or an object is to be added: itself, or something inside. */
enum missing { MISSING_NOTHING, MISSING_WHOLE, MISSING_MEMBER };

struct completion {
    bool priority;
    bool logging_options;
    bool istio_inject;
    enum missing node_selector;
    enum missing tolerations;
    bool toleration[NEEDED_TOLERATIONS]; /* which of them are missing */
    unsigned anti_affinity_depth;        /* how much of affinity, podAntiAffinity, required… is there: 0 … 3 */
    bool anti_affinity;                  /* a required term on the host name is missing */
    enum missing gate;
    enum missing strategy;  /* the whole, or its rollingUpdate */
    bool strategy_replaces; /* the API server's default stands there */
    bool progress_deadline;
    bool progress_deadline_replaces;
};

/* The required terms' place below the pod spec. */
#define ANTI_AFFINITY_STEPS 3
extern const char *const anti_affinity_steps[ANTI_AFFINITY_STEPS];

/* Judges an edge Deployment. What has a wrong shape counts as not missing. Returns whether anything is missing. */
bool completion_find(const cJSON *deployment, struct completion *ret_completion);

/* Whether this required anti-affinity term keeps pods apart by host name. */
bool anti_affinity_term_is_by_host(const cJSON *term);

#endif
