#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/metrics.h"

#include <string.h>

static void assert_has(const struct strbuf *text, const char *line)
{
    if (!strstr(strbuf_string(text), line))
        fail_msg("no line \"%s\" in:\n%s", line, strbuf_string(text));
}

static void test_histogram_is_cumulative(void **state)
{
    (void)state;
    struct metrics metrics;
    assert_int_equal(metrics_init(&metrics, NULL, 0), 0);
    metrics_observe_latency(&metrics, WEBHOOK_VALIDATE, 50000);      /* ≤ 0.0001 */
    metrics_observe_latency(&metrics, WEBHOOK_VALIDATE, 100000);     /* ≤ 0.0001, at the edge */
    metrics_observe_latency(&metrics, WEBHOOK_VALIDATE, 100001);     /* ≤ 0.00025 */
    metrics_observe_latency(&metrics, WEBHOOK_VALIDATE, 3000000000); /* +Inf */

    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    metrics_write(&metrics, &text);
#define NAME "\niot_edge_connector_webhook_latency_seconds"
    assert_has(&text, NAME "_bucket{webhook=\"validate\",le=\"0.0001\"} 2\n");
    assert_has(&text, NAME "_bucket{webhook=\"validate\",le=\"0.00025\"} 3\n");
    assert_has(&text, NAME "_bucket{webhook=\"validate\",le=\"2.5\"} 3\n");
    assert_has(&text, NAME "_bucket{webhook=\"validate\",le=\"+Inf\"} 4\n");
    assert_has(&text, NAME "_sum{webhook=\"validate\"} 3.000250001\n");
    assert_has(&text, NAME "_count{webhook=\"validate\"} 4\n");
    assert_has(&text, NAME "_count{webhook=\"mutate\"} 0\n");
    metrics_release(&metrics);
}

static void test_hubs_and_counters(void **state)
{
    (void)state;
    const char *const hubs[] = {"hub0", "hub1"};
    struct metrics metrics;
    assert_int_equal(metrics_init(&metrics, hubs, 2), 0);
    for (size_t i = 0; i < 3; i++)
        metrics_count_review(&metrics, WEBHOOK_MUTATE, 200);
    metrics_count_review(&metrics, WEBHOOK_VALIDATE, 422);
    metrics_count_review(&metrics, WEBHOOK_VALIDATE, 415);
    metrics.rejections[FIELD_REQUIRED] = 5;
    for (size_t i = 0; i < 7; i++)
        metrics_observe_hub(&metrics.hubs[1], IOTHUB_CREATE, 200, 30000000);
    metrics_observe_hub(&metrics.hubs[1], IOTHUB_LIST, 429, 1000);
    metrics_observe_hub(&metrics.hubs[1], IOTHUB_LIST, 418, 1000);
    metrics_observe_hub(&metrics.hubs[1], IOTHUB_LIST, 0, 100000000000);
    metrics.hubs[0].reachable = true;
    metrics.hubs[0].last_success_wall_s = 1790000000;
    metrics.hubs[1].deployments[MANAGED_FAILED] = 4;
    metrics.leader = true;

    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    metrics_write(&metrics, &text);
#undef NAME
#define NAME "\niot_edge_connector_"
    assert_has(&text, NAME "build_info{version=\"" VERSION "\"} 1\n");
    assert_has(&text, NAME "webhook_requests_total{webhook=\"mutate\",code=\"200\",allowed=\"true\"} 3\n");
    assert_has(&text, NAME "webhook_requests_total{webhook=\"validate\",code=\"422\",allowed=\"false\"} 1\n");
    assert_has(&text, NAME "webhook_requests_total{webhook=\"validate\",code=\"415\",allowed=\"false\"} 1\n");
    assert_has(&text, NAME "webhook_rejections_total{rule=\"FieldValueRequired\"} 5\n");
    assert_has(&text, NAME "hub_requests_total{hub=\"hub1\",operation=\"create\",code=\"200\"} 7\n");
    assert_has(&text, NAME "hub_requests_total{hub=\"hub1\",operation=\"list\",code=\"429\"} 1\n");
    assert_has(&text, NAME "hub_requests_total{hub=\"hub1\",operation=\"list\",code=\"other\"} 1\n");
    assert_has(&text, NAME "hub_requests_total{hub=\"hub1\",operation=\"list\",code=\"none\"} 1\n");
    assert_has(&text, NAME "hub_requests_total{hub=\"hub0\",operation=\"delete\",code=\"204\"} 0\n");
    assert_has(&text, NAME "hub_request_duration_seconds_bucket{hub=\"hub1\",operation=\"list\",le=\"90\"} 2\n");
    assert_has(&text, NAME "hub_request_duration_seconds_bucket{hub=\"hub1\",operation=\"list\",le=\"+Inf\"} 3\n");
    assert_has(&text, NAME "hub_reachable{hub=\"hub0\"} 1\n");
    assert_has(&text, NAME "hub_reachable{hub=\"hub1\"} 0\n");
    assert_has(&text, NAME "sync_last_success_timestamp_seconds{hub=\"hub0\"} 1790000000\n");
    assert_has(&text, NAME "managed_deployments{hub=\"hub1\",state=\"failed\"} 4\n");
    assert_has(&text, NAME "leader_status 1\n");
    assert_has(&text, NAME "deletions_blocked 0\n");
    assert_has(&text, "\nprocess_open_fds ");
    metrics_release(&metrics);
}

/* Two replicas would be counted twice. */
static void test_what_the_leader_alone_knows(void **state)
{
    (void)state;
    const char *const hubs[] = {"hub0"};
    struct metrics metrics;
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    assert_int_equal(metrics_init(&metrics, hubs, 1), 0);
    metrics_write(&metrics, &text);
    assert_null(strstr(strbuf_string(&text), "hub_reachable"));
    assert_null(strstr(strbuf_string(&text), "managed_"));
    assert_has(&text, "sync_noop_total{hub=\"hub0\"} 0\n");
    metrics_release(&metrics);
}

/* Every sample belongs to a family that was declared before it, and no family is declared twice. */
static void test_exposition_is_well_formed(void **state)
{
    (void)state;
    const char *const hubs[] = {"hub0"};
    struct metrics metrics;
    assert_int_equal(metrics_init(&metrics, hubs, 1), 0);
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    metrics_write(&metrics, &text);

    const char *type = NULL;
    size_t type_length = 0;
    char *rest = text.data;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        if (strncmp(line, "# HELP ", 7) == 0)
            continue;
        if (strncmp(line, "# TYPE ", 7) == 0) {
            type = line + 7;
            type_length = strcspn(type, " ");
            continue;
        }
        assert_non_null(type);
        assert_int_equal(strncmp(line, type, type_length), 0);
        assert_non_null(strchr(line, ' '));
    }
    metrics_release(&metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histogram_is_cumulative),
        cmocka_unit_test(test_hubs_and_counters),
        cmocka_unit_test(test_what_the_leader_alone_knows),
        cmocka_unit_test(test_exposition_is_well_formed),
    };
    return cmocka_run_group_tests_name("server_metrics", tests, NULL, NULL);
}
