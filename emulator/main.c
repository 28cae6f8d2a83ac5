/* iothub-emulator: an Azure IoT Hub on this machine, with simulated devices. */
#include "common/cleanup.h"
#include "common/log.h"
#include "emulator/admin.h"
#include "emulator/api.h"
#include "emulator/emulator.h"
#include "emulator/memory.h"
#include "emulator/setup.h"
#include "emulator/state_file.h"
#include "emulator/state_saver.h"
#include "http/certificate.h"
#include "http/server.h"

#include <signal.h>

enum { EXIT_USAGE = 2 };

struct servers {
    struct http_certificate *certificate;
    struct http_server *service, *admin;
};

static void event_log(void *context, const char *message)
{
    (void)context;
    log_debug("%s", message);
}

static int servers_start(struct emulator *emulator, const struct emulator_setup *setup, struct servers *servers,
                         struct error *error)
{
    /* A thread for each connection: a handler waits for as long as a fault holds its call. */
    struct http_server_options service = {
        .address = emulator->options.address,
        .port = emulator->options.port,
        .handle = emulator_api_handle,
        .context = emulator,
        .on_event = event_log,
    };
    struct http_server_options admin = {
        .address = "127.0.0.1",
        .port = emulator->options.admin_port,
        .handle = emulator_admin_handle,
        .context = emulator,
        .on_event = event_log,
    };

    if (http_certificate_new(setup->certificate_file, setup->key_file, &servers->certificate, error) < 0)
        return -1;
    service.certificate = servers->certificate;
    if (http_server_start(&service, &servers->service, error) < 0)
        return error_wrap(error, "the service port");
    if (http_server_start(&admin, &servers->admin, error) < 0)
        return error_wrap(error, "the admin port");
    return 0;
}

static void servers_stop(struct servers *servers)
{
    http_server_stop(servers->service);
    http_server_stop(servers->admin);
    http_certificate_free(servers->certificate);
}

static void signals_block(sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGTERM);
    sigaddset(ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, ends, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Serves until a signal ends it. */
static int serve(struct emulator *emulator, const struct emulator_setup *setup, const sigset_t *ends,
                 struct error *error)
{
    struct servers servers = {NULL, NULL, NULL};
    pthread_t worker;
    int signal_number, result = servers_start(emulator, setup, &servers, error);

    if (result == 0)
        result = emulator_setup_announce(&emulator->options, &emulator->policies, http_server_port(servers.service),
                                         http_server_port(servers.admin), error);
    if (result == 0 && pthread_create(&worker, NULL, emulator_worker, emulator) != 0)
        result = error_set(error, "cannot start a thread");
    if (result == 0) {
        log_info("the hub listens on %s:%u, the admin port on 127.0.0.1:%u, %zu devices", emulator->options.address,
                 http_server_port(servers.service), http_server_port(servers.admin), emulator->state.fleet.count);
        sigwait(ends, &signal_number);
        emulator_stop(emulator);
        pthread_join(worker, NULL);
    }
    servers_stop(&servers);
    return result;
}

/* Serves, with the state of the last run to begin with, and saves it from then on. */
static int serve_with_state(struct emulator *emulator, const struct emulator_setup *setup, const sigset_t *ends,
                            struct error *error)
{
    struct emulator_state_saver saver;

    if (!emulator->options.state_file)
        return serve(emulator, setup, ends, error);
    if (emulator_state_load(emulator, emulator->options.state_file, error) < 0 ||
        emulator_state_saver_start(&saver, emulator, emulator->options.state_file, error) < 0)
        return -1;
    int result = serve(emulator, setup, ends, error);
    if (emulator_state_saver_stop(&saver, result < 0 ? NULL : error) < 0)
        result = -1;
    return result;
}

static int run(const struct emulator_options *options, struct error *error)
{
    struct emulator_setup setup;
    struct emulator emulator;
    sigset_t ends;

    signals_block(&ends);
    if (emulator_setup_make(options, &setup, error) < 0)
        return -1;
    int result = emulator_init(&emulator, options, &setup.keys, error);
    if (result == 0) {
        result = serve_with_state(&emulator, &setup, &ends, error);
        emulator_release(&emulator);
    }
    emulator_setup_release(&setup);
    return result;
}

/* Memory that cJSON cannot get ends the program, as it does elsewhere: see memory.h. */
static void json_memory_init(void)
{
    cJSON_Hooks hooks = {.malloc_fn = emulator_allocate, .free_fn = free};

    cJSON_InitHooks(&hooks);
}

static int usage_error(const struct error *error)
{
    fprintf(stderr, "iothub-emulator: %s\n`iothub-emulator --help` shows how it is called.\n", error_message(error));
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    cleanup_error struct error error = {NULL};
    struct emulator_options options;
    int result = emulator_options_parse(argc, argv, &options, &error);

    if (result < 0)
        return usage_error(&error);
    json_memory_init();
    if (result == EMULATOR_OPTIONS_HELP) {
        fputs(emulator_options_help, stdout);
        return 0;
    }
    if (result == EMULATOR_OPTIONS_VERSION) {
        puts("iothub-emulator " VERSION);
        return 0;
    }
    if (result == EMULATOR_OPTIONS_RUN) {
        log_setup(options.log_level, options.log_format);
        result = run(&options, &error);
    }
    if (result < 0) {
        log_error("%s", error_message(&error));
        return 1;
    }
    return 0;
}
