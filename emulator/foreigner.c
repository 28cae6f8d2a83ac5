#include "emulator/foreigner.h"

#include "common/json.h"
#include "emulator/changes.h"
#include "emulator/memory.h"

static const char base_content[] =
    "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"runtime\":{\"type\":"
    "\"docker\","
    "\"settings\":{}},\"systemModules\":{\"edgeAgent\":{\"type\":\"docker\",\"settings\":{\"image\":\"foreign/"
    "agent:1.5\"}},"
    "\"edgeHub\":{\"type\":\"docker\",\"status\":\"running\",\"restartPolicy\":\"always\",\"settings\":{\"image\":"
    "\"foreign/"
    "hub:1.5\"}}},\"modules\":{}}},\"$edgeHub\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"routes\":{},"
    "\"storeAndForwardConfiguration\":{\"timeToLiveSecs\":7200}}}}}";
static const char device_content[] = "{\"deviceContent\":{\"properties.desired.foreign\":{\"on\":true}}}";

struct action {
    const char *name;
    bool makes;          /* creates; otherwise it needs what is there */
    const char *content; /* unless another is given */
};

static const struct action actions[] = {
    {"edit", false, NULL},
    {"remove-labels", false, NULL},
    {"delete", false, NULL},
    {"recreate", false, NULL},
    {"create", true, NULL},
    {"add-base", true, base_content},
    {"add-device-configuration", true, device_content},
};

