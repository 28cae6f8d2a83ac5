/* The list of hubs, as the `hubs` of the configuration file gives it. Read by the connector, which needs all of it, and
 * by the virtual node, which needs only the names. */
#ifndef COMMON_HUBS_H
#define COMMON_HUBS_H

#include "common/error.h"
#include "common/hub_baseline.h"
#include "common/workload_identity.h"

#include <cjson/cJSON.h>
#include <stddef.h>

struct hub {
    char *name;                   /* DNS label, at most 40 characters */
    char *connection_string_file; /* path, or NULL: then host_name says which hub it is */
    char *host_name;              /* entered with a workload identity; NULL with a connection string */
    struct workload_identity identity;
    char *ca_file;                /* PEM to trust instead of the system's, or NULL */
    unsigned units;               /* of the IoT Hub, 1 or more; each allows 20 configuration calls a minute */
    unsigned calls_per_minute;    /* for configurations, of those that the units allow; 19 a unit by default */
    unsigned queries_per_minute;  /* of devices; likewise */
    unsigned configuration_limit; /* configurations that the hub takes: 100, 10 on a free one */
    struct hub_baseline baseline;
    char *edge_agent_image; /* system modules */
    char *edge_hub_image;
    char *edge_hub_create_options; /* JSON text, "{}" by default */
};

struct hubs {
    struct hub *items;
    size_t count;
};

#define HUBS_INIT                                                                                                      \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

/* Reads the array of hubs. An unknown key, a repeated name or a wrong value is an error that names its place, such as
 * `hubs[1].units`. On failure *hubs stays as it was. */
int hubs_parse(const cJSON *array, struct hubs *hubs, struct error *error);
void hubs_release(struct hubs *hubs);

#define cleanup_hubs __attribute__((cleanup(hubs_release)))

/* "iot-edge-connector-<hub>": the name of a hub's virtual node. The text belongs to the caller; NULL without memory. */
char *hub_node_name(const char *hub);

#endif
