#include "translate/completion.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/annotations.h"
#include "translate/defaults.h"

#include <string.h>

#define API_SERVER_SURGE    "25%"
#define API_SERVER_DEADLINE 600

const struct needed_toleration needed_tolerations[NEEDED_TOLERATIONS] = {
    {"virtual-kubelet.io/provider", "iotedge", "NoSchedule"},
    {"iot-edge-connector/edge", NULL, "NoSchedule"},
    {"node.kubernetes.io/network-unavailable", NULL, "NoSchedule"},
    {"node.kubernetes.io/not-ready", NULL, ""},
    {"node.kubernetes.io/unreachable", NULL, ""},
};

const char *const anti_affinity_steps[ANTI_AFFINITY_STEPS] = {
    "affinity",
    "podAntiAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
};

static bool is_absent(const cJSON *item)
{
    return !item || cJSON_IsNull(item);
}

static bool covers(const cJSON *toleration, const struct needed_toleration *needed)
{
    const char *key = json_string_or(toleration, "key", "");
    const char *compare = json_string_or(toleration, "operator", "");
    const char *effect = json_string_or(toleration, "effect", "");
    bool exists = strcmp(compare, "Exists") == 0;

    if (*key ? strcmp(key, needed->key) != 0 : !exists)
        return false;
    if (*effect && strcmp(effect, needed->effect) != 0)
        return false;
    if (!*needed->effect && !is_absent(json_get(toleration, "tolerationSeconds")))
        return false;
    if (exists)
        return true;
    return (!*compare || strcmp(compare, "Equal") == 0) &&
           strcmp(json_string_or(toleration, "value", ""), needed->value ? needed->value : "") == 0;
}

static enum missing find_tolerations(const cJSON *pod_spec, bool missing[NEEDED_TOLERATIONS])
{
    const cJSON *list = json_get(pod_spec, "tolerations");
    bool any = false;

    if (!is_absent(list) && !cJSON_IsArray(list))
        return MISSING_NOTHING;
    for (size_t i = 0; i < NEEDED_TOLERATIONS; i++)
        missing[i] = true;
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next) {
        for (size_t i = 0; i < NEEDED_TOLERATIONS; i++) {
            if (missing[i] && covers(item, &needed_tolerations[i]))
                missing[i] = false;
        }
    }
    for (size_t i = 0; i < NEEDED_TOLERATIONS; i++)
        any = any || missing[i];
    if (!any)
        return MISSING_NOTHING;
    return is_absent(list) ? MISSING_WHOLE : MISSING_MEMBER;
}

static enum missing find_node_selector(const cJSON *pod_spec)
{
    const cJSON *selector = json_get(pod_spec, "nodeSelector");

    if (is_absent(selector))
        return MISSING_WHOLE;
    if (!cJSON_IsObject(selector) || json_get(selector, NODE_TYPE_KEY) || json_get(selector, HOSTNAME_KEY))
        return MISSING_NOTHING;
    return MISSING_MEMBER;
}

bool anti_affinity_term_is_by_host(const cJSON *term)
{
    return strcmp(json_string_or(term, "topologyKey", ""), HOSTNAME_KEY) == 0;
}

static bool find_anti_affinity(const cJSON *deployment, const cJSON *pod_spec, unsigned *ret_depth)
{
    const cJSON *at = pod_spec;
    unsigned depth = 0;

    if (!cJSON_IsObject(json_at(deployment, "spec", "selector", NULL)))
        return false;
    while (depth < ANTI_AFFINITY_STEPS) {
        const cJSON *next = json_get(at, anti_affinity_steps[depth]);

        if (is_absent(next))
            break;
        at = next;
        depth++;
        if (depth < ANTI_AFFINITY_STEPS ? !cJSON_IsObject(at) : !cJSON_IsArray(at))
            return false;
    }
    *ret_depth = depth;
    if (depth < ANTI_AFFINITY_STEPS)
        return true;
    for (const cJSON *term = at->child; term; term = term->next) {
        if (anti_affinity_term_is_by_host(term))
            return false;
    }
    return true;
}

static enum missing find_gate(const cJSON *pod_spec)
{
    const cJSON *gates = json_get(pod_spec, "schedulingGates");

    if (is_absent(gates))
        return MISSING_WHOLE;
    if (!cJSON_IsArray(gates))
        return MISSING_NOTHING;
    for (const cJSON *gate = gates->child; gate; gate = gate->next) {
        if (strcmp(json_string_or(gate, "name", ""), PLACEMENT_GATE) == 0)
            return MISSING_NOTHING;
    }
    return MISSING_MEMBER;
}

static void find_strategy(const cJSON *spec, struct completion *result)
{
    const cJSON *strategy = json_get(spec, "strategy");
    const cJSON *rolling;

    if (is_absent(strategy)) {
        result->strategy = MISSING_WHOLE;
        return;
    }
    if (!cJSON_IsObject(strategy) || strcmp(json_string_or(strategy, "type", "RollingUpdate"), "RollingUpdate") != 0)
        return;
    rolling = json_get(strategy, "rollingUpdate");
    result->strategy_replaces = cJSON_IsObject(rolling) &&
                                strcmp(json_string_or(rolling, "maxSurge", ""), API_SERVER_SURGE) == 0 &&
                                strcmp(json_string_or(rolling, "maxUnavailable", ""), API_SERVER_SURGE) == 0;
    if (is_absent(rolling) || result->strategy_replaces)
        result->strategy = MISSING_MEMBER;
}

static void find_progress_deadline(const cJSON *spec, struct completion *result)
{
    const cJSON *deadline = json_get(spec, "progressDeadlineSeconds");

    result->progress_deadline_replaces = cJSON_IsNumber(deadline) && deadline->valueint == API_SERVER_DEADLINE;
    result->progress_deadline = is_absent(deadline) || result->progress_deadline_replaces;
}

bool completion_find(const cJSON *deployment, struct completion *ret_completion)
{
    const cJSON *spec = json_get(deployment, "spec");
    const cJSON *template = json_get(spec, "template");
    const cJSON *annotations = json_at(template, "metadata", "annotations", NULL);
    const cJSON *pod_spec = json_get(template, "spec");
    struct completion c = {0};

    c.priority = is_absent(json_get(annotations, ANNOTATION_PRIORITY));
    c.logging_options = is_absent(json_get(annotations, ANNOTATION_LOGGING_OPTIONS));
    c.istio_inject = is_absent(json_get(annotations, ANNOTATION_ISTIO_INJECT));
    if (cJSON_IsObject(pod_spec)) {
        c.node_selector = find_node_selector(pod_spec);
        c.tolerations = find_tolerations(pod_spec, c.toleration);
        c.anti_affinity = find_anti_affinity(deployment, pod_spec, &c.anti_affinity_depth);
        c.gate = find_gate(pod_spec);
    }
    find_strategy(spec, &c);
    find_progress_deadline(spec, &c);
    *ret_completion = c;
    return c.priority || c.logging_options || c.istio_inject || c.node_selector || c.tolerations || c.anti_affinity ||
           c.gate || c.strategy || c.progress_deadline;
}
