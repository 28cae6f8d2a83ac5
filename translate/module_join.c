#include "translate/module_join.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/strbuf.h"
#include "translate/config_map.h"
#include "translate/create_options.h"
#include "translate/env.h"
#include "translate/item_index.h"
#include "translate/members.h"
#include "translate/options_merge.h"

#include <string.h>

struct join {
    struct module_settings *settings;
    struct module_wishes *wishes;
    const char *prefix;
    size_t index;
    struct findings *findings;
};

static void join_variables(const struct join *join)
{
    cJSON *env = join->settings->env ? join->settings->env : cJSON_CreateObject();
    cleanup_item_index struct item_index given = ITEM_INDEX_INIT;
    char path[FIELD_PATH_SIZE];

    join->settings->env = env;
    item_index_add_members(&given, env);
    while (env && join->wishes->env && join->wishes->env->child) {
        cJSON *item = cJSON_DetachItemViaPointer(join->wishes->env, join->wishes->env->child);
        const cJSON *same = item_index_find(&given, item->string, strlen(item->string));

        if (!same) {
            /* cJSON copies the name. */
            cleanup_free char *name = strdup(item->string);

            if (name && cJSON_AddItemToObject(env, name, item))
                continue;
            join->findings->failed = 1;
        } else if (!json_equal(same, item)) {
            findings_add_error(join->findings, FIELD_INVALID, field_path(path, "%sdata[" KEY_ENV "]", join->prefix),
                               item->string, "containers[%zu].env has another value of it; leave one of the two out",
                               join->index);
        }
        cJSON_Delete(item);
    }
    join->findings->failed |= !env || given.failed;
}

/* The value as the device's environment has it. */
static void add_text(struct strbuf *out, const cJSON *value)
{
    struct json_writer writer = {.out = out};

    if (cJSON_IsString(value))
        strbuf_add_string(out, value->valuestring);
    else
        json_add_value(&writer, value);
}

static void append(const struct join *join, const char *text)
{
    cJSON *list = json_get(join->wishes->options, "Env");
    cJSON *item = cJSON_CreateString(text);

    if (!list)
        list = cJSON_AddArrayToObject(join->wishes->options, "Env");
    if (list && item && cJSON_AddItemToArray(list, item))
        return;
    cJSON_Delete(item);
    join->findings->failed = 1;
}

/* What the manifest cannot carry goes into the create options, in the order of the names. */
static void move_to_options(const struct join *join)
{
    bool failed = false;
    size_t count;
    cleanup_free const cJSON **sorted = members_sort(join->settings->env, &count, &failed);

    for (size_t i = 0; i < count; i++) {
        cleanup_strbuf struct strbuf text = STRBUF_INIT;

        add_text(&text, sorted[i]);
        if (env_fits_manifest(sorted[i]->string, strbuf_string(&text)))
            continue;
        strbuf_clear(&text);
        strbuf_add_format(&text, "%s=", sorted[i]->string);
        add_text(&text, sorted[i]);
        append(join, strbuf_string(&text));
        failed |= text.failed;
        cJSON_Delete(cJSON_DetachItemViaPointer(join->settings->env, (cJSON *)sorted[i]));
    }
    join->findings->failed |= failed;
}

/* On the device Env of the create options wins over the manifest's env, in silence. */
static void check_overruled(const struct join *join)
{
    cleanup_json cJSON *tree = NULL;
    cleanup_item_index struct item_index env = ITEM_INDEX_INIT;
    char path[FIELD_PATH_SIZE];
    const cJSON *item;

    if (!join->settings->env->child || !strstr(join->settings->create_options, "\"Env\"") ||
        json_parse(join->settings->create_options, strlen(join->settings->create_options), &tree, NULL) < 0)
        return;
    item_index_add_members(&env, join->settings->env);
    join->findings->failed |= env.failed;
    cJSON_ArrayForEach(item, json_get(tree, "Env"))
    {
        const char *equals = cJSON_IsString(item) ? strchr(item->valuestring, '=') : NULL;
        size_t length = equals ? (size_t)(equals - item->valuestring) : 0;
        const cJSON *same = equals ? item_index_find(&env, item->valuestring, length) : NULL;
        cleanup_strbuf struct strbuf value = STRBUF_INIT;

        if (!same)
            continue;
        add_text(&value, same);
        if (strcmp(strbuf_string(&value), equals + 1) != 0)
            findings_add_error(join->findings, FIELD_INVALID,
                               field_path(path, "%sdata[" KEY_CREATE_OPTIONS "].Env", join->prefix), same->string,
                               "env has another value of it, and this one would win; leave one of the two out");
    }
}

static void join_options(const struct join *join)
{
    cleanup_free char *merged = NULL;
    cleanup_free char *minified = NULL;
    cleanup_error struct error error = {NULL};
    char path[FIELD_PATH_SIZE], container[32];

    if (!join->wishes->options->child)
        return;
    field_path(path, "%sdata[" KEY_CREATE_OPTIONS "]", join->prefix);
    (void)snprintf(container, sizeof(container), "containers[%zu]", join->index);
    merged = options_merge(join->settings->create_options, join->wishes->options, path, container, join->findings);
    if (!merged)
        return;
    if (create_options_minify(merged, &minified, &error) < 0) {
        findings_add_error(join->findings, FIELD_INVALID, path, NULL, "together with the fields of %s it %s", container,
                           error_message(&error));
        return;
    }
    free(join->settings->create_options);
    join->settings->create_options = steal_ptr(minified);
}

void module_join(struct module_settings *settings, struct module_wishes *wishes, const char *prefix, size_t index,
                 struct findings *findings)
{
    struct join join = {settings, wishes, prefix, index, findings};

    if (!settings->restart_policy)
        settings->restart_policy = wishes->restart_policy ? wishes->restart_policy : DEFAULT_RESTART_POLICY;
    if (!settings->pull_policy)
        settings->pull_policy = wishes->image_pull_policy;
    /* Findings of the ConfigMap itself. */
    if (!settings->create_options)
        return;
    join_variables(&join);
    if (findings->failed)
        return;
    move_to_options(&join);
    check_overruled(&join);
    join_options(&join);
}
