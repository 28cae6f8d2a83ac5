#include "server/command.h"

#include "common/arguments.h"
#include "common/banned.h"
#include "common/cleanup.h"
#include "common/core_dump.h"
#include "common/log.h"
#include "http/client.h"
#include "server/config.h"
#include "server/dry_run.h"
#include "server/identity.h"
#include "server/memory.h"
#include "server/service.h"

#include <stdlib.h>
#include <string.h>

/* All that the connector is made of; later members need the earlier ones. */
struct connector {
    struct config config;
    struct metrics metrics;
    struct http_certificate *certificate;
    struct kube_access *access;
    struct engine *engine;
};

static void connector_release(struct connector *connector)
{
    if (connector->engine)
        engine_free(connector->engine);
    kube_access_free(connector->access);
    http_certificate_free(connector->certificate);
    metrics_release(&connector->metrics);
    config_release(&connector->config);
}

static int init_metrics(struct connector *connector, struct error *error)
{
    const struct hubs *hubs = &connector->config.hubs;
    cleanup_free const char **names = calloc(hubs->count, sizeof *names);
    for (size_t i = 0; names && i < hubs->count; i++)
        names[i] = hubs->items[i].name;
    if (!names || metrics_init(&connector->metrics, names, hubs->count) < 0)
        return error_set(error, "memory ran out");
    return 0;
}

static int load_config(const char *config_file, struct config *config, struct error *error)
{
    if (config_load(config_file, config, error) < 0)
        return -1;
    if (identity_complete(config, IDENTITY_NAMESPACE_FILE, error) < 0)
        return -1;
    log_setup(config->log_level, config->log_format);
    return 0;
}

/* Whatever can be wrong at the start is found here, before anything listens. A dry run listens to nobody: it does
 * without the certificate. */
static int connector_init(const char *config_file, bool serves, struct connector *connector, struct error *error)
{
    const struct config *config = &connector->config;
    if (load_config(config_file, &connector->config, error) < 0)
        return -1;
    if (init_metrics(connector, error) < 0)
        return -1;
    if (serves && http_certificate_new(config->certificate_file, config->key_file, &connector->certificate, error) < 0)
        return -1;
    if (kube_access_load(config->kubeconfig, &connector->access, error) < 0)
        return -1;
    return engine_new(config, connector->access, &connector->metrics, &connector->engine, error);
}

static int serve(const char *config_file)
{
    cleanup_error struct error error = {0};
    __attribute__((cleanup(connector_release))) struct connector connector = {0};
    if (connector_init(config_file, true, &connector, &error) < 0)
        return command_failure("%s", error_message(&error));
    const struct config *config = &connector.config;
    log_info("iot-edge-connector %s, %zu hub%s, API server %s", VERSION, config->hubs.count,
             config->hubs.count == 1 ? "" : "s", kube_access_server(connector.access));
    if (core_dump_is_allowed())
        log_warning(CORE_DUMP_VARIABLE " allows core dumps: they hold the keys of the hubs");

    struct service_options options = {
        .address = config->listen_address,
        .port = config->listen_port,
        .threads = config->threads,
        .drain_ms = config->drain_ms,
        .health_address = config->health_address,
        .health_port = config->health_port,
        .api_address = config->api_address,
        .api_port = config->api_port,
        .secrets_from = &config->secrets_from,
    };
    if (service_run(&options, connector.certificate, connector.engine, &connector.metrics, &error) < 0)
        return command_failure("%s", error_message(&error));
    return EXIT_OK;
}

static int plan(const char *config_file, enum dry_run_output output)
{
    cleanup_error struct error error = {0};
    __attribute__((cleanup(connector_release))) struct connector connector = {0};
    enum dry_run_result result = DRY_RUN_TROUBLE;
    if (connector_init(config_file, false, &connector, &error) == 0)
        result = dry_run(connector.engine, output, stdout, &error);
    if (result == DRY_RUN_TROUBLE)
        (void)command_failure("%s", error_message(&error));
    return (int)result;
}

struct serve_arguments {
    const char *config_file, *output;
    bool once, dry_run;
};

static int check_arguments(const struct serve_arguments *arguments)
{
    if (!arguments->config_file)
        return command_usage_error("--config FILE is missing");
    if (arguments->once != arguments->dry_run)
        return command_usage_error("--once and --dry-run only go together: they print what would be done now");
    if (arguments->output && !arguments->dry_run)
        return command_usage_error("--output only goes with --once --dry-run");
    if (arguments->output && strcmp(arguments->output, "text") != 0 && strcmp(arguments->output, "json") != 0)
        return command_usage_error("--output must be text or json, not \"%s\"", arguments->output);
    return 0;
}

/* The options are long ones, but for -o, which the fingers know from kubectl. */
static int read_arguments(int count, char **texts, struct serve_arguments *arguments)
{
    static char output_option[] = "--output";
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"once", no_argument, NULL, '1'},
                                            {"dry-run", no_argument, NULL, 'd'},
                                            {"output", required_argument, NULL, 'o'},
                                            {NULL, 0, NULL, 0}};
    const char *word = NULL;
    for (int i = 1; i < count; i++)
        if (strcmp(texts[i], "-o") == 0)
            texts[i] = output_option;
    for (int option; (option = arguments_next(count, texts, options, NULL, &word)) != -1;) {
        if (option == 'c')
            arguments->config_file = optarg;
        else if (option == 'o')
            arguments->output = optarg;
        else if (option == '1')
            arguments->once = true;
        else if (option == 'd')
            arguments->dry_run = true;
        else
            return command_option_error(option, word);
    }
    if (command_refuse_rest(count, texts, optind) != 0)
        return EXIT_USAGE;
    return check_arguments(arguments);
}

int command_serve(int count, char **texts)
{
    struct serve_arguments arguments = {.dry_run = false};
    if (read_arguments(count, texts, &arguments) != 0)
        return EXIT_USAGE;
    if (!arguments.dry_run)
        command_prepare_service();
    memory_setup();
    http_client_global_init();
    if (!arguments.dry_run)
        return serve(arguments.config_file);
    bool json = arguments.output && strcmp(arguments.output, "json") == 0;
    return plan(arguments.config_file, json ? DRY_RUN_JSON : DRY_RUN_TEXT);
}
