/* From Docker's API (container.Config, HostConfig, NetworkingConfig) and from what edgeAgent types of it
 * (Agent.Docker/models of IoT Edge). */
#include "translate/create_options_fields.h"

#include "common/json.h"
#include "translate/nearest.h"

#include <string.h>
#include <strings.h>

#define MAX_FIELDS 96

#define FIELD(name, kind)                                                                                              \
    {                                                                                                                  \
        name, kind, false, NULL, false                                                                                 \
    }
#define CORRECTED(name, kind)                                                                                          \
    {                                                                                                                  \
        name, kind, true, NULL, false                                                                                  \
    }
/* As CORRECTED, and never null. */
#define SOLID(name, kind)                                                                                              \
    {                                                                                                                  \
        name, kind, true, NULL, true                                                                                   \
    }
#define NESTED(name, kind, members)                                                                                    \
    {                                                                                                                  \
        name, kind, true, members, false                                                                               \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, OPTION_ANY, false, NULL, false                                                                           \
    }

static const struct option_field healthcheck[] = {
    FIELD("Test", OPTION_STRINGS),
    FIELD("Interval", OPTION_INTEGER),
    FIELD("Timeout", OPTION_INTEGER),
    FIELD("Retries", OPTION_INTEGER),
    FIELD("StartPeriod", OPTION_INTEGER),
    FIELD("StartInterval", OPTION_INTEGER),
    END,
};

static const struct option_field endpoint[] = {
    CORRECTED("Aliases", OPTION_STRINGS),
    FIELD("IPAMConfig", OPTION_ANY),
    FIELD("Links", OPTION_STRINGS),
    FIELD("MacAddress", OPTION_STRING),
    FIELD("DriverOpts", OPTION_STRING_MAP),
    FIELD("NetworkID", OPTION_STRING),
    FIELD("EndpointID", OPTION_STRING),
    FIELD("Gateway", OPTION_STRING),
    FIELD("IPAddress", OPTION_STRING),
    FIELD("IPPrefixLen", OPTION_INTEGER),
    FIELD("IPv6Gateway", OPTION_STRING),
    FIELD("GlobalIPv6Address", OPTION_STRING),
    FIELD("GlobalIPv6PrefixLen", OPTION_INTEGER),
    FIELD("GwPriority", OPTION_INTEGER),
    END,
};

static const struct option_field networking_config[] = {
    NESTED("EndpointsConfig", OPTION_OBJECT_MAP, endpoint),
    END,
};

static const struct option_field port_binding[] = {
    CORRECTED("HostIp", OPTION_STRING),
    CORRECTED("HostPort", OPTION_STRING),
    END,
};

static const struct option_field driver_config[] = {
    FIELD("Name", OPTION_STRING),
    FIELD("Options", OPTION_STRING_MAP),
    END,
};

static const struct option_field bind_options[] = {
    CORRECTED("Propagation", OPTION_STRING),      FIELD("NonRecursive", OPTION_BOOL),
    FIELD("CreateMountpoint", OPTION_BOOL),       FIELD("ReadOnlyNonRecursive", OPTION_BOOL),
    FIELD("ReadOnlyForceRecursive", OPTION_BOOL), END,
};

static const struct option_field volume_options[] = {
    CORRECTED("NoCopy", OPTION_BOOL),
    CORRECTED("Labels", OPTION_STRING_MAP),
    NESTED("DriverConfig", OPTION_OBJECT, driver_config),
    FIELD("Subpath", OPTION_STRING),
    END,
};

static const struct option_field tmpfs_options[] = {
    CORRECTED("SizeBytes", OPTION_INTEGER),
    CORRECTED("Mode", OPTION_UNSIGNED),
    FIELD("Options", OPTION_ANY),
    END,
};

static const struct option_field mount[] = {
    CORRECTED("Type", OPTION_STRING),
    CORRECTED("Source", OPTION_STRING),
    CORRECTED("Target", OPTION_STRING),
    SOLID("ReadOnly", OPTION_BOOL),
    FIELD("Consistency", OPTION_STRING),
    NESTED("BindOptions", OPTION_OBJECT, bind_options),
    NESTED("VolumeOptions", OPTION_OBJECT, volume_options),
    NESTED("TmpfsOptions", OPTION_OBJECT, tmpfs_options),
    FIELD("ImageOptions", OPTION_ANY),
    FIELD("ClusterOptions", OPTION_ANY),
    END,
};

static const struct option_field device[] = {
    CORRECTED("PathOnHost", OPTION_STRING),
    CORRECTED("PathInContainer", OPTION_STRING),
    CORRECTED("CgroupPermissions", OPTION_STRING),
    END,
};

