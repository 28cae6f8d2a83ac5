#include "translate/ports.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <arpa/inet.h>
#include <string.h>

#define MAX_PORT 65535
/* Addresses compared in one pod. What is left is found when the modules' create options are judged together. */
#define MAX_COMPARED 10000
#define KEY_SIZE     16

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

static bool is_on_host_network(const struct pod_reading *reading)
{
    return json_bool(reading->pod_spec, "hostNetwork", false);
}

static int compare_wishes(const void *a, const void *b)
{
    const struct host_port_wish *x = a, *y = b;
    int order = strcmp(x->protocol, y->protocol);

    if (x->port != y->port)
        return x->port < y->port ? -1 : 1;
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static size_t count_ports(const cJSON *containers)
{
    const cJSON *container;
    size_t count = 0;

    cJSON_ArrayForEach(container, containers) count += (size_t)cJSON_GetArraySize(json_get(container, "ports"));
    return count;
}

/* All ports of the device that the pod asks for, sorted. */
static bool collect_wishes(struct pod_reading *reading)
{
    const cJSON *containers = json_get(reading->pod_spec, "containers");
    size_t count = count_ports(containers), order = 0;
    struct host_port_wish *wishes = calloc(count + 1, sizeof(*wishes));
    const cJSON *container, *item;

    if (!wishes)
        return false;
    cJSON_ArrayForEach(container, containers)
    {
        cJSON_ArrayForEach(item, json_get(container, "ports"))
        {
            struct host_port_wish wish = {.item = item, .container = container, .order = order};

            wish.protocol = protocol_of(json_string_or(item, "protocol", "TCP"));
            if (order < count && wish.protocol && is_port(item, "hostPort", &wish.port))
                wishes[order++] = wish;
        }
    }
    qsort(wishes, order, sizeof(*wishes), compare_wishes);
    reading->host_ports = wishes;
    reading->host_port_count = order;
    return true;
}

/* The first wish that is not before this port. */
static size_t find_first(const struct pod_reading *reading, const struct port *port)
{
    const struct host_port_wish wanted = {.port = port->host, .protocol = port->protocol};
    size_t low = 0, high = reading->host_port_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_wishes(&reading->host_ports[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void check_collisions(struct pod_reading *reading, const cJSON *item, size_t index, const struct port *port)
{
    char place[FIELD_PATH_SIZE], shown[8];

    if (!reading->host_ports && !collect_wishes(reading)) {
        reading->failed = true;
        return;
    }
    for (size_t i = find_first(reading, port); i < reading->host_port_count; i++) {
        const struct host_port_wish *other = &reading->host_ports[i];
        const char *ip = json_string_or(other->item, "hostIP", "");

        if (other->item == item || other->port != port->host || strcmp(other->protocol, port->protocol) != 0 ||
            ++reading->compared_ports > MAX_COMPARED)
            return;
        if (!is_any(ip) && !is_any(port->ip) && strcmp(ip, port->ip) != 0)
            continue;
        (void)snprintf(shown, sizeof(shown), "%lld", (long long)port->host);
        pod_error(reading, FIELD_INVALID, field_path(place, "ports[%zu].hostPort", index), shown,
                  "container %s has this port of the device already", json_string_or(other->container, "name", "?"));
        return;
    }
}

static void write_key(char key[KEY_SIZE], const struct port *port)
{
    (void)snprintf(key, KEY_SIZE, "%lld/%s", (long long)port->container, port->protocol);
}

/* Takes the value. Nobody else writes ports, so that there is none of that name. */
static cJSON *add_member(struct pod_reading *reading, cJSON *object, const char *name, cJSON *value)
{
    if (object && value && cJSON_AddItemToObject(object, name, value))
        return value;
    cJSON_Delete(value);
    reading->failed = true;
    return NULL;
}

/* keys has this port once it was written: its value is the list of bindings. */
static void write_port(struct pod_reading *reading, struct item_index *keys, const struct port *port)
{
    char key[KEY_SIZE], number[8];
    struct indexed_item *slot;
    cJSON *list, *binding;

    write_key(key, port);
    slot = item_index_slot(keys, key, strlen(key));
    if (!slot)
        return;
    if (!slot->item)
        slot->item = add_member(reading, pod_member_object(reading, pod_options(reading), "ExposedPorts"), key,
                                cJSON_CreateObject());
    if (!port->host || is_on_host_network(reading))
        return;
    if (!slot->value)
        slot->value = add_member(reading, pod_member_object(reading, pod_host_config(reading), "PortBindings"), key,
                                 cJSON_CreateArray());
    list = slot->value;
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

static void judge_ports(struct pod_reading *reading, const cJSON *item)
{
    size_t index = 0;

    for (const cJSON *entry = item->child; entry && !findings_is_full(reading->findings);
         entry = entry->next, index++) {
        struct port port;

        if (!read_port(reading, entry, index, &port))
            continue;
        if (port.host && !is_on_host_network(reading))
            check_collisions(reading, entry, index, &port);
    }
}

/* What is written was judged before. */
static void write_ports(struct pod_reading *reading, const cJSON *item)
{
    size_t count = (size_t)cJSON_GetArraySize(item);
    cleanup_free struct port *ports = calloc(count + 1, sizeof(*ports));
    cleanup_free char *texts = calloc(count + 1, KEY_SIZE);
    cleanup_item_index struct item_index keys = ITEM_INDEX_INIT;
    size_t used = 0;

    reading->failed |= !ports || !texts;
    for (const cJSON *entry = item->child; entry && ports && texts && used < count; entry = entry->next) {
        char *text = texts + used * KEY_SIZE;

        if (!read_port(reading, entry, used, &ports[used]))
            continue;
        write_key(text, &ports[used++]);
        item_index_add_text(&keys, text, strlen(text), NULL);
    }
    for (size_t i = 0; i < used; i++)
        write_port(reading, &keys, &ports[i]);
    reading->failed |= keys.failed;
}

void ports_read(struct pod_reading *reading, const cJSON *item)
{
    if (!cJSON_IsArray(item))
        return;
    if (reading->wishes)
        write_ports(reading, item);
    else
        judge_ports(reading, item);
}
