#include "cli/commands.h"
#include "cli/pretty.h"
#include "cli/report.h"
#include "common/cleanup.h"
#include "translate/annotations.h"
#include "translate/defaults.h"

#include <string.h>

static void print_configuration(const struct manifest *manifest, struct report *report)
{
    cleanup_strbuf struct strbuf pretty = STRBUF_INIT;
    cleanup_free char *json = configuration_text(manifest);

    if (json)
        pretty_add(&pretty, json);
    report->failed |= !json || pretty.failed;
    fprintf(report->out, "%s\n", strbuf_string(&pretty));
}

static void translate_one(const struct document *document, const struct documents *documents,
                          const struct hub_config *config, struct report *report, struct report *findings_report)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;

    report->failed |= defaults_apply(document->object, NULL) < 0;
    if (translate_document(document, documents, config, &manifest, &findings) == 0)
        print_configuration(&manifest, report);
    report_findings(findings_report, document, &findings, false);
}

enum cli_exit translate_command(const struct options *options, const struct documents *documents, FILE *out, FILE *err)
{
    cleanup_hub_config struct hub_config config = HUB_CONFIG_INIT;
    cleanup_error struct error error = {NULL};
    struct report report, findings;
    size_t count = 0;
    enum cli_exit result, found;

    if (hub_config_load(options, &config, &error) < 0) {
        fprintf(err, "kubectl-iotedge: %s\n", error_message(&error));
        return CLI_FAILURE;
    }
    /* The standard output has configurations alone. */
    report_begin(&report, OUTPUT_TEXT, out, err);
    report_begin(&findings, OUTPUT_TEXT, err, err);
    for (size_t i = 0; i < documents->count; i++) {
        const struct document *document = &documents->items[i];

        if (strcmp(document_kind(document), "Deployment") != 0 || !deployment_is_edge(document->object))
            continue;
        translate_one(document, documents, &config, &report, &findings);
        count++;
    }
    if (!count)
        fprintf(err, "kubectl-iotedge: no edge Deployment in these files\n");
    result = report_end(&report);
    found = report_end(&findings);
    return count ? (found > result ? found : result) : CLI_FINDINGS;
}
