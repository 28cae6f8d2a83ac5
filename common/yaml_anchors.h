/* The anchors of one YAML document, and what its aliases may expand to. */
#ifndef COMMON_YAML_ANCHORS_H
#define COMMON_YAML_ANCHORS_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

struct yaml_anchor {
    char *name;
    const cJSON *tree; /* NULL while its value is still being read */
};

struct yaml_anchors {
    struct yaml_anchor *items; /* in the order of the text */
    size_t count;
    size_t capacity;
    size_t copied_values;
    size_t copied_bytes;
};

/* The sentences of these errors have no place; the caller puts line and column before them. */

/* Remembers an anchor before its value is read, which an alias inside must not stand for. Without a name (NULL) nothing
 * is remembered. *ret_index is for yaml_anchors_close in both cases. */
int yaml_anchors_open(struct yaml_anchors *anchors, const char *name, size_t *ret_index, struct error *error);

/* The value is complete. It must live as long as the document. */
void yaml_anchors_close(struct yaml_anchors *anchors, size_t index, const cJSON *tree);

/* What an alias stands for: of equal names the last one before it. */
int yaml_anchors_find(const struct yaml_anchors *anchors, const char *name, const cJSON **ret_tree,
                      struct error *error);

/* Copies a value that an alias or a merge repeats, under the counts of yaml.h. depth is what is open around the copy,
 * which belongs to the caller. */
int yaml_anchors_copy(struct yaml_anchors *anchors, const cJSON *value, unsigned depth, cJSON **ret_copy,
                      struct error *error);

/* Forgets all, for the next document. */
void yaml_anchors_release(struct yaml_anchors *anchors);

#endif
