#include "server/command.h"

#include "common/arguments.h"
#include "common/banned.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "http/client.h"
#include "server/config.h"
#include "server/identity.h"
#include "server/service.h"

#include <stdlib.h>

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

/* Whatever can be wrong at the start is found here, before anything listens. */
static int connector_init(const char *config_file, struct connector *connector, struct error *error)
{
    const struct config *config = &connector->config;
    if (config_load(config_file, &connector->config, error) < 0)
        return -1;
    if (identity_complete(&connector->config, IDENTITY_NAMESPACE_FILE, error) < 0)
        return -1;
    log_setup(config->log_level, config->log_format);
    if (init_metrics(connector, error) < 0)
        return -1;
    if (http_certificate_new(config->certificate_file, config->key_file, &connector->certificate, error) < 0)
        return -1;
    if (kube_access_load(config->kubeconfig, &connector->access, error) < 0)
        return -1;
    return engine_new(config, connector->access, &connector->metrics, &connector->engine, error);
}

static int serve(const char *config_file)
{
    cleanup_error struct error error = {0};
    __attribute__((cleanup(connector_release))) struct connector connector = {0};
    if (connector_init(config_file, &connector, &error) < 0)
        return command_failure("%s", error_message(&error));
    const struct config *config = &connector.config;
    log_info("iot-edge-connector %s, %zu hub%s, API server %s", VERSION, config->hubs.count,
             config->hubs.count == 1 ? "" : "s", kube_access_server(connector.access));

    struct service_options options = {
        .address = config->listen_address,
        .port = config->listen_port,
        .threads = config->threads,
        .drain_ms = config->drain_ms,
        .health_address = config->health_address,
        .health_port = config->health_port,
        .secrets_from = &config->secrets_from,
    };
    if (service_run(&options, connector.certificate, connector.engine, &connector.metrics, &error) < 0)
        return command_failure("%s", error_message(&error));
    return EXIT_OK;
}

int command_serve(int count, char **arguments)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    const char *config_file = NULL;
    const char *word = NULL;
    for (int option; (option = arguments_next(count, arguments, options, NULL, &word)) != -1;) {
        if (option != 'c')
            return command_option_error(option, word);
        config_file = optarg;
    }
    if (command_refuse_rest(count, arguments, optind) != 0)
        return EXIT_USAGE;
    if (!config_file)
        return command_usage_error("--config FILE is missing");
    command_prepare_service();
    http_client_global_init();
    return serve(config_file);
}
