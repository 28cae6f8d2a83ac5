/* What happens to modules on a simulated device: crashes, back-off, missing images, create options, startup order. */
#include "common/clock.h"
#include "common/file.h"
#include "emulator/create_options.h"
#include "emulator/gzip.h"
#include "emulator/life.h"
#include "emulator/memory.h"
#include "emulator/moment.h"
#include "tests/unit/emulator_world.h"

#define DAY_MS 86400000

/* A deployment with one module m, of these members beside type, status and settings.image. */
static void deploy(struct emulator_hub_state *state, const char *id, const char *members, const char *settings)
{
    cleanup_free char *content = emulator_text_format(
        "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"runtime\":{\"type\":"
        "\"docker\"},\"systemModules\":{\"edgeAgent\":{\"type\":\"docker\",\"settings\":{\"image\":\"a\"}},\"edgeHub\":"
        "{"
        "\"type\":\"docker\",\"status\":\"running\",\"settings\":{\"image\":\"h\"}}},\"modules\":{\"m\":{\"type\":"
        "\"docker\","
        "\"status\":\"running\"%s,\"settings\":{\"image\":\"i:1\"%s}}}}}}}",
        members, settings);

    world_put(state, id, "deviceId='device01'", 5, content);
    emulator_evaluate(state, 0, 0);
}

static struct emulator_device *device_of(struct emulator_hub_state *state)
{
    return emulator_fleet_find(&state->fleet, "device01");
}

static struct emulator_container *module_of(struct emulator_hub_state *state)
{
    return emulator_agent_container(device_of(state), "m");
}

/* What the device reports of m: a copy of the whole report is made, which *ret_report owns. */
static const cJSON *report_of(struct emulator_hub_state *state, cJSON **ret_report)
{
    const struct emulator_twin *agent = emulator_device_module(device_of(state), "$edgeAgent");

    cJSON_Delete(*ret_report);
    *ret_report = emulator_document_copy(agent->reported.document);
    return json_at(*ret_report, "modules", "m", NULL);
}

static void status_is(struct emulator_hub_state *state, const char *status, int64_t restarts)
{
    cleanup_json cJSON *report = NULL;
    const cJSON *module = report_of(state, &report);
    int64_t count = -1;

    assert_string_equal(json_string(module, "runtimeStatus"), status);
    assert_true(json_int64(module, "restartCount", &count));
    assert_int_equal(count, restarts);
}

static void failure_add(struct emulator_hub_state *state, struct emulator_failure failure)
{
    struct emulator_device *device = device_of(state);

    failure.module = emulator_text_copy("m");
    device->failures = emulator_array_grow(device->failures, device->failure_count, &device->failure_capacity,
                                           sizeof(*device->failures));
    device->failures[device->failure_count++] = failure;
}

/* Lets the next thing happen, and returns in how many units of back-off after `since` it was due. */
static int64_t next_happens(struct emulator_hub_state *state, int64_t *since)
{
    int64_t at = device_of(state)->life_at_ms;
    int64_t units = (at - *since) / EMULATOR_BACKOFF_MS;

    assert_true(at >= 0);
    emulator_agent_live(device_of(state), at - 1);
    emulator_agent_live(device_of(state), at);
    *since = at;
    return units;
}

static void test_crash_loop(void **unused)
{
    static const int64_t waits[] = {1, 2, 4, 8, 16, 30, 30};
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    failure_add(&state, (struct emulator_failure){.crashes = true, .after_ms = EMULATOR_BACKOFF_MS, .exit_code = 3});
    deploy(&state, "a", ",\"restartPolicy\":\"on-failure\"", "");
    status_is(&state, "running", 0);
    int64_t since = device_of(&state)->life_at_ms - EMULATOR_BACKOFF_MS;
    for (int64_t i = 0; i < 20; i++) {
        assert_int_equal(next_happens(&state, &since), 1);
        status_is(&state, "backoff", i);
        assert_int_equal(module_of(&state)->exit_code, 3);
        assert_int_equal(next_happens(&state, &since), i < 7 ? waits[i] : 30);
        status_is(&state, "running", i + 1);
    }
    /* After twenty restarts it stays down. */
    next_happens(&state, &since);
    status_is(&state, "failed", 20);
    assert_int_equal(device_of(&state)->life_at_ms, -1);
    world_release(&state);
}