static const struct option_field device_request[] = {
    FIELD("Driver", OPTION_STRING),    FIELD("Count", OPTION_INTEGER),      FIELD("DeviceIDs", OPTION_STRINGS),
    FIELD("Capabilities", OPTION_ANY), FIELD("Options", OPTION_STRING_MAP), END,
};

static const struct option_field ulimit[] = {
    CORRECTED("Name", OPTION_STRING),
    SOLID("Soft", OPTION_INTEGER),
    SOLID("Hard", OPTION_INTEGER),
    END,
};

static const struct option_field log_config[] = {
    CORRECTED("Type", OPTION_STRING),
    CORRECTED("Config", OPTION_STRING_MAP),
    END,
};

static const struct option_field restart_policy[] = {
    SOLID("Name", OPTION_STRING),
    SOLID("MaximumRetryCount", OPTION_INTEGER),
    END,
};

static const struct option_field weight_device[] = {
    CORRECTED("Path", OPTION_STRING),
    SOLID("Weight", OPTION_WEIGHT),
    END,
};

static const struct option_field rate_device[] = {
    CORRECTED("Path", OPTION_STRING),
    SOLID("Rate", OPTION_UNSIGNED),
    END,
};

const struct option_field option_host_config_fields[] = {
    CORRECTED("Binds", OPTION_STRINGS),
    CORRECTED("VolumesFrom", OPTION_STRINGS),
    CORRECTED("CapAdd", OPTION_STRINGS),
    CORRECTED("CapDrop", OPTION_STRINGS),
    CORRECTED("Dns", OPTION_STRINGS),
    CORRECTED("DnsOptions", OPTION_STRINGS),
    CORRECTED("DnsSearch", OPTION_STRINGS),
    CORRECTED("ExtraHosts", OPTION_STRINGS),
    CORRECTED("Links", OPTION_STRINGS),
    CORRECTED("SecurityOpt", OPTION_STRINGS),
    CORRECTED("GroupAdd", OPTION_STRINGS),
    CORRECTED("NetworkMode", OPTION_STRING),
    CORRECTED("IpcMode", OPTION_STRING),
    CORRECTED("PidMode", OPTION_STRING),
    CORRECTED("UTSMode", OPTION_STRING),
    CORRECTED("UsernsMode", OPTION_STRING),
    CORRECTED("CgroupParent", OPTION_STRING),
    CORRECTED("CpusetCpus", OPTION_STRING),
    CORRECTED("CpusetMems", OPTION_STRING),
    CORRECTED("Isolation", OPTION_STRING),
    CORRECTED("Runtime", OPTION_STRING),
    CORRECTED("ContainerIDFile", OPTION_STRING),
    CORRECTED("VolumeDriver", OPTION_STRING),
    CORRECTED("Cgroup", OPTION_STRING),
    CORRECTED("InitPath", OPTION_STRING),
    SOLID("Memory", OPTION_INTEGER),
    SOLID("MemoryReservation", OPTION_INTEGER),
    SOLID("MemorySwap", OPTION_INTEGER),
    CORRECTED("MemorySwappiness", OPTION_INTEGER),
    SOLID("KernelMemory", OPTION_INTEGER),
    SOLID("NanoCpus", OPTION_INTEGER),
    SOLID("CpuShares", OPTION_INTEGER),
    SOLID("CpuPeriod", OPTION_INTEGER),
    SOLID("CpuQuota", OPTION_INTEGER),
    SOLID("CpuRealtimePeriod", OPTION_INTEGER),
    SOLID("CpuRealtimeRuntime", OPTION_INTEGER),
    SOLID("CpuCount", OPTION_INTEGER),
    SOLID("CpuPercent", OPTION_INTEGER),
    SOLID("DiskQuota", OPTION_INTEGER),
    SOLID("PidsLimit", OPTION_INTEGER),
    SOLID("OomScoreAdj", OPTION_INTEGER),
    SOLID("ShmSize", OPTION_INTEGER),
    SOLID("IOMaximumIOps", OPTION_UNSIGNED),
    SOLID("IOMaximumBandwidth", OPTION_UNSIGNED),
    SOLID("BlkioWeight", OPTION_WEIGHT),
    CORRECTED("ConsoleSize", OPTION_UNSIGNEDS),
    SOLID("Privileged", OPTION_BOOL),
    SOLID("AutoRemove", OPTION_BOOL),
    SOLID("PublishAllPorts", OPTION_BOOL),
    SOLID("ReadonlyRootfs", OPTION_BOOL),
    CORRECTED("OomKillDisable", OPTION_BOOL),
    CORRECTED("Init", OPTION_BOOL),
    {"PortBindings", OPTION_LIST_MAP, true, port_binding, true},
    NESTED("Mounts", OPTION_OBJECTS, mount),
    NESTED("Devices", OPTION_OBJECTS, device),
    NESTED("Ulimits", OPTION_OBJECTS, ulimit),
    NESTED("LogConfig", OPTION_OBJECT, log_config),
    NESTED("RestartPolicy", OPTION_OBJECT, restart_policy),
    CORRECTED("Sysctls", OPTION_STRING_MAP),
    CORRECTED("Tmpfs", OPTION_STRING_MAP),
    CORRECTED("StorageOpt", OPTION_STRING_MAP),
    NESTED("BlkioWeightDevice", OPTION_OBJECTS, weight_device),
    NESTED("BlkioDeviceReadBps", OPTION_OBJECTS, rate_device),
    NESTED("BlkioDeviceWriteBps", OPTION_OBJECTS, rate_device),
    NESTED("BlkioDeviceReadIOps", OPTION_OBJECTS, rate_device),
    NESTED("BlkioDeviceWriteIOps", OPTION_OBJECTS, rate_device),
    FIELD("Annotations", OPTION_STRING_MAP),
    FIELD("CgroupnsMode", OPTION_STRING),
    FIELD("DeviceCgroupRules", OPTION_STRINGS),
    {"DeviceRequests", OPTION_OBJECTS, false, device_request, false},
    FIELD("KernelMemoryTCP", OPTION_INTEGER),
    FIELD("MaskedPaths", OPTION_STRINGS),
    FIELD("ReadonlyPaths", OPTION_STRINGS),
    END,
};

