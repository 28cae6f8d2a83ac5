#include "tests/unit/translate_objects.h"
#include "translate/manifest.h"

#define AGENT_DESIRED "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":"

/* ConfigMaps by their names: an object whose members are their data. */
static const cJSON *find_config_map(void *context, const char *name)
{
    return json_get(context, name);
}

static int translate(const char *deployment_yaml, const char *config_maps_yaml, struct manifest *manifest,
                     struct findings *findings)
{
    cleanup_json cJSON *deployment = object_from(deployment_yaml);
    cleanup_json cJSON *config_maps = object_from(config_maps_yaml);
    struct manifest_input input = {
        .deployment = deployment,
        .config_map = find_config_map,
        .context = config_maps,
        .system_modules = {"registry.example/agent:1.5", "registry.example/hub:1.5", "{}"},
    };

    return manifest_translate(&input, manifest, findings);
}

static char *content_of(const char *deployment, const char *config_maps)
{
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)translate(deployment, config_maps, &manifest, &findings);
    assert_errors(&findings, "");
    assert_int_equal(findings.warning_count, 0);
    return steal_ptr(manifest.content);
}

static void assert_refused(const char *deployment, const char *config_maps, const char *expected)
{
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;

    assert_int_equal(translate(deployment, config_maps, &manifest, &findings), -1);
    assert_errors(&findings, expected);
    assert_false(findings.failed);
    assert_null(manifest.content);
    assert_null(manifest.modules);
}

#define WITH_CONTAINERS(list)                                                                                          \
    EDGE_DEPLOYMENT(EDGE_METADATA, EDGE_STRATEGY, EDGE_ANNOTATIONS, "      containers: " list "\n")
#define TWO "[{name: zeta, image: 'z:1@" SHA "'}, {name: alpha, image: 'a:1'}]"
#define SHA "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_everything_about_a_deployment(void **state)
{
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)state;
    assert_int_equal(translate(WITH_CONTAINERS(TWO),
                               "{zeta: {status: running}, edgehub: {}, other: {status: x}, alpha: {app.conf: x}}",
                               &manifest, &findings),
                     0);
    assert_errors(&findings, "");
    assert_string_equal(manifest.target_condition, "tags.site='north'");
    assert_int_equal(manifest.priority, 15);
    assert_int_equal(manifest.module_count, 2);
    assert_string_equal(manifest.modules[0], "zeta");
    assert_string_equal(manifest.images[0], "z@" SHA);
    assert_string_equal(manifest.modules[1], "alpha");
    assert_string_equal(manifest.images[1], "a:1");
    assert_int_equal(manifest.config_map_count, 2);
    assert_string_equal(manifest.config_maps[0], "edgehub");
    assert_string_equal(manifest.config_maps[1], "zeta");
}

static void test_no_config_maps_at_all(void **state)
{
    cleanup_json cJSON *deployment = object_from(EDGE_COMPLETE);
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    struct manifest_input input = {.deployment = deployment, .system_modules = {"agent", "hub", "{}"}};

    (void)state;
    assert_int_equal(manifest_translate(&input, &manifest, &findings), 0);
    assert_int_equal(manifest.config_map_count, 0);
    assert_string_equal(
        manifest.content, AGENT_DESIRED
        "{\"schemaVersion\":\"1.0\",\"runtime\":{\"type\":\"docker\",\"settings\":{\"minDockerVersion\":\"v1.25\","
        "\"loggingOptions\":\"\",\"registryCredentials\":{}}},\"systemModules\":{\"edgeAgent\":{\"type\":\"docker\","
        "\"settings\":{\"image\":\"agent\",\"createOptions\":\"{}\"}},\"edgeHub\":{\"type\":\"docker\",\"status\":"
        "\"running\","
        "\"restartPolicy\":\"always\",\"settings\":{\"image\":\"hub\",\"createOptions\":\"{}\"}}},\"modules\":{"
        "\"sensor\":{"
        "\"version\":\"1.0\",\"type\":\"docker\",\"status\":\"running\",\"restartPolicy\":\"always\",\"settings\":{"
        "\"image\":"
        "\"registry.example/sensor:1.2\",\"createOptions\":\"{}\"}}}}},\"$edgeHub\":{\"properties.desired\":{"
        "\"schemaVersion\":\"1.0\",\"routes\":{\"route\":\"FROM /* INTO $upstream\"},\"storeAndForwardConfiguration\":{"
        "\"timeToLiveSecs\":7200}}}}}");
}

