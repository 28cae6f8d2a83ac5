/* The state of the hub survives a restart. */
#include "common/clock.h"
#include "common/file.h"
#include "emulator/state_file.h"
#include "emulator/state_saver.h"
#include "emulator_world.h"

#include <sys/stat.h>

static const char service_key[] = "c2VydmljZQ==";

/* An emulator whose main policy has that key, given on the command line or not. */
static struct emulator *emulator_new(const char *key, bool given)
{
    struct emulator *emulator = calloc(1, sizeof(*emulator));
    struct emulator_options options = {.limit = 100, .units = 1, .policy = "iothubowner", .keys = given ? key : NULL};
    struct emulator_keys keys = {.policy = (char *)"iothubowner", .primary = (char *)key};

    assert_int_equal(emulator_init(emulator, &options, &keys, NULL), 0);
    return emulator;
}

static void emulator_free(struct emulator *emulator)
{
    emulator_release(emulator);
    free(emulator);
}

static struct emulator_device *device(struct emulator *emulator, const char *id)
{
    return emulator_fleet_find(&emulator->state.fleet, id);
}

/* device01 has a crashed module, device02 is held with something to take, device03 is about to take something. */
static struct emulator *lived_emulator(void)
{
    struct emulator *emulator = emulator_new(service_key, false);
    struct emulator_hub_state *state = &emulator->state;
    cleanup_json cJSON *quirks = cJSON_Parse("{\"layers\":\"newest\"}");
    cleanup_json cJSON *patch =
        cJSON_Parse("{\"tags\":{\"seen\":\"yes\"},\"properties\":{\"desired\":{\"a\":{\"b\":[1,2.5,\"\\u00e4\"]}}}}");

    world_put(state, "gone", "*", 1, "{\"deviceContent\":{\"properties.desired.x\":{\"y\":1}}}");
    world_base_put(state, "sample", "*", 10, "x:1");
    emulator_evaluate(state, 0, 0);
    world_delete(state, "gone");
    struct emulator_device *one = device(emulator, "device01");
    emulator_agent_fail(one, emulator_agent_container(one, "m"), "backoff", 3, "it \"fell\"");
    emulator_agent_crash(one, emulator_agent_container(one, "edgeHub"), 139);
    assert_int_equal(emulator_twin_patch(&one->twin, patch, 77, NULL), 0);
    emulator_agent_hold(device(emulator, "device02"));
    emulator_agent_fail(device(emulator, "device02"), emulator_agent_container(device(emulator, "device02"), "m"),
                        "failed", 1, NULL);
    world_base_put(state, "next", "deviceId='device02' OR deviceId='device03'", 11, "x:2");
    emulator_evaluate(state, clock_now_ms(), 60000);
    assert_int_equal(emulator_quirks_change(&state->quirks, quirks, NULL), 0);
    emulator_coverage_update(&emulator->coverage, state, 1);
    return emulator;
}

static char *state_of(const struct emulator *emulator)
{
    struct strbuf text = STRBUF_INIT;

    emulator_state_write(emulator, &text);
    return strbuf_steal(&text);
}

static void test_round_trip(void **unused)
{
    struct emulator *before = lived_emulator(), *after = emulator_new("b3RoZXI=", false);
    cleanup_free char *text = state_of(before);

    (void)unused;
    assert_int_equal(emulator_state_read(after, text, strlen(text), NULL), 0);
    cleanup_free char *again = state_of(after);
    assert_string_equal(again, text);

    for (size_t i = 0; i < before->state.fleet.count; i++) {
        struct emulator_device *was = before->state.fleet.devices[i], *is = after->state.fleet.devices[i];
        for (size_t k = 0; k < was->module_count; k++) {
            cleanup_json cJSON *wanted = emulator_twin_tree(was, was->modules[k]);
            cleanup_json cJSON *found = emulator_twin_tree(is, is->modules[k]);
            cleanup_free char *wanted_text = cJSON_PrintUnformatted(wanted);
            cleanup_free char *found_text = cJSON_PrintUnformatted(found);
            assert_string_equal(found_text, wanted_text);
        }
        assert_int_equal(is->life_at_ms, was->life_at_ms);
        assert_string_equal(is->covering, was->covering);
    }
    emulator_free(before);
    emulator_free(after);
}

