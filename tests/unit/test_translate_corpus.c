/* The frozen corpus: see tests/unit/corpus/README.md. Run from the project's root. */
#include "cli/documents.h"
#include "common/file.h"
#include "tests/unit/translate_objects.h"
#include "translate/annotations.h"
#include "translate/defaults.h"
#include "translate/manifest.h"

#include <dirent.h>

#define CORPUS "tests/unit/corpus"

static const struct system_modules system_modules = {
    .edge_agent_image = "registry.example/azureiotedge-agent:1.5",
    .edge_hub_image = "registry.example/azureiotedge-hub:1.5",
    .edge_hub_create_options = "{\"HostConfig\": {\"PortBindings\": {\"5671/tcp\": [{\"HostPort\": \"5671\"}]}}}",
};

struct place {
    const struct documents *documents;
    const char *namespace;
};

static const cJSON *find_config_map(void *context, const char *name)
{
    const struct place *place = context;

    return documents_config_map(place->documents, place->namespace, name);
}

static const struct document *edge_deployment(const struct documents *documents)
{
    for (size_t i = 0; i < documents->count; i++) {
        if (deployment_is_edge(documents->items[i].object))
            return &documents->items[i];
    }
    fail_msg("the file has no edge Deployment");
    return NULL;
}

static void assert_translates_to(const char *yaml, const char *expected)
{
    cleanup_documents struct documents documents = DOCUMENTS_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_error struct error error = {NULL};
    struct place place = {&documents, NULL};
    struct manifest_input input = {.config_map = find_config_map, .context = &place, .system_modules = system_modules};
    const struct document *deployment;

    if (documents_load(yaml, &documents, &error) < 0)
        fail_msg("%s", error_message(&error));
    deployment = edge_deployment(&documents);
    place.namespace = document_namespace(deployment);
    assert_int_equal(defaults_apply(deployment->object, &error), 0);
    input.deployment = deployment->object;
    (void)manifest_translate(&input, &manifest, &findings);
    assert_errors(&findings, "");
    assert_string_equal(manifest.content, expected);
}

static void assert_case(const char *name)
{
    cleanup_free char *expected = NULL;
    cleanup_error struct error error = {NULL};
    char yaml[512], json[512];
    size_t length;

    (void)snprintf(yaml, sizeof(yaml), CORPUS "/%s.yaml", name);
    (void)snprintf(json, sizeof(json), CORPUS "/%s.json", name);
    if (file_read(json, 1024 * 1024, &expected, &length, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_true(length > 0 && expected[length - 1] == '\n');
    expected[length - 1] = '\0';
    print_message("           %s\n", name);
    assert_translates_to(yaml, expected);
}

static void test_every_case(void **state)
{
    DIR *folder = opendir(CORPUS);
    const struct dirent *entry;
    size_t count = 0;

    (void)state;
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        char name[256];
        size_t length = strlen(entry->d_name);

        if (length < 6 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
            continue;
        (void)snprintf(name, sizeof(name), "%.*s", (int)(length - 5), entry->d_name);
        assert_case(name);
        count++;
    }
    closedir(folder);
    assert_int_equal(count, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_case)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
