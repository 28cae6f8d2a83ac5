/* The Kubernetes objects of some files. */
#ifndef CLI_DOCUMENTS_H
#define CLI_DOCUMENTS_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

struct document {
    const char *file; /* the caller's text */
    cJSON *object;    /* owned by one of the trees */
};

struct documents {
    struct document *items; /* in the order of the files, lists taken apart */
    size_t count;
    cJSON **trees;
    size_t tree_count;
    char **names; /* of files in folders */
    size_t name_count;
};

#define DOCUMENTS_INIT                                                                                                 \
    {                                                                                                                  \
        NULL, 0, NULL, 0, NULL, 0                                                                                      \
    }

void documents_release(struct documents *documents);

#define cleanup_documents __attribute__((cleanup(documents_release)))

/* Reads a file of YAML or JSON, `-` being the standard input, or as kubectl does all files of a folder that end in
 * .yaml, .yml or .json, in the order of their names. stringData of Secrets becomes data. */
int documents_load(const char *file, struct documents *documents, struct error *error);

const char *document_kind(const struct document *document);
const char *document_name(const struct document *document);
const char *document_namespace(const struct document *document); /* "default" when it says nothing */

/* The last object of that kind and name in that namespace (kubectl applies them in this order), or NULL when there is
 * none; and its `data`. */
const struct document *documents_find(const struct documents *documents, const char *kind, const char *namespace,
                                      const char *name);
const cJSON *documents_data(const struct documents *documents, const char *kind, const char *namespace,
                            const char *name);
const cJSON *documents_config_map(const struct documents *documents, const char *namespace, const char *name);

#endif
