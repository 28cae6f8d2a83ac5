#include "virtual_node/config.h"

#include "common/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define HUBS "hubs: [{name: hub0, connectionStringFile: /x}]\n"

static int parse(const char *text, struct node_config *config, struct error *error)
{
    return node_config_parse(text, strlen(text), config, error);
}

static void defaults(void **state)
{
    (void)state;
    cleanup_node_config struct node_config config = NODE_CONFIG_INIT;
    assert_int_equal(parse(HUBS, &config, NULL), 0);
    assert_int_equal(config.hubs.count, 1);
    assert_string_equal(config.hubs.items[0].name, "hub0");
    assert_null(config.kubeconfig);
    assert_null(config.lease_namespace);
    assert_null(config.address);
    assert_string_equal(config.lease_name, "iot-edge-connector");
    assert_string_equal(config.capacity_pods, "110");
    assert_string_equal(config.capacity_cpu, "1000");
    assert_string_equal(config.capacity_memory, "4Ti");
    assert_int_equal(config.log_level, LOG_LEVEL_INFO);
    assert_int_equal(config.log_format, LOG_FORMAT_TEXT);
}

static void everything_set(void **state)
{
    (void)state;
    cleanup_node_config struct node_config config = NODE_CONFIG_INIT;
    assert_int_equal(parse(HUBS "kubeconfig: /k\n"
                                "lease: {namespace: edge, name: lead, identity: i, duration: 15s}\n"
                                "log: {level: debug, format: json}\n"
                                "node: {capacityPods: 20, capacityCpu: 64, capacityMemory: 1.5Gi, address: 'fd00::1'}\n"
                                "owner: o\nwebhook: {strange: 1}\nhealth: {}\nsync: {}\n",
                           &config, NULL),
                     0);
    assert_string_equal(config.kubeconfig, "/k");
    assert_string_equal(config.lease_namespace, "edge");
    assert_string_equal(config.lease_name, "lead");
    assert_string_equal(config.capacity_pods, "20");
    assert_string_equal(config.capacity_cpu, "64");
    assert_string_equal(config.capacity_memory, "1.5Gi");
    assert_string_equal(config.address, "fd00::1");
    assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config.log_format, LOG_FORMAT_JSON);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"hubs: []", "hubs: a list of at least one hub is expected"},
        {"{}", "hubs: a list of at least one hub is expected"},
        {"[]", "an object is expected, not array"},
        {"", "one YAML document is expected, not 0"},
        {HUBS "nodes: {}", "nodes: unknown key"},
        {HUBS "node: {capacity: 1}", "node.capacity: unknown key"},
        {HUBS "node: []", "node: an object is expected, not array"},
        {HUBS "node: {capacityPods: 0}", "node.capacityPods: a whole number from 1 to 100000 is expected"},
        {HUBS "node: {capacityPods: many}", "node.capacityPods: a whole number from 1 to 100000 is expected"},
        {HUBS "node: {capacityCpu: lots}", "node.capacityCpu: \"lots\" is no quantity, such as 1000 or 4Ti"},
        {HUBS "node: {capacityCpu: -1}", "node.capacityCpu: may not be negative"},
        {HUBS "node: {capacityMemory: 4ti}", "node.capacityMemory: \"4ti\" is no quantity, such as 1000 or 4Ti"},
        {HUBS "node: {address: localhost}", "node.address: \"localhost\" is no IP address"},
        {HUBS "lease: {nam: x}", "lease.nam: unknown key"},
        {HUBS "lease: {name: 7}", "lease.name: a text is expected"},
        {HUBS "kubeconfig: ''", "kubeconfig: a text is expected"},
        {HUBS "log: {levels: x}", "log.levels: unknown key"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_node_config struct node_config config = NODE_CONFIG_INIT;
        cleanup_error struct error error = {NULL};
        assert_int_equal(parse(cases[i][0], &config, &error), -1);
        assert_string_equal(error_message(&error), cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(everything_set),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
