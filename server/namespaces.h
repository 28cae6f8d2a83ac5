/* The namespaces whose Secrets may be resolved: `secretsFrom` of the configuration file. */
#ifndef SERVER_NAMESPACES_H
#define SERVER_NAMESPACES_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct namespaces {
    char **names;
    size_t count;
};

#define NAMESPACES_INIT                                                                                                \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

/* Adds a copy. What is no name of a namespace, or is there already, is an error. */
int namespaces_add(struct namespaces *namespaces, const char *name, struct error *error);

/* Reads a list of names; an error names its place, such as `secretsFrom[1]`. */
int namespaces_parse(const cJSON *list, const char *key, struct namespaces *namespaces, struct error *error);

/* namespaces and name may be NULL. */
bool namespaces_have(const struct namespaces *namespaces, const char *name);

void namespaces_release(struct namespaces *namespaces);

#endif
