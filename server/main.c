/* iot-edge-connector: the admission webhook and the sync engine, and two helpers to set them up. */
#include "common/banned.h"
#include "common/cleanup.h"
#include "common/core_dump.h"
#include "server/command.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "Kubernetes semantics for Azure IoT Edge: the admission webhook and the sync with IoT Hub.\n"
    "\n"
    "  iot-edge-connector --config FILE\n"
    "      Serve: admission, sync, health port. docs/configuration.md describes the file.\n"
    "  iot-edge-connector --config FILE --once --dry-run [--output text|json]\n"
    "      List the cluster and the hubs once, print what would be done, write nothing. Exit status: 0 nothing to do,\n"
    "      1 there is something, 2 trouble.\n"
    "  iot-edge-connector webhook --certificate FILE --key FILE [--address ADDRESS] [--port PORT]\n"
    "                             [--health-port PORT] [--threads N] [--drain DURATION]\n"
    "                             [--secrets-from NAMESPACE]...\n"
    "      Admission alone, without cluster and hub. Default: port 8443 on all addresses, 4 threads, 10s.\n"
    "  iot-edge-connector certs --folder DIR --name NAME [NAME...] [--days N]\n"
    "      Write a CA and a serving certificate for these DNS names or IP addresses (365 days).\n"
    "  iot-edge-connector register (--url URL | --service NAMESPACE/NAME[:PORT]) --ca FILE [--kubeconfig FILE]\n"
    "      Tell the API server where the webhook is and which CA to trust.\n"
    "  iot-edge-connector --version | --help\n";

struct command {
    const char *name;
    int (*run)(int count, char **arguments);
};

static const struct command commands[] = {
    {"webhook", command_webhook},
    {"certs", command_certs},
    {"register", command_register},
};

int main(int count, char **arguments)
{
    core_dump_forbid();
    if (count < 2)
        return command_usage_error("nothing to do");
    const char *first = arguments[1];
    if (strcmp(first, "--version") == 0) {
        puts("iot-edge-connector " VERSION);
        return EXIT_OK;
    }
    if (strcmp(first, "--help") == 0) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; i < array_length(commands); i++)
        if (strcmp(first, commands[i].name) == 0)
            return commands[i].run(count - 1, arguments + 1);
    if (first[0] != '-')
        return command_usage_error("there is no command \"%s\"", first);
    return command_serve(count, arguments);
}
