/* From Docker's own checks (daemon/container.go, daemon_unix.go, runconfig of moby). */
#include "translate/create_options_rules.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/create_options_fields.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MIN_MEMORY   6291456.0
#define MIN_INTERVAL 1000000.0
#define MAX_SIGNAL   64

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = option_get(object, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

/* A number, or one in text; 0 when there is none. */
static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = option_get(object, name);

    if (cJSON_IsString(item))
        return strtod(item->valuestring, NULL);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(option_get(object, name)) || strcasecmp(text_of(object, name), "true") == 0 ||
           (cJSON_IsNumber(option_get(object, name)) && (number_of(object, name) > 0 || number_of(object, name) < 0));
}

static bool has_items(const cJSON *object, const char *name)
{
    const cJSON *item = option_get(object, name);

    return item && item->child;
}

/* --- the container --- */

static bool is_signal(const char *name)
{
    static const char *const signals[] = {
        "ABRT", "ALRM", "BUS",  "CHLD", "CLD",  "CONT", "FPE",    "HUP",    "ILL",  "INT",  "IO",   "IOT",
        "KILL", "PIPE", "POLL", "PROF", "PWR",  "QUIT", "SEGV",   "STKFLT", "STOP", "SYS",  "TERM", "TRAP",
        "TSTP", "TTIN", "TTOU", "URG",  "USR1", "USR2", "VTALRM", "WINCH",  "XCPU", "XFSZ",
    };
    size_t digits = strspn(name, "0123456789");
    long number = digits && digits < 4 && !name[digits] ? strtol(name, NULL, 10) : 0;

    if (digits && !name[digits])
        return number >= 1 && number <= MAX_SIGNAL;
    if (strncasecmp(name, "SIG", 3) == 0)
        name += 3;
    if (strncasecmp(name, "RTMIN", 5) == 0 || strncasecmp(name, "RTMAX", 5) == 0)
        return true;
    for (size_t i = 0; i < array_length(signals); i++) {
        if (strcasecmp(name, signals[i]) == 0)
            return true;
    }
    return false;
}

static void check_healthcheck(const cJSON *options, const char *field, struct findings *findings)
{
    static const char *const times[] = {"Interval", "Timeout", "StartPeriod", "StartInterval"};
    const cJSON *check = option_get(options, "Healthcheck");
    char path[FIELD_PATH_SIZE], shown[32];

    for (size_t i = 0; i < array_length(times); i++) {
        double time = number_of(check, times[i]);

        if (time >= MIN_INTERVAL || (time <= 0 && time >= 0))
            continue;
        (void)snprintf(shown, sizeof(shown), "%.17g", time);
        findings_add_error(findings, FIELD_INVALID, field_path(path, "%s.Healthcheck.%s", field, times[i]), shown,
                           "counts nanoseconds: Docker takes 0, or at least 1000000 (a millisecond)");
    }
    if (number_of(check, "Retries") < 0)
        findings_add_error(findings, FIELD_INVALID, field_path(path, "%s.Healthcheck.Retries", field), NULL,
                           "must not be below 0");
}

static void check_container(const cJSON *options, const char *field, struct findings *findings)
{
    const char *directory = text_of(options, "WorkingDir");
    const char *signal = text_of(options, "StopSignal");
    char path[FIELD_PATH_SIZE];

    if (*directory && *directory != '/')
        findings_add_error(findings, FIELD_INVALID, field_path(path, "%s.WorkingDir", field), directory,
                           "must be absolute: begin with /");
    if (*signal && !is_signal(signal))
        findings_add_error(findings, FIELD_INVALID, field_path(path, "%s.StopSignal", field), signal,
                           "must be a signal such as SIGTERM, or its number");
    if (option_get(options, "Image"))
        findings_add_warning(findings, "%s.Image is replaced by the image of the container", field);
    if (option_get(options, "Name"))
        findings_add_warning(findings, "%s.Name is ignored: the module's name is the container's", field);
    check_healthcheck(options, field, findings);
}

/* --- HostConfig --- */

