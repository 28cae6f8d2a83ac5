#include "cli/commands.h"
#include "cli/line_diff.h"
#include "cli/pretty.h"
#include "cli/report.h"
#include "common/cleanup.h"
#include "translate/annotations.h"
#include "translate/defaults.h"

#include <stdlib.h>
#include <string.h>

/* One side: the files, and what each edge Deployment in them becomes. */
struct side {
    const char *name;
    struct documents documents;
    struct manifest *manifests; /* by the index of the document; empty where there is none */
};

static void side_release(struct side *side)
{
    for (size_t i = 0; side->manifests && i < side->documents.count; i++)
        manifest_release(&side->manifests[i]);
    free(side->manifests);
    documents_release(&side->documents);
}

#define cleanup_side __attribute__((cleanup(side_release)))

static bool is_edge(const struct document *document)
{
    return strcmp(document_kind(document), "Deployment") == 0 && deployment_is_edge(document->object);
}

/* Findings go to the report: of what is refused there is nothing to compare. */
static int side_load(struct side *side, const struct hub_config *config, struct report *report, struct error *error)
{
    if (documents_load(side->name, &side->documents, error) < 0)
        return -1;
    side->manifests = calloc(side->documents.count + 1, sizeof(*side->manifests));
    if (!side->manifests)
        return error_set(error, "no memory left");
    for (size_t i = 0; i < side->documents.count; i++) {
        const struct document *document = &side->documents.items[i];
        cleanup_findings struct findings findings = FINDINGS_INIT;

        if (!is_edge(document))
            continue;
        report->failed |= defaults_apply(document->object, NULL) < 0;
        (void)translate_document(document, &side->documents, config, &side->manifests[i], &findings);
        findings_keep_warnings(&findings, 0);
        report_findings(report, document, &findings, false);
    }
    return 0;
}

/* What the Deployment of that namespace and name becomes, or NULL. */
static const struct manifest *side_find(const struct side *side, const struct document *document)
{
    const struct document *found =
        documents_find(&side->documents, "Deployment", document_namespace(document), document_name(document));
    const struct manifest *manifest = found ? &side->manifests[found - side->documents.items] : NULL;

    return manifest && manifest->content ? manifest : NULL;
}

static char *pretty_text(const struct manifest *manifest)
{
    cleanup_strbuf struct strbuf pretty = STRBUF_INIT;
    cleanup_free char *json = manifest ? configuration_text(manifest) : NULL;

    if (json)
        pretty_add(&pretty, json);
    if (json)
        strbuf_add_char(&pretty, '\n');
    return manifest && !json ? NULL : strbuf_steal(&pretty);
}

/* In one sentence, what the change costs. */
static const char *consequence(const struct manifest *old, const struct manifest *new)
{
    if (!old)
        return "a new configuration";
    if (!new)
        return "the configuration is deleted; devices keep their modules until another one applies";
    if (strcmp(old->content, new->content) == 0)
        return "the configuration stays; condition and priority change in place";
    return "new content: a new configuration takes the old one's place";
}

static void compare(const struct document *document, const struct manifest *old, const struct manifest *new,
                    const struct options *options, struct report *report)
{
    cleanup_free char *old_text = pretty_text(old);
    cleanup_free char *new_text = pretty_text(new);
    cleanup_strbuf struct strbuf hunks = STRBUF_INIT;

    if (!old_text || !new_text || line_diff_add(&hunks, old_text, new_text, report->out_colors) < 0) {
        report->failed = true;
        return;
    }
    if (!hunks.length)
        return;
    report->warnings++;
    fprintf(report->out, "%s/%s: %s\n--- %s\n+++ %s\n%s", document_namespace(document), document_name(document),
            consequence(old, new), options->files[0], options->files[1], strbuf_string(&hunks));
}

static void compare_all(const struct side *old, const struct side *new, const struct options *options,
                        struct report *report)
{
    for (size_t i = 0; i < old->documents.count; i++) {
        const struct document *document = &old->documents.items[i];

        if (is_edge(document) && old->manifests[i].content &&
            !(documents_find(&new->documents, "Deployment", document_namespace(document), document_name(document)) &&
              !side_find(new, document)))
            compare(document, &old->manifests[i], side_find(new, document), options, report);
    }
    for (size_t i = 0; i < new->documents.count; i++) {
        const struct document *document = &new->documents.items[i];

        if (is_edge(document) && new->manifests[i].content &&
            !documents_find(&old->documents, "Deployment", document_namespace(document), document_name(document)))
            compare(document, NULL, &new->manifests[i], options, report);
    }
}

enum cli_exit diff_command(const struct options *options, FILE *out, FILE *err)
{
    cleanup_hub_config struct hub_config config = HUB_CONFIG_INIT;
    cleanup_side struct side old = {options->files[0], DOCUMENTS_INIT, NULL};
    cleanup_side struct side new = {options->files[1], DOCUMENTS_INIT, NULL};
    cleanup_error struct error error = {NULL};
    struct report report;
    bool refused;

    report_begin(&report, OUTPUT_TEXT, out, err);
    if (hub_config_load(options, &config, &error) < 0 || side_load(&old, &config, &report, &error) < 0 ||
        side_load(&new, &config, &report, &error) < 0) {
        fprintf(err, "kubectl-iotedge: %s\n", error_message(&error));
        (void)report_end(&report);
        return CLI_FAILURE;
    }
    compare_all(&old, &new, options, &report);
    refused = report.errors > 0;
    if (report_end(&report) == CLI_FAILURE || refused)
        return CLI_FAILURE;
    return report.warnings ? CLI_FINDINGS : CLI_OK;
}
