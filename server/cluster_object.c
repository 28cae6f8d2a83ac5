#include "server/cluster_private.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <string.h>

char *cluster_object_key(const cJSON *object)
{
    const cJSON *metadata = json_get(object, "metadata");
    const char *namespace = json_string(metadata, "namespace");
    const char *name = json_string(metadata, "name");
    char *key = NULL;
    if (!namespace || !name || asprintf(&key, "%s/%s", namespace, name) < 0)
        return NULL;
    return key;
}

char *cluster_object_copy(const cJSON *object, const char *name)
{
    const char *text = json_string(object, name);
    return text ? strdup(text) : NULL;
}

void cluster_digest_value(struct json_writer *writer, const cJSON *value)
{
    if (value)
        json_add_canonical(writer, value);
    else
        json_add_null(writer);
}

void cluster_digest_finish(struct strbuf *text, char digest[CONTENT_HASH_SIZE])
{
    content_hash(strbuf_string(text), digest);
}

/* Copies the named members of one object to another. */
void cluster_object_copy_members(cJSON *to, const cJSON *from, const char *const *names)
{
    for (; *names; names++) {
        const cJSON *member = json_get(from, *names);
        if (member)
            cJSON_AddItemToObject(to, *names, cJSON_Duplicate(member, true));
    }
}

cJSON *cluster_object_reduce(const cJSON *object, const char *const *metadata, const char *const *spec,
                             const char *const *status)
{
    cleanup_json cJSON *reduced = cJSON_CreateObject();
    if (!reduced)
        return NULL;
    const struct {
        const char *name;
        const char *const *members;
    } parts[] = {{"metadata", metadata}, {"spec", spec}, {"status", status}};
    for (size_t i = 0; i < array_length(parts); i++) {
        cJSON *part = cJSON_AddObjectToObject(reduced, parts[i].name);
        if (!part)
            return NULL;
        cluster_object_copy_members(part, json_get(object, parts[i].name), parts[i].members);
    }
    return steal_ptr(reduced);
}

const cJSON *cluster_object_controller(const cJSON *object)
{
    const cJSON *reference = NULL;
    cJSON_ArrayForEach(reference, json_at(object, "metadata", "ownerReferences", NULL))
    {
        if (json_bool(reference, "controller", false))
            return reference;
    }
    return NULL;
}

const char *cluster_object_controller_uid(const cJSON *object, const char *kind)
{
    const cJSON *reference = cluster_object_controller(object);
    if (!reference || strcmp(json_string_or(reference, "kind", ""), kind) != 0)
        return NULL;
    return json_string(reference, "uid");
}

/* The ReplicaSet's template is the Deployment's and one label more. */
void cluster_template_digest(const cJSON *template, char digest[CONTENT_HASH_SIZE])
{
    cleanup_json cJSON *copy = cJSON_Duplicate(template, true);
    cJSON *labels = json_at(copy, "metadata", "labels", NULL);
    cJSON_DeleteItemFromObjectCaseSensitive(labels, "pod-template-hash");
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    cluster_digest_value(&writer, copy);
    cluster_digest_finish(&text, digest);
}
