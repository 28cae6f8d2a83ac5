/* How edgeAgent reads create options; what comes after it is in create_options_try.c. */
#include "emulator/create_options.h"

#include "common/json.h"
#include "common/strbuf.h"
#include "emulator/any_case.h"
#include "emulator/memory.h"
#include "emulator/shape.h"

#define MOST_CHUNKS 100

#define RECORD(fields_)                                                                                                \
    {                                                                                                                  \
        .kind = EMULATOR_SHAPE_RECORD, .fields = (fields_), .field_count = array_length(fields_)                       \
    }

static const struct emulator_shape text = {.kind = EMULATOR_SHAPE_TEXT};
static const struct emulator_shape integer = {.kind = EMULATOR_SHAPE_INTEGER};
static const struct emulator_shape truth = {.kind = EMULATOR_SHAPE_TRUTH};
static const struct emulator_shape texts = {.kind = EMULATOR_SHAPE_LIST, .item = &text};
static const struct emulator_shape integers = {.kind = EMULATOR_SHAPE_LIST, .item = &integer};
static const struct emulator_shape text_map = {.kind = EMULATOR_SHAPE_MAP, .item = &text};
static const struct emulator_shape nothing = {.kind = EMULATOR_SHAPE_RECORD};
static const struct emulator_shape set = {.kind = EMULATOR_SHAPE_MAP, .item = &nothing};

static const struct emulator_field binding_fields[] = {{"HostIp", &text}, {"HostPort", &text}};
static const struct emulator_shape binding = RECORD(binding_fields);
static const struct emulator_shape bindings = {.kind = EMULATOR_SHAPE_LIST, .item = &binding};
static const struct emulator_shape port_bindings = {.kind = EMULATOR_SHAPE_MAP, .item = &bindings};
static const struct emulator_field mount_fields[] = {
    {"Type", &text}, {"Source", &text}, {"Target", &text}, {"ReadOnly", &truth}};
static const struct emulator_shape mount = RECORD(mount_fields);
static const struct emulator_shape mounts = {.kind = EMULATOR_SHAPE_LIST, .item = &mount};
static const struct emulator_field device_fields[] = {
    {"PathOnHost", &text}, {"PathInContainer", &text}, {"CgroupPermissions", &text}};
static const struct emulator_shape device = RECORD(device_fields);
static const struct emulator_shape devices = {.kind = EMULATOR_SHAPE_LIST, .item = &device};
static const struct emulator_field ulimit_fields[] = {{"Name", &text}, {"Soft", &integer}, {"Hard", &integer}};
static const struct emulator_shape ulimit = RECORD(ulimit_fields);
static const struct emulator_shape ulimits = {.kind = EMULATOR_SHAPE_LIST, .item = &ulimit};
static const struct emulator_field log_fields[] = {{"Type", &text}, {"Config", &text_map}};
static const struct emulator_shape log_config = RECORD(log_fields);
static const struct emulator_field restart_fields[] = {{"Name", &text}, {"MaximumRetryCount", &integer}};
static const struct emulator_shape restart = RECORD(restart_fields);

static const struct emulator_field host_fields[] = {
    {"Binds", &texts},
    {"VolumesFrom", &texts},
    {"CapAdd", &texts},
    {"CapDrop", &texts},
    {"Dns", &texts},
    {"DnsOptions", &texts},
    {"DnsSearch", &texts},
    {"ExtraHosts", &texts},
    {"Links", &texts},
    {"SecurityOpt", &texts},
    {"GroupAdd", &texts},
    {"NetworkMode", &text},
    {"IpcMode", &text},
    {"PidMode", &text},
    {"UTSMode", &text},
    {"UsernsMode", &text},
    {"CgroupParent", &text},
    {"CpusetCpus", &text},
    {"CpusetMems", &text},
    {"Isolation", &text},
    {"Runtime", &text},
    {"ContainerIDFile", &text},
    {"VolumeDriver", &text},
    {"Cgroup", &text},
    {"InitPath", &text},
    {"Memory", &integer},
    {"MemoryReservation", &integer},
    {"MemorySwap", &integer},
    {"MemorySwappiness", &integer},
    {"KernelMemory", &integer},
    {"NanoCpus", &integer},
    {"CpuShares", &integer},
    {"CpuPeriod", &integer},
    {"CpuQuota", &integer},
    {"CpuRealtimePeriod", &integer},
    {"CpuRealtimeRuntime", &integer},
    {"CpuCount", &integer},
    {"CpuPercent", &integer},
    {"DiskQuota", &integer},
    {"PidsLimit", &integer},
    {"OomScoreAdj", &integer},
    {"ShmSize", &integer},
    {"IOMaximumIOps", &integer},
    {"IOMaximumBandwidth", &integer},
    {"BlkioWeight", &integer},
    {"ConsoleSize", &integers},
    {"Privileged", &truth},
    {"AutoRemove", &truth},
    {"PublishAllPorts", &truth},
    {"ReadonlyRootfs", &truth},
    {"OomKillDisable", &truth},
    {"Init", &truth},
    {"PortBindings", &port_bindings},
    {"Mounts", &mounts},
    {"Devices", &devices},
    {"Ulimits", &ulimits},
    {"LogConfig", &log_config},
    {"RestartPolicy", &restart},
    {"Sysctls", &text_map},
    {"Tmpfs", &text_map},
    {"StorageOpt", &text_map},
};
static const struct emulator_shape host_config = RECORD(host_fields);
static const struct emulator_field endpoint_fields[] = {{"Aliases", &texts}};
static const struct emulator_shape endpoint = RECORD(endpoint_fields);
static const struct emulator_shape endpoints = {.kind = EMULATOR_SHAPE_MAP, .item = &endpoint};
static const struct emulator_field network_fields[] = {{"EndpointsConfig", &endpoints}};
static const struct emulator_shape network = RECORD(network_fields);
static const struct emulator_field agent_fields[] = {
    {"Env", &texts},  {"ExposedPorts", &set}, {"HostConfig", &host_config},
    {"Image", &text}, {"Labels", &text_map},  {"NetworkingConfig", &network},
};
static const struct emulator_shape agent_options = RECORD(agent_fields);

