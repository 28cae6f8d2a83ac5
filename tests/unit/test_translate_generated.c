/* What must hold of every review, on generated ones. Run from the project's root.
 *
 *     test_translate_generated [COUNT [FIRST]]      20,000 from 0 on when nothing is said
 *     test_translate_generated --print COUNT        object, patch, outcome and verdict as lines of JSON, for other
 * programs */
#include "common/json_writer.h"
#include "tests/unit/content_schema.h"
#include "tests/unit/report_generator.h"
#include "tests/unit/review_generator.h"
#include "translate/annotations.h"
#include "translate/defaults.h"
#include "translate/layered.h"
#include "translate/manifest.h"
#include "translate/reference_table.h"
#include "translate/route.h"
#include "translate/validate.h"

#include <stdio.h>

static uint64_t first_number, review_count = 20000;

static const cJSON *find_config_map(void *context, const char *name)
{
    return json_get(((const struct review_input *)context)->config_maps, name);
}

static const cJSON *find_secret(void *context, const char *name)
{
    return json_get(((const struct review_input *)context)->secrets, name);
}

static void assert_in_order(const struct findings *findings, uint64_t number)
{
    cleanup_free char *summary = findings_summary(findings);

    assert_non_null(summary);
    assert_false(findings->failed);
    assert_true(findings->error_count <= 100 && findings->warning_count <= 32);
    for (size_t i = 0; i < findings->error_count; i++) {
        assert_true(*findings->errors[i].field && *findings->errors[i].message);
        /* Numbers are compared as numbers, so that only paths without any can be compared here. */
        if (i && !strpbrk(findings->errors[i].field, "0123456789") &&
            !strpbrk(findings->errors[i - 1].field, "0123456789") &&
            strcmp(findings->errors[i - 1].field, findings->errors[i].field) > 0)
            fail_msg("review %llu: %s stands before %s", (unsigned long long)number, findings->errors[i - 1].field,
                     findings->errors[i].field);
    }
    for (size_t i = 0; i < findings->warning_count; i++) {
        size_t characters = 0;

        for (const char *at = findings->warnings[i]; *at; at++)
            characters += ((unsigned char)*at & 0xc0) != 0x80;
        assert_true(characters <= 120);
    }
}

/* f(f(x)) = f(x), and what is judged complete is complete. */
static void complete(cJSON *deployment, uint64_t number)
{
    cleanup_strbuf struct strbuf again = STRBUF_INIT;
    cleanup_error struct error error = {NULL};

    if (defaults_apply(deployment, &error) < 0)
        fail_msg("review %llu: %s", (unsigned long long)number, error_message(&error));
    if (defaults_patch(deployment, &again))
        fail_msg("review %llu: once more %s", (unsigned long long)number, strbuf_string(&again));
}

/* The content before, so that two that have nothing to do with each other meet. */
static char *earlier_content;

static void meet_earlier(char *content)
{
    cleanup_error struct error error = {NULL};

    if (!strstr(content, "properties.desired.modules."))
        return;
    if (earlier_content)
        (void)layered_check_transition(earlier_content, content, &error);
    assert_int_equal(layered_check_transition(content, content, &error), 0);
    free(earlier_content);
    earlier_content = strdup(content);
}

static void translate(struct review_input *review, uint64_t number)
{
    struct manifest_input input = {
        .deployment = review->deployment,
        .config_map = find_config_map,
        .context = review,
        .system_modules = {"registry.example/agent:1.5", "registry.example/hub:1.5", "{}"},
        .secret = review->secrets ? find_secret : NULL,
    };
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_manifest struct manifest repeated = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_findings struct findings ignored = FINDINGS_INIT;

    if (manifest_translate(&input, &manifest, &findings) < 0) {
        assert_in_order(&findings, number);
        assert_true(findings.error_count > 0);
        return;
    }
    assert_int_equal(findings.error_count, 0);
    if (!content_is_valid(manifest.content))
        fail_msg("review %llu: %s in %s", (unsigned long long)number, content_problem, manifest.content);
    assert_int_equal(manifest_translate(&input, &repeated, &ignored), 0);
    assert_string_equal(manifest.content, repeated.content);
    for (size_t i = 0; i < manifest.config_map_count; i++)
        assert_true(manifest_reads_config_map(review->deployment, manifest.config_maps[i]));
    assert_false(manifest_reads_secret(review->deployment, "nobody's"));
    assert_false(manifest_reads_config_map(review->deployment, "nobody's"));
    meet_earlier(manifest.content);
    generated_reports(&manifest, number);
}

/* Reads a route as the command line does, which shows where it goes wrong. */
static void show_route(const cJSON *route)
{
    cleanup_route struct route read = ROUTE_INIT;
    cleanup_error struct error error = {NULL};
    cleanup_strbuf struct strbuf caret = STRBUF_INIT;
    struct route_position position;

    if (!cJSON_IsString(route) || route_read(route->valuestring, "r", &read, &position, NULL, &error) == 0)
        return;
    assert_true(position.offset <= strlen(route->valuestring));
    route_add_caret(&caret, route->valuestring, &position);
    assert_string_equal(strbuf_string(&caret) + caret.length - 2, "^\n");
}

static void show_routes(const cJSON *edge_hub)
{
    cleanup_json cJSON *desired = cJSON_Parse(json_string_or(edge_hub, "desiredProperties", ""));
    const cJSON *route;

    cJSON_ArrayForEach(route, json_get(desired, "routes")) show_route(route);
}

