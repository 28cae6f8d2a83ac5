#include "cli/commands.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "translate/validate.h"

struct lookup {
    const struct documents *documents;
    const char *namespace;
};

static const cJSON *find_config_map(void *context, const char *name)
{
    const struct lookup *lookup = context;

    return documents_data(lookup->documents, "ConfigMap", lookup->namespace, name);
}

static const cJSON *find_secret(void *context, const char *name)
{
    const struct lookup *lookup = context;

    return documents_data(lookup->documents, "Secret", lookup->namespace, name);
}

int translate_document(const struct document *document, const struct documents *documents,
                       const struct hub_config *config, struct manifest *ret_manifest, struct findings *findings)
{
    struct lookup lookup = {documents, document_namespace(document)};
    struct validate_settings settings = {.secrets = hub_config_allows_secrets(config, lookup.namespace)};
    struct manifest_input input = {
        .deployment = document->object,
        .config_map = find_config_map,
        .context = &lookup,
        .system_modules = config->system_modules,
        .secret = settings.secrets ? find_secret : NULL,
    };

    validate_deployment_with(document->object, &settings, findings);
    if (findings->error_count || findings->failed)
        return -1;
    return manifest_translate(&input, ret_manifest, findings);
}

char *configuration_text(const struct manifest *manifest)
{
    cleanup_strbuf struct strbuf json = STRBUF_INIT;
    struct json_writer writer = {.out = &json};

    json_begin_object(&writer);
    json_member_string(&writer, "targetCondition", manifest->target_condition);
    json_member_int(&writer, "priority", manifest->priority);
    json_name(&writer, "content");
    json_add_raw(&writer, manifest->content);
    json_end_object(&writer);
    return strbuf_steal(&json);
}
