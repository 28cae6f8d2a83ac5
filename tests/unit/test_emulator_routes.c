/* The routes of the emulated edgeHub: its grammar with its traps, the types of conditions, and messages on their way.
 */
#include "emulator/manifest_check.h"
#include "emulator/memory.h"
#include "emulator/route.h"
#include "emulator/traffic.h"
#include "tests/unit/emulator_world.h"

enum verdict { GOOD, REFUSED, NOT_COMPILED };

static enum verdict verdict_of(const char *text)
{
    cleanup_route struct emulator_route route = {.source = NULL};

    if (emulator_route_parse(text, &route, NULL) < 0)
        return REFUSED;
    return emulator_route_compile(&route, NULL) < 0 ? NOT_COMPILED : GOOD;
}

static void test_grammar(void **unused)
{
    static const struct {
        const char *text;
        enum verdict verdict;
    } cases[] = {
        {"FROM /messages/* INTO $upstream", GOOD},
        {"select * from /* into $UPSTREAM", GOOD},
        {"FROM /* INTO $upstream and what not", GOOD},
        {"FROM /messages/modules/a/outputs/* INTO BrokeredEndpoint(\"/modules/b/inputs/c\")", GOOD},
        {"FROM /* INTO brokeredendpoint('modules/b/inputs/c/')", GOOD},
        {"FROM /* INTO BrokeredEndpoint(\"/modules/b\")", REFUSED},
        {"FROM /* INTO BrokeredEndpoint(\"/a/b/c/d/e\")", REFUSED},
        {"FROM /* INTO BrokeredEndpoint(b)", REFUSED},
        {"FROM /* INTO $downstream", REFUSED},
        {"FROM messages/* INTO $upstream", REFUSED},
        {"FROM / INTO $upstream", REFUSED},
        {"FROM /* INTO$upstream", REFUSED},
        {"FROM /*INTO $upstream", REFUSED},
        {"FROM /* WHERE INTO $upstream", REFUSED},
        {"FROM /messages/modules/5/* INTO $upstream", REFUSED},    /* a number */
        {"FROM /messages/modules/e5/* INTO $upstream", REFUSED},   /* a real */
        {"FROM /messages/modules/0x1f/* INTO $upstream", REFUSED}, /* hexadecimal */
        {"FROM /messages/modules/true/* INTO $upstream", REFUSED},
        {"FROM /messages/modules/1a/* INTO $upstream", GOOD},
        {"", REFUSED},
        {"FROM /* WHERE a = 'x' INTO $upstream", GOOD},
        {"FROM /* WHERE a!='x' INTO $upstream", GOOD}, /* the property a! */
        {"FROM /* WHERE a LIKE 'x' INTO $upstream", REFUSED},
        {"FROM /* WHERE a IN ('x') INTO $upstream", REFUSED},
        {"FROM /* WHERE a == 'x' INTO $upstream", REFUSED},
        {"FROM /* WHERE (a = '1' INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE a = 1 INTO $upstream", NOT_COMPILED}, /* properties are strings */
        {"FROM /* WHERE as_number(a) = 1 INTO $upstream", GOOD},
        {"FROM /* WHERE NOT a = 'x' INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE NOT (a = 'x') INTO $upstream", GOOD},
        {"FROM /* WHERE $body.a.b[2] > 5 AND {$contentType} = 'x' INTO $upstream", GOOD},
        {"FROM /* WHERE $body.a AND true INTO $upstream", GOOD},
        {"FROM /* WHERE true AND $body.a INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE $body.a OR 'x' INTO $upstream", GOOD},
        {"FROM /* WHERE $body.a AND null INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE undefined OR null INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE (false AND null) = null INTO $upstream", GOOD},
        {"FROM /* WHERE (false OR null) = null INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE (null OR null) = null INTO $upstream", GOOD},
        {"FROM /* WHERE NOT ($body.a * 2) INTO $upstream", GOOD},
        {"FROM /* WHERE $body.a % 2 = 1 INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE - ($body.a - 1) = 1 INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE $body.list.0 = 1 INTO $upstream", NOT_COMPILED}, /* an index stands in brackets */
        {"FROM /* WHERE 0x12345678123456781 = 1 INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE a = 'b[1]'OR c = 'd' INTO $upstream", REFUSED},
        {"FROM /messages/modules/'a INTO $upstream", REFUSED},
        {"FROM /* WHERE nothing(a) INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE substring(a, 1) = concat('b', 'c', \"d\") INTO $upstream", GOOD},
        {"FROM /* WHERE substring(a) = 'b' INTO $upstream", NOT_COMPILED},
        {"FROM /* WHERE NOT IS_DEFINED($connectionModuleId) INTO $upstream", GOOD},
    };

    (void)unused;
    for (size_t i = 0; i < array_length(cases); i++)
        if (verdict_of(cases[i].text) != cases[i].verdict)
            fail_msg("%s: %d", cases[i].text, verdict_of(cases[i].text));
}

