/* Everything that goes into the content of a configuration, read from the Deployment and its ConfigMaps and judged.
 * Private to the room. */
#ifndef TRANSLATE_PARTS_H
#define TRANSLATE_PARTS_H

#include "translate/annotations.h"
#include "translate/manifest.h"
#include "translate/module_settings.h"

struct module {
    const char *name; /* owned by the Deployment */
    char *image;
    struct module_settings settings; /* with what the container's fields say */
};

struct parts {
    struct edge_annotations annotations;
    const char *restarted_at; /* "" when never */
    cJSON *edge_hub;          /* desired properties of that ConfigMap, or NULL */
    cJSON *edge_agent;
    cJSON *credentials;     /* of imagePullSecrets: registryCredentials by their names, or NULL */
    struct module *modules; /* in the order of the containers */
    size_t module_count;
    char **config_maps; /* names of those that are used, sorted */
    size_t config_map_count;
};

#define PARTS_INIT                                                                                                     \
    {                                                                                                                  \
        .restarted_at = ""                                                                                             \
    }

void parts_release(struct parts *parts);

#define cleanup_parts __attribute__((cleanup(parts_release)))

/* Returns 0, or -1 when the findings have errors or memory ran out; *parts is to be released in both cases. */
int parts_read(const struct manifest_input *input, struct parts *parts, struct findings *findings);

#endif
