#include "cli/told.h"

#include "common/cleanup.h"
#include "translate/manifest.h"
#include "translate/validate.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX   "configmap/"
#define NOT_READ "ConfigMap "
#define CUT      "\u2026" /* where a warning was too long */

void told_release(struct told *told)
{
    for (size_t i = 0; i < told->count; i++)
        findings_release(&told->config_maps[i].findings);
    free(told->config_maps);
    *told = (struct told)TOLD_INIT;
}

int told_read(struct told *told, const struct documents *documents, const struct document *deployment)
{
    const char *namespace = document_namespace(deployment);

    told->config_maps = calloc(documents->count + 1, sizeof(*told->config_maps));
    if (!told->config_maps)
        return -1;
    for (size_t i = 0; i < documents->count; i++) {
        const struct document *document = &documents->items[i];
        const char *name = document_name(document);
        struct told_config_map *config_map = &told->config_maps[told->count];

        /* Of several with one name the last is the one that stays. */
        if (documents_find(documents, "ConfigMap", namespace, name) != document ||
            !manifest_reads_config_map(deployment->object, name))
            continue;
        *config_map = (struct told_config_map){name, FINDINGS_INIT};
        validate_config_map(document->object, &config_map->findings);
        told->count++;
    }
    return 0;
}

const char *told_split(const char *text, char **ret_name)
{
    const char *name = text + strlen(PREFIX);
    const char *colon;

    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return NULL;
    colon = strstr(name, ": ");
    *ret_name = colon ? strndup(name, (size_t)(colon - name)) : NULL;
    return *ret_name ? colon + 2 : NULL;
}

static bool is_of(const struct told_config_map *config_map, const char *name)
{
    return !name || strcmp(config_map->name, name) == 0;
}

bool told_error(const struct told *told, const struct field_error *error)
{
    cleanup_free char *name = NULL;
    const char *field = told_split(error->field, &name);

    for (size_t i = 0; field && i < told->count; i++) {
        const struct findings *findings = &told->config_maps[i].findings;

        for (size_t k = 0; is_of(&told->config_maps[i], name) && k < findings->error_count; k++) {
            if (strcmp(findings->errors[k].field, field) == 0 &&
                strcmp(findings->errors[k].message, error->message) == 0)
                return true;
        }
    }
    return false;
}

/* The one of the Deployment has more in front, so that it is cut earlier. */
static bool is_same_warning(const char *mine, const char *theirs)
{
    size_t length = strlen(mine);

    if (strcmp(mine, theirs) == 0)
        return true;
    return length > strlen(CUT) && strcmp(mine + length - strlen(CUT), CUT) == 0 &&
           strncmp(mine, theirs, length - strlen(CUT)) == 0;
}

/* "ConfigMap NAME: the key KEY is not read", which its own findings say in other words. */
static bool is_key_not_read(const struct told_config_map *config_map, const char *warning)
{
    size_t length = strlen(config_map->name);

    return strncmp(warning, NOT_READ, strlen(NOT_READ)) == 0 &&
           strncmp(warning + strlen(NOT_READ), config_map->name, length) == 0 &&
           strncmp(warning + strlen(NOT_READ) + length, ": the key ", strlen(": the key ")) == 0;
}

bool told_warning(const struct told *told, const char *warning)
{
    cleanup_free char *name = NULL;
    const char *text = told_split(warning, &name);

    for (size_t i = 0; i < told->count; i++) {
        const struct findings *findings = &told->config_maps[i].findings;

        if (is_key_not_read(&told->config_maps[i], warning))
            return true;
        for (size_t k = 0; is_of(&told->config_maps[i], name) && k < findings->warning_count; k++) {
            if (is_same_warning(text ? text : warning, findings->warnings[k]))
                return true;
        }
    }
    return false;
}