static void test_life_goes_on(void **unused)
{
    struct emulator *before = lived_emulator(), *after = emulator_new("b3RoZXI=", false);
    struct emulator_hub_state *state = &after->state;
    cleanup_free char *text = state_of(before);

    (void)unused;
    assert_int_equal(emulator_state_read(after, text, strlen(text), NULL), 0);
    struct emulator_device *one = device(after, "device01"), *two = device(after, "device02"),
                           *three = device(after, "device03");
    assert_string_equal(after->policies.items[0].primary, service_key);
    assert_true(state->quirks.newest_layer_only);
    assert_int_equal(state->configurations.count, 2);
    assert_string_equal(state->configurations.items[1]->id, "next");
    assert_int_equal(state->configurations.items[1]->order, 3);
    assert_string_equal(emulator_container_status(emulator_agent_container(one, "m")), "backoff");
    assert_string_equal(emulator_container_status(emulator_agent_container(one, "edgeHub")), "backoff");
    /* What devices share they still share. */
    assert_ptr_equal(emulator_device_module(two, "$edgeAgent")->desired.document,
                     emulator_device_module(three, "$edgeAgent")->desired.document);
    assert_ptr_equal(one->routes, emulator_device_module(one, "$edgeHub")->desired.document);
    /* The held one has reported nothing since, the other is about to follow. */
    assert_string_equal(world_reported(state, "device02", "m"), "x:1");
    assert_string_equal(json_string(json_at(world_report(state, "device02"), "modules", "m", NULL), "runtimeStatus"),
                        "running");
    assert_true(three->pull_at_ms > 0);
    assert_int_equal(emulator_agent_verdict(three), EMULATOR_AGENT_PENDING);

    /* An evaluation finds nothing to change. */
    int64_t version = emulator_device_module(one, "$edgeAgent")->desired.version;
    emulator_evaluate(state, 0, 0);
    assert_int_equal(emulator_device_module(one, "$edgeAgent")->desired.version, version);
    emulator_agent_release(two, 0, 0);
    assert_string_equal(world_reported(state, "device02", "m"), "x:2");
    emulator_agent_take(three, 5);
    assert_string_equal(world_reported(state, "device03", "m"), "x:2");
    /* Orders are never given twice. */
    assert_int_equal(world_base_put(state, "newest", "*", 1, "x:3")->order, 4);
    cJSON_Delete(world_shown);
    world_shown = NULL;
    emulator_free(before);
    emulator_free(after);
}

static void test_another_boot(void **unused)
{
    struct emulator *before = lived_emulator(), *after = emulator_new(service_key, false);
    cleanup_free char *text = state_of(before);
    cleanup_free char *boot = emulator_state_boot();

    (void)unused;
    strstr(text, boot)[0] ^= 1;
    assert_int_equal(emulator_state_read(after, text, strlen(text), NULL), 0);
    assert_int_equal(device(after, "device03")->pull_at_ms, 0);
    assert_int_equal(device(after, "device01")->pull_at_ms, -1);
    assert_int_equal(device(after, "device01")->life_at_ms, 0);
    emulator_free(before);
    emulator_free(after);
}

static void test_command_line_wins(void **unused)
{
    struct emulator *before = emulator_new(service_key, false), *after = emulator_new("b3RoZXI=", true);
    cJSON *tags = cJSON_Parse("{\"new\":true}");

    (void)unused;
    emulator_fleet_add(&before->state.fleet, "device00", true, NULL, NULL);
    world_base_put(&before->state, "sample", "*", 10, "x:1");
    emulator_evaluate(&before->state, 0, 0);
    emulator_fleet_add(&after->state.fleet, "device09", true, tags, NULL);
    cleanup_free char *text = state_of(before);
    assert_int_equal(emulator_state_read(after, text, strlen(text), NULL), 0);
    assert_string_equal(after->policies.items[0].primary, "b3RoZXI=");
    assert_string_equal(after->policies.items[1].primary, before->policies.items[1].primary);
    assert_null(device(after, "device00"));
    assert_int_equal(device(after, "device01")->container_count, 3);
    assert_int_equal(device(after, "device09")->container_count, 0);
    assert_true(json_bool(device(after, "device09")->twin.tags, "new", false));
    cJSON_Delete(tags);
    emulator_free(before);
    emulator_free(after);
}

static void refused(const char *text, size_t length, const char *reason)
{
    struct emulator *emulator = emulator_new(service_key, false);
    cleanup_error struct error error = {NULL};

    assert_int_equal(emulator_state_read(emulator, text, length, &error), -1);
    assert_string_equal(error_message(&error), reason);
    emulator_free(emulator);
}

