/* How the plugin asks the connector, and what it makes of the answers. The API server is a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "http/client.h"
#include "kube_fake_server.h"

#include <unistd.h>

#define LEADER   "{\"leading\":true,\"leader\":\"pod-a_1\",\"port\":8444,\"hubs\":[],\"deployments\":[]}"
#define FOLLOWER "{\"leading\":false,\"leader\":\"pod-a_1\",\"port\":8444,\"hubs\":[],\"deployments\":[]}"
#define NOBODY   "{\"leading\":false,\"leader\":null,\"port\":8444,\"hubs\":[],\"deployments\":[]}"
#define SERVICE  "GET /api/v1/namespaces/edge/services/https:connector:api/proxy"
#define STATUS   "/api/v1/status?namespace=default"
#define TRIES    10

struct outcome {
    enum cli_exit exit;
    char *out, *err;
};

static void outcome_release(struct outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
}

#define cleanup_outcome __attribute__((cleanup(outcome_release)))

/* The words behind the command's own; the script is followed to its end. */
static struct outcome run(struct fake_server *server, const char *const *words)
{
    const char *all[16] = {"kubectl-iotedge"};
    struct outcome outcome = {CLI_OK, NULL, NULL};
    size_t out_size, err_size;
    FILE *out = open_memstream(&outcome.out, &out_size);
    FILE *err = open_memstream(&outcome.err, &err_size);
    char url[64];
    int count = 1;

    fake_server_start(server);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", server->port);
    while (*words)
        all[count++] = *words++;
    all[count++] = "--server";
    all[count++] = url;
    outcome.exit = cli_run(count, (char *const *)all, out, err);
    fclose(out);
    fclose(err);
    fake_server_stop(server);
    return outcome;
}

#define RUN(server, ...) run(server, (const char *const[]){__VA_ARGS__, NULL})

static void assert_request(const struct fake_server *server, size_t index, const char *line)
{
    cleanup_free char *found = fake_request_line(server, index);

    assert_string_equal(found, line);
}

