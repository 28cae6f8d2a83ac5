#include "server/command.h"

#include "common/arguments.h"
#include "common/banned.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/service.h"

struct webhook_arguments {
    const char *certificate, *key;
    const char *drain;
    unsigned port, health_port, threads;
    bool health;
    struct namespaces secrets_from;
    struct service_options service;
};

static int read_secrets_from(const char *value, struct webhook_arguments *arguments)
{
    cleanup_error struct error error = {0};
    if (namespaces_add(&arguments->secrets_from, value, &error) < 0)
        return command_usage_error("--secrets-from: %s", error_message(&error));
    return 0;
}

static int read_option(int option, const char *word, struct webhook_arguments *arguments)
{
    const char *value = optarg;
    switch (option) {
    case 'a':
        arguments->service.address = value;
        return 0;
    case 'c':
        arguments->certificate = value;
        return 0;
    case 'k':
        arguments->key = value;
        return 0;
    case 'd':
        if (!clock_parse_duration(value, &arguments->service.drain_ms))
            return command_usage_error("--drain must be a duration such as 10s, not \"%s\"", value);
        return 0;
    case 'p':
        return command_read_number("--port", value, 0, 65535, &arguments->port);
    case 'h':
        arguments->health = true;
        return command_read_number("--health-port", value, 0, 65535, &arguments->health_port);
    case 't':
        return command_read_number("--threads", value, 1, 64, &arguments->threads);
    case 's':
        return read_secrets_from(value, arguments);
    default:
        return command_option_error(option, word);
    }
}

static int read_arguments(int count, char **texts, struct webhook_arguments *arguments)
{
    static const struct option options[] = {
        {"address", required_argument, NULL, 'a'},
        {"certificate", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},
        {"port", required_argument, NULL, 'p'},
        {"health-port", required_argument, NULL, 'h'},
        {"threads", required_argument, NULL, 't'},
        {"drain", required_argument, NULL, 'd'},
        {"secrets-from", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    const char *word = NULL;
    for (int option; (option = arguments_next(count, texts, options, NULL, &word)) != -1;)
        if (read_option(option, word, arguments) != 0)
            return EXIT_USAGE;
    if (!arguments->certificate || !arguments->key)
        return command_usage_error("--certificate FILE and --key FILE are needed");
    arguments->service.port = (uint16_t)arguments->port;
    arguments->service.health_port = (uint16_t)arguments->health_port;
    arguments->service.threads = arguments->threads;
    if (arguments->health)
        arguments->service.health_address = arguments->service.address;
    return command_refuse_rest(count, texts, optind);
}

static int serve(const struct webhook_arguments *arguments)
{
    cleanup_error struct error error = {0};
    struct http_certificate *certificate = NULL;
    struct metrics metrics;
    if (http_certificate_new(arguments->certificate, arguments->key, &certificate, &error) < 0)
        return command_failure("%s", error_message(&error));
    metrics_init(&metrics, NULL, 0);
    log_info("iot-edge-connector %s, admission only", VERSION);
    int result = service_run(&arguments->service, certificate, NULL, &metrics, &error);
    http_certificate_free(certificate);
    metrics_release(&metrics);
    return result < 0 ? command_failure("%s", error_message(&error)) : EXIT_OK;
}

/* Admission alone: no cluster to watch, no hub to call. */
int command_webhook(int count, char **texts)
{
    struct webhook_arguments arguments = {.port = 8443, .threads = 4, .service = {.address = "::", .drain_ms = 10000}};
    int result = read_arguments(count, texts, &arguments);
    arguments.service.secrets_from = &arguments.secrets_from;
    if (result == 0) {
        command_prepare_service();
        result = serve(&arguments);
    }
    namespaces_release(&arguments.secrets_from);
    return result;
}