static void test_what_cannot_be_read(void **unused)
{
    static const char hub[] = "{\"hub\":{\"format\":1,\"policies\":[],\"quirks\":{},\"missingImages\":[]}}\n";
    static const struct {
        const char *line, *reason;
    } cases[] = {
        {"{\"hub\":{\"format\":2}}", "line 2: it is of a format that this version does not know"},
        {"{\"other\":1}", "line 2: it is no state of an emulator"},
        {"{\"document\":{\"tree\":[]}}", "line 2: a document must be an object"},
        {"{\"configuration\":{\"id\":\"A\",\"body\":{}}}",
         "line 2: configuration 'A': The configuration id 'A' is invalid: up to 128 lower-case letters, digits and "
         "-+%_*!'"},
        {"{\"device\":{\"id\":\"device01\",\"edge\":true,\"containers\":[{\"name\":\"m\",\"document\":7}]}}",
         "line 2: device device01 has a container without a definition"},
    };

    (void)unused;
    refused("", 0, "it is empty");
    refused("{\"device\":{}}\n", 14, "line 1: it is no state of an emulator");
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_strbuf struct strbuf text = STRBUF_INIT;
        strbuf_add_format(&text, "%s%s\n", hub, cases[i].line);
        refused(text.data, text.length, cases[i].reason);
    }
}

/* Whatever is cut off or lost: an error or a state, and no more. */
static void test_damage(void **unused)
{
    struct emulator *before = lived_emulator();
    cleanup_free char *text = state_of(before);
    size_t length = strlen(text);

    (void)unused;
    for (size_t cut = 1; cut < length; cut += 97) {
        struct emulator *emulator = emulator_new(service_key, false);
        emulator_state_read(emulator, text, cut, NULL);
        emulator_free(emulator);
    }
    for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        cleanup_strbuf struct strbuf rest = STRBUF_INIT;
        struct emulator *emulator = emulator_new(service_key, false);
        strbuf_add(&rest, text, (size_t)(line - text));
        strbuf_add_string(&rest, strchr(line, '\n') + 1);
        emulator_state_read(emulator, rest.data, rest.length, NULL);
        emulator_evaluate(&emulator->state, 0, 0);
        emulator_free(emulator);
    }
    emulator_free(before);
}

static void test_saver(void **unused)
{
    struct emulator *emulator = lived_emulator(), *after = emulator_new("b3RoZXI=", false);
    char folder[] = "/tmp/emulator-state-XXXXXX";
    struct emulator_state_saver saver;
    struct stat facts;

    (void)unused;
    assert_non_null(mkdtemp(folder));
    cleanup_strbuf struct strbuf path = STRBUF_INIT;
    strbuf_add_format(&path, "%s/state", folder);
    /* No file is no state. */
    assert_int_equal(emulator_state_load(after, path.data, NULL), 0);
    assert_int_equal(after->state.configurations.count, 0);
    /* Written at the start, whatever happens then is there at the end. */
    assert_int_equal(emulator_state_saver_start(&saver, emulator, path.data, NULL), 0);
    assert_int_equal(stat(path.data, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    pthread_mutex_lock(&emulator->lock);
    world_base_put(&emulator->state, "last", "*", 1, "x:9");
    pthread_mutex_unlock(&emulator->lock);
    assert_int_equal(emulator_state_saver_stop(&saver, NULL), 0);
    assert_int_equal(emulator_state_load(after, path.data, NULL), 0);
    assert_non_null(emulator_configurations_find(&after->state.configurations, "last"));
    /* Nothing changed, nothing is written. */
    unlink(path.data);
    assert_int_equal(emulator_state_saver_save(&saver, NULL), 0);
    assert_int_equal(access(path.data, F_OK), -1);
    world_delete(&emulator->state, "last");
    assert_int_equal(emulator_state_saver_save(&saver, NULL), 0);
    assert_int_equal(access(path.data, F_OK), 0);
    unlink(path.data);
    rmdir(folder);
    /* A place that cannot be written is told at the start. */
    cleanup_error struct error error = {NULL};
    assert_int_equal(emulator_state_saver_start(&saver, emulator, path.data, &error), -1);
    emulator_free(emulator);
    emulator_free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_life_goes_on),
        cmocka_unit_test(test_another_boot),
        cmocka_unit_test(test_command_line_wins),
        cmocka_unit_test(test_what_cannot_be_read),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_saver),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
