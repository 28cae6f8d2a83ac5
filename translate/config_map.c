#include "translate/config_map.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "translate/nearest.h"

#include <stdio.h>
#include <string.h>

bool config_map_is_system(const char *name)
{
    return strcmp(name, CONFIG_MAP_EDGE_HUB) == 0 || strcmp(name, CONFIG_MAP_EDGE_AGENT) == 0;
}

bool config_map_knows_key(const char *key)
{
    static const char *const keys[] = {
        KEY_STATUS,      KEY_RESTART_POLICY, KEY_VERSION, KEY_CREATE_OPTIONS, KEY_DESIRED_PROPERTIES,
        KEY_PULL_POLICY, KEY_STARTUP_ORDER,  KEY_ENV};

    for (size_t i = 0; i < array_length(keys); i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

const char *config_map_text(const cJSON *data, const char *key, const char *prefix, struct findings *findings)
{
    const cJSON *item = json_get(data, key);
    char path[FIELD_PATH_SIZE];

    if (!item || cJSON_IsNull(item))
        return NULL;
    if (cJSON_IsString(item))
        return item->valuestring;
    findings_add_error(findings, FIELD_INVALID, field_path(path, "%sdata[%s]", prefix, key), json_type_name(item),
                       "must be a string: put it in quotes, or write it as a block behind |");
    return NULL;
}

const char *config_map_bounded_text(const cJSON *data, const char *key, const char *prefix, struct findings *findings)
{
    const char *text = config_map_text(data, key, prefix, findings);
    size_t length = text ? strlen(text) : 0;
    char path[FIELD_PATH_SIZE];

    if (length <= CONFIG_MAP_MAX_TEXT)
        return text;
    findings_add_error(findings, FIELD_TOO_LONG, field_path(path, "%sdata[%s]", prefix, key), NULL,
                       "%zu bytes; a module's twin holds %d, and no text of more than %zu is read", length,
                       TWIN_MAX_SIZE, CONFIG_MAP_MAX_TEXT);
    return NULL;
}

/* `supported values: "a", "b"`, and which of them was probably meant. values ends in NULL. */
static void add_supported(struct strbuf *out, const char *text, const char *const *values)
{
    const char *meant = nearest_name(text, strlen(text), values);

    strbuf_add_string(out, "supported values: ");
    for (const char *const *value = values; *value; value++)
        strbuf_add_format(out, "%s\"%s\"", value == values ? "" : ", ", *value);
    if (meant)
        strbuf_add_format(out, "; did you mean \"%s\"?", meant);
}

const char *config_map_choice(const cJSON *data, const char *key, const char *const *values, const char *prefix,
                              struct findings *findings)
{
    const char *text = config_map_text(data, key, prefix, findings);
    cleanup_strbuf struct strbuf list = STRBUF_INIT;
    char path[FIELD_PATH_SIZE];

    if (!text)
        return NULL;
    for (const char *const *value = values; *value; value++) {
        if (strcmp(text, *value) == 0)
            return *value;
    }
    add_supported(&list, text, values);
    findings_add_error(findings, FIELD_NOT_SUPPORTED, field_path(path, "%sdata[%s]", prefix, key), text, "%s",
                       strbuf_string(&list));
    return NULL;
}

cJSON *config_map_desired_properties(const cJSON *data, const char *prefix, struct findings *findings)
{
    return config_map_object(data, KEY_DESIRED_PROPERTIES, prefix, findings);
}

/* The text itself is in no message: it may hold passwords. */
cJSON *config_map_object(const cJSON *data, const char *key, const char *prefix, struct findings *findings)
{
    const char *text = config_map_bounded_text(data, key, prefix, findings);
    cleanup_json cJSON *tree = NULL;
    cleanup_error struct error error = {NULL};
    const char *twice;
    char path[FIELD_PATH_SIZE];

    if (!text || !text[strspn(text, " \t\r\n")])
        return NULL;
    field_path(path, "%sdata[%s]", prefix, key);
    if (json_parse(text, strlen(text), &tree, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, path, NULL, "%s", error_message(&error));
    else if (!cJSON_IsObject(tree))
        findings_add_error(findings, FIELD_INVALID, path, NULL, "must be a JSON object");
    else if (json_has_duplicates(tree, &twice))
        findings_add_error(findings, FIELD_INVALID, path, twice, "stands twice in one object");
    else if (twin_size(tree) > TWIN_MAX_SIZE)
        findings_add_error(findings, FIELD_TOO_LONG, path, NULL,
                           "%zu bytes; IoT Hub takes at most %d in a module's twin", twin_size(tree), TWIN_MAX_SIZE);
    else
        return steal_ptr(tree);
    return NULL;
}

static bool is_allowed(const char *name, const char *const *allowed)
{
    for (; *allowed; allowed++) {
        if (strcmp(name, *allowed) == 0)
            return true;
    }
    return false;
}

void config_map_check_members(const cJSON *object, const char *path, const char *const *allowed,
                              struct findings *findings)
{
    for (const cJSON *item = object ? object->child : NULL; item && !findings_is_full(findings); item = item->next) {
        cleanup_strbuf struct strbuf list = STRBUF_INIT;

        if (is_allowed(item->string, allowed))
            continue;
        add_supported(&list, item->string, allowed);
        findings_add_error(findings, FIELD_NOT_SUPPORTED, path, item->string, "%s", strbuf_string(&list));
    }
}

void config_map_check_number(const cJSON *object, const char *name, int64_t least, int64_t most, const char *path,
                             struct findings *findings)
{
    const cJSON *item = json_get(object, name);
    char place[FIELD_PATH_SIZE];
    char shown[32];
    int64_t number;

    if (!item || (json_int64(object, name, &number) && number >= least && number <= most))
        return;
    (void)snprintf(shown, sizeof(shown), "%.15g", item->valuedouble);
    findings_add_error(findings, FIELD_INVALID, field_path(place, "%s.%s", path, name),
                       cJSON_IsNumber(item)   ? shown
                       : cJSON_IsString(item) ? item->valuestring
                                              : json_type_name(item),
                       "must be a whole number from %lld to %lld", (long long)least, (long long)most);
}
