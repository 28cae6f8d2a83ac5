/* What each command does with the objects of the files. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"
#include "cli/documents.h"
#include "cli/hub_config.h"
#include "cli/options.h"
#include "translate/manifest.h"

/* Judges every edge Deployment and every ConfigMap with edge settings as the webhook would. */
enum cli_exit validate_command(const struct options *options, const struct documents *documents, FILE *out, FILE *err);

/* Prints the configuration that each edge Deployment becomes. */
enum cli_exit translate_command(const struct options *options, const struct documents *documents, FILE *out, FILE *err);

/* Prints what differs between the configurations of the first file (or folder) and those of the second. */
enum cli_exit diff_command(const struct options *options, FILE *out, FILE *err);

/* Prints how each edge Deployment stands on its hubs, by the connector's word. */
enum cli_exit status_command(const struct options *options, FILE *out, FILE *err);

/* Prints what the connector would change on the hubs. */
enum cli_exit live_diff_command(const struct options *options, FILE *out, FILE *err);

/* Prints what on a hub looks like ours, or the old connector's, and has no Deployment. */
enum cli_exit orphans_command(const struct options *options, FILE *out, FILE *err);

/* Puts a configuration into the hands of a Deployment. */
enum cli_exit adopt_command(const struct options *options, FILE *in, FILE *out, FILE *err);

/* Prints what a key means. */
enum cli_exit explain_command(const struct options *options, FILE *out, FILE *err);

/* Judges and translates a completed Deployment with the ConfigMaps and Secrets of the files; as manifest_translate. */
int translate_document(const struct document *document, const struct documents *documents,
                       const struct hub_config *config, struct manifest *ret_manifest, struct findings *findings);

/* The configuration as JSON: targetCondition, priority, content; without white space. For the caller to free; NULL
 * without memory. */
char *configuration_text(const struct manifest *manifest);

#endif
