/* An AdmissionReview, taken apart. Source of the shape: k8s.io/api/admission/v1. */
#ifndef SERVER_REVIEW_H
#define SERVER_REVIEW_H

#include "common/error.h"
#include "common/strbuf.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum review_subject { REVIEW_OTHER, REVIEW_DEPLOYMENT, REVIEW_CONFIG_MAP };

/* All texts and trees are owned by the review's tree. */
struct review {
    const char *api_version; /* as it came, for the answer */
    const char *uid;
    enum review_subject subject; /* what is created or updated; REVIEW_OTHER: nothing that we judge */
    bool update;
    const char *namespace;   /* of the object, or NULL */
    const cJSON *object;     /* an object when the subject is ours */
    const cJSON *old_object; /* NULL when there is none */
};

/* Reads a review. Wrong group, version, kind, a missing uid or object: -1 with a sentence. */
int review_read(const cJSON *tree, struct review *ret_review, struct error *error);

/* One reason for a denial. */
struct review_cause {
    const char *reason, *field, *message;
};

struct review_answer {
    bool allowed;
    const char *patch; /* JSONPatch, or NULL */
    size_t patch_length;
    /* Of a denial. */
    const char *message;
    const char *name, *group, *kind;
    const struct review_cause *causes;
    size_t cause_count;
    const char *const *warnings;
    size_t warning_count;
};

/* Writes the AdmissionReview that answers a review. */
void review_write(const struct review *review, const struct review_answer *answer, struct strbuf *out);

#endif
