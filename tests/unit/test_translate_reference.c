/* The reference names everything that is read, and the page in docs/ is the table's. Run from the project's root. */
#include "common/file.h"
#include "tests/unit/translate_objects.h"
#include "translate/manifest.h"
#include "translate/pod_reading.h"
#include "translate/reference_table.h"

static bool is_listed(enum reference_group group, const char *key)
{
    for (size_t i = 0; i < reference_entry_count; i++) {
        if (reference_entries[i].group == group && strcmp(reference_entries[i].key, key) == 0)
            return true;
    }
    return false;
}

static void assert_fields(enum reference_group group, const struct pod_field *fields)
{
    size_t count = 0, listed = 0;

    for (; fields[count].name; count++) {
        if (!is_listed(group, fields[count].name))
            fail_msg("%s is not in the reference", fields[count].name);
    }
    for (size_t i = 0; i < reference_entry_count; i++)
        listed += reference_entries[i].group == group;
    assert_int_equal(listed, count);
}

static void test_all_fields_are_listed(void **state)
{
    (void)state;
    assert_fields(REFERENCE_POD_FIELD, pod_fields);
    assert_fields(REFERENCE_CONTAINER_FIELD, container_fields);
}

static void test_all_keys_and_annotations_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < reference_entry_count; i++) {
        const struct reference_entry *entry = &reference_entries[i];
        cleanup_findings struct findings findings = FINDINGS_INIT;
        cleanup_json cJSON *deployment = object_from("{metadata: {annotations: {}}}");
        struct edge_annotations annotations;

        if (entry->group == REFERENCE_MODULE_KEY)
            assert_true(manifest_reads_key(entry->key));
        if (entry->group != REFERENCE_OWN_ANNOTATION)
            continue;
        assert_non_null(cJSON_AddStringToObject(json_at(deployment, "metadata", "annotations", NULL), entry->key, "?"));
        edge_annotations_read(deployment, &annotations, &findings);
        for (size_t k = 0; k < findings.error_count; k++)
            assert_null(strstr(findings.errors[k].message, "\"allow-gap\", \"configmap-prefix\""));
    }
}

static void test_the_page_is_the_tables(void **state)
{
    cleanup_strbuf struct strbuf page = STRBUF_INIT;
    cleanup_error struct error error = {NULL};
    cleanup_free char *text = NULL;
    size_t length;

    (void)state;
    reference_add_page(&page);
    if (file_read("docs/reference.md", 1024 * 1024, &text, &length, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_string_equal(text, strbuf_string(&page));
}

static void assert_found(const char *key, size_t count, const char *first)
{
    const struct reference_entry *found[8];

    assert_int_equal(reference_find(key, found, array_length(found)), count);
    if (count)
        assert_string_equal(found[0]->key, first);
}

static void test_keys_are_found(void **state)
{
    const struct reference_entry *found[1];

    (void)state;
    assert_found("targetCondition", 1, "targetCondition");
    assert_found("allow-pvc", 1, "iot-edge-connector/allow-pvc");
    assert_found("iot-edge-connector/allow-pvc", 1, "iot-edge-connector/allow-pvc");
    assert_found("storeLimits.maxSizeBytes", 0, NULL);
    assert_found("maxSizeBytes", 1, "storeAndForwardConfiguration.storeLimits.maxSizeBytes");
    assert_found("spec.template.spec.containers[0].env", 1, "env");
    assert_found("spec.template.spec.hostAliases", 1, "hostAliases");
    assert_found("spec.replicas", 1, "replicas");
    assert_found("restartPolicy", 3, "restartPolicy");
    assert_found("RESTARTPOLICY", 3, "restartPolicy");
    assert_found("nothing", 0, NULL);
    assert_int_equal(reference_find("restartPolicy", found, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_fields_are_listed),
        cmocka_unit_test(test_all_keys_and_annotations_are_read),
        cmocka_unit_test(test_the_page_is_the_tables),
        cmocka_unit_test(test_keys_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
