/* Every annotation, ConfigMap key and field, and what becomes of it: for `kubectl iotedge explain` and for
 * docs/reference.md, which a test compares with it. */
#ifndef TRANSLATE_REFERENCE_TABLE_H
#define TRANSLATE_REFERENCE_TABLE_H

#include "common/strbuf.h"

#include <stddef.h>

enum reference_group {
    REFERENCE_TEMPLATE_ANNOTATION,
    REFERENCE_OWN_ANNOTATION,
    REFERENCE_MODULE_KEY,
    REFERENCE_EDGE_HUB_KEY,
    REFERENCE_EDGE_AGENT_KEY,
    REFERENCE_DEPLOYMENT_FIELD,
    REFERENCE_POD_FIELD,
    REFERENCE_CONTAINER_FIELD,
    REFERENCE_GROUPS,
};

struct reference_entry {
    enum reference_group group;
    const char *key;         /* as it is written; fields without what stands before the pod's or container's */
    const char *values;      /* what it can be; "" where Kubernetes says it */
    const char *otherwise;   /* when nothing is said; "" where there is no default */
    const char *translation; /* what IoT Edge gets, or why nothing, or why it is refused */
};

/* All of them, in the order of the page. */
extern const struct reference_entry reference_entries[];
extern const size_t reference_entry_count;

/* The heading of a group. */
const char *reference_group_title(enum reference_group group);

/* Writes at most limit entries of that key and returns their number. Keys may be given with their path
 * (spec.template.spec.containers[0].env), or with the prefix of an annotation or a member's path left out. */
size_t reference_find(const char *key, const struct reference_entry **ret_found, size_t limit);

/* docs/reference.md, from its first to its last byte. */
void reference_add_page(struct strbuf *out);

#endif
