/* What edgelet and dockerd, the second and the third reader, say of create options. */
#include "common/cleanup.h"
#include "emulator/any_case.h"
#include "emulator/create_options.h"
#include "emulator/shape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct emulator_shape text = {.kind = EMULATOR_SHAPE_TEXT};
static const struct emulator_shape texts = {.kind = EMULATOR_SHAPE_LIST, .item = &text};
static const struct emulator_shape nothing = {.kind = EMULATOR_SHAPE_RECORD};
static const struct emulator_shape set = {.kind = EMULATOR_SHAPE_MAP, .item = &nothing};

/* What edgelet reads itself and edgeAgent hands on as it is. */
static const struct emulator_field edgelet_fields[] = {
    {"Hostname", &text}, {"Cmd", &texts}, {"Entrypoint", &texts}, {"Volumes", &set}};
static const struct emulator_shape edgelet_options = {
    .kind = EMULATOR_SHAPE_RECORD, .fields = edgelet_fields, .field_count = array_length(edgelet_fields)};

/* Whether the list, whose words have blanks between them, has that one, in any letter case. */
static bool has_word(const char *words, const char *word)
{
    size_t length;

    for (; *words; words += length + strspn(words + length, " ")) {
        length = strcspn(words, " ");
        if (strlen(word) == length && strncasecmp(words, word, length) == 0)
            return true;
    }
    return false;
}

/* With or without its prefix. */
static const char *behind(const char *word, const char *prefix)
{
    return strncasecmp(word, prefix, strlen(prefix)) == 0 ? word + strlen(prefix) : word;
}

static int environment_check(const cJSON *options, struct error *error)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, emulator_any_case_get(options, "Env"))
    {
        if (cJSON_IsString(entry) && (entry->valuestring[0] == '\0' || entry->valuestring[0] == '='))
            return error_set(error, "invalid environment variable: %s", entry->valuestring);
    }
    return 0;
}

/* "80", "80/tcp", and for the host also a range "80-90". */
static bool is_port(const char *value, bool protocol, bool range)
{
    char *end;
    unsigned long port = strtoul(value, &end, 10);

    if (*value < '0' || *value > '9' || port > 65535 || (protocol && port == 0))
        return false;
    if (range && *end == '-')
        return is_port(end + 1, false, false);
    return *end == '\0' ||
           (protocol && (strcmp(end, "/tcp") == 0 || strcmp(end, "/udp") == 0 || strcmp(end, "/sctp") == 0));
}

static int ports_check(const cJSON *options, const cJSON *host, struct error *error)
{
    const cJSON *port, *one;

    cJSON_ArrayForEach(port, emulator_any_case_get(options, "ExposedPorts"))
    {
        if (!is_port(port->string, true, false))
            return error_set(error, "invalid port specification: \"%s\"", port->string);
    }
    cJSON_ArrayForEach(port, emulator_any_case_get(host, "PortBindings"))
    {
        if (!is_port(port->string, true, false))
            return error_set(error, "invalid port specification: \"%s\"", port->string);
        cJSON_ArrayForEach(one, port)
        {
            const char *value = emulator_any_case_text(one, "HostPort");
            if (*value && !is_port(value, false, true))
                return error_set(error, "invalid port specification: \"%s\"", value);
        }
    }
    return 0;
}

static int mount_check(const cJSON *all, const cJSON *one, struct error *error)
{
    const char *type = emulator_any_case_text(one, "Type"), *target = emulator_any_case_text(one, "Target"),
               *source = emulator_any_case_text(one, "Source");
    const cJSON *other;

    if (strcmp(type, "bind") != 0 && strcmp(type, "volume") != 0 && strcmp(type, "tmpfs") != 0)
        return error_set(error, "invalid mount config for type \"%s\": mount type unknown", type);
    if (!*target)
        return error_set(error, "invalid mount config for type \"%s\": field Target must not be empty", type);
    if (strcmp(type, "bind") == 0 && *source != '/')
        return error_set(error,
                         "invalid mount config for type \"bind\": invalid mount path: '%s' mount path must be absolute",
                         source);
    cJSON_ArrayForEach(other, all)
    {
        if (other == one)
            break;
        if (strcmp(emulator_any_case_text(other, "Target"), target) == 0)
            return error_set(error, "Duplicate mount point: %s", target);
    }
    return 0;
}

static int mounts_check(const cJSON *host, struct error *error)
{
    const cJSON *all = emulator_any_case_get(host, "Mounts");
    const cJSON *one;

    cJSON_ArrayForEach(one, all)
    {
        if (mount_check(all, one, error) < 0)
            return -1;
    }
    return 0;
}

static int resources_check(const cJSON *host, struct error *error)
{
    double memory = emulator_any_case_number(host, "Memory");

    if (memory > 0 && memory < 6291456)
        return error_set(error, "Minimum memory limit allowed is 6MB");
    if (emulator_any_case_number(host, "NanoCpus") > 0 &&
        (emulator_any_case_number(host, "CpuPeriod") > 0 || emulator_any_case_number(host, "CpuQuota") > 0))
        return error_set(error, "Conflicting options: Nano CPUs and CPU Period or Quota cannot both be set.");
    return 0;
}

