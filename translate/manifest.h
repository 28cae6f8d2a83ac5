/* Deployment and ConfigMaps to the content of an IoT Edge configuration (an IoT Hub automatic deployment).
 * The same input gives the same bytes, in every release: a new hash would make devices restart modules for nothing. */
#ifndef TRANSLATE_MANIFEST_H
#define TRANSLATE_MANIFEST_H

#include "translate/field_error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct system_modules {
    const char *edge_agent_image;
    const char *edge_hub_image;
    const char *edge_hub_create_options; /* JSON text */
};

struct manifest_input {
    const cJSON *deployment; /* completed; see defaults_apply */
    /* The `data` object of the ConfigMap of that name in the Deployment's namespace, or NULL when there is none. */
    const cJSON *(*config_map)(void *context, const char *name);
    void *context;
    struct system_modules system_modules;
    /* The `data` object of the Secret of that name, its values in base64, or NULL when there is none. Without this
     * function (NULL) values of Secrets may not leave the cluster, and what needs them is refused. */
    const cJSON *(*secret)(void *context, const char *name);
};

struct manifest {
    char *content; /* {"modulesContent":{…}}, canonical */
    char *target_condition;
    int priority;
    char **config_maps; /* names of those that were there and used, sorted */
    size_t config_map_count;
    char **modules; /* names of the modules, in the order of the containers */
    char **images;  /* theirs, as the content says it */
    size_t module_count;
};

#define MANIFEST_INIT                                                                                                  \
    {                                                                                                                  \
        NULL, NULL, 0, NULL, 0, NULL, NULL, 0                                                                          \
    }

void manifest_release(struct manifest *manifest);

#define cleanup_manifest __attribute__((cleanup(manifest_release)))

/* Returns 0, or -1 when the findings have errors (fields of the Deployment, or of a ConfigMap as
 * `configmap/<name>: data[desiredProperties]`); *ret_manifest is then untouched. */
int manifest_translate(const struct manifest_input *input, struct manifest *ret_manifest, struct findings *findings);

/* The content of a base deployment with these system modules and no other ones, for the caller to free; NULL without
 * memory. */
char *manifest_baseline(const struct system_modules *system_modules);

/* The names of the ConfigMaps that the translation of a Deployment reads, whether they are there or not: the two of the
 * system modules, those of its containers, and those that env and envFrom refer to. A name may come twice. */
void manifest_each_config_map(const cJSON *deployment, void (*name)(void *context, const char *name), void *context);

/* Those of the Secrets: env, envFrom, imagePullSecrets. */
void manifest_each_secret(const cJSON *deployment, void (*name)(void *context, const char *name), void *context);

/* Whether it reads the ConfigMap of that name. */
bool manifest_reads_config_map(const cJSON *deployment, const char *name);

/* Whether it reads this Secret. name NULL: any at all. */
bool manifest_reads_secret(const cJSON *deployment, const char *name);

/* Whether a ConfigMap that has this key in its data may be one of a module. */
bool manifest_reads_key(const char *key);

#endif