/* Whoever moves lines in a file must not restart anything. */
static void test_order_changes_nothing(void **state)
{
    cleanup_free char *one = content_of(
        WITH_CONTAINERS("[{name: alpha, image: a}, {name: zeta, image: z}, {name: beta, image: b}]"),
        "edgehub: {desiredProperties: '{\"routes\":{\"a\":\"FROM /* INTO $upstream\",\"b\":\"FROM /messages/* INTO "
        "$upstream\"},\"storeAndForwardConfiguration\":{\"timeToLiveSecs\":5}}'}\n"
        "edgeagent: {desiredProperties: "
        "'{\"systemModules\":{\"edgeHub\":{\"env\":{\"A\":{\"value\":1},\"B\":{\"value\":2}}}},"
        "\"runtime\":{\"settings\":{\"registryCredentials\":{\"a\":{\"username\":\"u\",\"password\":\"p\",\"address\":"
        "\"registry.example\"},"
        "\"b\":{\"username\":\"u\",\"password\":\"p\",\"address\":\"registry.example\"}}}}}'}\n"
        "zeta: {status: running, version: '2', desiredProperties: '{\"x\":1}'}\n");
    cleanup_free char *other =
        content_of(WITH_CONTAINERS("[{image: z, name: zeta}, {image: b, name: beta}, {image: a, name: alpha}]"),
                   "zeta: {desiredProperties: ' {\"x\" : 1}', version: '2', status: running}\n"
                   "edgeagent: {desiredProperties: "
                   "'{\"runtime\":{\"settings\":{\"registryCredentials\":{\"b\":{\"address\":\"registry.example\","
                   "\"password\":\"p\",\"username\":\"u\"},\"a\":{\"address\":\"registry.example\",\"password\":\"p\","
                   "\"username\":\"u\"}}}},"
                   "\"systemModules\":{\"edgeHub\":{\"env\":{\"B\":{\"value\":2},\"A\":{\"value\":1}}}}}'}\n"
                   "edgehub: {desiredProperties: "
                   "'{\"storeAndForwardConfiguration\":{\"timeToLiveSecs\":5},\"routes\":{\"b\":\"FROM "
                   "/messages/* INTO $upstream\",\"a\":\"FROM /* INTO $upstream\"}}'}\n");

    (void)state;
    assert_string_equal(one, other);
}

/* Priority, condition, labels and names change in place on the hub; they must not make another content. */
static void test_what_is_not_in_the_content(void **state)
{
    cleanup_free char *one = content_of(EDGE_COMPLETE, "{}");
    cleanup_free char *other = content_of(
        EDGE_DEPLOYMENT("metadata: {name: api, namespace: other, uid: x, resourceVersion: '5', labels: {a: b}}\n",
                        "  strategy: {type: Recreate}\n",
                        "        isEdgeDeployment: 'true'\n        targetCondition: '*'\n        priority: '16'\n"
                        "        note: x\n",
                        "      nodeSelector: {kubernetes.io/hostname: x}\n"
                        "      containers: [{name: sensor, image: 'registry.example/sensor:1.2', imagePullPolicy: "
                        "IfNotPresent, resources: {}}]\n"),
        "{}");

    (void)state;
    assert_string_equal(one, other);
}

static void test_a_rollout_restart_changes_each_version(void **state)
{
    cleanup_free char *content = content_of(
        EDGE_DEPLOYMENT(EDGE_METADATA, EDGE_STRATEGY,
                        EDGE_ANNOTATIONS "        kubectl.kubernetes.io/restartedAt: '2026-11-23T16:39:23Z'\n",
                        "      containers: [{name: one, image: a}, {name: two, image: b}]\n"),
        "two: {version: '7'}");

    (void)state;
    assert_non_null(strstr(content, "\"one\":{\"version\":\"1.0+2026-11-23T16:39:23Z\""));
    assert_non_null(strstr(content, "\"two\":{\"version\":\"7+2026-11-23T16:39:23Z\""));
}

static void test_logging_options(void **state)
{
#define LOGGING(value)                                                                                                 \
    EDGE_DEPLOYMENT(EDGE_METADATA, EDGE_STRATEGY,                                                                      \
                    "        isEdgeDeployment: 'true'\n        targetCondition: '*'\n        loggingOptions: " value   \
                    "\n",                                                                                              \
                    EDGE_CONTAINERS)
#define CONFIG_MAP "edgeagent: {desiredProperties: '{\"runtime\":{\"settings\":{\"loggingOptions\":\"map\"}}}'}"
    cleanup_free char *annotation = content_of(LOGGING("note"), CONFIG_MAP);
    cleanup_free char *config_map = content_of(LOGGING("''"), CONFIG_MAP);

    (void)state;
    assert_non_null(strstr(annotation, "\"loggingOptions\":\"note\""));
    assert_non_null(strstr(config_map, "\"loggingOptions\":\"map\""));
}