static void test_crashes_end(void **unused)
{
    struct emulator_hub_state state;
    int64_t since = 0;

    (void)unused;
    world_init(&state);
    failure_add(&state, (struct emulator_failure){.crashes = true, .after_ms = 1, .exit_code = 1, .times = 2});
    deploy(&state, "a", ",\"restartPolicy\":\"always\"", "");
    for (int i = 0; i < 4; i++)
        next_happens(&state, &since);
    status_is(&state, "running", 2);
    /* Ten healthy minutes make up for them. */
    assert_int_equal(next_happens(&state, &since), 60);
    assert_int_equal(module_of(&state)->restart_count, 0);
    assert_int_equal(device_of(&state)->life_at_ms, -1);
    world_release(&state);
}

static void test_restart_policies(void **unused)
{
    static const struct {
        const char *members;
        int exit_code;
        const char *status;
    } cases[] = {
        {",\"restartPolicy\":\"always\"", 0, "backoff"},
        {",\"restartPolicy\":\"never\"", 1, "failed"},
        {",\"restartPolicy\":\"never\"", 0, "stopped"},
        {",\"restartPolicy\":\"on-failure\"", 0, "stopped"},
        {",\"restartPolicy\":\"on-failure\"", 2, "backoff"},
        {"", 2, "backoff"},
        {"", 0, "stopped"},
    };

    (void)unused;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct emulator_hub_state state;
        world_init(&state);
        deploy(&state, "a", cases[i].members, "");
        emulator_agent_crash(device_of(&state), module_of(&state), cases[i].exit_code);
        status_is(&state, cases[i].status, 0);
        emulator_agent_restart(device_of(&state), module_of(&state));
        status_is(&state, "running", 0);
        world_release(&state);
    }
}

/* The code that $edgeAgent reports; its description contains the text. */
static void outcome_is(struct emulator_hub_state *state, int code, const char *text)
{
    const struct emulator_twin *agent = emulator_device_module(device_of(state), "$edgeAgent");
    const char *description = agent->outcome.description ? agent->outcome.description : "";

    assert_int_equal(agent->outcome.version, agent->desired.version);
    if (agent->outcome.code != code || !strstr(description, text))
        fail_msg("%d %s", agent->outcome.code, description);
}

static void test_missing_image(void **unused)
{
    cleanup_json cJSON *missing = cJSON_Parse("[\"i:1\"]"), *none = cJSON_Parse("[]"), *bad = cJSON_Parse("[1]");
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    assert_int_equal(emulator_fleet_images_set(&state.fleet, bad, NULL), -1);
    assert_int_equal(emulator_fleet_images_set(&state.fleet, missing, NULL), 0);
    deploy(&state, "a", "", "");
    outcome_is(&state, 500, "Could not pull image i:1");
    assert_null(module_of(&state));
    assert_non_null(emulator_agent_container(device_of(&state), "edgeHub"));
    assert_true(device_of(&state)->pull_at_ms > 0); /* it tries again */
    assert_int_equal(emulator_fleet_images_set(&state.fleet, none, NULL), 0);
    emulator_agent_take(device_of(&state), 1);
    outcome_is(&state, 200, "");
    status_is(&state, "running", 0);
    /* An update that cannot be pulled leaves the old container running. */
    assert_int_equal(emulator_fleet_images_set(&state.fleet, missing, NULL), 0);
    deploy(&state, "b", ",\"env\":{\"A\":{\"value\":\"1\"}}", "");
    outcome_is(&state, 500, "manifest unknown");
    status_is(&state, "running", 0);
    world_release(&state);
}

static void test_module_lacks_image(void **unused)
{
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    failure_add(&state, (struct emulator_failure){.image_missing = true});
    deploy(&state, "a", "", "");
    outcome_is(&state, 500, "Could not pull image");
    world_release(&state);
}

static void test_create_options_on_the_device(void **unused)
{
    static const struct {
        const char *settings;
        int code;
        const char *text;
    } cases[] = {
        {",\"createOptions\":\"{\\\"Env\\\":[\\\"A=b\\\"]}\"", 200, ""},
        {",\"createOptions\":\"{\\\"Env\\\":\\\"A=b\\\"}\"", 400, "Env must be an array"},
        {",\"createOptions\":\"{\\\"HostConfig\\\":{\\\"Memory\\\":\\\"512m\\\"}}\"", 400,
         "Memory must be a whole number"},
        {",\"createOptions\":\"{\"", 400, "createOptions"},
        {",\"createOptions\":\"{\",\"createOptions02\":\"}\"", 400, "expected createOptions01 found createOptions02"},
        {",\"createOptions\":\"{\\\"Cmd\\\":\\\"run\\\"}\"", 500, "Cmd must be an array"},
        {",\"createOptions\":\"{\\\"HostConfig\\\":{\\\"Memory\\\":1000}}\"", 500, "Minimum memory limit"},
    };

    (void)unused;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct emulator_hub_state state;
        world_init(&state);
        deploy(&state, "a", "", cases[i].settings);
        outcome_is(&state, cases[i].code, cases[i].text);
        world_release(&state);
    }
}