const struct option_field option_fields[] = {
    FIELD("Hostname", OPTION_STRING),
    FIELD("Domainname", OPTION_STRING),
    FIELD("User", OPTION_STRING),
    FIELD("AttachStdin", OPTION_BOOL),
    FIELD("AttachStdout", OPTION_BOOL),
    FIELD("AttachStderr", OPTION_BOOL),
    SOLID("ExposedPorts", OPTION_EMPTY_MAP),
    FIELD("Tty", OPTION_BOOL),
    FIELD("OpenStdin", OPTION_BOOL),
    FIELD("StdinOnce", OPTION_BOOL),
    CORRECTED("Env", OPTION_STRINGS),
    FIELD("Cmd", OPTION_STRINGS),
    {"Healthcheck", OPTION_OBJECT, false, healthcheck, false},
    FIELD("ArgsEscaped", OPTION_BOOL),
    CORRECTED("Image", OPTION_STRING),
    FIELD("Volumes", OPTION_EMPTY_MAP),
    FIELD("WorkingDir", OPTION_STRING),
    FIELD("Entrypoint", OPTION_STRINGS),
    FIELD("NetworkDisabled", OPTION_BOOL),
    FIELD("MacAddress", OPTION_STRING),
    FIELD("OnBuild", OPTION_STRINGS),
    SOLID("Labels", OPTION_STRING_MAP),
    FIELD("StopSignal", OPTION_STRING),
    FIELD("StopTimeout", OPTION_INTEGER),
    FIELD("Shell", OPTION_STRINGS),
    NESTED("HostConfig", OPTION_OBJECT, option_host_config_fields),
    NESTED("NetworkingConfig", OPTION_OBJECT, networking_config),
    FIELD("Name", OPTION_STRING),
    END,
};

const struct option_field *option_field_find(const struct option_field *fields, const char *name)
{
    const struct option_field *other_case = NULL;

    for (; fields->name; fields++) {
        if ((fields->name[0] ^ name[0]) & ~0x20)
            continue;
        if (strcasecmp(fields->name, name) != 0)
            continue;
        if (strcmp(fields->name, name) == 0)
            return fields;
        other_case = fields;
    }
    return other_case;
}

const char *option_field_nearest(const struct option_field *fields, const char *name)
{
    const char *names[MAX_FIELDS + 1] = {NULL};

    for (size_t i = 0; i < MAX_FIELDS && fields[i].name; i++)
        names[i] = fields[i].name;
    return nearest_name(name, strlen(name), names);
}

const cJSON *option_get(const cJSON *object, const char *name)
{
    const cJSON *found = json_get(object, name);

    for (const cJSON *item = cJSON_IsObject(object) && !found ? object->child : NULL; item && !found;
         item = item->next) {
        if (strcasecmp(item->string, name) == 0)
            found = item;
    }
    return cJSON_IsNull(found) ? NULL : found;
}
