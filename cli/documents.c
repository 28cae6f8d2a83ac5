#include "cli/documents.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/yaml.h"

#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT ((size_t)16 * 1024 * 1024)

void documents_release(struct documents *documents)
{
    for (size_t i = 0; i < documents->tree_count; i++)
        cJSON_Delete(documents->trees[i]);
    free(documents->trees);
    free(documents->items);
    *documents = (struct documents)DOCUMENTS_INIT;
}

const char *document_kind(const struct document *document)
{
    return json_string_or(document->object, "kind", "");
}

const char *document_name(const struct document *document)
{
    return json_string_or(json_get(document->object, "metadata"), "name", "?");
}

const char *document_namespace(const struct document *document)
{
    return json_string_or(json_get(document->object, "metadata"), "namespace", "default");
}

const cJSON *documents_config_map(const struct documents *documents, const char *namespace, const char *name)
{
    for (size_t i = documents->count; i > 0; i--) {
        const struct document *document = &documents->items[i - 1];

        if (strcmp(document_kind(document), "ConfigMap") == 0 && strcmp(document_name(document), name) == 0 &&
            strcmp(document_namespace(document), namespace) == 0)
            return json_get(document->object, "data");
    }
    return NULL;
}

/* Takes the tree over, whatever happens. */
static int keep_tree(struct documents *documents, cJSON *tree)
{
    cJSON **grown = realloc(documents->trees, (documents->tree_count + 1) * sizeof(cJSON *));

    if (!grown) {
        cJSON_Delete(tree);
        return -1;
    }
    documents->trees = grown;
    documents->trees[documents->tree_count++] = tree;
    return 0;
}

static int add_object(struct documents *documents, const char *file, cJSON *object)
{
    struct document *grown = realloc(documents->items, (documents->count + 1) * sizeof(*grown));

    if (!grown)
        return -1;
    documents->items = grown;
    documents->items[documents->count++] = (struct document){file, object};
    return 0;
}

/* What `kubectl get -o yaml` prints for several objects is one List. */
static int add_document(struct documents *documents, const char *file, cJSON *object, size_t number,
                        struct error *error)
{
    cJSON *items = json_get(object, "items");
    cJSON *item;

    if (!cJSON_IsObject(object))
        return error_set(error, "%s: document %zu is no Kubernetes object but %s", file, number,
                         json_type_name(object));
    if (!cJSON_IsArray(items))
        return add_object(documents, file, object) < 0 ? error_set(error, "no memory left") : 0;
    cJSON_ArrayForEach(item, items)
    {
        if (!cJSON_IsObject(item))
            return error_set(error, "%s: document %zu has an item that is no object", file, number);
        if (add_object(documents, file, item) < 0)
            return error_set(error, "no memory left");
    }
    return 0;
}

int documents_load(const char *file, struct documents *documents, struct error *error)
{
    const char *path = strcmp(file, "-") == 0 ? "/dev/stdin" : file;
    cleanup_free char *text = NULL;
    cJSON *tree = NULL;
    cJSON *object;
    size_t length;
    size_t number = 0;

    if (file_read(path, FILE_LIMIT, &text, &length, error) < 0)
        return -1;
    if (yaml_parse(text, length, &tree, error) < 0)
        return error_wrap(error, "%s", file);
    if (keep_tree(documents, tree) < 0)
        return error_set(error, "no memory left");
    cJSON_ArrayForEach(object, tree)
    {
        if (add_document(documents, file, object, ++number, error) < 0)
            return -1;
    }
    return 0;
}
