#include "translate/defaults.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "translate/annotations.h"
#include "translate/completion.h"
#include "translate/json_patch.h"

#include <stdio.h>
#include <string.h>

#define AT_ANNOTATIONS    "/spec/template/metadata/annotations/"
#define AT_POD_SPEC       "/spec/template/spec/"
#define MAX_SURGE         0
#define MAX_UNAVAILABLE   "100%"
#define PROGRESS_DEADLINE 3600
#define PATH_SIZE         160

struct patch_writer {
    struct json_writer json;
    size_t count;
};

/* Leaves the value to the caller, who ends the operation with json_end_object. */
static struct json_writer *begin_operation(struct patch_writer *patch, const char *op, const char *path)
{
    if (!patch->count++)
        json_begin_array(&patch->json);
    json_begin_object(&patch->json);
    json_member_string(&patch->json, "op", op);
    json_member_string(&patch->json, "path", path);
    json_name(&patch->json, "value");
    return &patch->json;
}

static void add_string(struct patch_writer *patch, const char *path, const char *value)
{
    json_add_string(begin_operation(patch, "add", path), value);
    json_end_object(&patch->json);
}

static void add_annotations(struct patch_writer *patch, const cJSON *deployment, const struct completion *c)
{
    if (c->priority) {
        char number[16];

        (void)snprintf(number, sizeof(number), "%d", edge_annotations_default_priority(deployment));
        add_string(patch, AT_ANNOTATIONS ANNOTATION_PRIORITY, number);
    }
    if (c->logging_options)
        add_string(patch, AT_ANNOTATIONS ANNOTATION_LOGGING_OPTIONS, "");
    if (c->istio_inject)
        add_string(patch, AT_ANNOTATIONS "sidecar.istio.io~1inject", "false");
}

static void add_node_selector(struct patch_writer *patch, enum missing missing)
{
    if (missing == MISSING_MEMBER)
        add_string(patch, AT_POD_SPEC "nodeSelector/" NODE_TYPE_KEY, NODE_TYPE);
    if (missing != MISSING_WHOLE)
        return;
    json_begin_object(begin_operation(patch, "add", AT_POD_SPEC "nodeSelector"));
    json_member_string(&patch->json, NODE_TYPE_KEY, NODE_TYPE);
    json_end_object(&patch->json);
    json_end_object(&patch->json);
}

static void write_toleration(struct json_writer *json, const struct needed_toleration *needed)
{
    json_begin_object(json);
    json_member_string(json, "key", needed->key);
    json_member_string(json, "operator", needed->value ? "Equal" : "Exists");
    if (needed->value)
        json_member_string(json, "value", needed->value);
    if (*needed->effect)
        json_member_string(json, "effect", needed->effect);
    json_end_object(json);
}

static void add_tolerations(struct patch_writer *patch, const struct completion *c)
{
    bool whole = c->tolerations == MISSING_WHOLE;

    if (c->tolerations == MISSING_NOTHING)
        return;
    if (whole)
        json_begin_array(begin_operation(patch, "add", AT_POD_SPEC "tolerations"));
    for (size_t i = 0; i < NEEDED_TOLERATIONS; i++) {
        if (!c->toleration[i])
            continue;
        if (!whole)
            begin_operation(patch, "add", AT_POD_SPEC "tolerations/-");
        write_toleration(&patch->json, &needed_tolerations[i]);
        if (!whole)
            json_end_object(&patch->json);
    }
    if (whole) {
        json_end_array(&patch->json);
        json_end_object(&patch->json);
    }
}

/* Keeps the pods of this Deployment apart: what its selector selects, never twice on one host. */
static void write_anti_affinity_term(struct json_writer *json, const cJSON *selector)
{
    json_begin_object(json);
    json_name(json, "labelSelector");
    json_add_value(json, selector);
    json_member_string(json, "topologyKey", HOSTNAME_KEY);
    json_end_object(json);
}

static void add_anti_affinity(struct patch_writer *patch, const cJSON *selector, unsigned depth)
{
    char path[PATH_SIZE] = "/spec/template/spec";
    size_t length = strlen(path);

    for (unsigned i = 0; i <= depth; i++)
        length += (size_t)snprintf(path + length, sizeof(path) - length, "/%s",
                                   i < ANTI_AFFINITY_STEPS ? anti_affinity_steps[i] : "-");
    begin_operation(patch, "add", path);
    for (unsigned i = depth + 1; i < ANTI_AFFINITY_STEPS; i++) {
        json_begin_object(&patch->json);
        json_name(&patch->json, anti_affinity_steps[i]);
    }
    if (depth < ANTI_AFFINITY_STEPS)
        json_begin_array(&patch->json);
    write_anti_affinity_term(&patch->json, selector);
    if (depth < ANTI_AFFINITY_STEPS)
        json_end_array(&patch->json);
    for (unsigned i = depth + 1; i < ANTI_AFFINITY_STEPS; i++)
        json_end_object(&patch->json);
    json_end_object(&patch->json);
}

