#include "translate/annotations.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "translate/nearest.h"
#include "translate/target_condition.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ON_TEMPLATE   "spec.template.metadata.annotations[%s]"
#define ON_DEPLOYMENT "metadata.annotations[%s]"

/* Leaves room for the longest container's name in a ConfigMap's 253. */
#define MAX_CONFIGMAP_PREFIX 180

static const char *const policies[] = {
    [RECONCILE_MANAGE] = "manage",
    [RECONCILE_SKIP] = "skip",
    [RECONCILE_DETACH_ON_DELETE] = "detach-on-delete",
};

/* Annotations whose function this version does not have yet, with what is missing. Ignoring one would be worse. */
static const struct {
    const char *name;
    const char *detail;
} later[] = {
    {"logs-device", "choosing a device for logs is not supported by this version"},
};

const char *reconcile_policy_name(enum reconcile_policy policy)
{
    return policies[policy];
}

static const cJSON *template_annotations(const cJSON *deployment)
{
    return json_at(deployment, "spec", "template", "metadata", "annotations", NULL);
}

bool deployment_is_edge(const cJSON *deployment)
{
    const char *value = json_string(template_annotations(deployment), ANNOTATION_IS_EDGE);

    return value && strcmp(value, "true") == 0;
}

bool annotation_parse_number(const char *text, long limit, long *ret_number)
{
    char *end;
    long number;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    number = strtol(text, &end, 10);
    if (errno || *end || number > limit)
        return false;
    *ret_number = number;
    return true;
}

int edge_annotations_default_priority(const cJSON *deployment)
{
    const char *layered = json_string(json_at(deployment, "metadata", "annotations", NULL), ANNOTATION_LAYERED);

    return layered && strcmp(layered, "true") == 0 ? DEFAULT_LAYERED_PRIORITY : DEFAULT_PRIORITY;
}

