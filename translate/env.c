#include "translate/env.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/env_source.h"
#include "translate/expansion.h"
#include "translate/members.h"
#include "translate/twin_limits.h"

#include <string.h>

#define RESERVED_PREFIX "IOTEDGE_"
/* What stands around a name and a value in the manifest. */
#define AROUND 5
/* Later sources may replace what earlier ones set, and Secrets are in base64. */
#define MAX_SOURCES (2 * TWIN_MAX_SIZE)

bool env_fits_manifest(const char *name, const char *value)
{
    return twin_key_is_legal(name) && !strchr(name, '+') && strlen(value) <= TWIN_MAX_STRING;
}

static bool is_repeated(struct pod_reading *reading, const cJSON *item, const char *name)
{
    const cJSON *first = item_index_find(&reading->env_names, name, strlen(name));

    return first && first != item;
}

static bool check_name(struct pod_reading *reading, const cJSON *item, const char *name, size_t index)
{
    char place[FIELD_PATH_SIZE];

    if (!name || !*name) {
        pod_error(reading, FIELD_REQUIRED, field_path(place, "env[%zu].name", index), NULL, "the variable's name");
        return false;
    }
    if (strchr(name, '=')) {
        pod_error(reading, FIELD_INVALID, field_path(place, "env[%zu].name", index), name, "must not have =");
        return false;
    }
    if (name[0] == 'I' && strncmp(name, RESERVED_PREFIX, strlen(RESERVED_PREFIX)) == 0) {
        pod_error(reading, FIELD_INVALID, field_path(place, "env[%zu].name", index), name,
                  "names that begin with " RESERVED_PREFIX " belong to the edge agent, which sets them itself");
        return false;
    }
    if (is_repeated(reading, item, name)) {
        pod_error(reading, FIELD_DUPLICATE, field_path(place, "env[%zu].name", index), name, "%s", "");
        return false;
    }
    return true;
}

/* Takes a variable out that envFrom brought; its name is still in the index. */
static void replace(struct pod_reading *reading, struct indexed_item *from)
{
    cJSON *item = cJSON_DetachItemViaPointer(reading->wishes->env, from->value);

    from->value = NULL;
    if (cJSON_AddItemToArray(reading->env_replaced, item))
        return;
    cJSON_Delete(item);
    reading->failed = true;
}

/* Takes the text into the module's variables, in place of one that envFrom brought. The names of env are distinct. */
static void set_variable(struct pod_reading *reading, const char *name, const char *value)
{
    cJSON *env = reading->wishes->env;
    struct indexed_item *slot = item_index_slot(&reading->env_names, name, strlen(name));
    struct indexed_item *from = item_index_slot(&reading->env_from, name, strlen(name));

    pod_add_string(reading, env, name, value);
    if (slot && !reading->failed)
        slot->value = env->child->prev; /* the last one */
    if (from && from->value)
        replace(reading, from);
}

/* The value of a variable that is set by now. */
static const char *find_variable(void *context, const char *name, size_t length)
{
    struct pod_reading *reading = context;
    const struct indexed_item *slot = item_index_slot(&reading->env_names, name, length);

    if (!slot || !slot->value)
        slot = item_index_slot(&reading->env_from, name, length);
    return slot && slot->value ? slot->value->valuestring : NULL;
}

static void read_value(struct pod_reading *reading, const char *name, const cJSON *value, size_t index)
{
    cleanup_strbuf struct strbuf expanded = STRBUF_INIT;
    char place[FIELD_PATH_SIZE];

    if (value && !cJSON_IsString(value) && !cJSON_IsNull(value)) {
        pod_error(reading, FIELD_INVALID, field_path(place, "env[%zu].value", index), json_type_name(value),
                  "must be a string: put it in quotes");
        return;
    }
    if (!cJSON_IsString(value)) {
        if (reading->wishes)
            set_variable(reading, name, "");
        return;
    }
    if (!reading->wishes && !expansion_is_needed(value->valuestring))
        return;
    env_expand(reading, &expanded, value->valuestring, field_path(place, "env[%zu].value", index));
    if (reading->wishes)
        set_variable(reading, name, strbuf_string(&expanded));
    reading->failed |= expanded.failed;
}

static void read_variable(struct pod_reading *reading, const cJSON *item, size_t index)
{
    const char *name = NULL;
    const cJSON *value = NULL, *from = NULL;
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    for (const cJSON *member = item->child; member && member->string; member = member->next) {
        if (strcmp(member->string, "name") == 0)
            name = cJSON_IsString(member) ? member->valuestring : NULL;
        else if (strcmp(member->string, "value") == 0)
            value = member;
        else if (strcmp(member->string, "valueFrom") == 0 && !cJSON_IsNull(member))
            from = member;
    }
    if (!check_name(reading, item, name, index))
        return;
    if (!from)
        read_value(reading, name, value, index);
    else if (env_source_read(reading, from, index, &text) && reading->wishes)
        set_variable(reading, name, strbuf_string(&text));
    reading->failed |= text.failed;
}

