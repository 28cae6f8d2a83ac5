/* What is said of the ConfigMaps of the files, so that it is not said of the Deployments that read them once more. */
#ifndef CLI_TOLD_H
#define CLI_TOLD_H

#include "cli/documents.h"
#include "translate/field_error.h"

#include <stdbool.h>

/* The findings of the ConfigMaps of one namespace. */
struct told {
    struct told_config_map {
        const char *name;
        struct findings findings;
    } * config_maps;
    size_t count;
};

#define TOLD_INIT                                                                                                      \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

void told_release(struct told *told);

#define cleanup_told __attribute__((cleanup(told_release)))

/* Judges each of them that the Deployment reads. Returns 0, or -1 without memory. */
int told_read(struct told *told, const struct documents *documents, const struct document *deployment);

/* Whether a finding of the Deployment is one of them. */
bool told_error(const struct told *told, const struct field_error *error);
bool told_warning(const struct told *told, const char *warning);

/* Splits "configmap/NAME: REST": returns REST, and the name for the caller to free; NULL for any other text. */
const char *told_split(const char *text, char **ret_name);

#endif
