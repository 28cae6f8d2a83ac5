/* What each command does with the objects of the files. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"
#include "cli/documents.h"
#include "cli/options.h"
#include "common/error.h"
#include "translate/manifest.h"

/* Judges every edge Deployment and every ConfigMap with edge settings as the webhook would. */
enum cli_exit validate_command(const struct documents *documents, FILE *out, FILE *err);

/* Prints the configuration that each edge Deployment becomes. */
enum cli_exit translate_command(const struct options *options, const struct documents *documents, FILE *out, FILE *err);

/* Translates a completed Deployment with the ConfigMaps of the files; as manifest_translate. */
int translate_document(const struct document *document, const struct documents *documents,
                       const struct system_modules *system_modules, struct manifest *ret_manifest,
                       struct findings *findings);

#endif