static void test_another_replica_is_asked_again(void **state)
{
    struct fake_server server = {0};

    (void)state;
    fake_answer(&server, 200, FOLLOWER);
    fake_answer(&server, 200, FOLLOWER);
    fake_answer(&server, 200, LEADER);
    cleanup_outcome struct outcome outcome = RUN(&server, "status", "--connector", "edge/connector");

    assert_string_equal(outcome.err, "No edge Deployments found in namespace default.\n");
    assert_int_equal(outcome.exit, CLI_OK);
    assert_int_equal(server.request_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_request(&server, i, SERVICE STATUS);
    fake_server_release(&server);
}

static void test_the_leader_is_asked_by_its_pod(void **state)
{
    struct fake_server server = {0};

    (void)state;
    for (size_t i = 0; i < TRIES + 1; i++)
        fake_answer(&server, 200, FOLLOWER);
    fake_answer(&server, 200, LEADER);
    cleanup_outcome struct outcome outcome = RUN(&server, "status", "--connector", "edge/connector", "-o", "json");

    assert_string_equal(outcome.err, "");
    assert_non_null(strstr(outcome.out, "\"leading\": true"));
    assert_request(&server, TRIES, SERVICE "/api/v1/status");
    assert_request(&server, TRIES + 1, "GET /api/v1/namespaces/edge/pods/https:pod-a:8444/proxy" STATUS);
    fake_server_release(&server);
}

static void test_nobody_leads(void **state)
{
    struct fake_server server = {0};

    (void)state;
    for (size_t i = 0; i < TRIES + 1; i++)
        fake_answer(&server, 200, NOBODY);
    cleanup_outcome struct outcome outcome = RUN(&server, "status", "--connector", "edge/connector");

    assert_string_equal(outcome.err,
                        "kubectl-iotedge: no replica of the connector leads at present: it waits for the Lease\n");
    assert_int_equal(outcome.exit, CLI_FAILURE);
    fake_server_release(&server);
}

static void test_the_webhook_tells_where_the_connector_is(void **state)
{
    struct fake_server server = {0};

    (void)state;
    fake_answer(&server, 200,
                "{\"webhooks\":[{\"clientConfig\":{\"service\":{\"namespace\":\"edge\",\"name\":\"connector\"}}}]}");
    fake_answer(&server, 200, LEADER);
    cleanup_outcome struct outcome outcome = RUN(&server, "status");

    assert_int_equal(outcome.exit, CLI_OK);
    assert_request(&server, 0,
                   "GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/iot-edge-connector");
    assert_request(&server, 1, SERVICE STATUS);
    fake_server_release(&server);
}

static void test_or_it_is_where_it_always_is(void **state)
{
    struct fake_server server = {0};

    (void)state;
    fake_answer(&server, 403, "{\"kind\":\"Status\",\"message\":\"no\"}");
    fake_answer(&server, 503,
                "{\"kind\":\"Status\",\"reason\":\"ServiceUnavailable\",\"message\":\"no endpoints available\"}");
    cleanup_outcome struct outcome outcome = RUN(&server, "status", "-A");

    assert_request(&server, 1,
                   "GET /api/v1/namespaces/default/services/https:iot-edge-connector:api/proxy/api/v1/status");
    assert_string_equal(outcome.err,
                        "kubectl-iotedge: the connector cannot be asked: GET "
                        "/api/v1/namespaces/default/services/https:iot-edge-connector:api/proxy/api/v1/status: 503 "
                        "ServiceUnavailable: no endpoints available\n");
    assert_int_equal(outcome.exit, CLI_FAILURE);
    fake_server_release(&server);
}

#define DEPLOYMENT(name, hubs) "{\"namespace\":\"shop\",\"name\":\"" name "\",\"replicas\":1,\"hubs\":[" hubs "]}"
#define PLACE(state, message)                                                                                          \
    "{\"hub\":\"hub0\",\"state\":\"" state "\",\"reason\":null,\"message\":" message                                   \
    ",\"configuration\":\"id-1\",\"devices\":{\"targeted\":3,\"applied\":null},\"changes\":[{\"action\":\"delete\","   \
    "\"waits\":true,\"id\":\"id-0\",\"why\":\"it waits\"}]}"

static void test_the_table(void **state)
{
    struct fake_server server = {0};

    (void)state;
    fake_answer(&server, 200,
                "{\"leading\":true,\"time\":\"2026-11-23T16:10:00Z\",\"hubs\":[{\"name\":\"hub0\",\"state\":\"401 "
                "Unauthorized\",\"lastSync\":\"2026-11-23T16:05:30Z\",\"gone\":[],\"absent\":[{\"namespace\":\"shop\","
                "\"name\":\"old\"}]}],\"deployments\":[" DEPLOYMENT("a", PLACE("Changing", "\"soon\"")) "," DEPLOYMENT(
                    "longer", "") "]}");
    cleanup_outcome struct outcome outcome = RUN(&server, "status", "-n", "shop", "--connector", "edge/connector");

    assert_string_equal(
        outcome.out,
        "NAMESPACE   NAME     HUB    STATE      TARGETED   APPLIED   SUCCEEDED   FAILED   LAST SYNC   CONFIGURATION\n"
        "shop        a        hub0   Changing   3          -         -           -        4m          id-1\n"
        "shop        longer   -      Unplaced   -          -         -           -        -           -\n"
        "shop/a on hub0: soon\n"
        "  later delete id-0: it waits\n"
        "hub hub0: 401 Unauthorized\n"
        "shop/old on hub0: the Deployment is not there; its end was not seen, so its configurations stay until it is "
        "certain\n");
    assert_string_equal(outcome.err, "");
    assert_int_equal(outcome.exit, CLI_FINDINGS);
    fake_server_release(&server);
}

static void test_a_diff(void **state)
{
    struct fake_server server = {0};

    (void)state;
    fake_answer(&server, 200,
                "{\"leading\":true,\"hubs\":[],\"deployments\":[" DEPLOYMENT("a", PLACE("Changing", "\"soon\"")) "]}");
    fake_answer(&server, 200,
                "{\"namespace\":\"shop\",\"name\":\"a\",\"hubs\":[{\"hub\":\"hub0\",\"state\":\"Changing\",\"reason\":"
                "null,\"message\":\"soon\",\"current\":{\"id\":\"id-0\",\"priority\":1,\"content\":{\"a\":1}},"
                "\"desired\":{\"id\":\"id-1\",\"priority\":1,\"content\":{\"a\":2}},\"unknown\":null},{\"hub\":"
                "\"hub1\",\"state\":\"Absent\",\"current\":null,\"desired\":null}]}");
    cleanup_outcome struct outcome outcome =
        RUN(&server, "diff", "deploy/a", "-n", "shop", "--connector", "edge/connector");

    assert_string_equal(outcome.err, "");
    assert_string_equal(outcome.out, "shop/a on hub0: Changing: soon\n"
                                     "--- on hub0\n"
                                     "+++ as shop/a says\n"
                                     "@@ -1,7 +1,7 @@\n"
                                     " {\n"
                                     "-  \"id\": \"id-0\",\n"
                                     "+  \"id\": \"id-1\",\n"
                                     "   \"priority\": 1,\n"
                                     "   \"content\": {\n"
                                     "-    \"a\": 1\n"
                                     "+    \"a\": 2\n"
                                     "   }\n"
                                     " }\n");
    assert_int_equal(outcome.exit, CLI_FINDINGS);
    assert_request(&server, 1, SERVICE "/api/v1/diff?namespace=shop&name=a");
    fake_server_release(&server);
}

static void test_a_diff_that_cannot_be_told(void **state)
{
    struct fake_server server = {0};

    (void)state;
    fake_answer(&server, 200,
                "{\"leading\":true,\"hubs\":[],\"deployments\":[" DEPLOYMENT("a", PLACE("Unknown", "\"away\"")) "]}");
    fake_answer(&server, 200,
                "{\"namespace\":\"shop\",\"name\":\"a\",\"hubs\":[{\"hub\":\"hub0\",\"state\":\"Unknown\",\"reason\":"
                "\"HubBusy\",\"message\":\"ask again\"}]}");
    cleanup_outcome struct outcome outcome = RUN(&server, "diff", "-n", "shop", "--connector", "edge/connector");

    assert_string_equal(outcome.err, "kubectl-iotedge: shop/a on hub0: ask again\n");
    assert_string_equal(outcome.out, "");
    assert_int_equal(outcome.exit, CLI_FAILURE);
    fake_server_release(&server);
}

static int start(void **state)
{
    (void)state;
    unsetenv("IOT_EDGE_CONNECTOR");
    http_client_global_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_replica_is_asked_again),
        cmocka_unit_test(test_the_leader_is_asked_by_its_pod),
        cmocka_unit_test(test_nobody_leads),
        cmocka_unit_test(test_the_webhook_tells_where_the_connector_is),
        cmocka_unit_test(test_or_it_is_where_it_always_is),
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_a_diff),
        cmocka_unit_test(test_a_diff_that_cannot_be_told),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