static bool holds(const char *condition)
{
    static const char properties[] = "{\"a\":\"x\",\"n\":\"5\",\"it's\":\"y\"}";
    static const char system[] = "{\"connectionModuleId\":\"m\"}";
    static const char body[] = "{\"t\":21.5,\"s\":\"hot\",\"list\":[{\"v\":1},{\"v\":2}],\"on\":true,\"none\":null}";
    cleanup_json cJSON *property_tree = cJSON_Parse(properties);
    cleanup_json cJSON *system_tree = cJSON_Parse(system);
    cleanup_json cJSON *body_tree = cJSON_Parse(body);
    const struct emulator_route_message message = {property_tree, system_tree, body_tree};
    cleanup_free char *text = emulator_text_format("FROM /messages WHERE %s INTO $upstream", condition);
    cleanup_route struct emulator_route route = {.source = NULL};
    cleanup_error struct error error = {NULL};

    if (emulator_route_parse(text, &route, &error) < 0 || emulator_route_compile(&route, &error) < 0)
        fail_msg("%s: %s", condition, error_message(&error));
    return emulator_route_takes(&route, "/messages/modules/m", &message);
}

static void test_conditions(void **unused)
{
    static const char *const true_ones[] = {
        "a = 'x'",
        "a <> 'y'",
        "as_number(n) + 1 = 6",
        "as_number(n) * 2 >= 10 AND a = 'x' OR false",
        "as_number(n) % 2 = 1",
        "- as_number(n) = -5",
        "$body.t > 20",
        "$body.s = 'hot'",
        "$body.list[1].v = 2",
        "$BODY.on",
        "NOT ($body.t < 20)",
        "is_defined(a)",
        "NOT is_defined(b)",
        "is_string($body.s) AND is_number($body.t) AND is_bool($body.on) AND is_null($body.none)",
        "{$connectionmoduleid} = 'm'",
        "$connectionModuleId = 'm'",
        "length(a) = 1 AND upper(a) = 'X' AND lower('ABC') = 'abc'",
        "substring('hello', 1, 3) = 'ell' AND substring('hello', 3) = 'lo'",
        "index_of('hello', 'l') = 2",
        "starts_with('hello', 'he') AND ends_with('hello', 'lo') AND contains('hello', 'ell')",
        "concat(a, 'y', 'z') = 'xyz' AND (a || 'y') = 'xy'",
        "abs(-2) = 2 AND square(3) = 9 AND power(2, 3) = 8 AND sqrt(9) = 3 AND sign(-4) = -1",
        "ceiling(1.2) = 2 AND floor(1.8) = 1 AND exp(0) = 1",
        "(b ?? 'z') = 'z'",
        "0x10 = 16",
    };
    static const char *const false_ones[] = {
        "a = 'y'", "b = 'x'",          "NOT (b = 'x')",         "$body.nothing > 1",   "$body.s > 1", "a = TRUE",
        "false",   "as_number(a) = 1", "null = null AND false", "$body.list[7].v = 1", "'it''s' = a",
    };

    (void)unused;
    for (size_t i = 0; i < array_length(true_ones); i++)
        if (!holds(true_ones[i]))
            fail_msg("%s does not hold", true_ones[i]);
    for (size_t i = 0; i < array_length(false_ones); i++)
        if (holds(false_ones[i]))
            fail_msg("%s holds", false_ones[i]);
}

