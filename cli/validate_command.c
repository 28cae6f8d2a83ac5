#include "cli/commands.h"
#include "cli/report.h"
#include "cli/route_caret.h"
#include "cli/told.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "translate/annotations.h"
#include "translate/defaults.h"
#include "translate/validate.h"

#include <stdbool.h>
#include <string.h>

#define API_VERSION "apps/v1"

/* What one command judges with. */
struct judge {
    const struct documents *documents;
    const struct hub_config *config;
    struct report *report;
};

static bool is_ended(const char *version)
{
    static const char *const ended[] = {"apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"};

    for (size_t i = 0; i < array_length(ended); i++) {
        if (strcmp(version, ended[i]) == 0)
            return true;
    }
    return false;
}

/* Files of old are judged as if they said apps/v1, which asks for a selector. */
static void check_api_version(const struct document *document, struct findings *findings)
{
    const char *version = json_string_or(document->object, "apiVersion", "");

    if (strcmp(version, API_VERSION) == 0)
        return;
    if (!is_ended(version)) {
        findings_add_error(findings, FIELD_NOT_SUPPORTED, "apiVersion", version,
                           "supported values: \"" API_VERSION "\"");
        return;
    }
    findings_add_warning(findings, "apiVersion %s ended with Kubernetes 1.16: write " API_VERSION "; judged as that",
                         version);
    if (!json_get(json_get(document->object, "spec"), "selector"))
        findings_add_error(findings, FIELD_REQUIRED, "spec.selector", NULL,
                           API_VERSION " does not fill it in: write the template's labels in matchLabels");
}

static void report_with_caret(const struct judge *judge, const struct document *document,
                              const struct field_error *error)
{
    cleanup_strbuf struct strbuf caret = STRBUF_INIT;

    route_caret_add(&caret, judge->documents, document, error);
    judge->report->failed |= caret.failed;
    report_error(judge->report, document, error);
    report_lines(judge->report, strbuf_string(&caret));
}

/* What shows only when Deployment and ConfigMaps come together, such as the size of the whole, as well. */
static void validate_deployment_document(const struct judge *judge, const struct document *document)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_findings struct findings all = FINDINGS_INIT;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_told struct told told = TOLD_INIT;

    if (!deployment_is_edge(document->object)) {
        validate_deployment(document->object, &findings);
        report_findings(judge->report, document, &findings, false);
        return;
    }
    check_api_version(document, &findings);
    report_findings(judge->report, document, &findings, false);
    defaults_warn(document->object, &all);
    judge->report->failed |= defaults_apply(document->object, NULL) < 0;
    judge->report->failed |= told_read(&told, judge->documents, document) < 0;
    (void)translate_document(document, judge->documents, judge->config, &manifest, &all);
    for (size_t i = 0; i < all.error_count; i++) {
        if (!told_error(&told, &all.errors[i]))
            report_with_caret(judge, document, &all.errors[i]);
    }
    for (size_t i = 0; i < all.warning_count; i++) {
        if (!told_warning(&told, all.warnings[i]))
            report_warning(judge->report, document, all.warnings[i]);
    }
    judge->report->failed |= all.failed;
}

static void validate_config_map_document(const struct judge *judge, const struct document *document)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;

    validate_config_map(document->object, &findings);
    if (!validate_config_map_is_ours(document->object)) {
        report_findings(judge->report, document, &findings, true);
        return;
    }
    for (size_t i = 0; i < findings.error_count; i++)
        report_with_caret(judge, document, &findings.errors[i]);
    report_warnings(judge->report, document, &findings);
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