/* All values of a ConfigMap or a Secret. */
static void take_all(struct pod_reading *reading, const cJSON *data, const char *prefix, bool secret, size_t index)
{
    char place[FIELD_PATH_SIZE];

    for (const cJSON *item = cJSON_IsObject(data) ? data->child : NULL; item; item = item->next) {
        cleanup_strbuf struct strbuf name = STRBUF_INIT;
        cleanup_strbuf struct strbuf value = STRBUF_INIT;

        strbuf_add_format(&name, "%s%s", prefix, item->string);
        field_path(place, "envFrom[%zu]", index);
        reading->env_size += name.length + AROUND + (cJSON_IsString(item) ? strlen(item->valuestring) : 0);
        if (reading->env_size > MAX_SOURCES) {
            pod_error(
                reading, FIELD_TOO_LONG, place, NULL,
                "the sources of env have more than %d bytes together; IoT Hub takes at most %d in a module's twin",
                MAX_SOURCES, TWIN_MAX_SIZE);
            return;
        }
        if (strncmp(strbuf_string(&name), RESERVED_PREFIX, strlen(RESERVED_PREFIX)) == 0)
            pod_error(reading, FIELD_INVALID, place, strbuf_string(&name),
                      "names that begin with " RESERVED_PREFIX " belong to the edge agent, which sets them itself");
        else if (env_source_value(reading, item, secret, place, &value))
            pod_add_string(reading, reading->wishes->env, strbuf_string(&name), strbuf_string(&value));
        reading->failed |= name.failed || value.failed;
    }
}

/* Of several values of one name the last one counts, as in a kubelet. */
static void settle_sources(struct pod_reading *reading)
{
    struct item_index *from = &reading->env_from;
    cJSON *env = reading->wishes->env;
    cJSON *next;

    reading->env_replaced = cJSON_CreateArray();
    item_index_add_members(from, env);
    for (cJSON *item = env->child; item && !from->failed; item = next) {
        struct indexed_item *slot = item_index_slot(from, item->string, strlen(item->string));

        next = item->next;
        if (slot->value)
            replace(reading, slot);
        slot->value = item;
    }
}

static void read_source(struct pod_reading *reading, const cJSON *item, size_t index)
{
    const cJSON *map = json_get(item, "configMapRef");
    const cJSON *secret = json_get(item, "secretRef");
    char place[FIELD_PATH_SIZE];
    const cJSON *data = NULL;

    field_path(place, "envFrom[%zu].%s", index, secret ? "secretRef" : "configMapRef");
    if (env_source_find(reading, secret ? secret : map, secret != NULL, place, &data) && reading->wishes)
        take_all(reading, data, json_string_or(item, "prefix", ""), secret != NULL, index);
}

void env_read(struct pod_reading *reading)
{
    const cJSON *from = json_get(reading->container, "envFrom");
    const cJSON *env = json_get(reading->container, "env");
    size_t index = 0;

    reading->env_size = 0;
    for (const cJSON *item = cJSON_IsArray(from) ? from->child : NULL; item && !findings_is_full(reading->findings);
         item = item->next)
        read_source(reading, item, index++);
    if (reading->wishes)
        settle_sources(reading);
    index = 0;
    for (const cJSON *item = cJSON_IsArray(env) ? env->child : NULL; item && !findings_is_full(reading->findings);
         item = item->next)
        read_variable(reading, item, index++);
}

/* Names that the Deployment gives a value to; those of whole ConfigMaps are not known while only judging. */
static bool is_declared(struct pod_reading *reading, const char *name, size_t length)
{
    return !pod_item_is_empty(json_get(reading->container, "envFrom")) ||
           item_index_find(&reading->env_names, name, length);
}

/* Kubernetes leaves what it does not know as it is; but it may be one of those that it sets itself in a pod. */
static void warn_of_unknown(struct pod_reading *reading, const char *text, const char *place)
{
    const char *at = text;

    while ((at = strchr(at, '$')) && reading->findings->warning_count < FINDINGS_MAX_WARNINGS) {
        const char *end = at[1] == '(' ? strchr(at, ')') : NULL;

        if (!end && at[1] == '(')
            return; /* nothing more is closed */
        if (!end) {
            at += at[1] ? 2 : 1;
            continue;
        }
        if (!is_declared(reading, at + 2, (size_t)(end - at) - 2))
            pod_warning(reading, "container %s: %s has $(%.*s), which env does not set: it stays as it is",
                        pod_container_name(reading), place, (int)(end - at) - 2, at + 2);
        at = end + 1;
    }
}

void env_expand(struct pod_reading *reading, struct strbuf *out, const char *text, const char *place)
{
    if (!reading->wishes)
        warn_of_unknown(reading, text, place);
    else if (expansion_add(out, text, find_variable, reading, TWIN_MAX_SIZE) < 0)
        pod_error(reading, FIELD_TOO_LONG, place, NULL,
                  "with the values of its variables it has more than the %d bytes of a twin", TWIN_MAX_SIZE);
}

void env_expand_list(struct pod_reading *reading, const cJSON *list, const char *place, cJSON *array)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        cleanup_strbuf struct strbuf text = STRBUF_INIT;

        if (!array && !expansion_is_needed(item->valuestring))
            continue;
        env_expand(reading, &text, item->valuestring, place);
        pod_append_string(reading, array, strbuf_string(&text));
        reading->failed |= text.failed;
    }
}

void env_write(struct json_writer *writer, const cJSON *env)
{
    size_t count;
    cleanup_free const cJSON **sorted = members_sort(env, &count, &writer->out->failed);

    if (!count)
        return;
    json_name(writer, "env");
    json_begin_object(writer);
    for (size_t i = 0; i < count; i++) {
        json_name(writer, sorted[i]->string);
        json_begin_object(writer);
        json_name(writer, "value");
        json_add_value(writer, cJSON_IsObject(sorted[i]) ? json_get(sorted[i], "value") : sorted[i]);
        json_end_object(writer);
    }
    json_end_object(writer);
}
