#include "server/admission_change.h"

#include "common/banned.h"
#include "common/json.h"
#include "translate/annotations.h"
#include "translate/defaults.h"

#include <string.h>

#define ON_DEPLOYMENT "metadata.annotations["
#define POD_SPEC      "spec.template.spec"

static const struct field_error *find_field(const struct findings *findings, const char *field, const char *message)
{
    for (size_t i = 0; i < findings->error_count; i++) {
        const struct field_error *error = &findings->errors[i];
        if (strcmp(error->field, field) == 0 && (!message || strcmp(error->message, message) == 0))
            return error;
    }
    return NULL;
}

static const cJSON *find_annotation(const cJSON *object, const char *name, size_t length)
{
    const cJSON *annotations = json_at(object, "metadata", "annotations", NULL);
    for (const cJSON *item = annotations ? annotations->child : NULL; item; item = item->next)
        if (item->string && strncmp(item->string, name, length) == 0 && item->string[length] == '\0')
            return item;
    return NULL;
}

/* The annotation that metadata.annotations[name] names. */
static bool annotation_changed(const struct review *review, const char *field)
{
    size_t before = strlen(ON_DEPLOYMENT), length = strlen(field);
    if (strncmp(field, ON_DEPLOYMENT, before) != 0 || field[length - 1] != ']')
        return false;
    const cJSON *now = find_annotation(review->object, field + before, length - before - 1);
    const cJSON *then = find_annotation(review->old_object, field + before, length - before - 1);
    return now && then && !json_equal(now, then);
}

bool admission_change_brought(const struct review *review, const struct findings *old_findings,
                              const struct field_error *found)
{
    return !find_field(old_findings, found->field, found->message) || annotation_changed(review, found->field);
}

static bool has_gate(const cJSON *pod_spec)
{
    const cJSON *gate;
    cJSON_ArrayForEach(gate, json_get(pod_spec, "schedulingGates"))
    {
        if (strcmp(json_string_or(gate, "name", ""), PLACEMENT_GATE) == 0)
            return true;
    }
    return false;
}

static bool has_toleration(const cJSON *pod_spec)
{
    const cJSON *toleration;
    cJSON_ArrayForEach(toleration, json_get(pod_spec, "tolerations"))
    {
        const char *key = json_string_or(toleration, "key", "");
        if (strcmp(key, "virtual-kubelet.io/provider") == 0 || strcmp(key, "iot-edge-connector/edge") == 0)
            return true;
    }
    return false;
}

void admission_change_warn(const struct review *review, struct findings *findings)
{
    const cJSON *pod_spec = json_at(review->object, "spec", "template", "spec", NULL);
    if (!review->update || !deployment_is_edge(review->old_object) || deployment_is_edge(review->object))
        return;
    if (has_gate(pod_spec))
        findings_add_warning(findings,
                             POD_SPEC ".schedulingGates: remove " PLACEMENT_GATE ", or its pods are never scheduled");
    if (strcmp(json_string_or(json_get(pod_spec, "nodeSelector"), "type", ""), "virtual-kubelet") == 0)
        findings_add_warning(findings,
                             POD_SPEC ".nodeSelector: remove type: virtual-kubelet, or only hubs can take its pods");
    if (has_toleration(pod_spec))
        findings_add_warning(findings, POD_SPEC ".tolerations: remove virtual-kubelet.io/provider and "
                                                "iot-edge-connector/edge: they let pods onto hubs");
}
