/* The table of cases: see tests/unit/cases/README.md. Run from the project's root. With the argument --write the
 * outcomes are written instead of compared: read the difference before you keep it. */
#include "common/file.h"
#include "common/json_writer.h"
#include "tests/unit/content_schema.h"
#include "tests/unit/translate_objects.h"
#include "translate/annotations.h"
#include "translate/defaults.h"
#include "translate/manifest.h"
#include "translate/validate.h"

#include <dirent.h>
#include <stdlib.h>

#define CASES   "tests/unit/cases"
#define LEAST   300
#define MAX_DIR 64

static bool write_outcomes;

struct lookups {
    const cJSON *config_maps, *secrets;
};

static const cJSON *find_config_map(void *context, const char *name)
{
    return json_get(((const struct lookups *)context)->config_maps, name);
}

static const cJSON *find_secret(void *context, const char *name)
{
    return json_get(((const struct lookups *)context)->secrets, name);
}

/* Puts the members into the object; null takes one away. */
static void put_members(cJSON *object, const cJSON *members)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, members)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(object, item->string);
        if (!cJSON_IsNull(item))
            assert_true(cJSON_AddItemToObject(object, item->string, cJSON_Duplicate(item, true)));
    }
}

static cJSON *child_object(cJSON *parent, const char *name)
{
    cJSON *found = json_get(parent, name);

    return found ? found : cJSON_AddObjectToObject(parent, name);
}

#define BARE                                                                                                           \
    "apiVersion: apps/v1\nkind: Deployment\n" EDGE_METADATA "spec:\n  replicas: 1\n"                                   \
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"                    \
    "      annotations: {isEdgeDeployment: 'true', targetCondition: \"tags.site='north'\"}\n    "                      \
    "spec:\n" EDGE_CONTAINERS

/* The Deployment of a case: a good one, with what the case changes in it. */
static cJSON *build(const cJSON *one)
{
    cJSON *deployment = object_from(json_get(one, "bare") ? BARE : EDGE_COMPLETE);
    cJSON *template = json_at(deployment, "spec", "template", NULL);
    cJSON *pod = json_get(template, "spec");
    cJSON *containers = json_get(pod, "containers");
    const cJSON *item;

    put_members(containers->child, json_get(one, "container"));
    cJSON_ArrayForEach(item, json_get(one, "more")) cJSON_AddItemToArray(containers, cJSON_Duplicate(item, true));
    put_members(pod, json_get(one, "pod"));
    put_members(child_object(json_get(template, "metadata"), "annotations"), json_get(one, "annotations"));
    put_members(child_object(json_get(template, "metadata"), "labels"), json_get(one, "labels"));
    put_members(child_object(json_get(deployment, "metadata"), "annotations"), json_get(one, "own"));
    put_members(json_get(deployment, "spec"), json_get(one, "spec"));
    return deployment;
}

static void add_findings(struct strbuf *out, const char *where, const struct findings *findings)
{
    assert_false(findings->failed);
    for (size_t i = 0; i < findings->error_count; i++)
        strbuf_add_format(out, "%serror: %s: %s\n", where, findings->errors[i].field, findings->errors[i].message);
    for (size_t i = 0; i < findings->warning_count; i++) {
        assert_true(strlen(findings->warnings[i]) <= 480);
        strbuf_add_format(out, "%swarning: %s\n", where, findings->warnings[i]);
    }
}

static void add_patch(struct strbuf *out, cJSON *deployment)
{
    cleanup_strbuf struct strbuf patch = STRBUF_INIT;
    cleanup_strbuf struct strbuf again = STRBUF_INIT;
    cleanup_error struct error error = {NULL};

    if (defaults_patch(deployment, &patch))
        strbuf_add_format(out, "patch: %s\n", strbuf_string(&patch));
    assert_int_equal(defaults_apply(deployment, &error), 0);
    assert_int_equal(defaults_patch(deployment, &again), 0);
}

/* The first module, since the rest is the same in all cases; the whole is in the file of contents. */
static void add_module(struct strbuf *out, const char *content)
{
    cleanup_json cJSON *tree = cJSON_Parse(content);
    const cJSON *agent = json_at(tree, "modulesContent", "$edgeAgent", NULL);
    const cJSON *module = json_at(agent, "properties.desired", "modules", "sensor", NULL);
    struct json_writer writer = {.out = out};

    if (!module)
        module = json_get(agent, "properties.desired.modules.sensor");
    strbuf_add_string(out, "module: ");
    json_add_value(&writer, module);
    strbuf_add_char(out, '\n');
}

static void add_translation(struct strbuf *out, struct strbuf *contents, const cJSON *one, const cJSON *deployment)
{
    struct lookups lookups = {json_get(one, "configMaps"), json_get(one, "secrets")};
    struct manifest_input input = {
        .deployment = deployment,
        .config_map = find_config_map,
        .context = &lookups,
        .system_modules = {"registry.example/agent:1.5", "registry.example/hub:1.5",
                           "{\"HostConfig\":{\"PortBindings\":{\"8883/tcp\":[{\"HostPort\":\"8883\"}]}}}"},
        .secret = lookups.secrets ? find_secret : NULL,
    };
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_manifest struct manifest repeated = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_findings struct findings ignored = FINDINGS_INIT;
    int result = manifest_translate(&input, &manifest, &findings);

    add_findings(out, "translation ", &findings);
    assert_int_equal(result, findings.error_count ? -1 : 0);
    if (result < 0)
        return;
    if (!content_is_valid(manifest.content))
        fail_msg("%s: %s in %s", json_string(one, "name"), content_problem, manifest.content);
    assert_int_equal(manifest_translate(&input, &repeated, &ignored), 0);
    assert_string_equal(manifest.content, repeated.content);
    add_module(out, manifest.content);
    for (size_t i = 0; i < manifest.config_map_count; i++) {
        strbuf_add_format(out, "reads: %s\n", manifest.config_maps[i]);
        assert_true(manifest_reads_config_map(deployment, manifest.config_maps[i]));
    }
    strbuf_add_format(contents, "%s\t%s\n", json_string(one, "name"), manifest.content);
}

static void judge_deployment(struct strbuf *out, struct strbuf *contents, const cJSON *one)
{
    cleanup_json cJSON *deployment = build(one);
    cleanup_findings struct findings findings = FINDINGS_INIT;
    struct validate_settings settings = {.secrets = json_get(one, "secrets") != NULL};

    if (json_get(one, "patch"))
        add_patch(out, deployment);
    validate_deployment_with(deployment, &settings, &findings);
    add_findings(out, "", &findings);
    if (!findings.error_count && deployment_is_edge(deployment))
        add_translation(out, contents, one, deployment);
}

static void judge_config_map(struct strbuf *out, const cJSON *config_map)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;

    validate_config_map(config_map, &findings);
    strbuf_add_string(out, validate_config_map_is_ours(config_map) ? "ours\n" : "another's\n");
    add_findings(out, "", &findings);
}

