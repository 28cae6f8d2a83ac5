#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/file.h"
#include "server/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMALLEST                                                                                                       \
    "hubs:\n"                                                                                                          \
    "- name: hub0\n"                                                                                                   \
    "  connectionStringFile: /keys/hub0\n"                                                                             \
    "webhook:\n"                                                                                                       \
    "  certificate: /tls/tls.crt\n"                                                                                    \
    "  key: /tls/tls.key\n"

static char path[] = "/tmp/test_server_config.XXXXXX";

static int load(const char *text, struct config *config, struct error *error)
{
    cleanup_error struct error trouble = {0};
    if (file_write(path, text, strlen(text), 0600, &trouble) < 0)
        fail_msg("%s", error_message(&trouble));
    return config_load(path, config, error);
}

static void test_defaults(void **state)
{
    (void)state;
    struct config config;
    cleanup_error struct error error = {0};
    if (load(SMALLEST, &config, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_null(config.owner);
    assert_null(config.kubeconfig);
    assert_int_equal(config.hubs.count, 1);
    assert_int_equal(config.secrets_from.count, 0);
    assert_string_equal(config.hubs.items[0].name, "hub0");
    assert_string_equal(config.hubs.items[0].connection_string_file, "/keys/hub0");
    assert_string_equal(config.listen_address, "::");
    assert_int_equal(config.listen_port, 8443);
    assert_string_equal(config.certificate_file, "/tls/tls.crt");
    assert_string_equal(config.key_file, "/tls/tls.key");
    assert_int_equal(config.threads, 4);
    assert_int_equal(config.drain_ms, 10000);
    assert_string_equal(config.health_address, "::");
    assert_int_equal(config.health_port, 8081);
    assert_null(config.lease_namespace);
    assert_string_equal(config.lease_name, "iot-edge-connector");
    assert_null(config.lease_identity);
    assert_int_equal(config.lease_duration_s, 15);
    assert_int_equal(config.settle_ms, 2000);
    assert_int_equal(config.resync_ms, 300000);
    assert_int_equal(config.evaluation_poll_ms, 30000);
    assert_int_equal(config.status_ms, 15000);
    assert_int_equal(config.absence_ms, 60000);
    assert_int_equal(config.offline_after_ms, 900000);
    assert_int_equal(config.hub_timeout_ms, 90000);
    assert_int_equal(config.error_backoff_ms, 300000);
    assert_int_equal(config.log_level, LOG_LEVEL_INFO);
    assert_int_equal(config.log_format, LOG_FORMAT_TEXT);
    config_release(&config);
}

static void test_every_key(void **state)
{
    (void)state;
    struct config config;
    cleanup_error struct error error = {0};
    const char *text =
        "owner: me\nkubeconfig: /k\n"
        "hubs: [{name: a, connectionStringFile: /a}, {name: b, connectionStringFile: /b, units: 3}]\n"
        "webhook: {address: 127.0.0.1, port: 0, certificate: c, key: k, threads: 64, drain: 0s}\n"
        "health: {address: 127.0.0.2, port: 65535}\n"
        "lease: {namespace: ns, name: l, identity: i, duration: 3s}\n"
        "sync: {settle: 1ms, resync: 1s, evaluationPoll: 2s, status: 3s, absence: 4s, offlineAfter: 5s,\n"
        "       hubTimeout: 6s, errorBackoff: 1m1s}\n"
        "log: {level: debug, format: json}\n"
        "node: {capacityPods: 50}\n"; /* the virtual node's, in the same file */
    if (load(text, &config, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_string_equal(config.owner, "me");
    assert_string_equal(config.kubeconfig, "/k");
    assert_int_equal(config.hubs.count, 2);
    assert_int_equal(config.hubs.items[1].units, 3);
    assert_string_equal(config.listen_address, "127.0.0.1");
    assert_int_equal(config.listen_port, 0);
    assert_int_equal(config.threads, 64);
    assert_int_equal(config.drain_ms, 0);
    assert_string_equal(config.health_address, "127.0.0.2");
    assert_int_equal(config.health_port, 65535);
    assert_string_equal(config.lease_namespace, "ns");
    assert_string_equal(config.lease_name, "l");
    assert_string_equal(config.lease_identity, "i");
    assert_int_equal(config.lease_duration_s, 3);
    assert_int_equal(config.settle_ms, 1);
    assert_int_equal(config.resync_ms, 1000);
    assert_int_equal(config.evaluation_poll_ms, 2000);
    assert_int_equal(config.status_ms, 3000);
    assert_int_equal(config.absence_ms, 4000);
    assert_int_equal(config.offline_after_ms, 5000);
    assert_int_equal(config.hub_timeout_ms, 6000);
    assert_int_equal(config.error_backoff_ms, 61000);
    assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config.log_format, LOG_FORMAT_JSON);
    config_release(&config);
}

struct wrong {
    const char *text;
    const char *sentence; /* behind "<file>: " */
};

static const struct wrong wrongs[] = {
    {"- a\n", "must be one YAML object"},
    {SMALLEST "---\nowner: x\n", "must be one YAML object"},
    {SMALLEST "owners: x\n", "owners: there is no such key"},
    {SMALLEST "sync: {Settle: 1s}\n", "sync.Settle: there is no such key"},
    {SMALLEST "sync: 1s\n", "sync: must be an object, not string"},
    {SMALLEST "log: {colour: red}\n", "log.colour: there is no such key"},
    {SMALLEST "owner: 5\n", "owner: must be a text, not number"},
    {SMALLEST "owner: ''\n", "owner: must not be empty"},
    {SMALLEST "health: {port: 65536}\n", "health.port: must be a whole number from 0 to 65535"},
    {SMALLEST "health: {port: '80'}\n", "health.port: must be a whole number from 0 to 65535"},
    {SMALLEST "sync: {settle: 2}\n", "sync.settle: must be a duration such as 250ms, 10s, 5m or 1h30m"},
    {SMALLEST "sync: {settle: -2s}\n", "sync.settle: must be a duration such as 250ms, 10s, 5m or 1h30m"},
    {SMALLEST "sync: {settle: 1h}\n", "sync.settle: must be from 0 ms to 600 s"},
    {SMALLEST "lease: {duration: 3500ms}\n", "lease.duration: must be whole seconds"},
    {"webhook: {key: k}\nhubs: [{name: a, connectionStringFile: /a}]\n", "webhook.certificate: is missing"},
    {"hubs: [{name: a, connectionStringFile: /a}]\n", "webhook.certificate: is missing"},
    {"webhook: {certificate: c, key: k}\nhubs: [{name: a, hostName: h}, {name: b}]\n",
     "hubs[1].connectionStringFile: missing; give it, or hostName for a workload identity"},
    {"webhook: {certificate: c, key: k}\n",
     "hubs: at least one hub must be listed, with its name and connectionStringFile"},
    {"webhook: {certificate: c, key: k}\nhubs: []\n",
     "hubs: at least one hub must be listed, with its name and connectionStringFile"},
};

static void test_wrong_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct config config;
        cleanup_error struct error error = {0};
        if (load(wrongs[i].text, &config, &error) == 0)
            fail_msg("accepted: %s", wrongs[i].text);
        const char *sentence = error_message(&error);
        assert_int_equal(strncmp(sentence, path, strlen(path)), 0);
        assert_string_equal(sentence + strlen(path) + 2, wrongs[i].sentence);
    }
}

static void test_errors_of_others_name_the_place(void **state)
{
    (void)state;
    struct config config;
    cleanup_error struct error error = {0};
    assert_int_equal(load(SMALLEST "log: {level: loud}\n", &config, &error), -1);
    assert_non_null(strstr(error_message(&error), ": log.level: "));
    assert_int_equal(load("hubs:\n- name: hub0\n  connectionStringFile: /keys/hub0\n  baseline: true\n"
                          "  baselineCondition: tags.a IN ['1']\nwebhook: {certificate: /a, key: /b}\n",
                          &config, &error),
                     -1);
    assert_non_null(strstr(error_message(&error), ": hubs[0].baselineCondition: "));
    assert_int_equal(config_load("/nonexistent/config.yaml", &config, &error), -1);
    assert_non_null(strstr(error_message(&error), "/nonexistent/config.yaml"));
}

static void test_secrets_from(void **state)
{
    static const struct {
        const char *list, *sentence;
    } bads[] = {
        {"all", "secretsFrom: must be a list of namespaces, not string"},
        {"[a, 1]", "secretsFrom[1]: must be the name of a namespace, not number"},
        {"['*']", "secretsFrom[0]: \"*\" is no name of a namespace; each one is listed by its full name"},
        {"[a, b, a]", "secretsFrom[2]: \"a\" is there twice"},
    };
    struct config config;
    cleanup_error struct error error = {0};
    (void)state;
    if (load(SMALLEST "secretsFrom: [shop, plant-1]\n", &config, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_int_equal(config.secrets_from.count, 2);
    assert_true(namespaces_have(&config.secrets_from, "plant-1"));
    assert_false(namespaces_have(&config.secrets_from, "plant"));
    assert_false(namespaces_have(&config.secrets_from, NULL));
    assert_false(namespaces_have(NULL, "shop"));
    config_release(&config);
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, SMALLEST "secretsFrom: %s\n", bads[i].list);
        assert_int_equal(load(text, &config, &error), -1);
        assert_string_equal(error_message(&error) + strlen(path) + 2, bads[i].sentence);
    }
}

/* Every key has its place in the user's page. */
static void test_documented(void **state)
{
    (void)state;
    static const char *const names[] = {
        "secretsFrom",    "owner",  "kubeconfig", "hubs",         "address",    "port",         "certificate", "key",
        "threads",        "drain",  "namespace",  "name",         "identity",   "duration",     "settle",      "resync",
        "evaluationPoll", "status", "absence",    "offlineAfter", "hubTimeout", "errorBackoff", "level",       "format",
    };
    char *page = NULL;
    size_t length;
    cleanup_error struct error error = {0};
    if (file_read("docs/configuration.md", 1 << 20, &page, &length, &error) < 0)
        fail_msg("%s (run from the top folder)", error_message(&error));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char row[64];
        snprintf(row, sizeof row, "| `%s` |", names[i]);
        if (!strstr(page, row))
            fail_msg("%s is not described", names[i]);
    }
    free(page);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_wrong_files),  cmocka_unit_test(test_errors_of_others_name_the_place),
        cmocka_unit_test(test_secrets_from), cmocka_unit_test(test_documented),
    };
    return cmocka_run_group_tests_name("server_config", tests, make_file, remove_file);
}
