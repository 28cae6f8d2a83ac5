#include "translate/ports.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define MAX_PORT 65535
/* In one pod; of hundreds of ports. What is left is found when the modules' create options are judged together. */
#define MAX_COMPARED 100000

struct port {
    int64_t container, host; /* host 0: none */
    const char *protocol;    /* tcp, udp, sctp */
    const char *ip;
};

static const char *protocol_of(const char *name)
{
    static const char *const names[] = {"TCP", "UDP", "SCTP"};
    static const char *const lower[] = {"tcp", "udp", "sctp"};

    for (size_t i = 0; i < array_length(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return lower[i];
    }
    return NULL;
}

static bool is_port(const cJSON *item, const char *name, int64_t *ret_port)
{
    return json_int64(item, name, ret_port) && *ret_port >= 1 && *ret_port <= MAX_PORT;
}

static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static bool read_port(struct pod_reading *reading, const cJSON *item, size_t index, struct port *port)
{
    const char *protocol = json_string_or(item, "protocol", "TCP");
    const cJSON *host = json_get(item, "hostPort");
    char place[FIELD_PATH_SIZE], shown[POD_VALUE_SIZE];

    *port = (struct port){.protocol = protocol_of(protocol), .ip = json_string_or(item, "hostIP", "")};
    if (!is_port(item, "containerPort", &port->container)) {
        pod_error(reading, FIELD_INVALID, field_path(place, "ports[%zu].containerPort", index),
                  pod_value(json_get(item, "containerPort"), shown), "must be a whole number from 1 to 65535");
        return false;
    }
    if (host && !cJSON_IsNull(host) && !is_port(item, "hostPort", &port->host)) {
        port->host = 0;
        if (host->valuedouble == 0 && cJSON_IsNumber(host))
            return true;
        pod_error(reading, FIELD_INVALID, field_path(place, "ports[%zu].hostPort", index), pod_value(host, shown),
                  "must be a whole number from 1 to 65535");
        return false;
    }
    if (!port->protocol) {
        pod_error(reading, FIELD_NOT_SUPPORTED, field_path(place, "ports[%zu].protocol", index), protocol,
                  "supported values: \"TCP\", \"UDP\", \"SCTP\"");
        return false;
    }
    if (*port->ip && !is_address(port->ip)) {
        pod_error(reading, FIELD_INVALID, field_path(place, "ports[%zu].hostIP", index), port->ip,
                  "must be an IP address");
        return false;
    }
    return true;
}

static bool is_any(const char *ip)
{
    return !*ip || strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0;
}

/* Whether this port of the pod asks for the same one of the device. */
static bool collides(const cJSON *other, const struct port *port)
{
    const char *ip = json_string_or(other, "hostIP", "");
    int64_t number;

    return json_int64(other, "hostPort", &number) && number == port->host &&
           strcasecmp(json_string_or(other, "protocol", "TCP"), port->protocol) == 0 &&
           (is_any(ip) || is_any(port->ip) || strcmp(ip, port->ip) == 0);
}

static void check_collisions(struct pod_reading *reading, const cJSON *item, size_t index, const struct port *port)
{
    const cJSON *containers = json_get(reading->pod_spec, "containers");
    const cJSON *container;
    char place[FIELD_PATH_SIZE], shown[8];

    cJSON_ArrayForEach(container, containers)
    {
        const cJSON *ports = json_get(container, "ports");
        const cJSON *other;

        cJSON_ArrayForEach(other, ports)
        {
            if (other == item || ++reading->compared_ports > MAX_COMPARED)
                return;
            if (!collides(other, port))
                continue;
            (void)snprintf(shown, sizeof(shown), "%lld", (long long)port->host);
            pod_error(reading, FIELD_INVALID, field_path(place, "ports[%zu].hostPort", index), shown,
                      "container %s has this port of the device already", json_string_or(container, "name", "?"));
            return;
        }
    }
}

static void write_port(struct pod_reading *reading, const struct port *port)
{
    bool host_network = json_bool(reading->pod_spec, "hostNetwork", false);
    char key[16], number[8];
    cJSON *list, *binding;

    (void)snprintf(key, sizeof(key), "%lld/%s", (long long)port->container, port->protocol);
    pod_member_object(reading, pod_member_object(reading, pod_options(reading), "ExposedPorts"), key);
    if (!port->host || host_network)
        return;
    list = pod_member_array(reading, pod_member_object(reading, pod_host_config(reading), "PortBindings"), key);
    binding = list ? cJSON_CreateObject() : NULL;
    if (!binding || !cJSON_AddItemToArray(list, binding)) {
        cJSON_Delete(binding);
        reading->failed = true;
        return;
    }
    (void)snprintf(number, sizeof(number), "%lld", (long long)port->host);
    if (*port->ip)
        pod_add_string(reading, binding, "HostIp", port->ip);
    pod_add_string(reading, binding, "HostPort", number);
}

void ports_read(struct pod_reading *reading, const cJSON *item)
{
    size_t index = 0;

    for (const cJSON *entry = cJSON_IsArray(item) ? item->child : NULL; entry; entry = entry->next, index++) {
        struct port port;

        if (!read_port(reading, entry, index, &port))
            continue;
        if (port.host && !reading->wishes && !json_bool(reading->pod_spec, "hostNetwork", false))
            check_collisions(reading, entry, index, &port);
        if (reading->wishes)
            write_port(reading, &port);
    }
}