/* A settings key that has "createoptions" anywhere in it, in any letter case, is a chunk. */
static const char *chunk_number(const char *key)
{
    static const char word[] = "createoptions";
    const char *found = strcasestr(key, word);

    return found ? found + strlen(word) : NULL;
}

static int chunk_order(const void *a, const void *b)
{
    const cJSON *const *one = a, *const *other = b;

    return strcasecmp((*one)->string, (*other)->string);
}

static int number_check(const char *number, size_t place, struct error *error)
{
    size_t digits = strspn(number, "0123456789");

    if (place == 0)
        return digits == 0 ? 0
                           : error_set(error,
                                       "Error while parsing chunked field, expected empty field number but found "
                                       "\"%.*s\"",
                                       (int)digits, number);
    if (digits > 0 && digits < 9 && strtoul(number, NULL, 10) == place)
        return 0;
    return error_set(error, "Error while parsing chunked field, expected createOptions%02zu found createOptions%.*s",
                     place, (int)digits, number);
}

/* The chunks in the order of their names, which is wrong for numbers without leading zeros beyond 9. */
static size_t chunks_collect(const cJSON *settings, const cJSON *chunks[MOST_CHUNKS])
{
    const cJSON *member;
    size_t count = 0;

    cJSON_ArrayForEach(member, settings)
    {
        if (chunk_number(member->string) && count < MOST_CHUNKS)
            chunks[count++] = member;
    }
    qsort(chunks, count, sizeof(*chunks), chunk_order);
    return count;
}

static int chunks_join(const cJSON *settings, struct strbuf *joined, const cJSON **ret_object, struct error *error)
{
    const cJSON *chunks[MOST_CHUNKS];
    size_t count = chunks_collect(settings, chunks);

    *ret_object = NULL;
    for (size_t i = 0; i < count; i++) {
        if (number_check(chunk_number(chunks[i]->string), i, error) < 0)
            return -1;
        if (cJSON_IsObject(chunks[i]) && count == 1)
            *ret_object = chunks[i];
        else if (cJSON_IsString(chunks[i]))
            strbuf_add_string(joined, chunks[i]->valuestring);
        else if (!cJSON_IsNull(chunks[i]))
            return error_set(error, "%s must be a string", chunks[i]->string);
    }
    return 0;
}

static bool is_blank(const char *value)
{
    return value[strspn(value, " \t\r\n")] == '\0' || strcmp(value, "null") == 0;
}

static int restart_name_check(const cJSON *options, struct error *error)
{
    static const char *const names[] = {"", "no", "always", "on-failure", "unless-stopped"};
    const char *name = emulator_any_case_text(
        emulator_any_case_get(emulator_any_case_get(options, "HostConfig"), "RestartPolicy"), "Name");

    for (size_t i = 0; i < array_length(names); i++)
        if (strcmp(names[i], name) == 0)
            return 0;
    return error_set(error, "createOptions: HostConfig: RestartPolicy: %s is no name of a policy", name);
}

int emulator_create_options_read(const cJSON *settings, cJSON **ret_options, struct error *error)
{
    cleanup_strbuf struct strbuf joined = STRBUF_INIT;
    cleanup_json cJSON *options = NULL;
    const cJSON *object;

    if (chunks_join(settings, &joined, &object, error) < 0)
        return -1;
    if (object)
        options = cJSON_Duplicate(object, true);
    else if (is_blank(strbuf_string(&joined)))
        options = cJSON_CreateObject();
    else if (json_parse(strbuf_string(&joined), joined.length, &options, error) < 0)
        return error_wrap(error, "createOptions");
    if (emulator_shape_check(&agent_options, options, "createOptions", true, error) < 0 ||
        restart_name_check(options, error) < 0)
        return -1;
    *ret_options = steal_ptr(options);
    return 0;
}