static void test_sources(void **unused)
{
    static const char source[] = "/messages/modules/m/outputs/o";
    static const struct {
        const char *pattern;
        bool takes;
    } cases[] = {
        {"/*", true},
        {"/messages/*", true},
        {"/Messages/Modules/M/*", true},
        {"/messages/modules/m", true},
        {"/messages/modules/m*", true},
        {"/messages/modules/m/outputs/o", true},
        {"/messages/modules/mm", false},
        {"/messages/modules/m/outputs/oo", false},
        {"/messages/modules/*/outputs/o", false},
        {"/twinChangeNotifications", false},
    };

    (void)unused;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_free char *text = emulator_text_format("FROM %s INTO $upstream", cases[i].pattern);
        cleanup_route struct emulator_route route = {.source = NULL};
        const struct emulator_route_message message = {NULL, NULL, NULL};
        assert_int_equal(emulator_route_parse(text, &route, NULL), 0);
        if (emulator_route_takes(&route, source, &message) != cases[i].takes)
            fail_msg("%s", cases[i].pattern);
    }
}

static void test_desired_properties(void **unused)
{
    static const struct {
        const char *desired;
        int code;
    } cases[] = {
        {"{\"schemaVersion\":\"1.1\",\"routes\":{\"r\":{\"route\":\"FROM /* INTO $upstream\",\"priority\":9,"
         "\"timeToLiveSecs\":0}},\"storeAndForwardConfiguration\":{\"timeToLiveSecs\":-1}}",
         200},
        {"{\"schemaVersion\":\"1.0\",\"routes\":{\"r\":\" \"},\"storeAndForwardConfiguration\":{}}", 200},
        {"{\"schemaVersion\":\"1.1\",\"routes\":{\"r\":\" \"},\"storeAndForwardConfiguration\":{}}", 400},
        {"{\"schemaVersion\":\"1.0\",\"routes\":{\"r\":{\"route\":\"FROM /* INTO $upstream\"}},"
         "\"storeAndForwardConfiguration\":{}}",
         400},
        {"{\"schemaVersion\":\"1.1\",\"routes\":{\"r\":{\"route\":\"FROM /* INTO $upstream\",\"priority\":10}},"
         "\"storeAndForwardConfiguration\":{}}",
         400},
        {"{\"schemaVersion\":\"1.1\",\"routes\":{\"r\":\"FROM /* INTO nowhere\"},\"storeAndForwardConfiguration\":{}}",
         400},
        {"{\"schemaVersion\":\"1.1\",\"routes\":{\"r\":\"FROM /* INTO $upstream\"}}", 400},
        {"{\"schemaVersion\":\"1.1\",\"routes\":{\"r\":\"FROM /* WHERE a = 1 INTO $upstream\"},"
         "\"storeAndForwardConfiguration\":{}}",
         200},
    };

    (void)unused;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_json cJSON *desired = cJSON_Parse(cases[i].desired);
        cleanup_error struct error error = {NULL};
        if (emulator_manifest_check_hub(desired, &error) != cases[i].code)
            fail_msg("%s: %s", cases[i].desired, error_message(&error));
    }
}

/* Two modules and one route between them; NULL: none. */
static char *content_with(const char *route)
{
    struct strbuf text = STRBUF_INIT;
    static const char module[] = "{\"type\":\"docker\",\"status\":\"running\",\"settings\":{\"image\":\"i:1\"}}";

    strbuf_add_format(
        &text,
        "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"runtime\":{"
        "\"type\":\"docker\"},\"systemModules\":{\"edgeAgent\":%s,\"edgeHub\":%s},\"modules\":{\"module01\":"
        "%s,\"module02\":%s}}},\"$edgeHub\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"routes\":{",
        module, module, module, module);
    if (route)
        strbuf_add_format(&text, "\"r\":\"%s\"", route);
    strbuf_add_string(&text, "},\"storeAndForwardConfiguration\":{\"timeToLiveSecs\":7200}}}}}");
    return strbuf_steal(&text);
}