static void test_create_options(void **unused)
{
    static const struct {
        const char *settings;
        int read, tried;
    } cases[] = {
        {"{}", 0, 0},
        {"{\"createOptions\":\"null\"}", 0, 0},
        {"{\"createOptions\":\" \"}", 0, 0},
        {"{\"createOptions\":{\"Env\":[]}}", 0, 0},
        {"{\"CREATEOPTIONS\":\"{\",\"createOptions01\":\"}\"}", 0, 0},
        {"{\"createOptions01\":\"{}\"}", -1, 0},
        {"{\"mycreateoptions\":\"{}\",\"createOptions\":\"\"}", -1, 0}, /* the key need only contain it */
        {"{\"createOptions\":5}", -1, 0},
        {"{\"createOptions\":\"{\\\"env\\\":[1,true],\\\"HOSTCONFIG\\\":{\\\"privileged\\\":\\\"true\\\","
         "\\\"memory\\\":"
         "\\\"8000000\\\"}}\"}",
         0, 0},
        {"{\"createOptions\":{\"HostConfig\":{\"Binds\":\"a:b\"}}}", -1, 0},
        {"{\"createOptions\":{\"HostConfig\":{\"PortBindings\":{\"80/tcp\":{\"HostPort\":\"80\"}}}}}", -1, 0},
        {"{\"createOptions\":{\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"sometimes\"}}}}", -1, 0},
        {"{\"createOptions\":{\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":80}]}}}}", 0, 0},
        {"{\"createOptions\":{\"HostConfig\":{\"PortBindings\":{\"80/icmp\":[{\"HostPort\":\"80\"}]}}}}", 0, -1},
        {"{\"createOptions\":{\"HostConfig\":{\"PortBindings\":{\"80\":[{\"HostPort\":\"80-90\"}]}}}}", 0, 0},
        {"{\"createOptions\":{\"HostConfig\":{\"PortBindings\":{\"80\":[{\"HostPort\":\"x\"}]}}}}", 0, -1},
        {"{\"createOptions\":{\"ExposedPorts\":{\"99999/tcp\":{}}}}", 0, -1},
        {"{\"createOptions\":{\"Entrypoint\":\"x\"}}", 0, -1},
        {"{\"createOptions\":{\"WorkingDir\":\"x\"}}", 0, -1},
        {"{\"createOptions\":{\"Env\":[\"=x\"]}}", 0, -1},
        {"{\"createOptions\":{\"HostConfig\":{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\"}]}}}",
         0, 0},
        {"{\"createOptions\":{\"HostConfig\":{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"a\",\"Target\":\"/b\"}]}}}",
         0, -1},
        {"{\"createOptions\":{\"HostConfig\":{\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/b\"},{\"Type\":\"tmpfs\","
         "\"Target\":\"/b\"}]}}}",
         0, -1},
        {"{\"createOptions\":{\"HostConfig\":{\"NanoCpus\":1,\"CpuQuota\":1}}}", 0, -1},
        {"{\"createOptions\":{\"HostConfig\":{\"AutoRemove\":true,\"RestartPolicy\":{\"Name\":\"always\"}}}}", 0, -1},
        {"{\"createOptions\":{\"HostConfig\":{\"ExtraHosts\":[\"x\"]}}}", 0, -1},
        {"{\"createOptions\":{\"HostConfig\":{\"NetworkMode\":\"host\",\"Links\":[\"x\"]}}}", 0, -1},
        {"{\"createOptions\":{\"HostConfig\":{\"NetworkMode\":\"container:x\"}}}", 0, 0},
        {"{\"createOptions\":{\"HostConfig\":{\"NetworkMode\":\"container:x\",\"Dns\":[\"1.1.1.1\"]}}}", 0, -1},
        {"{\"createOptions\":{\"Hostname\":\"h\",\"HostConfig\":{\"NetworkMode\":\"container:x\"}}}", 0, -1},
        {"{\"createOptions\":{\"HostConfig\":{\"CapAdd\":[\"cap_net_admin\",\"SYS_TIME\"],\"CapDrop\":[\"ALL\"]}}}", 0,
         0},
        {"{\"createOptions\":{\"HostConfig\":{\"CapDrop\":[\"NET\"]}}}", 0, -1},
        {"{\"createOptions\":{\"StopSignal\":\"SIGINT\"}}", 0, 0},
        {"{\"createOptions\":{\"StopSignal\":\"9\"}}", 0, 0},
        {"{\"createOptions\":{\"StopSignal\":\"SIGNAL\"}}", 0, -1},
        {"{\"createOptions\":{\"Healthcheck\":{\"Interval\":1000000,\"Retries\":3}}}", 0, 0},
        {"{\"createOptions\":{\"Healthcheck\":{\"Timeout\":999999}}}", 0, -1},
        {"{\"createOptions\":{\"Healthcheck\":{\"Retries\":-1}}}", 0, -1},
        {"{\"createOptions\":{\"ExposedPorts\":{\"0/tcp\":{}}}}", 0, -1},
    };

    (void)unused;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_json cJSON *settings = cJSON_Parse(cases[i].settings);
        cleanup_json cJSON *options = NULL;
        int read = emulator_create_options_read(settings, &options, NULL);
        int tried = read == 0 ? emulator_create_options_try(options, NULL) : 0;
        if (read != cases[i].read || tried != cases[i].tried)
            fail_msg("%s: %d %d", cases[i].settings, read, tried);
    }
}

