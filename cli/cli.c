#include "cli/cli.h"

#include "cli/commands.h"
#include "cli/documents.h"
#include "cli/options.h"
#include "common/cleanup.h"

static const char help[] =
    "kubectl-iotedge: what the IoT Edge connector says and does, of files and of the cluster\n"
    "\n"
    "Of files, without a cluster:\n"
    "  kubectl iotedge validate -f FILE...     judge edge Deployments and ConfigMaps as the webhook does\n"
    "      -o, --output text|json|sarif        lines for people, or findings for machines\n"
    "  kubectl iotedge translate -f FILE...    print the configuration that each edge Deployment becomes\n"
    "  kubectl iotedge diff -f OLD -f NEW      print what a change of files changes on IoT Hub\n"
    "  kubectl iotedge explain KEY...          what an annotation, a ConfigMap's key or a field becomes\n"
    "      --all                               everything, as a page\n"
    "  validate, translate and diff -f take\n"
    "      --hub-config FILE                   the connector's configuration: images come from its hubs, and\n"
    "                                          secretsFrom says where values of Secrets may be used\n"
    "      --hub NAME                          which of them; the first when not given\n"
    "      --edge-agent-image IMAGE            images of the two system modules, over the configuration's\n"
    "      --edge-hub-image IMAGE\n"
    "\n"
    "Of the cluster: the connector is asked, through the API server, with your kubeconfig alone:\n"
    "  kubectl iotedge status [NAME...]        how each edge Deployment stands on its hubs\n"
    "  kubectl iotedge diff [NAME...]          what would change on the hubs now\n"
    "      -o, --output text|json\n"
    "      --connector NAMESPACE/NAME          the connector's Service; default: the one of its webhook, else\n"
    "                                          default/iot-edge-connector (or the variable IOT_EDGE_CONNECTOR)\n"
    "\n"
    "Of a hub, with a key to it:\n"
    "  kubectl iotedge orphans                 what looks like the connector's and has no Deployment\n"
    "      -o, --output text|json\n"
    "  kubectl iotedge adopt ID NAME           put a configuration into the hands of a Deployment\n"
    "      --hub NAME                          the hub's name in the connector's configuration\n"
    "      --yes                               do not ask\n"
    "  Both take\n"
    "      --connection-string-file FILE       of a shared access policy with registry read, for adopt with registry\n"
    "                                          write (or the variable HUB_CONNECTION_STRING)\n"
    "      --ca-file FILE                      PEM of the CA to trust for the hub\n"
    "      --owner OWNER                       the connector's; default: the uid of the namespace kube-system\n"
    "\n"
    "  What asks the cluster takes\n"
    "      -n, --namespace NAMESPACE           default: that of the context; -A, --all-namespaces: all\n"
    "      --kubeconfig FILE, --context NAME   as kubectl\n"
    "      -s, --server URL                    instead of a kubeconfig: http://127.0.0.1:8001 of `kubectl proxy`\n"
    "\n"
    "  kubectl iotedge --version\n"
    "  kubectl iotedge --help\n"
    "\n"
    "A FILE has YAML or JSON with any number of objects; - is the standard input, and of a folder all .yaml, .yml and\n"
    ".json files are read. Findings go to the standard output of validate, as `file: Deployment/name: field: "
    "message`;\n"
    "warnings go to the standard error. Colours are for terminals; NO_COLOR=1 turns them off.\n"
    "Exit status: 0 nothing found (but perhaps warnings), nothing differs, all is in step; 1 findings, differences,\n"
    "something is not in step; 2 a file cannot be read, the connector or the hub cannot be asked, or the command is "
    "wrong.\n";

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
    if (options.command == COMMAND_EXPLAIN)
        return explain_command(&options, out, err);
    if (options.command == COMMAND_DIFF && options.file_count)
        return diff_command(&options, out, err);
    if (options.command == COMMAND_DIFF)
        return live_diff_command(&options, out, err);
    if (options.command == COMMAND_STATUS)
        return status_command(&options, out, err);
    if (options.command == COMMAND_ORPHANS)
        return orphans_command(&options, out, err);
    if (options.command == COMMAND_ADOPT)
        return adopt_command(&options, stdin, out, err);
    for (size_t i = 0; i < options.file_count; i++) {
        if (documents_load(options.files[i], &documents, &error) < 0)
            return fail(&error, err);
    }
    if (options.command == COMMAND_VALIDATE)
        return validate_command(&options, &documents, out, err);
    return translate_command(&options, &documents, out, err);
}
