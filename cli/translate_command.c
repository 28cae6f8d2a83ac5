#include "cli/commands.h"
#include "cli/pretty.h"
#include "cli/report.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/hubs.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/yaml.h"
#include "translate/annotations.h"
#include "translate/defaults.h"
#include "translate/validate.h"

#include <stdbool.h>
#include <string.h>

#define CONFIG_LIMIT ((size_t)1024 * 1024)
/* The list of hubs when there is no configuration file: one with the connector's own defaults. */
#define DEFAULT_HUBS "[{name: hub}]"

static int load_hubs(const struct options *options, struct hubs *hubs, struct error *error)
{
    cleanup_free char *text = NULL;
    cleanup_json cJSON *documents = NULL;
    const cJSON *first;
    size_t length = 0;

    if (!options->hub_config) {
        if (yaml_parse(DEFAULT_HUBS, strlen(DEFAULT_HUBS), &documents, error) < 0)
            return -1;
        return hubs_parse(cJSON_GetArrayItem(documents, 0), hubs, error);
    }
    if (file_read(options->hub_config, CONFIG_LIMIT, &text, &length, error) < 0)
        return -1;
    if (yaml_parse(text, length, &documents, error) < 0)
        return error_wrap(error, "%s", options->hub_config);
    first = cJSON_GetArrayItem(documents, 0);
    if (!cJSON_IsArray(json_get(first, "hubs")))
        return error_set(error, "%s: has no list of hubs", options->hub_config);
    if (hubs_parse(json_get(first, "hubs"), hubs, error) < 0)
        return error_wrap(error, "%s", options->hub_config);
    return 0;
}

/* The hub that is asked for, else the first. */
static const struct hub *choose_hub(const struct options *options, const struct hubs *hubs, struct error *error)
{
    for (size_t i = 0; i < hubs->count; i++) {
        if (!options->hub || strcmp(hubs->items[i].name, options->hub) == 0)
            return &hubs->items[i];
    }
    error_set(error, "there is no hub %s in %s", options->hub ? options->hub : "at all",
              options->hub_config ? options->hub_config : "the list; give --hub-config");
    return NULL;
}

static void print_configuration(const struct manifest *manifest, FILE *out)
{
    cleanup_strbuf struct strbuf json = STRBUF_INIT;
    cleanup_strbuf struct strbuf pretty = STRBUF_INIT;
    struct json_writer writer = {.out = &json};

    json_begin_object(&writer);
    json_member_string(&writer, "targetCondition", manifest->target_condition);
    json_member_int(&writer, "priority", manifest->priority);
    json_name(&writer, "content");
    json_add_raw(&writer, manifest->content);
    json_end_object(&writer);
    pretty_add(&pretty, strbuf_string(&json));
    fprintf(out, "%s\n", strbuf_string(&pretty));
}

static enum cli_exit translate_one(const struct document *document, const struct documents *documents,
                                   const struct system_modules *system_modules, FILE *out, FILE *err)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_error struct error error = {NULL};

    if (defaults_apply(document->object, &error) < 0) {
        fprintf(err, "%s: %s\n", document->file, error_message(&error));
        return CLI_FAILURE;
    }
    validate_deployment(document->object, &findings);
    if (!findings.error_count && translate_document(document, documents, system_modules, &manifest, &findings) == 0)
        print_configuration(&manifest, out);
    report_findings(document, &findings, err, err);
    return findings.failed ? CLI_FAILURE : findings.error_count ? CLI_FINDINGS : CLI_OK;
}

static enum cli_exit translate_all(const struct documents *documents, const struct system_modules *system_modules,
                                   FILE *out, FILE *err)
{
    enum cli_exit result = CLI_OK;
    bool any = false;

    for (size_t i = 0; i < documents->count; i++) {
        const struct document *document = &documents->items[i];
        enum cli_exit exit;

        if (strcmp(document_kind(document), "Deployment") != 0 || !deployment_is_edge(document->object))
            continue;
        exit = translate_one(document, documents, system_modules, out, err);
        result = exit > result ? exit : result;
        any = true;
    }
    if (!any)
        fprintf(err, "kubectl-iotedge: no edge Deployment in these files\n");
    return any ? result : CLI_FINDINGS;
}

enum cli_exit translate_command(const struct options *options, const struct documents *documents, FILE *out, FILE *err)
{
    cleanup_hubs struct hubs hubs = HUBS_INIT;
    cleanup_error struct error error = {NULL};
    const struct hub *hub = NULL;
    struct system_modules system_modules;

    if (load_hubs(options, &hubs, &error) == 0)
        hub = choose_hub(options, &hubs, &error);
    if (!hub) {
        fprintf(err, "kubectl-iotedge: %s\n", error_message(&error));
        return CLI_FAILURE;
    }
    system_modules = (struct system_modules){hub->edge_agent_image, hub->edge_hub_image, hub->edge_hub_create_options};
    if (options->edge_agent_image)
        system_modules.edge_agent_image = options->edge_agent_image;
    if (options->edge_hub_image)
        system_modules.edge_hub_image = options->edge_hub_image;
    return translate_all(documents, &system_modules, out, err);
}
