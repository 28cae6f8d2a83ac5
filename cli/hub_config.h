/* What the connector's configuration file says to the commands: images of the system modules, and from which
 * namespaces values of Secrets may be used. */
#ifndef CLI_HUB_CONFIG_H
#define CLI_HUB_CONFIG_H

#include "cli/options.h"
#include "common/error.h"
#include "common/hubs.h"
#include "translate/manifest.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

struct hub_config {
    struct hubs hubs;
    cJSON *documents; /* the file; NULL when there is none */
    struct system_modules system_modules;
};

#define HUB_CONFIG_INIT                                                                                                \
    {                                                                                                                  \
        .documents = NULL                                                                                              \
    }

void hub_config_release(struct hub_config *config);

#define cleanup_hub_config __attribute__((cleanup(hub_config_release)))

/* Reads --hub-config and chooses --hub, or takes the connector's defaults. The texts live as long as config and
 * options. Returns 0, or -1 with a sentence. */
int hub_config_load(const struct options *options, struct hub_config *config, struct error *error);

/* Whether its secretsFrom has the namespace. */
bool hub_config_allows_secrets(const struct hub_config *config, const char *namespace);

#endif