static const struct action *action_of(const cJSON *order)
{
    const char *name = json_string_or(order, "do", "");

    for (size_t i = 0; i < array_length(actions); i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int order_check(const cJSON *order, struct error *error)
{
    static const char *const names[] = {"do", "id", "priority", "targetCondition", "labels", "content"};
    const struct action *action = action_of(order);
    const cJSON *member;

    if (!action)
        return error_set(error, "do must be edit, remove-labels, delete, recreate, create, add-base or "
                                "add-device-configuration");
    if (!json_string(order, "id"))
        return error_set(error, "%s needs the id of a configuration", action->name);
    if (action->makes && !action->content && !json_get(order, "content"))
        return error_set(error, "%s needs content", action->name);
    cJSON_ArrayForEach(member, order)
    {
        bool known = false;
        for (size_t i = 0; i < array_length(names); i++)
            known = known || strcmp(names[i], member->string) == 0;
        if (!known)
            return error_set(error, "%s is unknown in a script", member->string);
    }
    return 0;
}

int emulator_foreigner_check(const cJSON *script, struct error *error)
{
    const cJSON *order;

    if (!cJSON_IsArray(script))
        return order_check(script, error);
    cJSON_ArrayForEach(order, script)
    {
        if (order_check(order, error) < 0)
            return -1;
    }
    return 0;
}

static void member_set(cJSON *body, const cJSON *order, const char *name)
{
    const cJSON *value = json_get(order, name);

    if (!value)
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(body, name);
    cJSON_AddItemToObject(body, name, cJSON_Duplicate(value, true));
}

/* The body of a PUT: what is there (NULL: nothing), changed as the order says. */
static cJSON *body_make(const struct emulator_configuration *present, const cJSON *order, const char *content)
{
    static const char *const names[] = {"content", "priority", "targetCondition", "labels"};
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer json = {.out = &text};
    cJSON *body = NULL;

    if (present)
        emulator_configuration_write(&json, present);
    else
        strbuf_add_format(&text, "{\"targetCondition\":\"*\",\"priority\":0%s%s}", content ? ",\"content\":" : "",
                          content ? content : "");
    if (json_parse(strbuf_string(&text), text.length, &body, NULL) < 0)
        return cJSON_CreateObject();
    for (size_t i = 0; i < array_length(names); i++)
        member_set(body, order, names[i]);
    if (strcmp(json_string_or(order, "do", ""), "remove-labels") == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(body, "labels");
    return body;
}

static void record(struct emulator *emulator, const char *method, const char *id, const char *effect)
{
    cleanup_free char *path = emulator_text_format("/configurations/%s", id);
    char principal[] = "foreigner", verb[8];

    snprintf(verb, sizeof(verb), "%s", method);
    cleanup_free char *owned_id = emulator_text_copy(id);
    struct emulator_record facts = {.method = verb,
                                    .path = path,
                                    .configuration_id = owned_id,
                                    .principal = principal,
                                    .effect = effect,
                                    .status = effect[0] == 'd' ? 204 : 200,
                                    .committed = true};
    emulator_history_answered(&emulator->history, emulator_change_record(emulator, &facts, NULL), facts.status);
}

static int put(struct emulator *emulator, const char *id, const char *if_match, cJSON *body, struct error *error)
{
    cleanup_refusal struct emulator_refusal refusal = EMULATOR_REFUSAL_INIT;
    struct emulator_configuration *configuration;

    if (emulator_change_put(emulator, id, if_match, body, &configuration, NULL, &refusal) < 0)
        return error_set(error, "%s: %s", id, error_message(&refusal.message));
    record(emulator, "PUT", id, if_match ? "updated" : "created");
    return 0;
}

static int remove_one(struct emulator *emulator, const char *id, struct error *error)
{
    cleanup_refusal struct emulator_refusal refusal = EMULATOR_REFUSAL_INIT;

    if (emulator_change_delete(emulator, id, NULL, &refusal) < 0)
        return error_set(error, "%s: %s", id, error_message(&refusal.message));
    record(emulator, "DELETE", id, "deleted");
    return 0;
}

static int carry_out(struct emulator *emulator, const cJSON *order, const char *id, struct error *error)
{
    const struct action *action = action_of(order);
    bool again = strcmp(action->name, "recreate") == 0;

    if (strcmp(action->name, "delete") == 0)
        return remove_one(emulator, id, error);
    const struct emulator_configuration *present = emulator_configurations_find(&emulator->state.configurations, id);
    if (!action->makes && !present)
        return error_set(error, "there is no configuration %s", id);
    cleanup_json cJSON *body = body_make(action->makes ? NULL : present, order, action->content);
    cJSON_DeleteItemFromObjectCaseSensitive(body, "id");
    if (again && remove_one(emulator, id, error) < 0)
        return -1;
    return put(emulator, id, action->makes || again ? NULL : "*", body, error);
}

/* The ids that an id with an asterisk stands for. */
static cJSON *ids_find(const struct emulator *emulator, const char *pattern)
{
    const struct emulator_configurations *all = &emulator->state.configurations;
    size_t length = strlen(pattern);
    cJSON *ids = cJSON_CreateArray();

    if (length == 0 || pattern[length - 1] != '*') {
        cJSON_AddItemToArray(ids, cJSON_CreateString(pattern));
        return ids;
    }
    for (size_t i = 0; i < all->count; i++)
        if (strncmp(all->items[i]->id, pattern, length - 1) == 0)
            cJSON_AddItemToArray(ids, cJSON_CreateString(all->items[i]->id));
    return ids;
}

static int order_run(struct emulator *emulator, const cJSON *order, struct error *error)
{
    cleanup_json cJSON *ids = ids_find(emulator, json_string(order, "id"));
    const cJSON *id;

    cJSON_ArrayForEach(id, ids)
    {
        if (carry_out(emulator, order, id->valuestring, error) < 0)
            return -1;
    }
    return cJSON_GetArraySize(ids);
}

int emulator_foreigner_run(struct emulator *emulator, const cJSON *script, struct error *error)
{
    const cJSON *order;
    int changes = 0;

    if (emulator_foreigner_check(script, error) < 0)
        return -1;
    if (!cJSON_IsArray(script))
        return order_run(emulator, script, error);
    cJSON_ArrayForEach(order, script)
    {
        int count = order_run(emulator, order, error);
        if (count < 0)
            return -1;
        changes += count;
    }
    return changes;
}
