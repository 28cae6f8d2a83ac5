#include "cli/commands.h"

struct lookup {
    const struct documents *documents;
    const char *namespace;
};

static const cJSON *find_config_map(void *context, const char *name)
{
    const struct lookup *lookup = context;

    return documents_config_map(lookup->documents, lookup->namespace, name);
}

int translate_document(const struct document *document, const struct documents *documents,
                       const struct system_modules *system_modules, struct manifest *ret_manifest,
                       struct findings *findings)
{
    struct lookup lookup = {documents, document_namespace(document)};
    struct manifest_input input = {
        .deployment = document->object,
        .config_map = find_config_map,
        .context = &lookup,
        .system_modules = *system_modules,
    };

    return manifest_translate(&input, ret_manifest, findings);
}
