/* Whether an object can be forwarded to IoT Edge: all findings at once. */
#ifndef TRANSLATE_VALIDATE_H
#define TRANSLATE_VALIDATE_H

#include "translate/field_error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Judges a completed Deployment. One that is no edge Deployment has no errors (but perhaps a warning, when the
 * annotation stands in its own metadata instead of the template's). A missing completion is named, with the advice to
 * apply again. */
void validate_deployment(const cJSON *deployment, struct findings *findings);

/* What the connector's configuration says about admission. */
struct validate_settings {
    bool secrets; /* values of Secrets of the Deployment's namespace may be used: secretsFrom */
};

/* As validate_deployment, which has none of these. The errors are sorted by their paths. */
void validate_deployment_with(const cJSON *deployment, const struct validate_settings *settings,
                              struct findings *findings);

/* Judges a ConfigMap by its name and the keys it has. The errors are only to be enforced where
 * validate_config_map_is_ours says so; for others they are to be shown as warnings. */
void validate_config_map(const cJSON *config_map, struct findings *findings);

/* Named edgehub or edgeagent, or having no key that is not ours (and at least one). */
bool validate_config_map_is_ours(const cJSON *config_map);

#endif
