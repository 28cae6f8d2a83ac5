#include "translate/layered.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "translate/twin_limits.h"

#include <string.h>
#include <strings.h>

#define MODULE "properties.desired.modules."

static bool is_module(const cJSON *item)
{
    return item->string && strncmp(item->string, MODULE, strlen(MODULE)) == 0;
}

static bool is_layer(const cJSON *agent)
{
    return agent && agent->child && is_module(agent->child);
}

/* Both have what each of them has; of a module that is in both the larger counts. */
static size_t union_size(const cJSON *old, const cJSON *new)
{
    size_t size = 0;
    const cJSON *item;

    cJSON_ArrayForEach(item, new)
    {
        size_t mine = twin_size(item), theirs = twin_size(json_get(old, item->string));

        size += mine > theirs ? mine : theirs;
    }
    cJSON_ArrayForEach(item, old)
    {
        if (!json_get(new, item->string))
            size += twin_size(item);
    }
    return size;
}

/* createOptions, createOptions01, … as one tree; they stand in this order. */
static cJSON *create_options_of(const cJSON *module)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cJSON *tree = NULL;
    const cJSON *item;

    cJSON_ArrayForEach(item, json_get(module, "settings"))
    {
        if (cJSON_IsString(item) && strncmp(item->string, "createOptions", strlen("createOptions")) == 0)
            strbuf_add_string(&text, item->valuestring);
    }
    return json_parse(strbuf_string(&text), text.length, &tree, NULL) < 0 ? NULL : tree;
}

static const char *protocol_of(const char *port)
{
    const char *slash = strchr(port, '/');

    return slash ? slash + 1 : "tcp";
}

static bool is_any(const char *ip)
{
    return !*ip || strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0;
}

static bool is_same_port(const cJSON *a, const cJSON *b)
{
    const char *a_ip = json_string_or(a, "HostIp", ""), *b_ip = json_string_or(b, "HostIp", "");
    const char *port = json_string_or(a, "HostPort", "");

    return *port && strcmp(port, json_string_or(b, "HostPort", "")) == 0 &&
           (is_any(a_ip) || is_any(b_ip) || strcmp(a_ip, b_ip) == 0);
}

/* The port of the device that both ask for, or NULL; owned by a. */
static const char *common_port(const cJSON *a, const cJSON *b)
{
    const cJSON *mine, *theirs, *one, *other;

    cJSON_ArrayForEach(mine, json_at(a, "HostConfig", "PortBindings", NULL))
    {
        cJSON_ArrayForEach(theirs, json_at(b, "HostConfig", "PortBindings", NULL))
        {
            if (strcasecmp(protocol_of(mine->string), protocol_of(theirs->string)) != 0)
                continue;
            cJSON_ArrayForEach(one, mine)
            {
                cJSON_ArrayForEach(other, theirs)
                {
                    if (is_same_port(one, other))
                        return json_string(one, "HostPort");
                }
            }
        }
    }
    return NULL;
}

static int check_ports(const cJSON *old, const cJSON *new, struct error *error)
{
    const cJSON *mine, *theirs;

    cJSON_ArrayForEach(mine, new)
    {
        cleanup_json cJSON *options = is_module(mine) ? create_options_of(mine) : NULL;

        cJSON_ArrayForEach(theirs, old)
        {
            cleanup_json cJSON *others = NULL;
            const char *port;

            /* A module of the same name is one module, whichever of the two says it. */
            if (!options || !is_module(theirs) || strcmp(mine->string, theirs->string) == 0)
                continue;
            others = create_options_of(theirs);
            port = common_port(options, others);
            if (port)
                return error_set(error, "the new module %s and the old module %s both take port %s of the device",
                                 mine->string + strlen(MODULE), theirs->string + strlen(MODULE), port);
        }
    }
    return 0;
}

int layered_check_transition(const char *old_content, const char *new_content, struct error *error)
{
    cleanup_json cJSON *old_tree = NULL;
    cleanup_json cJSON *new_tree = NULL;
    const cJSON *old, *new;
    size_t size;

    if (json_parse(old_content, strlen(old_content), &old_tree, NULL) < 0 ||
        json_parse(new_content, strlen(new_content), &new_tree, error) < 0)
        return 0;
    old = json_at(old_tree, "modulesContent", "$edgeAgent", NULL);
    new = json_at(new_tree, "modulesContent", "$edgeAgent", NULL);
    if (!is_layer(old) || !is_layer(new))
        return 0;
    size = union_size(old, new);
    if (size > TWIN_MAX_SIZE)
        return error_set(error, "the old and the new modules together take %zu bytes of a twin, and IoT Hub takes %d",
                         size, TWIN_MAX_SIZE);
    return check_ports(old, new, error);
}
