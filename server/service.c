#include "server/service.h"

#include "common/banned.h"
#include "common/clock.h"
#include "common/log.h"
#include "http/server.h"
#include "server/admission.h"
#include "server/certificate_watch.h"
#include "server/health.h"
#include "server/read_api.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define TICK_MS 1000
/* While draining: how often we look whether requests still come, for how long none may have come, and when it is
 * enough. */
#define DRAIN_TICK_MS 100
#define QUIET_MS      5000
#define MOST_DRAIN_MS 45000

struct service {
    struct http_server *webhook;
    struct http_server *health_server;
    struct http_server *api_server;
    struct read_api api;
    struct engine *engine; /* NULL until it was started */
    struct health health;
    struct admission admission;
    struct certificate_watch certificate;
};

static void end_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

void service_block_signals(void)
{
    sigset_t set;
    end_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* From here on the next signal ends the process: what is left to do may wait for something. */
static void unblock_signals(void)
{
    sigset_t set;
    end_signals(&set);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Waits for a signal that ends us; false when none came in that time. */
static bool end_was_asked_for(int64_t wait_ms)
{
    sigset_t set;
    struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
    end_signals(&set);
    return sigtimedwait(&set, NULL, &wait) > 0;
}

static void log_event(void *context, const char *message)
{
    (void)context;
    log_debug("%s", message);
}

static int start_health(const struct service_options *options, struct service *service, struct error *error)
{
    if (!options->health_address)
        return 0;
    struct http_server_options http = {
        .address = options->health_address,
        .port = options->health_port,
        .threads = 1,
        .connection_limit = 64,
        .body_limit = 4096,
        .handle = health_handle,
        .context = &service->health,
        .on_event = log_event,
    };
    if (http_server_start(&http, &service->health_server, error) < 0)
        return error_wrap(error, "health port");
    log_info("health and metrics on %s port %u", options->health_address, http_server_port(service->health_server));
    return 0;
}

static int start_webhook(const struct service_options *options, struct http_certificate *certificate,
                         struct service *service, struct error *error)
{
    struct http_server_options http = {
        .address = options->address,
        .port = options->port,
        .certificate = certificate,
        .threads = options->threads,
        .handle = admission_handle,
        .context = &service->admission,
        .on_event = log_event,
    };
    if (http_server_start(&http, &service->webhook, error) < 0)
        return error_wrap(error, "webhook port");
    service->health.webhook = service->webhook;
    log_info("webhook on %s port %u", options->address, http_server_port(service->webhook));
    return 0;
}

/* Its handlers may wait for a hub: each connection has a thread of its own, and there are few. */
static int start_api(const struct service_options *options, struct http_certificate *certificate,
                     struct service *service, struct error *error)
{
    if (!options->api_address || !service->engine)
        return 0;
    read_api_init(&service->api, service->engine);
    struct http_server_options http = {
        .address = options->api_address,
        .port = options->api_port,
        .certificate = certificate,
        .connection_limit = 16,
        .body_limit = 4096,
        .handle = read_api_handle,
        .context = &service->api,
        .on_event = log_event,
    };
    if (http_server_start(&http, &service->api_server, error) < 0)
        return error_wrap(error, "API port");
    log_info("read API on %s port %u", options->api_address, http_server_port(service->api_server));
    return 0;
}

static int start(const struct service_options *options, struct http_certificate *certificate, struct engine *engine,
                 struct service *service, struct error *error)
{
    if (start_health(options, service, error) < 0 || start_webhook(options, certificate, service, error) < 0)
        return -1;
    if (engine && engine_start(engine, error) < 0)
        return -1;
    service->engine = engine;
    return start_api(options, certificate, service, error);
}

static uint64_t requests_so_far(const struct service *service)
{
    struct http_server_counts counts;
    http_server_count(service->webhook, &counts);
    return counts.requests;
}

/* The Service's endpoints lag behind readiness, so new requests come for a while: they are answered, each on a
 * connection that ends with it, for the time that was configured and then until they have ceased. */
static void drain(const struct service_options *options, struct service *service)
{
    int64_t begun = clock_now_ms(), last_request = begun;
    int64_t quiet_ms = options->drain_ms < QUIET_MS ? options->drain_ms : QUIET_MS;
    int64_t most_ms = options->drain_ms < MOST_DRAIN_MS ? MOST_DRAIN_MS : options->drain_ms;
    uint64_t seen = requests_so_far(service);

    service->health.draining = true;
    http_server_drain(service->webhook);
    for (int64_t now = begun; now < begun + most_ms; now = clock_now_ms()) {
        uint64_t requests = requests_so_far(service);
        if (requests != seen)
            last_request = now;
        seen = requests;
        if (now >= begun + options->drain_ms && now >= last_request + quiet_ms)
            return;
        if (end_was_asked_for(DRAIN_TICK_MS)) {
            log_info("asked again: not waiting any longer");
            return;
        }
    }
}

/* The health server goes first: it looks at the others. */
static void stop(struct service *service)
{
    if (service->engine)
        engine_answer_no_more(service->engine);
    http_server_stop(service->api_server);
    read_api_release(&service->api);
    http_server_stop(service->health_server);
    http_server_stop(service->webhook);
    if (service->engine)
        engine_stop(service->engine);
}

int service_run(const struct service_options *options, struct http_certificate *certificate, struct engine *engine,
                struct metrics *metrics, struct error *error)
{
    struct service service = {.health = {.metrics = metrics, .engine = engine},
                              .admission = {.metrics = metrics, .secrets_from = options->secrets_from}};
    int result;

    certificate_watch_init(&service.certificate, certificate, metrics);
    result = start(options, certificate, engine, &service, error);
    if (result == 0) {
        while (!end_was_asked_for(TICK_MS))
            certificate_watch_tick(&service.certificate);
        log_info("stopping: answering what still comes for %lld ms", (long long)options->drain_ms);
        drain(options, &service);
    }
    unblock_signals();
    stop(&service);
    certificate_watch_release(&service.certificate);
    if (result == 0)
        log_info("stopped");
    return result;
}
