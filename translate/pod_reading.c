#include "translate/pod_reading.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/containers.h"
#include "translate/env.h"
#include "translate/pod_size.h"
#include "translate/security.h"
#include "translate/twin_limits.h"
#include "translate/volumes.h"

#include <stdarg.h>
#include <string.h>

#define DETAIL_SIZE 640
#define POD_SPEC    "spec.template.spec."
#define ELLIPSIS    "…"
#define LIST_LENGTH 48
#define LIST_SIZE   (LIST_LENGTH + sizeof(ELLIPSIS))

void module_wishes_release(struct module_wishes *wishes)
{
    cJSON_Delete(wishes->options);
    cJSON_Delete(wishes->env);
    *wishes = (struct module_wishes){.options = NULL};
}

bool pod_item_is_empty(const cJSON *item)
{
    return !item || cJSON_IsNull(item) || cJSON_IsFalse(item) || (cJSON_IsString(item) && !*item->valuestring) ||
           ((cJSON_IsObject(item) || cJSON_IsArray(item)) && !item->child);
}

const char *pod_value(const cJSON *item, char buffer[POD_VALUE_SIZE])
{
    if (cJSON_IsString(item))
        return item->valuestring;
    if (!cJSON_IsNumber(item))
        return json_type_name(item);
    (void)snprintf(buffer, POD_VALUE_SIZE, "%.15g", item->valuedouble);
    return buffer;
}

const char *pod_container_name(const struct pod_reading *reading)
{
    return json_string_or(reading->container, "name", "?");
}

void pod_error(struct pod_reading *reading, enum field_error_type type, const char *place, const char *value,
               const char *format, ...)
{
    char path[FIELD_PATH_SIZE], detail[DETAIL_SIZE];
    va_list arguments;

    if (!reading->findings || findings_is_full(reading->findings))
        return;
    va_start(arguments, format);
    if (vsnprintf(detail, sizeof(detail), format, arguments) < 0)
        detail[0] = '\0';
    va_end(arguments);
    if (reading->container)
        field_path(path, POD_SPEC "containers[%zu].%s", reading->index, place);
    else
        field_path(path, POD_SPEC "%s", place);
    findings_add_error(reading->findings, type, path, value, "%s", detail);
}

void pod_warning(struct pod_reading *reading, const char *format, ...)
{
    char text[DETAIL_SIZE];
    va_list arguments;

    /* What is translated was judged before, with the same words. */
    if (!reading->findings || reading->wishes || reading->findings->warning_count >= FINDINGS_MAX_WARNINGS)
        return;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    findings_add_warning(reading->findings, "%s", text);
}

cJSON *pod_options(struct pod_reading *reading)
{
    return reading->wishes ? reading->wishes->options : NULL;
}

cJSON *pod_host_config(struct pod_reading *reading)
{
    return pod_member_object(reading, pod_options(reading), "HostConfig");
}

/* Takes the item. */
static cJSON *add(struct pod_reading *reading, cJSON *parent, const char *name, cJSON *item)
{
    bool added = name ? cJSON_AddItemToObject(parent, name, item) : cJSON_AddItemToArray(parent, item);

    if (added)
        return item;
    cJSON_Delete(item);
    reading->failed = true;
    return NULL;
}

cJSON *pod_member_object(struct pod_reading *reading, cJSON *parent, const char *name)
{
    cJSON *found = json_get(parent, name);

    return found || !parent ? found : add(reading, parent, name, cJSON_CreateObject());
}

cJSON *pod_member_array(struct pod_reading *reading, cJSON *parent, const char *name)
{
    cJSON *found = json_get(parent, name);

    return found || !parent ? found : add(reading, parent, name, cJSON_CreateArray());
}

void pod_add_string(struct pod_reading *reading, cJSON *object, const char *name, const char *text)
{
    if (object)
        add(reading, object, name, cJSON_CreateString(text));
}

void pod_add_number(struct pod_reading *reading, cJSON *object, const char *name, double number)
{
    if (object)
        add(reading, object, name, cJSON_CreateNumber(number));
}

void pod_add_true(struct pod_reading *reading, cJSON *object, const char *name)
{
    if (object)
        add(reading, object, name, cJSON_CreateTrue());
}

void pod_append_string(struct pod_reading *reading, cJSON *array, const char *text)
{
    if (array)
        add(reading, array, NULL, cJSON_CreateString(text));
}

bool pod_check_strings(struct pod_reading *reading, const cJSON *item, const char *place)
{
    const cJSON *text;

    if (!cJSON_IsArray(item)) {
        pod_error(reading, FIELD_INVALID, place, json_type_name(item), "must be a list of strings");
        return false;
    }
    cJSON_ArrayForEach(text, item)
    {
        if (cJSON_IsString(text))
            continue;
        pod_error(reading, FIELD_INVALID, place, json_type_name(text), "must be a list of strings: put each in quotes");
        return false;
    }
    return true;
}

