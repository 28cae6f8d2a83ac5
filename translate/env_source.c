#include "translate/env_source.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/yaml_binary.h"

#include <string.h>

bool env_source_secrets_allowed(struct pod_reading *reading, const char *place)
{
    if (!reading->secrets) {
        pod_error(reading, FIELD_FORBIDDEN, place, NULL,
                  "values of Secrets would be readable in IoT Hub; the connector's administrator can allow that for a "
                  "namespace with secretsFrom in its configuration");
        return false;
    }
    if (!reading->warned_of_secrets)
        pod_warning(reading, "values of Secrets leave the cluster: who reads configurations or twins in IoT Hub sees "
                             "them");
    reading->warned_of_secrets = true;
    return true;
}

static void warn_of_config_maps(struct pod_reading *reading)
{
    if (!reading->warned_of_config_maps)
        pod_warning(reading, "env takes values of ConfigMaps when it is translated: a change of them is a new "
                             "deployment");
    reading->warned_of_config_maps = true;
}

bool env_source_find(struct pod_reading *reading, const cJSON *reference, bool secret, const char *place,
                     const cJSON **ret_data)
{
    const char *name = json_string(reference, "name");
    const cJSON *data = NULL;

    *ret_data = NULL;
    if (!name || !*name) {
        pod_error(reading, FIELD_REQUIRED, place, NULL, "the name of a %s", secret ? "Secret" : "ConfigMap");
        return false;
    }
    if (secret && !env_source_secrets_allowed(reading, place))
        return false;
    if (!secret && !reading->wishes)
        warn_of_config_maps(reading);
    if (!reading->wishes)
        return true;
    if (secret)
        data = reading->input->secret(reading->input->context, name);
    else if (reading->input->config_map)
        data = reading->input->config_map(reading->input->context, name);
    if (data && !secret && reading->used_config_map)
        reading->used_config_map(reading, name);
    *ret_data = data;
    if (!data && !json_bool(reference, "optional", false)) {
        pod_error(reading, FIELD_INVALID, place, name, "there is no %s of this name in the namespace",
                  secret ? "Secret" : "ConfigMap");
        return false;
    }
    return true;
}

bool env_source_value(struct pod_reading *reading, const cJSON *item, bool secret, const char *place,
                      struct strbuf *out)
{
    cleanup_error struct error error = {NULL};
    cleanup_free char *text = NULL;

    if (!cJSON_IsString(item)) {
        pod_error(reading, FIELD_INVALID, place, item ? item->string : NULL, "is no text");
        return false;
    }
    if (!secret) {
        strbuf_add_string(out, item->valuestring);
        return true;
    }
    if (yaml_binary_decode(item->valuestring, &text, &error) < 0) {
        pod_error(reading, FIELD_INVALID, place, item->string, "the Secret's value is no text of UTF-8");
        return false;
    }
    strbuf_add_string(out, text);
    return true;
}

static bool read_key(struct pod_reading *reading, const cJSON *reference, bool secret, const char *place,
                     struct strbuf *out)
{
    const char *key = json_string(reference, "key");
    const cJSON *data = NULL;
    const cJSON *item;

    if (!key || !*key) {
        pod_error(reading, FIELD_REQUIRED, place, NULL, "the key of the value");
        return false;
    }
    if (!env_source_find(reading, reference, secret, place, &data) || !reading->wishes)
        return false;
    item = json_get(data, key);
    if (item)
        return env_source_value(reading, item, secret, place, out);
    if (!json_bool(reference, "optional", false))
        pod_error(reading, FIELD_INVALID, place, key, "%s %s has no such key", secret ? "Secret" : "ConfigMap",
                  json_string_or(reference, "name", ""));
    return false;
}

/* metadata.labels['key'] */
static bool read_subscript(const char *path, const char *list, char key[FIELD_PATH_SIZE])
{
    size_t length = strlen(list);
    size_t rest = strlen(path);

    if (strncmp(path, list, length) != 0 || rest < length + 4 || strncmp(path + length, "['", 2) != 0 ||
        strcmp(path + rest - 2, "']") != 0 || rest - length - 4 >= FIELD_PATH_SIZE)
        return false;
    memcpy(key, path + length + 2, rest - length - 4);
    key[rest - length - 4] = '\0';
    return true;
}

/* A pod on a device has no name of its own: the Deployment's stands for it. */
static const char *find_field(const struct pod_reading *reading, const char *path)
{
    const cJSON *metadata = json_get(reading->deployment, "metadata");
    const cJSON *template = json_get(reading->template, "metadata");
    char key[FIELD_PATH_SIZE];

    if (strcmp(path, "metadata.name") == 0)
        return json_string_or(metadata, "name", "");
    if (strcmp(path, "metadata.namespace") == 0)
        return json_string_or(metadata, "namespace", "default");
    if (read_subscript(path, "metadata.labels", key))
        return json_string_or(json_get(template, "labels"), key, "");
    if (read_subscript(path, "metadata.annotations", key))
        return json_string_or(json_get(template, "annotations"), key, "");
    return NULL;
}

static bool read_field(struct pod_reading *reading, const cJSON *reference, const char *place, struct strbuf *out)
{
    const char *path = json_string_or(reference, "fieldPath", "");
    const char *value = find_field(reading, path);

    if (!value) {
        pod_error(reading, FIELD_INVALID, place, path,
                  "a device has no such value; there are metadata.name, metadata.namespace, metadata.labels['…'] and "
                  "metadata.annotations['…']");
        return false;
    }
    if (!reading->wishes) {
        if (strcmp(path, "metadata.name") == 0)
            pod_warning(reading, "container %s: metadata.name is the name of the Deployment, the same on every device",
                        pod_container_name(reading));
        return false;
    }
    strbuf_add_string(out, value);
    return true;
}

bool env_source_read(struct pod_reading *reading, const cJSON *from, size_t index, struct strbuf *out)
{
    char place[FIELD_PATH_SIZE];
    const cJSON *source = from->child;
    const char *name = source && source->string ? source->string : "";

    field_path(place, "env[%zu].valueFrom%s%s", index, *name ? "." : "", name);
    if (strcmp(name, "configMapKeyRef") == 0)
        return read_key(reading, source, false, place, out);
    if (strcmp(name, "secretKeyRef") == 0)
        return read_key(reading, source, true, place, out);
    if (strcmp(name, "fieldRef") == 0)
        return read_field(reading, source, place, out);
    if (*name)
        pod_error(reading, FIELD_FORBIDDEN, place, NULL, "a device has no value for it: write the value itself");
    else
        pod_error(reading, FIELD_REQUIRED, place, NULL, "configMapKeyRef, secretKeyRef or fieldRef");
    return false;
}
