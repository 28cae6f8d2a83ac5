#include "virtual_node/object.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/node_labels.h"

#include <string.h>

static void write_labels(struct json_writer *w, const struct node_facts *facts)
{
    json_name(w, "labels");
    json_begin_object(w);
    struct node_label label;
    for (size_t i = 0; (label = node_label_at(i, facts->name)).name; i++)
        json_member_string(w, label.name, label.value);
    json_end_object(w);
}

static void write_taint(struct json_writer *w, const char *key, const char *value)
{
    json_begin_object(w);
    json_member_string(w, "key", key);
    if (value)
        json_member_string(w, "value", value);
    json_member_string(w, "effect", "NoSchedule");
    json_end_object(w);
}

/* The first taint is that of all virtual nodes, which pods made for others may tolerate; the second is ours alone. */
static void write_spec(struct json_writer *w, const struct node_facts *facts)
{
    cleanup_strbuf struct strbuf provider = STRBUF_INIT;
    strbuf_add_format(&provider, "iot-edge://%s", facts->hub);
    json_name(w, "spec");
    json_begin_object(w);
    json_member_string(w, "providerID", strbuf_string(&provider));
    json_name(w, "taints");
    json_begin_array(w);
    write_taint(w, "virtual-kubelet.io/provider", "iotedge");
    write_taint(w, "iot-edge-connector/edge", NULL);
    json_end_array(w);
    json_end_object(w);
}

static void write_condition(struct json_writer *w, const struct node_condition *condition, const cJSON *live,
                            const char *now)
{
    const cJSON *before = node_status_condition(live, condition->type);
    const char *status = node_condition_status_text(condition->status);
    bool same = !strcmp(json_string_or(before, "status", ""), status);
    json_begin_object(w);
    json_member_string(w, "type", condition->type);
    json_member_string(w, "status", status);
    json_member_string(w, "reason", condition->reason);
    json_member_string(w, "message", condition->message);
    json_member_string(w, "lastHeartbeatTime", now);
    json_member_string(w, "lastTransitionTime", same ? json_string_or(before, "lastTransitionTime", now) : now);
    json_end_object(w);
}

static void write_resources(struct json_writer *w, const char *name, const struct node_facts *facts)
{
    json_name(w, name);
    json_begin_object(w);
    json_member_string(w, "cpu", facts->cpu);
    json_member_string(w, "memory", facts->memory);
    json_member_string(w, "pods", facts->pods);
    json_end_object(w);
}

/* All ten are required; of a node without a machine most are empty. */
static void write_node_info(struct json_writer *w, const struct node_facts *facts)
{
    static const char *const empty[] = {
        "machineID",        "systemUUID",  "bootID", "kernelVersion", "containerRuntimeVersion",
        "kubeProxyVersion", "architecture"};
    json_name(w, "nodeInfo");
    json_begin_object(w);
    for (size_t i = 0; i < array_length(empty); i++)
        json_member_string(w, empty[i], "");
    json_member_string(w, "kubeletVersion", facts->kubelet_version);
    json_member_string(w, "osImage", "Azure IoT Edge");
    json_member_string(w, "operatingSystem", "linux");
    json_end_object(w);
}

static void write_status(struct json_writer *w, const struct node_facts *facts, const struct node_condition *conditions,
                         const cJSON *live, const char *now)
{
    json_name(w, "status");
    json_begin_object(w);
    write_resources(w, "capacity", facts);
    write_resources(w, "allocatable", facts);
    json_name(w, "conditions");
    json_begin_array(w);
    for (size_t i = 0; i < NODE_CONDITION_COUNT; i++)
        write_condition(w, &conditions[i], live, now);
    json_end_array(w);
    json_name(w, "addresses");
    json_begin_array(w);
    json_begin_object(w);
    json_member_string(w, "type", "InternalIP");
    json_member_string(w, "address", facts->address);
    json_end_object(w);
    json_end_array(w);
    write_node_info(w, facts);
    json_end_object(w);
}

char *node_object_text(const struct node_facts *facts, const struct node_condition conditions[NODE_CONDITION_COUNT],
                       int64_t now_s)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer w = {.out = &out};
    char now[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(now_s, now);
    json_begin_object(&w);
    json_member_string(&w, "apiVersion", "v1");
    json_member_string(&w, "kind", "Node");
    json_name(&w, "metadata");
    json_begin_object(&w);
    json_member_string(&w, "name", facts->name);
    write_labels(&w, facts);
    json_end_object(&w);
    write_spec(&w, facts);
    write_status(&w, facts, conditions, NULL, now);
    json_end_object(&w);
    return strbuf_steal(&out);
}

char *node_object_patch(const struct node_facts *facts, const struct node_condition conditions[NODE_CONDITION_COUNT],
                        const cJSON *live, int64_t now_s)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer w = {.out = &out};
    char now[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(now_s, now);
    json_begin_object(&w);
    json_name(&w, "metadata");
    json_begin_object(&w);
    write_labels(&w, facts);
    json_end_object(&w);
    write_status(&w, facts, conditions, live, now);
    json_end_object(&w);
    return strbuf_steal(&out);
}

static bool labels_are_current(const struct node_facts *facts, const cJSON *live)
{
    const cJSON *present = json_at(live, "metadata", "labels", NULL);
    struct node_label label;
    for (size_t i = 0; (label = node_label_at(i, facts->name)).name; i++) {
        const char *value = json_string(present, label.name);
        if (!value || strcmp(value, label.value) != 0)
            return false;
    }
    return true;
}

static bool condition_is_current(const struct node_condition *condition, const cJSON *live)
{
    const cJSON *present = node_status_condition(live, condition->type);
    return !strcmp(json_string_or(present, "status", ""), node_condition_status_text(condition->status)) &&
           !strcmp(json_string_or(present, "reason", ""), condition->reason) &&
           !strcmp(json_string_or(present, "message", ""), condition->message);
}

static bool address_is_current(const struct node_facts *facts, const cJSON *live)
{
    const cJSON *address = NULL;
    cJSON_ArrayForEach(address, json_at(live, "status", "addresses", NULL))
    {
        if (!strcmp(json_string_or(address, "type", ""), "InternalIP"))
            return !strcmp(json_string_or(address, "address", ""), facts->address);
    }
    return false;
}

bool node_object_is_current(const struct node_facts *facts,
                            const struct node_condition conditions[NODE_CONDITION_COUNT], const cJSON *live)
{
    const cJSON *info = json_at(live, "status", "nodeInfo", NULL);
    for (size_t i = 0; i < NODE_CONDITION_COUNT; i++)
        if (!condition_is_current(&conditions[i], live))
            return false;
    return labels_are_current(facts, live) && address_is_current(facts, live) &&
           !strcmp(json_string_or(info, "kubeletVersion", ""), facts->kubelet_version);
}

char *node_object_kubelet_version(const char *git_version, const char *own_version)
{
    char *text = NULL;
    const char *server = git_version && git_version[0] == 'v' ? git_version : "v0.0.0";
    /* A distribution's own suffix would make the whole hard to read, and to compare. */
    int length = (int)strcspn(server, "-+");
    return asprintf(&text, "%.*s-iot-edge-connector-%s", length, server, own_version) < 0 ? NULL : text;
}