static void check_restart_policy(const cJSON *host, const char *field, struct findings *findings)
{
    static const char *const names[] = {"", "no", "always", "on-failure", "unless-stopped"};
    const cJSON *policy = option_get(host, "RestartPolicy");
    const char *name = text_of(policy, "Name");
    double count = number_of(policy, "MaximumRetryCount");
    char path[FIELD_PATH_SIZE];
    bool known = false;

    field_path(path, "%s.HostConfig.RestartPolicy", field);
    for (size_t i = 0; i < array_length(names); i++)
        known = known || strcmp(name, names[i]) == 0;
    if (!known)
        findings_add_error(findings, FIELD_NOT_SUPPORTED, path, name,
                           "supported values: \"no\", \"always\", \"on-failure\", \"unless-stopped\"");
    else if (count < 0 || (count > 0 && strcmp(name, "on-failure") != 0))
        findings_add_error(findings, FIELD_INVALID, path, name,
                           "MaximumRetryCount is above 0 only with \"on-failure\", and never below");
    else if (is_true(host, "AutoRemove") && *name && strcmp(name, "no") != 0)
        findings_add_error(findings, FIELD_INVALID, path, name, "cannot be with AutoRemove");
    else if (option_get(policy, "Name")) /* edgeAgent makes a number of it, and Docker takes none */
        findings_add_warning(findings, "%s: devices fail on it; the module has its own restartPolicy", path);
}

static void check_resources(const cJSON *host, const char *field, struct findings *findings)
{
    double memory = number_of(host, "Memory");
    char path[FIELD_PATH_SIZE], shown[32];

    (void)snprintf(shown, sizeof(shown), "%.17g", memory);
    if ((memory > 0 && memory < MIN_MEMORY) || memory < 0)
        findings_add_error(findings, FIELD_INVALID, field_path(path, "%s.HostConfig.Memory", field), shown,
                           "counts bytes: Docker takes at least 6291456 (6 MiB)");
    if (number_of(host, "NanoCpus") > 0 && (number_of(host, "CpuPeriod") > 0 || number_of(host, "CpuQuota") > 0))
        findings_add_error(findings, FIELD_FORBIDDEN, field_path(path, "%s.HostConfig.NanoCpus", field), NULL,
                           "cannot be with CpuPeriod or CpuQuota: both limit the processors");
}

static void forbid(const char *name, bool present, const char *path, const char *mode, struct findings *findings)
{
    char place[FIELD_PATH_SIZE];

    if (present)
        findings_add_error(findings, FIELD_FORBIDDEN, field_path(place, "%s.%s", path, name), NULL,
                           "Docker refuses it with %s", mode);
}

static void check_network(const cJSON *options, const cJSON *host, const char *field, struct findings *findings)
{
    static const char *const own[] = {"Links", "Dns", "ExtraHosts", "PortBindings"};
    const char *mode = text_of(host, "NetworkMode");
    const cJSON *endpoints = option_get(option_get(options, "NetworkingConfig"), "EndpointsConfig");
    char path[FIELD_PATH_SIZE];

    field_path(path, "%s.HostConfig", field);
    if (strncmp(mode, "container:", strlen("container:")) == 0) {
        forbid("Hostname", *text_of(options, "Hostname"), field, "NetworkMode container:", findings);
        for (size_t i = 0; i < array_length(own); i++)
            forbid(own[i], has_items(host, own[i]), path, "NetworkMode container:", findings);
    }
    if (strcmp(mode, "host") == 0) {
        forbid("Links", has_items(host, "Links"), path, "NetworkMode host", findings);
        if (!endpoints)
            findings_add_warning(
                findings, "%s: NetworkMode host needs NetworkingConfig {\"EndpointsConfig\":{\"host\":{}}}", field);
        if (has_items(host, "PortBindings"))
            findings_add_warning(findings, "%s.PortBindings does nothing with NetworkMode host", path);
    }
    if (strcmp(text_of(host, "UTSMode"), "host") == 0)
        forbid("Hostname", *text_of(options, "Hostname"), field, "UTSMode host", findings);
    if (endpoints && endpoints->child && endpoints->child->next)
        findings_add_warning(findings, "%s: more than one network needs Docker 25 on the device", field);
}

void create_options_check_rules(const cJSON *options, const char *field, struct findings *findings)
{
    const cJSON *host = option_get(options, "HostConfig");

    check_container(options, field, findings);
    check_restart_policy(host, field, findings);
    check_resources(host, field, findings);
    check_network(options, host, field, findings);
}