static void test_startup_order(void **unused)
{
    static const char content[] =
        "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"runtime\":{\"type\":"
        "\"docker\"},\"systemModules\":{\"edgeAgent\":{\"type\":\"docker\",\"settings\":{\"image\":\"a\"}},\"edgeHub\":"
        "{"
        "\"type\":\"docker\",\"status\":\"running\",\"settings\":{\"image\":\"h\"}}},\"modules\":{"
        "\"late\":{\"type\":\"docker\",\"status\":\"running\",\"settings\":{\"image\":\"i\"}},"
        "\"second\":{\"type\":\"docker\",\"status\":\"running\",\"startupOrder\":2,\"settings\":{\"image\":\"i\"}},"
        "\"first\":{\"type\":\"docker\",\"status\":\"running\",\"startupOrder\":0,\"settings\":{\"image\":\"i\"}}}}}}}";
    struct emulator_hub_state state;

    (void)unused;
    world_init(&state);
    world_put(&state, "a", "deviceId='device01'", 5, content);
    emulator_evaluate(&state, 0, 0);
    int64_t first = emulator_agent_container(device_of(&state), "first")->started;
    int64_t second = emulator_agent_container(device_of(&state), "second")->started;
    int64_t late = emulator_agent_container(device_of(&state), "late")->started;
    assert_true(first < second && second < late);
    world_release(&state);
}

static void test_generated_fleet(void **unused)
{
    static const char *const tags[] = {"testtag=A:50%,B:30%", "site=north"};
    static const char *const bad[] = {"x", "x=a:120%", "x=a:60%,b:60%", "x=a:5"};
    struct emulator_fleet fleet = {.devices = NULL};
    size_t a = 0, b = 0, north = 0;

    (void)unused;
    assert_int_equal(emulator_fleet_generate(&fleet, 1000, tags, array_length(tags), NULL), 0);
    assert_int_equal(fleet.count, 1000);
    assert_string_equal(fleet.devices[999]->id, "device01000");
    for (size_t i = 0; i < fleet.count; i++) {
        const char *tag = json_string_or(fleet.devices[i]->twin.tags, "testtag", "");
        a += strcmp(tag, "A") == 0;
        b += strcmp(tag, "B") == 0;
        north += strcmp(json_string_or(fleet.devices[i]->twin.tags, "site", ""), "north") == 0;
    }
    assert_int_equal(a, 500);
    assert_int_equal(b, 300);
    assert_int_equal(north, 1000);
    emulator_fleet_release(&fleet);
    for (size_t i = 0; i < array_length(bad); i++) {
        struct emulator_fleet none = {.devices = NULL};
        assert_int_equal(emulator_fleet_generate(&none, 1, &bad[i], 1, NULL), -1);
        emulator_fleet_release(&none);
    }
}