static void test_keys_that_nobody_reads_are_told(void **state)
{
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)state;
    assert_int_equal(
        translate(EDGE_COMPLETE, "{sensor: {version: '2', file: x}, edgehub: {status: running}}", &manifest, &findings),
        0);
    assert_int_equal(findings.warning_count, 2);
    assert_string_equal(findings.warnings[0], "ConfigMap edgehub: the key status is not read");
    assert_string_equal(findings.warnings[1], "ConfigMap sensor: the key file is not read");
}

static void test_findings_say_which_config_map(void **state)
{
    (void)state;
    assert_refused(
        EDGE_COMPLETE,
        "{edgehub: {desiredProperties: '[]'}, edgeagent: {desiredProperties: '{\"modules\":{}}'}, sensor: {status: "
        "on, desiredProperties: '{\"a.b\":1}'}}",
        "[configmap/edgeagent: data[desiredProperties]: Unsupported value: \"modules\": supported values: "
        "\"schemaVersion\", \"runtime\", \"systemModules\", "
        "configmap/edgehub: data[desiredProperties]: Invalid value: must be a JSON object, "
        "configmap/sensor: data[desiredProperties]: Invalid value: \"a.b\": IoT Hub refuses names that are empty, "
        "longer than 1024 bytes, or have . $ # or blanks, "
        "configmap/sensor: data[status]: Invalid value: \"boolean\": must be a string: put it in quotes, or write "
        "it as a block behind |]");
}

static void test_what_cannot_be_translated(void **state)
{
    (void)state;
    assert_refused(WITH_CONTAINERS("[{name: twice, image: a}, {name: other, image: b}, {name: twice, image: c}]"), "{}",
                   "spec.template.spec.containers[2].name: Duplicate value: \"twice\"");
    assert_refused(WITH_CONTAINERS("[{name: sensor}]"), "{}",
                   "spec.template.spec.containers[0].image: Required value: the module's container image");
    assert_refused(EDGE_DEPLOYMENT(EDGE_METADATA, EDGE_STRATEGY, "        isEdgeDeployment: 'true'\n", EDGE_CONTAINERS),
                   "{}",
                   "spec.template.metadata.annotations[targetCondition]: Required value: say which devices, as in "
                   "tags.building='b43'; * means all of them");
}

/* Modules of 8 KB of createOptions each. */
static char *config_maps_of(size_t count)
{
    cleanup_strbuf struct strbuf yaml = STRBUF_INIT;

    for (size_t i = 0; i < count; i++) {
        strbuf_add_format(&yaml, "m%zu: {createOptions: '{\"Labels\":{\"x\":\"", i);
        for (int k = 0; k < 8000; k++)
            strbuf_add_char(&yaml, 'x');
        strbuf_add_string(&yaml, "\"}}'}\n");
    }
    return strbuf_steal(&yaml);
}

static void test_size_of_the_whole(void **state)
{
    static const char four[] =
        WITH_CONTAINERS("[{name: m0, image: a}, {name: m1, image: a}, {name: m2, image: a}, {name: m3, "
                        "image: a}]");
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_findings struct findings refused = FINDINGS_INIT;
    cleanup_free char *three_maps = config_maps_of(3);
    cleanup_free char *four_maps = config_maps_of(4);

    (void)state;
    assert_int_equal(translate(four, three_maps, &manifest, &findings), 0);
    assert_int_equal(findings.warning_count, 1);
    assert_string_equal(findings.warnings[0],
                        "the modules and their createOptions take 25347 of the 32768 bytes of a twin");
    assert_int_equal(translate(four, four_maps, &manifest, &refused), -1);
    assert_errors(&refused,
                  "content[$edgeAgent]: Too long: 33589 bytes; IoT Hub takes at most 32768 in a module's twin");
}

#define WITH_ENV(env) WITH_CONTAINERS("[{name: sensor, image: 'a:1', " env "}]")

/* With this list of variables. */
static void write_with_env(struct strbuf *out, const char *env)
{
    static const char deployment[] = WITH_ENV("env: []");
    const char *place = strstr(deployment, "[]");

    strbuf_add(out, deployment, (size_t)(place - deployment));
    strbuf_add_format(out, "[%s]%s", env, place + 2);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("%s is not in %s", part, text);
}

