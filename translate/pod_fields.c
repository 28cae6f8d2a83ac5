#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "translate/env_source.h"
#include "translate/pod_reading.h"
#include "translate/security.h"
#include "translate/volumes.h"

#include <arpa/inet.h>
#include <string.h>

/* Always, OnFailure, Never in the device's words; NULL for anything else. */
static const char *device_restart_policy(const char *policy)
{
    static const char *const names[][2] = {{"Always", "always"}, {"OnFailure", "on-failure"}, {"Never", "never"}};

    for (size_t i = 0; i < array_length(names); i++) {
        if (strcmp(policy, names[i][0]) == 0)
            return names[i][1];
    }
    return NULL;
}

void pod_read_restart_policy(struct pod_reading *reading, const cJSON *item)
{
    const char *policy = device_restart_policy(cJSON_IsString(item) ? item->valuestring : "");

    if (pod_item_is_empty(item))
        return;
    if (!policy)
        pod_error(reading, FIELD_NOT_SUPPORTED, "restartPolicy",
                  cJSON_IsString(item) ? item->valuestring : json_type_name(item),
                  "supported values: \"Always\", \"OnFailure\", \"Never\"");
    /* The container's own wins: it is read first. */
    else if (reading->wishes && !reading->wishes->restart_policy)
        reading->wishes->restart_policy = policy;
}

static void refuse_init_containers(struct pod_reading *reading, const cJSON *item)
{
    if (item->child)
        pod_error(reading, FIELD_FORBIDDEN, item->string, NULL,
                  "IoT Edge starts all modules at once and has nothing like an init container");
}

static void refuse_ephemeral(struct pod_reading *reading, const cJSON *item)
{
    if (item->child)
        pod_error(reading, FIELD_FORBIDDEN, item->string, NULL, "a device has no debugging containers");
}

static void read_host_network(struct pod_reading *reading, const cJSON *item)
{
    cJSON *networking;

    if (!cJSON_IsTrue(item))
        return;
    pod_add_string(reading, pod_host_config(reading), "NetworkMode", "host");
    /* Without it the edge agent adds its own network, and Docker refuses two. */
    networking = pod_member_object(reading, pod_options(reading), "NetworkingConfig");
    pod_member_object(reading, pod_member_object(reading, networking, "EndpointsConfig"), "host");
}

static void read_host_pid(struct pod_reading *reading, const cJSON *item)
{
    if (cJSON_IsTrue(item))
        pod_add_string(reading, pod_host_config(reading), "PidMode", "host");
}

static void read_host_ipc(struct pod_reading *reading, const cJSON *item)
{
    if (cJSON_IsTrue(item))
        pod_add_string(reading, pod_host_config(reading), "IpcMode", "host");
}

static void refuse_shared_processes(struct pod_reading *reading, const cJSON *item)
{
    if (cJSON_IsTrue(item))
        pod_error(reading, FIELD_FORBIDDEN, "shareProcessNamespace", NULL,
                  "modules are containers by themselves; hostPID shows all processes of the device");
}

static void refuse_user_namespace(struct pod_reading *reading, const cJSON *item)
{
    if (cJSON_IsFalse(item))
        pod_error(reading, FIELD_FORBIDDEN, "hostUsers", NULL,
                  "user namespaces are set up on the device, for all of its containers");
}

static void read_hostname(struct pod_reading *reading, const cJSON *item)
{
    bool host_network = json_bool(reading->pod_spec, "hostNetwork", false);

    if (pod_item_is_empty(item) || !cJSON_IsString(item))
        return;
    if (host_network)
        pod_error(reading, FIELD_FORBIDDEN, item->string, NULL, "with hostNetwork a module has the device's host name");
    else if (strcmp(item->string, "hostnameOverride") == 0 || !json_string(reading->pod_spec, "hostnameOverride"))
        pod_add_string(reading, pod_options(reading), "Hostname", item->valuestring);
}

static void warn_ignored(struct pod_reading *reading, const cJSON *item)
{
    if (!pod_item_is_empty(item))
        pod_warning(reading, "a device has nothing like %s: it is ignored", item->string);
}

static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static void read_alias(struct pod_reading *reading, const cJSON *item, size_t index)
{
    const char *ip = json_string_or(item, "ip", "");
    const cJSON *names = json_get(item, "hostnames");
    char place[FIELD_PATH_SIZE];
    const cJSON *name;

    if (!is_address(ip)) {
        pod_error(reading, FIELD_INVALID, field_path(place, "hostAliases[%zu].ip", index), ip, "must be an IP address");
        return;
    }
    field_path(place, "hostAliases[%zu].hostnames", index);
    if (pod_item_is_empty(names) || !pod_check_strings(reading, names, place))
        return;
    cJSON_ArrayForEach(name, names)
    {
        cleanup_strbuf struct strbuf text = STRBUF_INIT;

        strbuf_add_format(&text, "%s:%s", name->valuestring, ip);
        pod_append_string(reading, pod_member_array(reading, pod_host_config(reading), "ExtraHosts"),
                          strbuf_string(&text));
        reading->failed |= text.failed;
    }
}

static void read_aliases(struct pod_reading *reading, const cJSON *item)
{
    size_t index = 0;

    for (const cJSON *alias = cJSON_IsArray(item) ? item->child : NULL; alias; alias = alias->next)
        read_alias(reading, alias, index++);
}

static void read_dns_policy(struct pod_reading *reading, const cJSON *item)
{
    const char *policy = cJSON_IsString(item) ? item->valuestring : "";

    if (pod_item_is_empty(item) || strcmp(policy, "ClusterFirst") == 0)
        return;
    if (strcmp(policy, "None") != 0)
        pod_warning(reading, "dnsPolicy %s: a device has its own name servers; give others with None and dnsConfig",
                    policy);
    else if (pod_item_is_empty(json_at(reading->pod_spec, "dnsConfig", "nameservers", NULL)))
        pod_error(reading, FIELD_REQUIRED, "dnsConfig.nameservers", NULL, "dnsPolicy None needs them");
}