static int restart_check(const cJSON *host, struct error *error)
{
    const cJSON *policy = emulator_any_case_get(host, "RestartPolicy");
    const char *name = emulator_any_case_text(policy, "Name");

    if (emulator_any_case_number(policy, "MaximumRetryCount") > 0 && strcmp(name, "on-failure") != 0)
        return error_set(error, "maximum retry count cannot be used with restart policy '%s'", name);
    if (cJSON_IsTrue(emulator_any_case_get(host, "AutoRemove")) && *name && strcmp(name, "no") != 0)
        return error_set(error, "can't create 'AutoRemove' container with restart policy");
    return 0;
}

static int network_check(const cJSON *options, const cJSON *host, struct error *error)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, emulator_any_case_get(host, "ExtraHosts"))
    {
        if (cJSON_IsString(entry) && !strpbrk(entry->valuestring, ":="))
            return error_set(error, "bad format for add-host: \"%s\"", entry->valuestring);
    }
    if (strcmp(emulator_any_case_text(host, "NetworkMode"), "host") == 0 &&
        cJSON_GetArraySize(emulator_any_case_get(host, "Links")) > 0)
        return error_set(error, "conflicting options: host type networking can't be used with links");
    if (strcmp(emulator_any_case_text(host, "UTSMode"), "host") == 0 && *emulator_any_case_text(options, "Hostname"))
        return error_set(error, "conflicting options: hostname and the UTS mode");
    return 0;
}

static int capabilities_check(const cJSON *list, struct error *error)
{
    static const char known[] =
        "ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN "
        "DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE "
        "MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP "
        "SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT "
        "SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM";
    const cJSON *entry;

    cJSON_ArrayForEach(entry, list)
    {
        if (cJSON_IsString(entry) && !has_word(known, behind(entry->valuestring, "CAP_")))
            return error_set(error, "invalid capability: \"%s\" is not a valid capability", entry->valuestring);
    }
    return 0;
}

static int signal_check(const char *name, struct error *error)
{
    static const char known[] =
        "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT "
        "STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ";
    const char *word = behind(name, "SIG");
    bool number = name[strspn(name, "0123456789")] == '\0' && strtoul(name, NULL, 10) > 0;

    /* The real-time signals are RTMIN, RTMIN+1 and so on. */
    if (*name == '\0' || number || strncasecmp(word, "RTM", 3) == 0 || has_word(known, word))
        return 0;
    return error_set(error, "invalid signal: %s", name);
}

#define NANOSECONDS_PER_MILLISECOND 1000000

static int health_check(const cJSON *health, struct error *error)
{
    static const char *const times[] = {"Interval", "Timeout", "StartPeriod"};

    for (size_t i = 0; i < array_length(times); i++) {
        double time = emulator_any_case_number(health, times[i]);
        if (time < 0 || (time > 0 && time < NANOSECONDS_PER_MILLISECOND))
            return error_set(error, "%s in Healthcheck cannot be less than 1ms", times[i]);
    }
    if (emulator_any_case_number(health, "Retries") < 0)
        return error_set(error, "Retries in Healthcheck cannot be negative");
    return 0;
}

/* A container in the network of another one has no name, ports or hosts of its own. */
static int shared_network_check(const cJSON *options, const cJSON *host, struct error *error)
{
    static const char *const own[] = {"Links", "Dns", "ExtraHosts", "PortBindings"};

    if (strncmp(emulator_any_case_text(host, "NetworkMode"), "container:", strlen("container:")) != 0)
        return 0;
    if (*emulator_any_case_text(options, "Hostname"))
        return error_set(error, "conflicting options: hostname and the network mode");
    if (cJSON_GetArraySize(emulator_any_case_get(options, "ExposedPorts")) > 0)
        return error_set(error, "conflicting options: port exposing and the container type network mode");
    for (size_t i = 0; i < array_length(own); i++)
        if (cJSON_GetArraySize(emulator_any_case_get(host, own[i])) > 0)
            return error_set(error, "conflicting options: %s and the container type network mode", own[i]);
    return 0;
}

static int docker_check(const cJSON *options, const cJSON *host, struct error *error)
{
    const char *folder = emulator_any_case_text(options, "WorkingDir");

    if (*folder && *folder != '/')
        return error_set(error, "the working directory '%s' is invalid, it needs to be an absolute path", folder);
    if (environment_check(options, error) < 0 ||
        signal_check(emulator_any_case_text(options, "StopSignal"), error) < 0 ||
        health_check(emulator_any_case_get(options, "Healthcheck"), error) < 0)
        return -1;
    if (ports_check(options, host, error) < 0 || mounts_check(host, error) < 0 || resources_check(host, error) < 0 ||
        restart_check(host, error) < 0)
        return -1;
    if (capabilities_check(emulator_any_case_get(host, "CapAdd"), error) < 0 ||
        capabilities_check(emulator_any_case_get(host, "CapDrop"), error) < 0)
        return -1;
    return network_check(options, host, error) < 0 ? -1 : shared_network_check(options, host, error);
}

int emulator_create_options_try(const cJSON *options, struct error *error)
{
    if (emulator_shape_check(&edgelet_options, options, "createOptions", false, error) < 0)
        return -1;
    return docker_check(options, emulator_any_case_get(options, "HostConfig"), error);
}