static void read_target_condition(const cJSON *annotations, struct edge_annotations *result, struct findings *findings)
{
    static const char path[] = "spec.template.metadata.annotations[" ANNOTATION_TARGET_CONDITION "]";
    const cJSON *item = json_get(annotations, ANNOTATION_TARGET_CONDITION);
    const char *text = cJSON_IsString(item) ? item->valuestring : NULL;
    cleanup_error struct error error = {NULL};

    result->target_condition = text;
    if (!findings)
        return;
    if (item && !cJSON_IsNull(item) && !text)
        findings_add_error(findings, FIELD_INVALID, path, json_type_name(item), "must be a string: put it in quotes");
    else if (!text || !text[strspn(text, " \t\r\n")])
        findings_add_error(findings, FIELD_REQUIRED, path, NULL,
                           "say which devices, as in tags.building='b43'; * means all of them");
    else if (target_condition_check(text, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, path, text, "%s", error_message(&error));
    else
        target_condition_warn(text, findings);
}

static void read_priority(const cJSON *deployment, const cJSON *annotations, struct edge_annotations *result,
                          struct findings *findings)
{
    const cJSON *item = json_get(annotations, ANNOTATION_PRIORITY);
    char path[FIELD_PATH_SIZE];
    long number;

    if (cJSON_IsString(item) && annotation_parse_number(item->valuestring, INT_MAX, &number)) {
        result->priority = (int)number;
        return;
    }
    result->priority = edge_annotations_default_priority(deployment);
    if (!findings || !item || cJSON_IsNull(item))
        return;
    field_path(path, ON_TEMPLATE, ANNOTATION_PRIORITY);
    if (cJSON_IsString(item))
        findings_add_error(findings, FIELD_INVALID, path, item->valuestring,
                           "must be a whole number from 0 to 2147483647; the highest wins on a device");
    else
        findings_add_error(findings, FIELD_INVALID, path, json_type_name(item), "must be a string: put it in quotes");
}

static void read_logging_options(const cJSON *annotations, struct edge_annotations *result, struct findings *findings)
{
    const cJSON *item = json_get(annotations, ANNOTATION_LOGGING_OPTIONS);
    char path[FIELD_PATH_SIZE];

    result->logging_options = cJSON_IsString(item) ? item->valuestring : "";
    if (findings && item && !cJSON_IsNull(item) && !cJSON_IsString(item))
        findings_add_error(findings, FIELD_INVALID, field_path(path, ON_TEMPLATE, ANNOTATION_LOGGING_OPTIONS),
                           json_type_name(item), "must be a string: put it in quotes");
}

static void read_ready_percent(const char *value, const char *path, struct edge_annotations *result,
                               struct findings *findings)
{
    long number;

    if (annotation_parse_number(value, 100, &number) && number > 0)
        result->ready_percent = (unsigned)number;
    else if (findings)
        findings_add_error(findings, FIELD_INVALID, path, value, "must be a whole number from 1 to 100");
}

static void read_reconcile_policy(const char *value, const char *path, struct edge_annotations *result,
                                  struct findings *findings)
{
    for (size_t i = 0; i < array_length(policies); i++) {
        if (strcmp(value, policies[i]) == 0) {
            result->reconcile_policy = (enum reconcile_policy)i;
            return;
        }
    }
    if (findings)
        findings_add_error(findings, FIELD_NOT_SUPPORTED, path, value,
                           "supported values: \"manage\", \"skip\", \"detach-on-delete\"");
}

static void read_switch(const char *value, const char *path, bool *result, struct findings *findings)
{
    *result = strcmp(value, "true") == 0;
    if (findings && !*result && strcmp(value, "false") != 0)
        findings_add_error(findings, FIELD_NOT_SUPPORTED, path, value, "supported values: \"true\", \"false\"");
}

/* The start of a ConfigMap's name, with a container's name behind it. */
static void read_config_map_prefix(const char *value, const char *path, struct edge_annotations *result,
                                   struct findings *findings)
{
    size_t length = strlen(value);
    bool good = length && length <= MAX_CONFIGMAP_PREFIX &&
                strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length && value[0] != '-' &&
                value[0] != '.' && value[length - 1] != '.' && !strstr(value, "..");

    if (good)
        result->config_map_prefix = value;
    else if (findings)
        findings_add_error(
            findings, FIELD_INVALID, path, value,
            "must be the beginning of ConfigMap names, such as line1-: lower-case letters, digits, - and "
            "., at most %d",
            MAX_CONFIGMAP_PREFIX);
}

static const char *what_comes_later(const char *name)
{
    for (size_t i = 0; i < array_length(later); i++) {
        if (strcmp(name, later[i].name) == 0)
            return later[i].detail;
    }
    return NULL;
}

static void refuse_unknown(const char *name, const char *path, struct findings *findings)
{
    static const char *const names[] = {
        "ready-percent",          "reconcile-policy", "adopt", "layered", "allow-pvc", "allow-gap",
        "replace-system-modules", "configmap-prefix", NULL};
    const char *meant = nearest_name(name, strlen(name), names);
    cleanup_strbuf struct strbuf list = STRBUF_INIT;

    for (const char *const *known = names; *known; known++)
        strbuf_add_format(&list, "%s\"%s\"", known == names ? "" : ", ", *known);
    if (meant)
        strbuf_add_format(&list, "; did you mean \"%s\"?", meant);
    findings->failed |= list.failed;
    findings_add_error(findings, FIELD_NOT_SUPPORTED, path, name, "supported values: %s", strbuf_string(&list));
}

static void read_own(const cJSON *item, struct edge_annotations *result, struct findings *findings)
{
    const char *name = item->string + strlen(ANNOTATION_PREFIX);
    const char *value = cJSON_IsString(item) ? item->valuestring : "";
    const char *detail = what_comes_later(name);
    char path[FIELD_PATH_SIZE];

    field_path(path, ON_DEPLOYMENT, item->string);
    if (strcmp(name, "ready-percent") == 0)
        read_ready_percent(value, path, result, findings);
    else if (strcmp(name, "reconcile-policy") == 0)
        read_reconcile_policy(value, path, result, findings);
    else if (strcmp(name, "adopt") == 0)
        read_switch(value, path, &result->adopt, findings);
    else if (strcmp(name, "replace-system-modules") == 0)
        read_switch(value, path, &result->replace_system_modules, findings);
    else if (strcmp(name, "layered") == 0)
        read_switch(value, path, &result->layered, findings);
    else if (strcmp(name, "allow-pvc") == 0)
        read_switch(value, path, &result->allow_pvc, findings);
    else if (strcmp(name, "allow-gap") == 0)
        read_switch(value, path, &result->allow_gap, findings);
    else if (strcmp(name, "configmap-prefix") == 0)
        read_config_map_prefix(value, path, result, findings);
    else if (findings && detail)
        findings_add_error(findings, FIELD_FORBIDDEN, path, NULL, "%s", detail);
    else if (findings)
        refuse_unknown(name, path, findings);
}

static bool is_own(const cJSON *item)
{
    return item->string && strncmp(item->string, ANNOTATION_PREFIX, strlen(ANNOTATION_PREFIX)) == 0;
}

/* On the template they would be copied to the pods, and changing one would roll them out. */
static void refuse_own_on_template(const cJSON *annotations, struct findings *findings)
{
    char path[FIELD_PATH_SIZE];

    for (const cJSON *item = annotations ? annotations->child : NULL; item && !findings_is_full(findings);
         item = item->next) {
        if (is_own(item))
            findings_add_error(findings, FIELD_FORBIDDEN, field_path(path, ON_TEMPLATE, item->string), NULL,
                               "it belongs to the Deployment itself: write it in metadata.annotations");
    }
}

void edge_annotations_read(const cJSON *deployment, struct edge_annotations *ret_annotations, struct findings *findings)
{
    const cJSON *annotations = template_annotations(deployment);
    const cJSON *own = json_at(deployment, "metadata", "annotations", NULL);
    struct edge_annotations result = {
        .ready_percent = 100, .reconcile_policy = RECONCILE_MANAGE, .config_map_prefix = ""};

    read_target_condition(annotations, &result, findings);
    read_priority(deployment, annotations, &result, findings);
    read_logging_options(annotations, &result, findings);
    if (findings)
        refuse_own_on_template(annotations, findings);
    for (const cJSON *item = own ? own->child : NULL; item; item = item->next) {
        if (is_own(item) && !findings_is_full(findings))
            read_own(item, &result, findings);
    }
    if (findings && result.layered && *result.logging_options)
        findings_add_error(findings, FIELD_FORBIDDEN,
                           "spec.template.metadata.annotations[" ANNOTATION_LOGGING_OPTIONS "]", NULL,
                           "only a base deployment can say it: leave it empty in a layer");
    *ret_annotations = result;
}
