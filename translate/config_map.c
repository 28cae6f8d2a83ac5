#include "translate/config_map.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"

#include <string.h>

bool config_map_is_system(const char *name)
{
    return strcmp(name, CONFIG_MAP_EDGE_HUB) == 0 || strcmp(name, CONFIG_MAP_EDGE_AGENT) == 0;
}

bool config_map_knows_key(const char *key)
{
    static const char *const keys[] = {KEY_STATUS, KEY_RESTART_POLICY, KEY_VERSION, KEY_CREATE_OPTIONS,
                                       KEY_DESIRED_PROPERTIES};

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

/* The text itself is in no message: it may hold passwords. */
cJSON *config_map_desired_properties(const cJSON *data, const char *prefix, struct findings *findings)
{
    const char *text = config_map_text(data, KEY_DESIRED_PROPERTIES, prefix, findings);
    cleanup_json cJSON *tree = NULL;
    cleanup_error struct error error = {NULL};
    const char *twice;
    char path[FIELD_PATH_SIZE];

    if (!text || !text[strspn(text, " \t\r\n")])
        return NULL;
    field_path(path, "%sdata[%s]", prefix, KEY_DESIRED_PROPERTIES);
    if (json_parse(text, strlen(text), &tree, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, path, NULL, "%s", error_message(&error));
    else if (!cJSON_IsObject(tree))
        findings_add_error(findings, FIELD_INVALID, path, NULL, "must be a JSON object");
    else if (json_has_duplicates(tree, &twice))
        findings_add_error(findings, FIELD_INVALID, path, twice, "stands twice in one object");
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
    for (const cJSON *item = object ? object->child : NULL; item; item = item->next) {
        cleanup_strbuf struct strbuf list = STRBUF_INIT;

        if (is_allowed(item->string, allowed))
            continue;
        for (const char *const *name = allowed; *name; name++)
            strbuf_add_format(&list, "%s\"%s\"", name == allowed ? "" : ", ", *name);
        findings_add_error(findings, FIELD_NOT_SUPPORTED, path, item->string, "supported values: %s",
                           strbuf_string(&list));
    }
}