static void read_dns_list(struct pod_reading *reading, const cJSON *config, const char *name, const char *option)
{
    const cJSON *list = json_get(config, name);
    char place[FIELD_PATH_SIZE];
    const cJSON *item;

    if (pod_item_is_empty(list) || !pod_check_strings(reading, list, field_path(place, "dnsConfig.%s", name)))
        return;
    cJSON_ArrayForEach(item, list)
        pod_append_string(reading, pod_member_array(reading, pod_host_config(reading), option), item->valuestring);
}

static void read_dns_config(struct pod_reading *reading, const cJSON *item)
{
    const cJSON *options = json_get(item, "options");
    const cJSON *option;

    read_dns_list(reading, item, "nameservers", "Dns");
    read_dns_list(reading, item, "searches", "DnsSearch");
    cJSON_ArrayForEach(option, options)
    {
        cleanup_strbuf struct strbuf text = STRBUF_INIT;
        const char *value = json_string_or(option, "value", "");

        strbuf_add_format(&text, "%s%s%s", json_string_or(option, "name", ""), *value ? ":" : "", value);
        pod_append_string(reading, pod_member_array(reading, pod_host_config(reading), "DnsOptions"),
                          strbuf_string(&text));
        reading->failed |= text.failed;
    }
}

/* 30 is what the API server fills in, and the runtime's own. */
static void read_grace_period(struct pod_reading *reading, const cJSON *item)
{
    char shown[POD_VALUE_SIZE];
    int64_t seconds;

    if (cJSON_IsNull(item) || (cJSON_IsNumber(item) && item->valuedouble == 30))
        return;
    if (!json_int64(reading->pod_spec, "terminationGracePeriodSeconds", &seconds) || seconds < 0 || seconds > INT32_MAX)
        pod_error(reading, FIELD_INVALID, item->string, pod_value(item, shown),
                  "must be a whole number from 0 to 2147483647");
    else
        pod_add_number(reading, pod_options(reading), "StopTimeout", (double)seconds);
}

static void refuse_deadline(struct pod_reading *reading, const cJSON *item)
{
    if (!pod_item_is_empty(item))
        pod_error(reading, FIELD_FORBIDDEN, item->string, NULL, "a device does not end a module after a time");
}

static void check_os(struct pod_reading *reading, const cJSON *item)
{
    const char *name = json_string_or(item, "name", "linux");

    if (strcmp(name, "linux") != 0)
        pod_error(reading, FIELD_NOT_SUPPORTED, "os.name", name, "supported values: \"linux\"");
}

static void refuse_claims(struct pod_reading *reading, const cJSON *item)
{
    if (!pod_item_is_empty(item))
        pod_error(reading, FIELD_FORBIDDEN, item->string, NULL,
                  "a device has no resource claims: give HostConfig.DeviceRequests or Devices in the createOptions of "
                  "the module's ConfigMap");
}

/* Limits of the whole pod: modules have their own. */
static void warn_of_resources(struct pod_reading *reading, const cJSON *item)
{
    if (!pod_item_is_empty(json_get(item, "limits")))
        pod_warning(reading, "a device limits each module, not the pod: write resources with the containers");
}

/* Judged once; the credentials are written by the edge agent's part. */
static void check_pull_secrets(struct pod_reading *reading, const cJSON *item)
{
    if (!reading->findings || pod_item_is_empty(item))
        return;
    if (reading->annotations->layered)
        pod_error(reading, FIELD_FORBIDDEN, item->string, NULL,
                  "a layered deployment cannot carry credentials: give them to the base deployment");
    else
        (void)env_source_secrets_allowed(reading, item->string);
}

const struct pod_field pod_fields[] = {
    {"containers", NULL},
    {"restartPolicy", pod_read_restart_policy},
    {"terminationGracePeriodSeconds", read_grace_period},
    {"dnsPolicy", read_dns_policy},
    {"securityContext", security_read_pod},
    {"nodeSelector", NULL},
    {"affinity", NULL},
    {"tolerations", NULL},
    {"schedulingGates", NULL},
    {"schedulerName", NULL},
    {"volumes", volumes_read},
    {"hostNetwork", read_host_network},
    {"hostPID", read_host_pid},
    {"hostIPC", read_host_ipc},
    {"hostUsers", refuse_user_namespace},
    {"shareProcessNamespace", refuse_shared_processes},
    {"hostname", read_hostname},
    {"hostnameOverride", read_hostname},
    {"setHostnameAsFQDN", warn_ignored},
    {"subdomain", warn_ignored},
    {"hostAliases", read_aliases},
    {"dnsConfig", read_dns_config},
    {"imagePullSecrets", check_pull_secrets},
    {"initContainers", refuse_init_containers},
    {"ephemeralContainers", refuse_ephemeral},
    {"activeDeadlineSeconds", refuse_deadline},
    {"os", check_os},
    {"resources", warn_of_resources},
    {"resourceClaims", refuse_claims},
    {"readinessGates", warn_ignored},
    {"runtimeClassName", warn_ignored},
    {"nodeName", NULL},
    {"serviceAccountName", NULL},
    {"serviceAccount", NULL},
    {"automountServiceAccountToken", NULL},
    {"enableServiceLinks", NULL},
    {"priority", NULL},
    {"priorityClassName", NULL},
    {"preemptionPolicy", NULL},
    {"topologySpreadConstraints", NULL},
    {"overhead", NULL},
    {NULL, NULL},
};
