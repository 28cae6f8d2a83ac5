/* Desired properties as a device reads them: names in any letter case. */
#include "tests/unit/emulator_world.h"

#include "emulator/manifest_read.h"
#include "emulator/memory.h"

static const char any_case[] =
    "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"SchemaVersion\":\"1.1\",\"Runtime\":{\"Type\":"
    "\"docker\",\"Settings\":{\"x\":1}},\"SystemModules\":{\"EdgeAgent\":{\"TYPE\":\"docker\",\"SETTINGS\":{\"IMAGE\":"
    "\"a\"}},\"EDGEHUB\":{\"Type\":\"docker\",\"Status\":\"Running\",\"Settings\":{\"Image\":\"h\"}}},\"Modules\":{"
    "\"M\":{\"Type\":\"docker\",\"Status\":\"Running\",\"RestartPolicy\":\"Always\",\"ImagePullPolicy\":\"Never\","
    "\"StartupOrder\":3,\"Settings\":{\"Image\":\"i:1\",\"CreateOptions\":\"{}\"},\"Env\":{\"A\":{\"Value\":\"1\"}}},"
    "\"idle\":{\"type\":\"docker\",\"status\":\"Unknown\",\"settings\":{\"image\":\"i:2\"}}}}},"
    "\"$edgeHub\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"Routes\":{\"R\":{\"Route\":\"FROM /* INTO "
    "$upstream\",\"Priority\":1}},\"StoreAndForwardConfiguration\":{\"TimeToLiveSecs\":60}}}}}";

static void test_names_in_any_case(void **unused)
{
    struct emulator_hub_state state;
    int64_t order = 0;

    (void)unused;
    world_init(&state);
    world_put(&state, "a", "deviceId='device01'", 1, any_case);
    emulator_evaluate(&state, 0, 0);
    struct emulator_device *device = emulator_fleet_find(&state.fleet, "device01");
    assert_int_equal(emulator_device_module(device, "$edgeAgent")->outcome.code, 200);
    assert_int_equal(emulator_device_module(device, "$edgeHub")->outcome.code, 200);
    assert_int_equal(device->container_count, 4);
    assert_string_equal(emulator_container_status(emulator_agent_container(device, "M")), "running");
    assert_string_equal(emulator_container_status(emulator_agent_container(device, "idle")), "stopped");
    assert_string_equal(json_string(json_at(device->routes->tree, "routes", "R", NULL), "route"),
                        "FROM /* INTO $upstream");

    const cJSON *module = json_at(world_report(&state, "device01"), "modules", "M", NULL);
    assert_string_equal(json_string(module, "restartPolicy"), "always");
    assert_string_equal(json_string(module, "imagePullPolicy"), "never");
    assert_true(json_int64(module, "startupOrder", &order));
    assert_int_equal(order, 3);
    assert_string_equal(json_string(json_get(module, "settings"), "createOptions"), "{}");
    assert_null(json_get(json_get(module, "settings"), "CreateOptions"));
    assert_string_equal(json_string(json_at(module, "env", "A", NULL), "value"), "1");
    /* The twin keeps what was written. */
    assert_non_null(json_get(emulator_device_module(device, "$edgeAgent")->desired.document->tree, "SchemaVersion"));
    world_release(&state);
}

static struct emulator_document *document_of(const char *text)
{
    cJSON *tree = NULL;

    assert_int_equal(json_parse(text, strlen(text), &tree, NULL), 0);
    return emulator_document_new(tree);
}

static void test_usual_spelling_is_not_copied(void **unused)
{
    struct emulator_document *document = document_of("{\"schemaVersion\":\"1.1\",\"modules\":{\"A\":{\"x\":1}}}");

    (void)unused;
    assert_ptr_equal(emulator_manifest_read_agent(document), document);
    assert_ptr_equal(emulator_manifest_read_agent(document), document);
    emulator_document_drop(document);
}

static void test_usual_spelling_counts(void **unused)
{
    struct emulator_document *document = document_of("{\"Modules\":{\"a\":{}},\"modules\":{},\"Runtime\":5}");
    const struct emulator_document *read = emulator_manifest_read_agent(document);

    (void)unused;
    assert_ptr_not_equal(read, document);
    assert_null(json_get(read->tree, "modules")->child);
    assert_true(cJSON_IsNumber(json_get(read->tree, "runtime")));
    assert_ptr_equal(emulator_manifest_read_agent(document), read);
    emulator_document_drop(document);
}

static void test_hub_wants_its_version_spelled_so(void **unused)
{
    struct emulator_document *document = document_of("{\"SchemaVersion\":\"1.1\"}");

    (void)unused;
    assert_ptr_equal(emulator_manifest_read_hub(document), document);
    emulator_document_drop(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_in_any_case),
        cmocka_unit_test(test_usual_spelling_is_not_copied),
        cmocka_unit_test(test_usual_spelling_counts),
        cmocka_unit_test(test_hub_wants_its_version_spelled_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
