#include "translate/validate.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/annotations.h"
#include "translate/completion.h"
#include "translate/containers.h"
#include "translate/defaults.h"
#include "translate/label_selector.h"
#include "translate/pod_reading.h"

#include <string.h>

#define POD_SPEC      "spec.template.spec"
#define TEMPLATE      "spec.template.metadata.annotations"
#define ANTI_AFFINITY POD_SPEC ".affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"

static void warn_no_edge(const cJSON *deployment, struct findings *findings)
{
    const cJSON *marked =
        json_get(json_at(deployment, "spec", "template", "metadata", "annotations", NULL), ANNOTATION_IS_EDGE);

    if (json_get(json_at(deployment, "metadata", "annotations", NULL), ANNOTATION_IS_EDGE))
        findings_add_warning(findings,
                             "%s stands in metadata.annotations and does nothing there: write it in " TEMPLATE,
                             ANNOTATION_IS_EDGE);
    else if (marked && !(cJSON_IsString(marked) && strcmp(marked->valuestring, "false") == 0))
        findings_add_warning(findings, TEMPLATE "[%s] is not \"true\": this is no edge deployment", ANNOTATION_IS_EDGE);
}

static void add_missing(struct findings *findings, const char *field, const char *what)
{
    findings_add_error(findings, FIELD_REQUIRED, field, NULL,
                       "%s was not filled in, since the webhook that completes was not reached: apply again", what);
}

static void check_tolerations(const struct completion *missing, struct findings *findings)
{
    cleanup_strbuf struct strbuf keys = STRBUF_INIT;

    if (missing->tolerations == MISSING_NOTHING)
        return;
    strbuf_add_string(&keys, "the toleration of ");
    for (size_t i = 0, count = 0; i < NEEDED_TOLERATIONS; i++) {
        if (missing->toleration[i])
            strbuf_add_format(&keys, "%s%s", count++ ? ", " : "", needed_tolerations[i].key);
    }
    add_missing(findings, POD_SPEC ".tolerations", strbuf_string(&keys));
}

static void check_completion(const cJSON *deployment, struct findings *findings)
{
    struct completion missing;

    if (!completion_find(deployment, &missing))
        return;
    if (missing.priority)
        add_missing(findings, TEMPLATE "[" ANNOTATION_PRIORITY "]", "the default");
    if (missing.logging_options)
        add_missing(findings, TEMPLATE "[" ANNOTATION_LOGGING_OPTIONS "]", "the default");
    if (missing.istio_inject)
        add_missing(findings, TEMPLATE "[" ANNOTATION_ISTIO_INJECT "]", "\"false\"");
    if (missing.node_selector)
        add_missing(findings, POD_SPEC ".nodeSelector", NODE_TYPE_KEY ": " NODE_TYPE);
    check_tolerations(&missing, findings);
    if (missing.anti_affinity)
        add_missing(findings, ANTI_AFFINITY, "a term with topologyKey " HOSTNAME_KEY);
    if (missing.gate)
        add_missing(findings, POD_SPEC ".schedulingGates", PLACEMENT_GATE);
    if (missing.strategy)
        add_missing(findings, "spec.strategy.rollingUpdate", "maxSurge 0 and maxUnavailable 100%");
    if (missing.progress_deadline)
        add_missing(findings, "spec.progressDeadlineSeconds", "3600");
}

static void check_node(const cJSON *pod_spec, struct findings *findings)
{
    const cJSON *selector = json_get(pod_spec, "nodeSelector");
    const cJSON *type = json_get(selector, NODE_TYPE_KEY);

    if (type && (!cJSON_IsString(type) || strcmp(type->valuestring, NODE_TYPE) != 0))
        findings_add_error(findings, FIELD_INVALID, POD_SPEC ".nodeSelector[" NODE_TYPE_KEY "]",
                           cJSON_IsString(type) ? type->valuestring : json_type_name(type),
                           "must be \"" NODE_TYPE "\": only the nodes of the hubs take edge deployments");
    if (json_string(pod_spec, "nodeName"))
        findings_add_error(findings, FIELD_FORBIDDEN, POD_SPEC ".nodeName", NULL,
                           "the connector places the pod; choose a hub with nodeSelector " HOSTNAME_KEY);
}

/* A term that keeps others apart but not the Deployment's own pods would let two of them onto one hub. */
static void check_anti_affinity(const cJSON *template, struct findings *findings)
{
    const cJSON *terms = json_get(template, "spec");
    const cJSON *labels = json_at(template, "metadata", "labels", NULL);
    bool by_host = false;

    for (size_t i = 0; i < ANTI_AFFINITY_STEPS; i++)
        terms = json_get(terms, anti_affinity_steps[i]);
    for (const cJSON *term = terms ? terms->child : NULL; term; term = term->next) {
        if (!anti_affinity_term_is_by_host(term))
            continue;
        by_host = true;
        if (label_selector_matches(json_get(term, "labelSelector"), labels))
            return;
    }
    if (by_host)
        findings_add_error(findings, FIELD_INVALID, ANTI_AFFINITY, HOSTNAME_KEY,
                           "must select the labels of this Deployment's own pods: one copy a hub");
}

/* With anti-affinity a new pod has no place while the old one is there. */
static void warn_strategy(const cJSON *spec, struct findings *findings)
{
    const cJSON *unavailable = json_at(spec, "strategy", "rollingUpdate", "maxUnavailable", NULL);

    if ((cJSON_IsNumber(unavailable) && unavailable->valueint == 0) ||
        (cJSON_IsString(unavailable) && strcmp(unavailable->valuestring, "0%") == 0))
        findings_add_warning(findings,
                             "spec.strategy: with maxUnavailable 0 a rollout waits for a free hub; use maxSurge 0, "
                             "maxUnavailable 100%%");
}

/* One copy a hub; the devices come from the target condition. */
static void warn_replicas(const cJSON *spec, struct findings *findings)
{
    int64_t replicas;

    if (json_int64(spec, "replicas", &replicas) && replicas > 1)
        findings_add_warning(findings, "spec.replicas %lld: so many hubs get the deployment; it does not count devices",
                             (long long)replicas);
}

void validate_deployment(const cJSON *deployment, struct findings *findings)
{
    validate_deployment_with(deployment, &(const struct validate_settings){false}, findings);
}

void validate_deployment_with(const cJSON *deployment, const struct validate_settings *settings,
                              struct findings *findings)
{
    const cJSON *spec = json_get(deployment, "spec");
    const cJSON *template = json_get(spec, "template");
    const cJSON *pod_spec = json_get(template, "spec");
    struct edge_annotations annotations;

    if (!deployment_is_edge(deployment)) {
        warn_no_edge(deployment, findings);
        return;
    }
    edge_annotations_read(deployment, &annotations, findings);
    check_completion(deployment, findings);
    check_node(pod_spec, findings);
    check_anti_affinity(template, findings);
    containers_check(pod_spec, findings);
    warn_strategy(spec, findings);
    warn_replicas(spec, findings);
    pod_judge(deployment, &annotations, settings->secrets, findings);
    findings_sort(findings);
}