/* What a finding is about is explained, except names of the user's own. */
static void explain(const struct findings *findings)
{
    const struct reference_entry *entries[8];

    for (size_t i = 0; i < findings->error_count; i++)
        assert_true(reference_find(findings->errors[i].field, entries, array_length(entries)) <= array_length(entries));
}

static void judge_config_maps(const struct review_input *review)
{
    const cJSON *data;

    cJSON_ArrayForEach(data, review->config_maps)
    {
        cleanup_json cJSON *config_map = cJSON_CreateObject();
        cleanup_findings struct findings findings = FINDINGS_INIT;

        cJSON_AddStringToObject(cJSON_AddObjectToObject(config_map, "metadata"), "name", data->string);
        cJSON_AddItemToObject(config_map, "data", cJSON_Duplicate(data, true));
        validate_config_map(config_map, &findings);
        explain(&findings);
        (void)validate_config_map_is_ours(config_map);
        assert_false(findings.failed);
    }
}

static void judge(struct review_input *review, uint64_t number)
{
    struct edge_annotations annotations;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    struct validate_settings settings = {.secrets = review->secrets != NULL};

    edge_annotations_read(review->deployment, &annotations, NULL);
    defaults_warn(review->deployment, &findings);
    if (number % 8)
        complete(review->deployment, number);
    validate_deployment_with(review->deployment, &settings, &findings);
    assert_in_order(&findings, number);
    explain(&findings);
    judge_config_maps(review);
    show_routes(json_get(review->config_maps, "edgehub"));
    if (!findings.error_count && deployment_is_edge(review->deployment))
        translate(review, number);
}

static void test_generated_reviews(void **state)
{
    struct generator generator;

    (void)state;
    generator_init(&generator);
    for (uint64_t i = 0; i < review_count; i++) {
        cleanup_review struct review_input review = {NULL, NULL, NULL};

        generator_make(&generator, first_number + i, &review);
        judge(&review, first_number + i);
    }
    generator_release(&generator);
    free(earlier_content);
    earlier_content = NULL;
}

/* How many more times cJSON gets memory. */
static size_t allocations_left;

static void *scarce_malloc(size_t size)
{
    if (!allocations_left)
        return NULL;
    allocations_left--;
    return malloc(size);
}

static void judge_without_memory(struct review_input *review, size_t allocations)
{
    struct validate_settings settings = {.secrets = review->secrets != NULL};
    struct manifest_input input = {
        .deployment = review->deployment,
        .config_map = find_config_map,
        .context = review,
        .system_modules = {"registry.example/agent:1.5", "registry.example/hub:1.5", "{}"},
        .secret = review->secrets ? find_secret : NULL,
    };
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_findings struct findings translated = FINDINGS_INIT;
    cleanup_manifest struct manifest whole = MANIFEST_INIT;
    cleanup_findings struct findings ignored = FINDINGS_INIT;
    int result;
    cJSON_Hooks hooks = {scarce_malloc, free};

    allocations_left = allocations;
    cJSON_InitHooks(&hooks);
    validate_deployment_with(review->deployment, &settings, &findings);
    result = manifest_translate(&input, &manifest, &translated);
    cJSON_InitHooks(NULL);
    if (result < 0) {
        assert_true(translated.failed || translated.error_count);
        return;
    }
    assert_int_equal(manifest_translate(&input, &whole, &ignored), 0);
    assert_string_equal(manifest.content, whole.content);
}

/* What runs out of memory says so or gives the same, and leaves nothing behind. */
static void test_without_memory(void **state)
{
    struct generator generator;

    (void)state;
    generator_init(&generator);
    for (uint64_t i = 0; i < review_count / 10; i++) {
        cleanup_review struct review_input review = {NULL, NULL, NULL};

        generator_make(&generator, first_number + i, &review);
        assert_int_equal(defaults_apply(review.deployment, NULL), 0);
        judge_without_memory(&review, generator_pick(&generator, 200));
    }
    generator_release(&generator);
}

static void add_line(struct json_writer *writer, struct generator *generator, uint64_t number)
{
    cleanup_review struct review_input review = {NULL, NULL, NULL};
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_strbuf struct strbuf patch = STRBUF_INIT;
    struct validate_settings settings;

    generator_make(generator, number, &review);
    settings = (struct validate_settings){.secrets = review.secrets != NULL};
    json_begin_object(writer);
    json_name(writer, "object");
    json_add_value(writer, review.deployment);
    json_name(writer, "patch");
    json_add_raw(writer, defaults_patch(review.deployment, &patch) ? strbuf_string(&patch) : "[]");
    (void)defaults_apply(review.deployment, NULL);
    json_name(writer, "outcome");
    json_add_value(writer, review.deployment);
    validate_deployment_with(review.deployment, &settings, &findings);
    json_name(writer, "admitted");
    json_add_bool(writer, deployment_is_edge(review.deployment) && findings.error_count == 0);
    json_end_object(writer);
}

static int print_reviews(uint64_t count)
{
    struct generator generator;

    generator_init(&generator);
    for (uint64_t i = 0; i < count; i++) {
        cleanup_strbuf struct strbuf line = STRBUF_INIT;
        struct json_writer writer = {.out = &line};

        add_line(&writer, &generator, i);
        if (puts(strbuf_string(&line)) < 0)
            return 1;
    }
    generator_release(&generator);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_generated_reviews), cmocka_unit_test(test_without_memory)};

    if (argc > 2 && strcmp(argv[1], "--print") == 0)
        return print_reviews(strtoull(argv[2], NULL, 10));
    if (argc > 1)
        review_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_number = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
