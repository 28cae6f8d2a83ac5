#include "translate/host_ports.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/create_options_fields.h"
#include "translate/host_port.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ADDRESS  64
#define MAX_COMPARED 16

struct wish {
    unsigned port;
    enum port_protocol protocol;
    char address[MAX_ADDRESS]; /* "" is every address */
    size_t module;
    size_t order;
};

struct wishes {
    struct wish *items;
    size_t count;
    size_t capacity;
    struct findings *findings;
};

static void add(struct wishes *wishes, const struct wish *wish)
{
    if (wishes->count == wishes->capacity) {
        size_t capacity = wishes->capacity ? 2 * wishes->capacity : 32;
        struct wish *grown = realloc(wishes->items, capacity * sizeof(*grown));

        if (!grown) {
            wishes->findings->failed = 1;
            return;
        }
        wishes->items = grown;
        wishes->capacity = capacity;
    }
    wishes->items[wishes->count] = *wish;
    wishes->items[wishes->count].order = wishes->count;
    wishes->count++;
}

static bool is_everywhere(const char *address)
{
    return !*address || strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

/* Of a range Docker takes what is free, and a missing port it chooses: neither is a wish for one port. */
static void read_binding(struct wishes *wishes, size_t module, const struct port_key *key, const cJSON *binding)
{
    const cJSON *port = option_get(binding, "HostPort");
    const cJSON *address = option_get(binding, "HostIp");
    struct wish wish = {.protocol = key->protocol, .module = module};
    unsigned last = 0;

    if (cJSON_IsNumber(port) && port->valuedouble >= 1 && port->valuedouble <= MAX_PORT)
        wish.port = last = (unsigned)port->valuedouble;
    else if (!cJSON_IsString(port) || !host_port_read(port->valuestring, &wish.port, &last))
        return;
    if (wish.port != last)
        return;
    if (cJSON_IsString(address) && !is_everywhere(address->valuestring))
        (void)snprintf(wish.address, sizeof(wish.address), "%s", address->valuestring);
    add(wishes, &wish);
}

static void read_module(struct wishes *wishes, size_t module, const char *create_options)
{
    cleanup_json cJSON *options = NULL;
    const cJSON *bindings;

    /* Most modules have none; a name may be written with escapes. */
    if (!create_options || (!strcasestr(create_options, "PortBindings") && !strstr(create_options, "\\u")))
        return;
    if (json_parse(create_options, strlen(create_options), &options, NULL) < 0)
        return;
    bindings = option_get(option_get(options, "HostConfig"), "PortBindings");
    for (const cJSON *list = bindings ? bindings->child : NULL; list; list = list->next) {
        struct port_key key;

        if (!list->string || !cJSON_IsArray(list) || !port_key_read(list->string, &key))
            continue;
        for (const cJSON *item = list->child; item; item = item->next)
            read_binding(wishes, module, &key, item);
    }
}

static int compare_wishes(const void *a, const void *b)
{
    const struct wish *x = a;
    const struct wish *y = b;

    if (x->protocol != y->protocol)
        return x->protocol < y->protocol ? -1 : 1;
    if (x->port != y->port)
        return x->port < y->port ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool exclude(const struct wish *a, const struct wish *b)
{
    return !*a->address || !*b->address || strcmp(a->address, b->address) == 0;
}

static void complain(const struct wish *first, const struct wish *second, const struct host_ports_module *modules,
                     struct findings *findings)
{
    char port[32];

    (void)snprintf(port, sizeof(port), "%u/%s", second->port, port_protocol_name(second->protocol));
    if (first->module == second->module)
        findings_add_warning(findings, "module %.63s binds the port %s of the device twice",
                             modules[first->module].name, port);
    else
        findings_add_error(findings, FIELD_DUPLICATE, modules[second->module].field, port,
                           "module %.64s has this port of the device already", modules[first->module].name);
}

void host_ports_check(const struct host_ports_module *modules, size_t count, struct findings *findings)
{
    struct wishes wishes = {.findings = findings};
    cleanup_free struct wish *items = NULL;
    size_t group = 0;

    for (size_t i = 0; i < count; i++)
        read_module(&wishes, i, modules[i].create_options);
    items = wishes.items;
    if (items)
        qsort(items, wishes.count, sizeof(*items), compare_wishes);
    for (size_t i = 0; i < wishes.count; i++) {
        if (items[i].port != items[group].port || items[i].protocol != items[group].protocol)
            group = i;
        for (size_t other = group; other < i && other < group + MAX_COMPARED; other++) {
            if (exclude(&items[other], &items[i])) {
                complain(&items[other], &items[i], modules, findings);
                break;
            }
        }
    }
}