static const struct pod_field *find_field(const struct pod_field *fields, const char *name)
{
    for (; fields->name; fields++) {
        if (fields->name[0] == name[0] && strcmp(fields->name, name) == 0)
            return fields;
    }
    return NULL;
}

/* Appends a name to a list that is cut where it gets long: then false is returned. */
static bool add_name(char list[LIST_SIZE], const char *name)
{
    size_t length = strlen(list);
    int written = snprintf(list + length, LIST_LENGTH - length, "%s%s", length ? ", " : "", name);

    if (written >= 0 && (size_t)written < LIST_LENGTH - length)
        return true;
    (void)snprintf(list + length, LIST_SIZE - length, "%s", ELLIPSIS);
    return false;
}

/* Fields of a Kubernetes that is younger than this table are named, never dropped in silence. */
static void read_fields(struct pod_reading *reading, const cJSON *object, const struct pod_field *fields)
{
    char unknown[LIST_SIZE] = "";
    bool listed = true; /* all that were found */

    for (const cJSON *item = object ? object->child : NULL; item; item = item->next) {
        const struct pod_field *field = item->string ? find_field(fields, item->string) : NULL;

        if (field && field->read)
            field->read(reading, item);
        else if (!field && listed && item->string && !pod_item_is_empty(item))
            listed = add_name(unknown, item->string);
    }
    if (*unknown && reading->container)
        pod_warning(reading, "not sent to the device: %s of container %s; use createOptions", unknown,
                    pod_container_name(reading));
    else if (*unknown)
        pod_warning(reading, "not sent to the device: %s of the pod; use createOptions", unknown);
}

static void read_container(struct pod_reading *reading, const cJSON *container, size_t index)
{
    reading->container = container;
    reading->index = index;
    item_index_add(&reading->env_names, json_get(container, "env"), "name");
    item_index_add(&reading->mount_paths, json_get(container, "volumeMounts"), "mountPath");
    env_read(reading);
    read_fields(reading, container, container_fields);
    security_read(reading);
    volumes_read_mounts(reading);
    reading->failed |= reading->env_names.failed || reading->env_from.failed || reading->mount_paths.failed;
    item_index_release(&reading->env_names);
    item_index_release(&reading->env_from);
    item_index_release(&reading->mount_paths);
    cJSON_Delete(steal_ptr(reading->env_replaced));
}

void pod_reading_release(struct pod_reading *reading)
{
    item_index_release(&reading->volumes);
    item_index_release(&reading->mounts);
    free(reading->host_ports);
}

void pod_judge(const cJSON *deployment, const struct edge_annotations *annotations, bool secrets,
               struct findings *findings)
{
    const cJSON *template = json_at(deployment, "spec", "template", NULL);
    cleanup_pod_reading struct pod_reading reading = {
        .deployment = deployment,
        .template = template,
        .pod_spec = json_get(template, "spec"),
        .annotations = annotations,
        .secrets = secrets,
        .findings = findings,
    };
    const cJSON *containers = json_get(reading.pod_spec, "containers");
    size_t size = pod_least_size(reading.pod_spec);
    size_t index = 0;

    if (size > TWIN_MAX_SIZE) {
        findings_add_error(
            findings, FIELD_TOO_LONG, POD_SPEC "containers", NULL,
            "%zu bytes at least in env, args, ports, mounts and aliases; IoT Hub takes at most %d in a module's "
            "twin",
            size, TWIN_MAX_SIZE);
        return;
    }
    for (const cJSON *item = containers ? containers->child : NULL;
         item && index < MAX_MODULES && !findings_is_full(findings); item = item->next)
        read_container(&reading, item, index++);
    reading.container = NULL;
    read_fields(&reading, reading.pod_spec, pod_fields);
    findings->failed |= reading.failed;
}

/* Everything that needs no ConfigMap was judged by pod_judge: the pod's fields are read in silence. */
static void read_pod_for_container(struct pod_reading *reading)
{
    struct findings *findings = reading->findings;

    reading->findings = NULL;
    read_fields(reading, reading->pod_spec, pod_fields);
    reading->findings = findings;
}

void pod_read_container(struct pod_reading *reading, const cJSON *container, size_t index,
                        struct module_wishes *ret_wishes)
{
    *ret_wishes = (struct module_wishes){.options = cJSON_CreateObject(), .env = cJSON_CreateObject()};
    reading->failed |= !ret_wishes->options || !ret_wishes->env;
    if (reading->failed)
        return;
    reading->wishes = ret_wishes;
    read_container(reading, container, index);
    read_pod_for_container(reading);
    reading->wishes = NULL;
    reading->container = NULL;
}