static int fleet_load(const char *text, struct emulator_fleet *fleet, struct error *error)
{
    char path[] = "/tmp/test_emulator_life.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
    int result = emulator_fleet_load(fleet, path, error);
    unlink(path);
    return result;
}

static void test_failures_of_the_file(void **unused)
{
    static const char text[] =
        "images: {missing: [\"x:1\"]}\ndevices:\n- id: a\n  failures:\n    m: {crash: 2s, exitCode: 5, "
        "times: 3}\n    broken: {image: missing}\n";
    static const char *const bad[] = {
        "- id: a\n  failures: 5\n",
        "- id: a\n  failures: {m: {}}\n",
        "- id: a\n  failures: {m: {crash: soon}}\n",
        "- id: a\n  failures: {m: {image: old}}\n",
        "- id: a\n  failures: {m: {crash: 1s, exitCode: 300}}\n",
        "images: {missing: x}\ndevices: []\n",
    };
    struct emulator_fleet fleet = {.devices = NULL};

    (void)unused;
    assert_int_equal(fleet_load(text, &fleet, NULL), 0);
    const struct emulator_device *device = fleet.devices[0];
    assert_int_equal(device->failure_count, 2);
    assert_int_equal(device->failures[0].after_ms, 2000);
    assert_int_equal(device->failures[0].exit_code, 5);
    assert_int_equal(device->failures[0].times, 3);
    assert_true(emulator_device_lacks_image(device, "broken", "y"));
    assert_true(emulator_device_lacks_image(device, "m", "x:1"));
    assert_false(emulator_device_lacks_image(device, "m", "y"));
    emulator_fleet_release(&fleet);
    for (size_t i = 0; i < array_length(bad); i++) {
        struct emulator_fleet none = {.devices = NULL};
        if (fleet_load(bad[i], &none, NULL) == 0)
            fail_msg("%s was taken", bad[i]);
        emulator_fleet_release(&none);
    }
}

static void test_moments(void **unused)
{
    static const struct {
        const char *text;
        bool fine;
        int64_t ms;
    } cases[] = {
        {"2026-11-23T16:39:23Z", true, 1795451963000},
        {"1795451963", true, 1795451963000},
        {"90 min", true, -5400000},
        {"1 day", true, -DAY_MS},
        {"1h30m", true, -5400000},
        {"2 days 1 hour", true, -2 * DAY_MS - 3600000},
        {"30 sec", true, -30000},
        {"", false, 0},
        {"soon", false, 0},
        {"5", true, 5000},
        {"5 lightyears", false, 0},
    };

    (void)unused;
    for (size_t i = 0; i < array_length(cases); i++) {
        int64_t ms = 0;
        if (emulator_moment_parse(cases[i].text, 0, &ms) != cases[i].fine || (cases[i].fine && ms != cases[i].ms))
            fail_msg("%s: %lld", cases[i].text, (long long)ms);
    }
}

/* gzip itself says whether the stream is right. */
static void test_gzip(void **unused)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT, packed = STRBUF_INIT;
    char path[] = "/tmp/test_emulator_gzip.XXXXXX";
    int fd = mkstemp(path);

    (void)unused;
    assert_true(fd >= 0);
    for (int i = 0; i < 3000; i++)
        strbuf_add_format(&text, "<6> 2026-11-23 line %d of a log that repeats itself %c\n", i, i % 256);
    emulator_gzip(text.data, text.length, &packed);
    assert_true(packed.length < text.length / 4);
    assert_int_equal(write(fd, packed.data, packed.length), packed.length);
    close(fd);
    cleanup_free char *command = emulator_text_format("gzip -dc <%s", path);
    FILE *pipe = popen(command, "r");
    cleanup_free char *unpacked = emulator_allocate(text.length + 1);
    assert_non_null(pipe);
    assert_int_equal(fread(unpacked, 1, text.length + 1, pipe), text.length);
    assert_int_equal(pclose(pipe), 0);
    assert_memory_equal(unpacked, text.data, text.length);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crash_loop),
        cmocka_unit_test(test_crashes_end),
        cmocka_unit_test(test_restart_policies),
        cmocka_unit_test(test_missing_image),
        cmocka_unit_test(test_module_lacks_image),
        cmocka_unit_test(test_create_options_on_the_device),
        cmocka_unit_test(test_create_options),
        cmocka_unit_test(test_startup_order),
        cmocka_unit_test(test_generated_fleet),
        cmocka_unit_test(test_failures_of_the_file),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_gzip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
