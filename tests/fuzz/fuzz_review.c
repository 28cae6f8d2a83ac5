/* Any review, as JSON: the object in request.object, with the ConfigMaps and Secrets it would find in extra members.
 * Completing twice is completing once, completing never breaks what is judged, and what is translated is JSON. */
#include "common/cleanup.h"
#include "common/json.h"
#include "tests/fuzz/fuzz_findings.h"
#include "translate/annotations.h"
#include "translate/defaults.h"
#include "translate/manifest.h"
#include "translate/validate.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const cJSON *find_config_map(void *context, const char *name)
{
    return json_get(json_get(context, "configMaps"), name);
}

static const cJSON *find_secret(void *context, const char *name)
{
    return json_get(json_get(context, "secrets"), name);
}

static void check_translation(const cJSON *deployment, cJSON *review)
{
    static const struct system_modules system_modules = {
        .edge_agent_image = "registry.example/agent:1.5",
        .edge_hub_image = "registry.example/hub:1.5",
        .edge_hub_create_options = "{\"HostConfig\":{\"PortBindings\":{\"443/tcp\":[{\"HostPort\":\"443\"}]}}}",
    };
    struct manifest_input input = {
        .deployment = deployment,
        .config_map = find_config_map,
        .context = review,
        .system_modules = system_modules,
        .secret = json_get(review, "secrets") ? find_secret : NULL,
    };
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_json cJSON *content = NULL;
    int result = manifest_translate(&input, &manifest, &findings);

    fuzz_check_findings(&findings);
    if ((result < 0) != (findings.error_count > 0))
        abort();
    if (result == 0 && (json_parse(manifest.content, strlen(manifest.content), &content, NULL) < 0 ||
                        !json_get(content, "modulesContent")))
        abort();
}

static void check_deployment(cJSON *deployment, cJSON *review)
{
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_strbuf struct strbuf patch = STRBUF_INIT;

    if (defaults_apply(deployment, NULL) < 0 || defaults_patch(deployment, &patch) || patch.length)
        abort();
    validate_deployment(deployment, &findings);
    fuzz_check_findings(&findings);
    if (deployment_is_edge(deployment))
        check_translation(deployment, review);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_json cJSON *review = NULL;
    cJSON *object;

    if (json_parse((const char *)data, size, &review, NULL) < 0)
        return 0;
    object = json_at(review, "request", "object", NULL);
    if (!cJSON_IsObject(object) || json_has_duplicates(review, NULL))
        return 0;
    if (strcmp(json_string_or(object, "kind", ""), "ConfigMap") == 0) {
        cleanup_findings struct findings findings = FINDINGS_INIT;

        validate_config_map(object, &findings);
        fuzz_check_findings(&findings);
    } else {
        check_deployment(object, review);
    }
    return 0;
}
