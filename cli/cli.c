#include "cli/cli.h"

#include "cli/commands.h"
#include "cli/documents.h"
#include "cli/options.h"
#include "common/cleanup.h"

static const char help[] =
    "kubectl-iotedge: what the IoT Edge connector would say and do about files, without a cluster\n"
    "\n"
    "  kubectl iotedge validate -f FILE...     judge edge Deployments and ConfigMaps as the webhook does\n"
    "  kubectl iotedge translate -f FILE...    print the configuration that each edge Deployment becomes\n"
    "      --hub-config FILE                   the connector's configuration: images come from its hubs\n"
    "      --hub NAME                          which of them; the first when not given\n"
    "      --edge-agent-image IMAGE            images of the two system modules, over the configuration's\n"
    "      --edge-hub-image IMAGE\n"
    "  kubectl iotedge --version\n"
    "  kubectl iotedge --help\n"
    "\n"
    "A FILE has YAML or JSON with any number of objects; - is the standard input. Findings go to the standard output "
    "of\n"
    "validate, as `file: Deployment/name: field: message`; warnings go to the standard error.\n"
    "Exit status: 0 nothing found, 1 findings, 2 a file cannot be read or the command is wrong.\n";

static enum cli_exit fail(const struct error *error, FILE *err)
{
    fprintf(err, "kubectl-iotedge: %s\n", error_message(error));
    return CLI_FAILURE;
}

enum cli_exit cli_run(int argc, char *const *argv, FILE *out, FILE *err)
{
    cleanup_options struct options options = OPTIONS_INIT;
    cleanup_documents struct documents documents = DOCUMENTS_INIT;
    cleanup_error struct error error = {NULL};

    if (options_parse(argc, argv, &options, &error) < 0)
        return fail(&error, err);
    if (options.command == COMMAND_HELP) {
        fputs(help, out);
        return CLI_OK;
    }
    if (options.command == COMMAND_VERSION) {
        fprintf(out, "kubectl-iotedge %s\n", VERSION);
        return CLI_OK;
    }
    for (size_t i = 0; i < options.file_count; i++) {
        if (documents_load(options.files[i], &documents, &error) < 0)
            return fail(&error, err);
    }
    if (options.command == COMMAND_VALIDATE)
        return validate_command(&documents, out, err);
    return translate_command(&options, &documents, out, err);
}
