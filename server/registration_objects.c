#include "server/registration_objects.h"

#include "common/banned.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "common/yaml.h"
#include "server/webhook_manifest.h"

#include <string.h>

static int no_memory(struct error *error)
{
    return error_set(error, "memory ran out");
}

static int add(cJSON *object, const char *name, cJSON *value, struct error *error)
{
    if (value && cJSON_AddItemToObject(object, name, value))
        return 0;
    cJSON_Delete(value);
    return no_memory(error);
}

/* Replaces a member, or adds it. */
static int put(cJSON *object, const char *name, cJSON *value, struct error *error)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    return add(object, name, value, error);
}

static cJSON *service_reference(const struct registration *registration, const char *path)
{
    cJSON *service = cJSON_CreateObject();
    if (cJSON_AddStringToObject(service, "namespace", registration->service_namespace) &&
        cJSON_AddStringToObject(service, "name", registration->service_name) &&
        cJSON_AddStringToObject(service, "path", path) &&
        cJSON_AddNumberToObject(service, "port", registration->service_port))
        return service;
    cJSON_Delete(service);
    return NULL;
}

/* The address of a webhook: the path stays what the manifest says. */
static int set_client_config(const struct registration *registration, const char *ca, cJSON *webhook,
                             struct error *error)
{
    const char *path = json_string(json_at(webhook, "clientConfig", "service", NULL), "path");
    if (!path)
        return error_set(error, "the manifest has a webhook without clientConfig.service.path");
    cleanup_strbuf struct strbuf url = STRBUF_INIT;
    cleanup_json cJSON *config = cJSON_CreateObject();
    if (!config || add(config, "caBundle", cJSON_CreateString(ca), error) < 0)
        return no_memory(error);
    if (registration->url) {
        strbuf_add_format(&url, "%s%s", registration->url, path);
        if (add(config, "url", cJSON_CreateString(strbuf_string(&url)), error) < 0)
            return -1;
    } else if (add(config, "service", service_reference(registration, path), error) < 0) {
        return -1;
    }
    return put(webhook, "clientConfig", steal_ptr(config), error);
}

int registration_objects_make(const struct registration *registration, const char *ca, cJSON **ret_objects,
                              struct error *error)
{
    cleanup_json cJSON *objects = NULL;
    cleanup_strbuf struct strbuf bundle = STRBUF_INIT;
    size_t length = (size_t)(webhook_manifest_end - webhook_manifest);
    if (yaml_parse(webhook_manifest, length, &objects, error) < 0)
        return error_wrap(error, "manifests/webhook.yaml");
    base64_encode(ca, strlen(ca), &bundle);

    const cJSON *object;
    cJSON_ArrayForEach(object, objects)
    {
        cJSON *webhook;
        cJSON_ArrayForEach(webhook, json_get(object, "webhooks"))
        {
            if (set_client_config(registration, strbuf_string(&bundle), webhook, error) < 0)
                return -1;
        }
    }
    *ret_objects = steal_ptr(objects);
    return 0;
}

bool registration_objects_equal(const cJSON *stored, const cJSON *wanted)
{
    if (!json_equal(json_get(stored, "webhooks"), json_get(wanted, "webhooks")))
        return false;
    const cJSON *labels = json_at(stored, "metadata", "labels", NULL);
    const cJSON *label;
    cJSON_ArrayForEach(label, json_at(wanted, "metadata", "labels", NULL))
    {
        const char *value = json_string(labels, label->string);
        if (!value || strcmp(value, label->valuestring) != 0)
            return false;
    }
    return true;
}

static int merge_labels(cJSON *metadata, const cJSON *wanted, struct error *error)
{
    if (!json_get(metadata, "labels") && add(metadata, "labels", cJSON_CreateObject(), error) < 0)
        return -1;
    cJSON *labels = json_get(metadata, "labels");
    const cJSON *label;
    cJSON_ArrayForEach(label, wanted)
    {
        if (put(labels, label->string, cJSON_Duplicate(label, true), error) < 0)
            return -1;
    }
    return 0;
}

int registration_objects_merge(cJSON *stored, const cJSON *wanted, struct error *error)
{
    cJSON *metadata = json_get(stored, "metadata");
    if (!cJSON_IsObject(metadata))
        return error_set(error, "the API server's answer has no metadata");
    if (merge_labels(metadata, json_at(wanted, "metadata", "labels", NULL), error) < 0)
        return -1;
    return put(stored, "webhooks", cJSON_Duplicate(json_get(wanted, "webhooks"), true), error);
}