static void deploy(struct emulator_hub_state *state, const char *id, const char *route)
{
    cleanup_free char *content = content_with(route);

    world_put(state, id, "deviceId='device01'", 5, content);
    emulator_evaluate(state, 0, 0);
}

/* Sends "Hello World" out of module01 and compares what is said of the delivery. */
static void sent_is(struct emulator_hub_state *state, const char *expected)
{
    struct emulator_device *device = emulator_fleet_find(&state->fleet, "device01");
    cleanup_json cJSON *order = cJSON_Parse("{\"body\":\"Hello World\",\"properties\":{\"a\":\"x\"}}");
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer json = {.out = &text};
    cleanup_error struct error error = {NULL};

    if (emulator_traffic_send(device, "module01", "output1", order, &json, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_string_equal(strbuf_string(&text), expected);
}

static size_t log_count(struct emulator_hub_state *state)
{
    const struct emulator_container *container =
        emulator_agent_container(emulator_fleet_find(&state->fleet, "device01"), "module02");

    return container->log ? container->log->count : 0;
}

#define TO_MODULE02                                                                                                    \
    "FROM /messages/modules/module01/outputs/output1 INTO BrokeredEndpoint(\\\"/modules/module02/inputs/input1\\\")"

static void test_walk_through(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    deploy(&state, "a", TO_MODULE02);
    sent_is(&state, "{\"delivered\":[\"module02/inputs/input1\"]}");
    const struct emulator_device *device = emulator_fleet_find(&state.fleet, "device01");
    const struct emulator_container *container = emulator_agent_container((struct emulator_device *)device, "module02");
    assert_int_equal(container->log->count, 1);
    assert_string_equal(container->log->lines[0].text, "Received - b'Hello World'!");
    /* The route is taken away. */
    deploy(&state, "b", NULL);
    sent_is(&state, "{\"delivered\":[]}");
    assert_int_equal(log_count(&state), 1);
    deploy(&state, "c", "FROM /messages/* INTO $upstream");
    sent_is(&state, "{\"delivered\":[\"$upstream\"]}");
    assert_int_equal(device->upstream_count, 1);
    assert_string_equal(device->upstream[0].source, "module01/output1");
    assert_string_equal(device->upstream[0].body, "Hello World");
    world_release(&state);
}

static int hub_code(struct emulator_hub_state *state)
{
    const struct emulator_twin *hub =
        emulator_device_module(emulator_fleet_find(&state->fleet, "device01"), "$edgeHub");

    assert_int_equal(hub->outcome.version, hub->desired.version);
    return hub->outcome.code;
}

static void test_bad_routes_leave_the_old_ones(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    deploy(&state, "a", TO_MODULE02);
    assert_int_equal(hub_code(&state), 200);
    deploy(&state, "b", "FROM /messages/* INTO nowhere");
    assert_int_equal(hub_code(&state), 400);
    sent_is(&state, "{\"delivered\":[\"module02/inputs/input1\"]}");
    /* It says 200 and does not do it. */
    deploy(&state, "c", "FROM /messages/* WHERE a = 1 INTO $upstream");
    assert_int_equal(hub_code(&state), 200);
    sent_is(&state, "{\"delivered\":[\"module02/inputs/input1\"]}");
    deploy(&state, "d", "FROM /messages/* WHERE a = 'y' INTO $upstream");
    sent_is(&state, "{\"delivered\":[]}");
    deploy(&state, "e", "FROM /messages/* WHERE a = 'x' INTO $upstream");
    sent_is(&state, "{\"delivered\":[\"$upstream\"]}");
    world_release(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar),      cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_sources),      cmocka_unit_test(test_desired_properties),
        cmocka_unit_test(test_walk_through), cmocka_unit_test(test_bad_routes_leave_the_old_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
