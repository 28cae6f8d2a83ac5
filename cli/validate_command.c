#include "cli/commands.h"
#include "cli/report.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "translate/annotations.h"
#include "translate/defaults.h"
#include "translate/validate.h"

#include <stdbool.h>
#include <string.h>

#define API_VERSION       "apps/v1"
#define CONFIG_MAP_PREFIX "configmap/"

/* What one command judges with. */
struct judge {
    const struct documents *documents;
    const struct hub_config *config;
    struct report *report;
};

static void check_api_version(const struct document *document, struct findings *findings)
{
    static const char *const ended[] = {"apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"};
    const char *version = json_string_or(document->object, "apiVersion", "");
    const char *hint = "";

    if (strcmp(version, API_VERSION) == 0)
        return;
    for (size_t i = 0; i < array_length(ended); i++) {
        if (strcmp(version, ended[i]) == 0)
            hint = "; Kubernetes 1.16 ended this one: write " API_VERSION
                   " and a spec.selector that matches the template's labels";
    }
    findings_add_error(findings, FIELD_NOT_SUPPORTED, "apiVersion", version, "supported values: \"" API_VERSION "\"%s",
                       hint);
}

static bool has_finding(const struct findings *findings, const char *field, const char *message)
{
    for (size_t i = 0; i < findings->error_count; i++) {
        if (strcmp(findings->errors[i].field, field) == 0 && strcmp(findings->errors[i].message, message) == 0)
            return true;
    }
    return false;
}

/* Whether an error about a ConfigMap ("configmap/NAME: FIELD") is told where the ConfigMap stands. */
static bool is_told(const struct judge *judge, const char *namespace, const struct field_error *error)
{
    const char *name = error->field + strlen(CONFIG_MAP_PREFIX);
    const char *colon = strstr(name, ": ");
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_free char *copy = NULL;
    const struct document *config_map;

    if (strncmp(error->field, CONFIG_MAP_PREFIX, strlen(CONFIG_MAP_PREFIX)) != 0 || !colon)
        return false;
    copy = strndup(name, (size_t)(colon - name));
    config_map = copy ? documents_find(judge->documents, "ConfigMap", namespace, copy) : NULL;
    if (!config_map)
        return false;
    validate_config_map(config_map->object, &findings);
    return has_finding(&findings, colon + 2, error->message);
}

/* What shows only when Deployment and ConfigMaps come together, such as the size of the whole, as well. */
static void validate_deployment_document(const struct judge *judge, const struct document *document)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_findings struct findings all = FINDINGS_INIT;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;

    if (!deployment_is_edge(document->object)) {
        validate_deployment(document->object, &findings);
        report_findings(judge->report, document, &findings, false);
        return;
    }
    check_api_version(document, &findings);
    report_findings(judge->report, document, &findings, false);
    defaults_warn(document->object, &all);
    judge->report->failed |= defaults_apply(document->object, NULL) < 0;
    (void)translate_document(document, judge->documents, judge->config, &manifest, &all);
    for (size_t i = 0; i < all.error_count; i++) {
        if (!is_told(judge, document_namespace(document), &all.errors[i]))
            report_error(judge->report, document, &all.errors[i]);
    }
    for (size_t i = 0; i < all.warning_count; i++)
        report_warning(judge->report, document, all.warnings[i]);
    judge->report->failed |= all.failed;
}

static void validate_config_map_document(const struct judge *judge, const struct document *document)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;

    validate_config_map(document->object, &findings);
    report_findings(judge->report, document, &findings, !validate_config_map_is_ours(document->object));
}

enum cli_exit validate_command(const struct options *options, const struct documents *documents, FILE *out, FILE *err)
{
    cleanup_hub_config struct hub_config config = HUB_CONFIG_INIT;
    cleanup_error struct error error = {NULL};
    struct report report;
    struct judge judge = {documents, &config, &report};

    if (hub_config_load(options, &config, &error) < 0) {
        fprintf(err, "kubectl-iotedge: %s\n", error_message(&error));
        return CLI_FAILURE;
    }
    report_begin(&report, options->output, out, err);
    for (size_t i = 0; i < documents->count; i++) {
        const struct document *document = &documents->items[i];

        if (strcmp(document_kind(document), "Deployment") == 0)
            validate_deployment_document(&judge, document);
        else if (strcmp(document_kind(document), "ConfigMap") == 0)
            validate_config_map_document(&judge, document);
        else if (json_get(json_at(document->object, "metadata", "annotations", NULL), ANNOTATION_IS_EDGE))
            report_warning(&report, document, "only Deployments reach the devices");
    }
    return report_end(&report);
}
