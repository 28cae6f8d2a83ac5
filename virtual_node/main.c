/* iot-edge-virtual-node: shows each hub as a node of the cluster. */
#include "common/arguments.h"
#include "common/cleanup.h"
#include "common/core_dump.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "http/client.h"
#include "virtual_node/config.h"
#include "virtual_node/keeper.h"

#include <signal.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const char usage[] = "usage: iot-edge-virtual-node --config FILE\n"
                            "Keeps a Node and its heartbeat in the cluster for each hub of the connector's "
                            "configuration, until SIGTERM or SIGINT.\n"
                            "The Nodes stay when it ends.\n"
                            "\n"
                            "  --config FILE  the connector's configuration (YAML)\n"
                            "  --version      print the version\n"
                            "  --help         print this\n";

static inline void cleanup_kube_access_pointer(struct kube_access **access)
{
    kube_access_free(*access);
}

static inline void cleanup_node_keeper_pointer(struct node_keeper **keeper)
{
    node_keeper_stop(*keeper);
}

/* Before any thread, so that all of them leave these signals to wait_for_end. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void wait_for_end(const sigset_t *set)
{
    int number = 0;
    while (sigwait(set, &number) != 0)
        continue;
    log_info("%s: ending, the nodes stay", number == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void tell_start(const struct node_config *config, const struct kube_access *access)
{
    cleanup_strbuf struct strbuf hubs = STRBUF_INIT;
    for (size_t i = 0; i < config->hubs.count; i++)
        strbuf_add_format(&hubs, "%s%s", i > 0 ? ", " : "", config->hubs.items[i].name);
    log_info("iot-edge-virtual-node %s: nodes of %s at %s", VERSION, strbuf_string(&hubs), kube_access_server(access));
}

static int serve(const char *path, struct error *error)
{
    cleanup_node_config struct node_config config = NODE_CONFIG_INIT;
    __attribute__((cleanup(cleanup_kube_access_pointer))) struct kube_access *access = NULL;
    __attribute__((cleanup(cleanup_node_keeper_pointer))) struct node_keeper *keeper = NULL;
    sigset_t ending;
    if (node_config_load(path, &config, error) < 0)
        return -1;
    log_setup(config.log_level, config.log_format);
    http_client_global_init();
    if (kube_access_load(config.kubeconfig, &access, error) < 0)
        return -1;
    block_signals(&ending);
    tell_start(&config, access);
    if (node_keeper_new(&config, access, &keeper, error) < 0 || node_keeper_start(keeper, error) < 0)
        return -1;
    wait_for_end(&ending);
    return 0;
}

static int usage_error(const char *before, const char *word, const char *behind)
{
    fprintf(stderr, "iot-edge-virtual-node: %s%s%s\n`iot-edge-virtual-node --help` shows how it is called.\n", before,
            word, behind);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *config = NULL;
    const char *word = NULL;
    core_dump_forbid();
    for (int option; (option = arguments_next(argc, argv, options, NULL, &word)) != -1;) {
        if (option == 'v')
            return printf("iot-edge-virtual-node %s\n", VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        if (option == 'h')
            return fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        if (option == ':')
            return usage_error("", word, " needs a value");
        if (option != 'c')
            return usage_error("there is no option ", word, "");
        config = optarg;
    }
    if (optind < argc)
        return usage_error("\"", argv[optind], "\" is too much");
    if (!config)
        return usage_error("--config FILE is missing", "", "");
    cleanup_error struct error error = {NULL};
    if (serve(config, &error) == 0)
        return EXIT_SUCCESS;
    log_error("%s", error_message(&error));
    return EXIT_FAILURE;
}