static void judge_one(struct strbuf *out, struct strbuf *contents, const cJSON *one)
{
    const char *name = json_string(one, "name");

    assert_non_null(name);
    strbuf_add_format(out, "== %s\n", name);
    if (json_get(one, "configMap"))
        judge_config_map(out, json_get(one, "configMap"));
    else
        judge_deployment(out, contents, one);
}

/* Compares with the file, or writes it. */
static void settle(const char *topic, const char *ending, const struct strbuf *text)
{
    cleanup_error struct error error = {NULL};
    cleanup_free char *expected = NULL;
    const char *mine = strbuf_string(text);
    char path[512];
    size_t length, line = 1;

    (void)snprintf(path, sizeof(path), CASES "/%s.%s", topic, ending);
    if (write_outcomes) {
        assert_int_equal(file_write(path, mine, text->length, 0644, NULL), 0);
        return;
    }
    if (file_read(path, 16 * 1024 * 1024, &expected, &length, &error) < 0)
        fail_msg("%s", error_message(&error));
    for (size_t i = 0; expected[i] == mine[i]; i++) {
        if (!mine[i])
            return;
        line += mine[i] == '\n';
    }
    for (size_t i = 1; i < line; i++)
        mine = strchr(mine, '\n') + 1;
    fail_msg("%s:%zu: now it is\n%.*s", path, line, (int)strcspn(mine, "\n"), mine);
}

static size_t judge_topic(const char *topic)
{
    cleanup_error struct error error = {NULL};
    cleanup_free char *text = NULL;
    cleanup_json cJSON *cases = NULL;
    cleanup_strbuf struct strbuf outcomes = STRBUF_INIT;
    cleanup_strbuf struct strbuf contents = STRBUF_INIT;
    char path[512];
    size_t length = 0;
    const cJSON *one;

    (void)snprintf(path, sizeof(path), CASES "/%s.yaml", topic);
    if (file_read(path, 16 * 1024 * 1024, &text, &length, &error) < 0 || yaml_parse(text, length, &cases, &error) < 0)
        fail_msg("%s: %s", path, error_message(&error));
    cJSON_ArrayForEach(one, cases) judge_one(&outcomes, &contents, one);
    settle(topic, "expected", &outcomes);
    settle(topic, "contents", &contents);
    return (size_t)cJSON_GetArraySize(cases);
}

static void test_every_case(void **state)
{
    DIR *folder = opendir(CASES);
    const struct dirent *entry;
    size_t count = 0;

    (void)state;
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        char topic[256];
        size_t length = strlen(entry->d_name);

        if (length < 6 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
            continue;
        (void)snprintf(topic, sizeof(topic), "%.*s", (int)(length - 5), entry->d_name);
        count += judge_topic(topic);
    }
    closedir(folder);
    print_message("           %zu cases\n", count);
    assert_true(count >= LEAST);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_case)};

    write_outcomes = argc > 1 && strcmp(argv[1], "--write") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
