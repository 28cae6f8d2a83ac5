/* From Docker's reading of ports (go-connections/nat). */
#include "translate/create_options_rules.h"

#include "common/json.h"
#include "translate/create_options_fields.h"
#include "translate/host_port.h"

#include <stdbool.h>
#include <string.h>

/* A key of ExposedPorts or PortBindings. */
static void check_key(const char *key, const char *path, struct findings *findings)
{
    struct port_key port;

    if (!port_key_read(key, &port))
        findings_add_error(findings, FIELD_INVALID, path, key,
                           "must be a port from 1 to 65535 and its protocol: 80/tcp, 80/udp or 80/sctp");
    else if (!strchr(key, '/'))
        findings_add_warning(findings, "%s: Docker reads the port %s as %s/tcp: write it so", path, key, key);
}

static void check_keys(const cJSON *map, const char *path, struct findings *findings)
{
    for (const cJSON *item = map ? map->child : NULL; item && !findings_is_full(findings); item = item->next)
        check_key(item->string, path, findings);
}

static void check_binding(const cJSON *binding, const char *path, const char *key, size_t index,
                          struct findings *findings)
{
    const cJSON *port = option_get(binding, "HostPort");
    char place[FIELD_PATH_SIZE];
    unsigned first, last;

    if (cJSON_IsString(port) && *port->valuestring && !host_port_read(port->valuestring, &first, &last))
        findings_add_error(findings, FIELD_INVALID, field_path(place, "%s[%s][%zu].HostPort", path, key, index),
                           port->valuestring,
                           "must be a port from 1 to 65535 or a range such as 8000-8010; \"\" lets Docker choose");
}

void create_options_check_ports(const cJSON *options, const char *field, struct findings *findings)
{
    const cJSON *bindings = option_get(option_get(options, "HostConfig"), "PortBindings");
    char path[FIELD_PATH_SIZE];

    check_keys(option_get(options, "ExposedPorts"), field_path(path, "%s.ExposedPorts", field), findings);
    field_path(path, "%s.HostConfig.PortBindings", field);
    check_keys(bindings, path, findings);
    for (const cJSON *list = bindings ? bindings->child : NULL; list && !findings_is_full(findings);
         list = list->next) {
        size_t index = 0;

        for (const cJSON *item = list->child; item; item = item->next, index++)
            check_binding(item, path, list->string, index, findings);
    }
}
