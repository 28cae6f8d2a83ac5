/* The life of the webhook: it serves over TLS, drains when asked to end, and ends at once when asked again. */
#include "server_http.h"

#include "certs/certs.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "server/arena.h"
#include "server/service.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 60000

static char folder[] = "/tmp/test_server_service.XXXXXX";
static char certificate_file[64], key_file[64], ca_file[64];

struct running {
    struct service_options options;
    struct metrics metrics;
    struct http_certificate *certificate;
    struct error error;
    char webhook_url[64], health_url[64];
    pthread_t thread;
    int result;
};

static const char review[] =
    "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"1\"}}";

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

static void *run(void *argument)
{
    struct running *running = argument;
    running->result = service_run(&running->options, running->certificate, NULL, &running->metrics, &running->error);
    return NULL;
}

static void begin(struct running *running, int64_t drain_ms)
{
    *running = (struct running){.options = {.address = "127.0.0.1",
                                            .port = free_port(),
                                            .threads = 2,
                                            .drain_ms = drain_ms,
                                            .health_address = "127.0.0.1",
                                            .health_port = free_port()}};
    snprintf(running->webhook_url, sizeof running->webhook_url, "https://127.0.0.1:%u", running->options.port);
    snprintf(running->health_url, sizeof running->health_url, "http://127.0.0.1:%u", running->options.health_port);
    cleanup_error struct error error = {0};
    if (http_certificate_new(certificate_file, key_file, &running->certificate, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_int_equal(metrics_init(&running->metrics, NULL, 0), 0);
    assert_int_equal(pthread_create(&running->thread, NULL, run, running), 0);
}

static void end(struct running *running)
{
    pthread_join(running->thread, NULL);
    http_certificate_free(running->certificate);
    metrics_release(&running->metrics);
}

/* Asks until /readyz has that status. */
static void await_readiness(const struct running *running, int status)
{
    struct exchange ask = {.base_url = running->health_url, .method = "GET", .path = "/readyz"};
    for (int64_t until = clock_now_ms() + PATIENCE_MS; clock_now_ms() < until; sched_yield()) {
        struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
        bool there = exchange_try(&ask, &answer, NULL) == 0 && answer.status == status;
        http_client_answer_release(&answer);
        if (there)
            return;
    }
    fail_msg("/readyz never answered %d", status);
}

static void assert_admission(const struct running *running, bool closes)
{
    struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_error struct error error = {0};
    struct exchange ask = {running->webhook_url, ca_file, "POST",        "/validate",
                           "application/json",   review,  strlen(review)};
    if (exchange_try(&ask, &answer, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_int_equal(answer.status, 200);
    cleanup_free char *connection = http_client_answer_header(&answer, "Connection");
    assert_int_equal(connection && strcmp(connection, "close") == 0, closes);
    http_client_answer_release(&answer);
}

static void test_serves_drains_and_ends_when_asked_again(void **state)
{
    (void)state;
    struct running running;
    begin(&running, 600000);
    await_readiness(&running, 200);
    assert_admission(&running, false);
    assert_true(running.metrics.certificate_expiry_wall_s > clock_wall_s());

    kill(getpid(), SIGTERM);
    await_readiness(&running, 503);
    assert_admission(&running, true);

    kill(getpid(), SIGTERM);
    end(&running);
    assert_int_equal(running.result, 0);
}

static void test_ends_at_once_without_a_drain(void **state)
{
    (void)state;
    struct running running;
    begin(&running, 0);
    await_readiness(&running, 200);
    kill(getpid(), SIGINT);
    end(&running);
    assert_int_equal(running.result, 0);
}

/* Whatever is taken, the sentence names the port and nothing stays behind that listens. */
static void test_a_port_that_is_taken(void **state)
{
    (void)state;
    struct running first, second;
    begin(&first, 0);
    await_readiness(&first, 200);
    second = (struct running){.options = first.options};
    second.options.health_port = 0;
    cleanup_error struct error error = {0};
    assert_int_equal(service_run(&second.options, first.certificate, NULL, &first.metrics, &error), -1);
    assert_int_equal(strncmp(error_message(&error), "webhook port: ", 14), 0);
    assert_admission(&first, false);
    service_block_signals(); /* a service that ends lets signals through, for those who lose patience with it */
    kill(getpid(), SIGTERM);
    end(&first);
    assert_int_equal(first.result, 0);
}

static int start(void **state)
{
    (void)state;
    static const char *const names[] = {"127.0.0.1"};
    cleanup_error struct error error = {0};
    http_client_global_init();
    log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    arena_install();
    service_block_signals();
    if (!mkdtemp(folder) || certs_write(folder, names, 1, 30, &error) < 0)
        return -1;
    snprintf(certificate_file, sizeof certificate_file, "%s/tls.crt", folder);
    snprintf(key_file, sizeof key_file, "%s/tls.key", folder);
    snprintf(ca_file, sizeof ca_file, "%s/ca.crt", folder);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    char ca_key[64];
    snprintf(ca_key, sizeof ca_key, "%s/ca.key", folder);
    unlink(ca_key);
    unlink(ca_file);
    unlink(certificate_file);
    unlink(key_file);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_serves_drains_and_ends_when_asked_again),
        cmocka_unit_test(test_ends_at_once_without_a_drain),
        cmocka_unit_test(test_a_port_that_is_taken),
    };
    return cmocka_run_group_tests_name("server_service", tests, start, stop);
}