static void test_env_wins_over_env_from_and_the_last_source_over_the_first(void **state)
{
    cleanup_free char *content = content_of(
        WITH_ENV("envFrom: [{configMapRef: {name: one}}, {configMapRef: {name: two}}], env: [{name: A, value: "
                 "own}, {name: D, value: '$(A) $(B) $(C) $(E)'}, {name: E, value: late}]"),
        "one: {A: first, B: first, C: first}\ntwo: {A: second, B: second}\n");

    (void)state;
    assert_has(content, "\"env\":{\"A\":{\"value\":\"own\"},\"B\":{\"value\":\"second\"},\"C\":{\"value\":\"first\"},"
                        "\"D\":{\"value\":\"own second first $(E)\"},\"E\":{\"value\":\"late\"}}");
}

static void test_references_that_are_never_closed_stay(void **state)
{
    cleanup_free char *content =
        content_of(WITH_ENV("env: [{name: A, value: x}, {name: B, value: '$(A)$($(A$$)$($(A$$'}]"), "{}\n");

    (void)state;
    assert_has(content, "\"B\":{\"value\":\"x$($(A$$)$($(A$\"}");
}

/* Each doubles the one before: 2^39 bytes, if they were written. */
static void test_values_that_double_one_another_end_at_the_size_of_a_twin(void **state)
{
    cleanup_strbuf struct strbuf deployment = STRBUF_INIT;
    cleanup_strbuf struct strbuf env = STRBUF_INIT;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)state;
    strbuf_add_string(&env, "{name: V0, value: 0123456789abcdef}");
    for (int i = 1; i <= 35; i++)
        strbuf_add_format(&env, ", {name: V%d, value: '$(V%d)$(V%d)'}", i, i - 1, i - 1);
    write_with_env(&deployment, strbuf_string(&env));
    assert_int_equal(translate(strbuf_string(&deployment), "{}\n", &manifest, &findings), -1);
    assert_int_equal(findings.error_count, 25); /* and one for the create options as a whole */
    assert_string_equal(findings.errors[1].field, "spec.template.spec.containers[0].env[12].value");
    assert_string_equal(findings.errors[1].message,
                        "Too long: with the values of its variables it has more than the 32768 bytes of a twin");
}

static void test_more_variables_than_a_twin_holds_are_refused_at_once(void **state)
{
    cleanup_strbuf struct strbuf deployment = STRBUF_INIT;
    cleanup_strbuf struct strbuf env = STRBUF_INIT;

    (void)state;
    strbuf_add_string(&env, "{name: '='}");
    for (int i = 1000; i < 5100; i++)
        strbuf_add_format(&env, ", {name: V%d}", i);
    write_with_env(&deployment, strbuf_string(&env));
    assert_refused(strbuf_string(&deployment), "{}\n",
                   "spec.template.spec.containers: Too long: 36905 bytes at least in env, args, ports, mounts and "
                   "aliases; IoT Hub "
                   "takes at most 32768 in a module's twin");
}

static void test_sources_of_env_end_at_twice_a_twin(void **state)
{
    cleanup_strbuf struct strbuf data = STRBUF_INIT;

    (void)state;
    strbuf_add_string(&data, "c: {A: '");
    for (int i = 0; i < 66; i++)
        strbuf_add_format(&data, "%01000d", 0);
    strbuf_add_string(&data, "'}\n");
    assert_refused(
        WITH_ENV("envFrom: [{configMapRef: {name: c}}]"), strbuf_string(&data),
        "spec.template.spec.containers[0].envFrom[0]: Too long: the sources of env have more than 65536 bytes "
        "together; IoT Hub takes at most 32768 in a module's twin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_about_a_deployment),
        cmocka_unit_test(test_no_config_maps_at_all),
        cmocka_unit_test(test_order_changes_nothing),
        cmocka_unit_test(test_what_is_not_in_the_content),
        cmocka_unit_test(test_a_rollout_restart_changes_each_version),
        cmocka_unit_test(test_logging_options),
        cmocka_unit_test(test_keys_that_nobody_reads_are_told),
        cmocka_unit_test(test_findings_say_which_config_map),
        cmocka_unit_test(test_what_cannot_be_translated),
        cmocka_unit_test(test_size_of_the_whole),
        cmocka_unit_test(test_env_wins_over_env_from_and_the_last_source_over_the_first),
        cmocka_unit_test(test_references_that_are_never_closed_stay),
        cmocka_unit_test(test_values_that_double_one_another_end_at_the_size_of_a_twin),
        cmocka_unit_test(test_more_variables_than_a_twin_holds_are_refused_at_once),
        cmocka_unit_test(test_sources_of_env_end_at_twice_a_twin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