static void add_gate(struct patch_writer *patch, enum missing missing)
{
    bool whole = missing == MISSING_WHOLE;

    if (missing == MISSING_NOTHING)
        return;
    begin_operation(patch, "add", whole ? AT_POD_SPEC "schedulingGates" : AT_POD_SPEC "schedulingGates/-");
    if (whole)
        json_begin_array(&patch->json);
    json_begin_object(&patch->json);
    json_member_string(&patch->json, "name", PLACEMENT_GATE);
    json_end_object(&patch->json);
    if (whole)
        json_end_array(&patch->json);
    json_end_object(&patch->json);
}

static void add_strategy(struct patch_writer *patch, const struct completion *c)
{
    bool whole = c->strategy == MISSING_WHOLE;
    struct json_writer *json = &patch->json;

    if (c->strategy == MISSING_NOTHING)
        return;
    begin_operation(patch, c->strategy_replaces ? "replace" : "add",
                    whole ? "/spec/strategy" : "/spec/strategy/rollingUpdate");
    if (whole) {
        json_begin_object(json);
        json_member_string(json, "type", "RollingUpdate");
        json_name(json, "rollingUpdate");
    }
    json_begin_object(json);
    json_member_int(json, "maxSurge", MAX_SURGE);
    json_member_string(json, "maxUnavailable", MAX_UNAVAILABLE);
    json_end_object(json);
    if (whole)
        json_end_object(json);
    json_end_object(json);
}

static void add_progress_deadline(struct patch_writer *patch, const struct completion *c)
{
    if (!c->progress_deadline)
        return;
    begin_operation(patch, c->progress_deadline_replaces ? "replace" : "add", "/spec/progressDeadlineSeconds");
    json_add_int(&patch->json, PROGRESS_DEADLINE);
    json_end_object(&patch->json);
}

size_t defaults_patch(const cJSON *deployment, struct strbuf *patch)
{
    struct patch_writer writer = {.json = {.out = patch}};
    struct completion missing;

    if (!deployment_is_edge(deployment) || !completion_find(deployment, &missing))
        return 0;
    add_annotations(&writer, deployment, &missing);
    add_node_selector(&writer, missing.node_selector);
    add_tolerations(&writer, &missing);
    if (missing.anti_affinity)
        add_anti_affinity(&writer, json_at(deployment, "spec", "selector", NULL), missing.anti_affinity_depth);
    add_gate(&writer, missing.gate);
    add_strategy(&writer, &missing);
    add_progress_deadline(&writer, &missing);
    json_end_array(&writer.json);
    return writer.count;
}

void defaults_warn(const cJSON *deployment, struct findings *findings)
{
    cleanup_strbuf struct strbuf lists = STRBUF_INIT;
    struct completion c;

    if (!deployment_is_edge(deployment) || !completion_find(deployment, &c))
        return;
    if (c.tolerations == MISSING_MEMBER)
        strbuf_add_string(&lists, ", tolerations");
    if (c.gate == MISSING_MEMBER)
        strbuf_add_string(&lists, ", schedulingGates");
    if (c.anti_affinity && c.anti_affinity_depth == ANTI_AFFINITY_STEPS)
        strbuf_add_string(&lists, ", podAntiAffinity");
    findings->failed |= lists.failed;
    if (lists.length)
        findings_add_warning(findings,
                             "completed in the cluster, not in the file: %s; a diff against the file shows it",
                             strbuf_string(&lists) + strlen(", "));
}

int defaults_apply(cJSON *deployment, struct error *error)
{
    cleanup_strbuf struct strbuf patch = STRBUF_INIT;
    cleanup_json cJSON *operations = NULL;

    if (!defaults_patch(deployment, &patch))
        return 0;
    if (patch.failed)
        return error_set(error, "no memory left to complete the Deployment");
    if (json_parse(patch.data, patch.length, &operations, error) < 0 ||
        json_patch_apply(deployment, operations, error) < 0)
        return error_wrap(error, "completing the Deployment");
    return 0;
}
