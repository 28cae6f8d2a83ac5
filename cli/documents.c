#include "cli/documents.h"

#include "common/base64.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_LIMIT ((size_t)16 * 1024 * 1024)

void documents_release(struct documents *documents)
{
    for (size_t i = 0; i < documents->tree_count; i++)
        cJSON_Delete(documents->trees[i]);
    for (size_t i = 0; i < documents->name_count; i++)
        free(documents->names[i]);
    free(documents->trees);
    free(documents->names);
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

const struct document *documents_find(const struct documents *documents, const char *kind, const char *namespace,
                                      const char *name)
{
    for (size_t i = documents->count; i > 0; i--) {
        const struct document *document = &documents->items[i - 1];

        if (strcmp(document_kind(document), kind) == 0 && strcmp(document_name(document), name) == 0 &&
            strcmp(document_namespace(document), namespace) == 0)
            return document;
    }
    return NULL;
}

const cJSON *documents_data(const struct documents *documents, const char *kind, const char *namespace,
                            const char *name)
{
    const struct document *document = documents_find(documents, kind, namespace, name);

    return document ? json_get(document->object, "data") : NULL;
}

const cJSON *documents_config_map(const struct documents *documents, const char *namespace, const char *name)
{
    return documents_data(documents, "ConfigMap", namespace, name);
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

/* As the API server does: what stringData says goes into data, in base64. */
static int convert_string_data(cJSON *secret)
{
    const cJSON *texts = json_get(secret, "stringData");
    cJSON *data = json_get(secret, "data");
    const cJSON *text;

    if (!texts || !texts->child)
        return 0;
    if (!cJSON_IsObject(data)) {
        cJSON_DeleteItemFromObjectCaseSensitive(secret, "data");
        data = cJSON_AddObjectToObject(secret, "data");
    }
    cJSON_ArrayForEach(text, texts)
    {
        cleanup_strbuf struct strbuf encoded = STRBUF_INIT;

        if (!cJSON_IsString(text))
            continue;
        base64_encode(text->valuestring, strlen(text->valuestring), &encoded);
        cJSON_DeleteItemFromObjectCaseSensitive(data, text->string);
        if (encoded.failed || !cJSON_AddStringToObject(data, text->string, strbuf_string(&encoded)))
            return -1;
    }
    return 0;
}

static int add_object(struct documents *documents, const char *file, cJSON *object)
{
    struct document *grown = realloc(documents->items, (documents->count + 1) * sizeof(*grown));

    if (!grown)
        return -1;
    documents->items = grown;
    if (strcmp(json_string_or(object, "kind", ""), "Secret") == 0 && convert_string_data(object) < 0)
        return -1;
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

static int load_file(const char *file, struct documents *documents, struct error *error)
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

static int is_readable(const struct dirent *entry)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    size_t length = strlen(entry->d_name);

    for (size_t i = 0; i < array_length(endings); i++) {
        size_t ending = strlen(endings[i]);

        if (length > ending && entry->d_name[0] != '.' && strcmp(entry->d_name + length - ending, endings[i]) == 0)
            return 1;
    }
    return 0;
}

static const char *keep_name(struct documents *documents, const char *folder, const char *name)
{
    char **grown = realloc(documents->names, (documents->name_count + 1) * sizeof(*grown));
    size_t length = strlen(folder);
    char *path = NULL;

    if (grown)
        documents->names = grown;
    if (!grown || asprintf(&path, "%s%s%s", folder, length && folder[length - 1] == '/' ? "" : "/", name) < 0)
        return NULL;
    return documents->names[documents->name_count++] = path;
}

static int load_folder(const char *folder, struct documents *documents, struct error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_readable, alphasort);
    int result = count < 0 ? error_set_errno(error, errno, "cannot read %s", folder) : 0;

    if (count == 0)
        result = error_set(error, "%s: has no file that ends in .yaml, .yml or .json", folder);
    for (int i = 0; i < count; i++) {
        const char *file = result == 0 ? keep_name(documents, folder, entries[i]->d_name) : NULL;

        if (file)
            result = load_file(file, documents, error);
        else if (result == 0)
            result = error_set(error, "no memory left");
        free(entries[i]);
    }
    free(entries);
    return result;
}

int documents_load(const char *file, struct documents *documents, struct error *error)
{
    struct stat status;

    if (strcmp(file, "-") != 0 && stat(file, &status) == 0 && S_ISDIR(status.st_mode))
        return load_folder(file, documents, error);
    return load_file(file, documents, error);
}
