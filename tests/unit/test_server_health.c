/* /livez, /readyz and /metrics, without an engine. */
#include "server_http.h"

#include "common/cleanup.h"
#include "server/health.h"

#include <string.h>

static struct http_server *server;
static struct metrics metrics;
static struct health health;

static void get(const char *path, int *ret_status, char **ret_body)
{
    struct http_client_answer answer = exchange(server, "GET", path, NULL, NULL, 0);
    *ret_status = answer.status;
    *ret_body = answer.body;
    answer.body = NULL;
    http_client_answer_release(&answer);
}

static void assert_answer(const char *path, int status, const char *body)
{
    int given;
    cleanup_free char *text = NULL;
    get(path, &given, &text);
    assert_int_equal(given, status);
    assert_string_equal(text, body);
}

static void test_ready(void **state)
{
    (void)state;
    assert_answer("/livez", 200, "ok\n");
    assert_answer("/readyz", 200, "webhook: ok\n");
}

static void test_not_ready_before_it_listens(void **state)
{
    (void)state;
    health.webhook = NULL;
    assert_answer("/readyz", 503, "webhook: not listening yet\n");
    assert_answer("/livez", 200, "ok\n");
}

static void test_not_ready_while_draining(void **state)
{
    (void)state;
    health.draining = true;
    assert_answer("/readyz", 503, "webhook: shutting down\n");
    assert_answer("/livez", 200, "ok\n");
}

static void test_not_ready_with_an_expired_certificate(void **state)
{
    (void)state;
    metrics.certificate_expiry_wall_s = clock_wall_s() - 1;
    assert_answer("/readyz", 503, "webhook: the serving certificate has expired\n");
    assert_answer("/livez", 200, "ok\n");
}

static void test_metrics_with_the_servers_counts(void **state)
{
    (void)state;
    int status;
    cleanup_free char *text = NULL;
    get("/metrics", &status, &text);
    assert_int_equal(status, 200);
    assert_non_null(strstr(text, "\niot_edge_connector_webhook_latency_seconds_count{webhook=\"mutate\"} 0\n"));
    assert_non_null(strstr(text, "\n# TYPE iot_edge_connector_webhook_connections_open gauge\n"));
    assert_non_null(strstr(text, "\niot_edge_connector_webhook_connections_cut_total 0\n"));
}

static void test_others(void **state)
{
    (void)state;
    struct http_client_answer answer = exchange(server, "POST", "/livez", "text/plain", "x", 1);
    assert_int_equal(answer.status, 405);
    http_client_answer_release(&answer);
    assert_answer("/healthz", 404, "there are /livez, /readyz and /metrics here\n");
}

static int reset(void **state)
{
    (void)state;
    health.webhook = server;
    health.draining = false;
    metrics.certificate_expiry_wall_s = clock_wall_s() + 3600;
    return 0;
}

static int start(void **state)
{
    (void)state;
    http_client_global_init();
    metrics_init(&metrics, NULL, 0);
    health.metrics = &metrics;
    server = serve(health_handle, &health);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_server_stop(server);
    metrics_release(&metrics);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ready, reset),
        cmocka_unit_test_setup(test_not_ready_before_it_listens, reset),
        cmocka_unit_test_setup(test_not_ready_while_draining, reset),
        cmocka_unit_test_setup(test_not_ready_with_an_expired_certificate, reset),
        cmocka_unit_test_setup(test_metrics_with_the_servers_counts, reset),
        cmocka_unit_test_setup(test_others, reset),
    };
    return cmocka_run_group_tests_name("server_health", tests, start, stop);
}
