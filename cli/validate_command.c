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

struct tally {
    size_t errors;
    bool failed;
};

static void check_api_version(const struct document *document, struct findings *findings)
{
    const char *version = json_string_or(document->object, "apiVersion", "");

    if (strcmp(version, API_VERSION) != 0)
        findings_add_error(findings, FIELD_NOT_SUPPORTED, "apiVersion", version,
                           "supported values: \"" API_VERSION "\"");
}

/* What shows only when Deployment and ConfigMaps come together, such as the size of the whole. What is wrong with a
 * ConfigMap by itself is told where it stands. */
static void check_translation(const struct document *document, const struct documents *documents, struct tally *tally,
                              FILE *out, FILE *err)
{
    static const struct system_modules any = {"edge-agent", "edge-hub", "{}"};
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;

    (void)translate_document(document, documents, &any, &manifest, &findings);
    for (size_t i = 0; i < findings.error_count; i++) {
        if (strncmp(findings.errors[i].field, CONFIG_MAP_PREFIX, strlen(CONFIG_MAP_PREFIX)) == 0)
            continue;
        report_error(document, &findings.errors[i], out);
        tally->errors++;
    }
    for (size_t i = 0; i < findings.warning_count; i++)
        report_warning(document, findings.warnings[i], err);
    tally->failed |= findings.failed;
}

static void validate_one_deployment(const struct document *document, const struct documents *documents,
                                    struct tally *tally, FILE *out, FILE *err)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    bool is_edge = deployment_is_edge(document->object);

    if (is_edge)
        check_api_version(document, &findings);
    tally->failed |= defaults_apply(document->object, NULL) < 0;
    validate_deployment(document->object, &findings);
    tally->errors += report_findings(document, &findings, out, err);
    tally->failed |= findings.failed;
    if (is_edge && !findings.error_count)
        check_translation(document, documents, tally, out, err);
}

static void validate_one_config_map(const struct document *document, struct tally *tally, FILE *out, FILE *err)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;

    validate_config_map(document->object, &findings);
    if (validate_config_map_is_ours(document->object))
        tally->errors += report_findings(document, &findings, out, err);
    else
        report_as_warnings(document, &findings, err);
    tally->failed |= findings.failed;
}

enum cli_exit validate_command(const struct documents *documents, FILE *out, FILE *err)
{
    struct tally tally = {0, false};

    for (size_t i = 0; i < documents->count; i++) {
        const struct document *document = &documents->items[i];

        if (strcmp(document_kind(document), "Deployment") == 0)
            validate_one_deployment(document, documents, &tally, out, err);
        else if (strcmp(document_kind(document), "ConfigMap") == 0)
            validate_one_config_map(document, &tally, out, err);
        else if (json_get(json_at(document->object, "metadata", "annotations", NULL), ANNOTATION_IS_EDGE))
            report_warning(document, "only Deployments reach the devices", err);
    }
    if (tally.failed)
        fprintf(err, "kubectl-iotedge: memory ran out; the findings are not complete\n");
    return tally.failed ? CLI_FAILURE : tally.errors ? CLI_FINDINGS : CLI_OK;
}
