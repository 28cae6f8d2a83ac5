#include "emulator/quirks.h"

#include "common/cleanup.h"
#include "common/json.h"

static const char *const throttling_names[] = {"refuse", "queue", NULL};
static const char *const layer_names[] = {"union", "newest", NULL};
static const char *const connection_names[] = {"true", "connected", "disconnected", "inverted", NULL};

#define MOST_SKEW_S (10 * 365 * 86400)

/* The place of the text among the names, or -1 with an error. */
static int choice_read(const cJSON *value, const char *const *names, struct error *error)
{
    for (int i = 0; names[i] && cJSON_IsString(value); i++)
        if (strcmp(names[i], value->valuestring) == 0)
            return i;
    return error_set(error, "%s must be %s or %s%s%s%s%s", value->string, names[0], names[1], names[2] ? " or " : "",
                     names[2] ? names[2] : "", names[2] ? " or " : "", names[2] ? names[3] : "");
}

static int bool_read(const cJSON *value, bool *ret_value, struct error *error)
{
    if (!cJSON_IsBool(value))
        return error_set(error, "%s must be true or false", value->string);
    *ret_value = cJSON_IsTrue(value);
    return 0;
}

static int choice_change(struct emulator_quirks *quirks, const cJSON *value, struct error *error)
{
    bool throttling = strcmp(value->string, "throttling") == 0, layers = strcmp(value->string, "layers") == 0;
    int choice = choice_read(value, throttling ? throttling_names : layers ? layer_names : connection_names, error);

    if (choice < 0)
        return -1;
    if (throttling)
        quirks->queue_throttled = choice == 1;
    else if (layers)
        quirks->newest_layer_only = choice == 1;
    else
        quirks->connection = (enum emulator_connection_lie)choice;
    return 0;
}

static int change_one(struct emulator_quirks *quirks, const cJSON *order, const cJSON *value, struct error *error)
{
    const char *name = value->string;

    if (strcmp(name, "deleteFirst") == 0)
        return bool_read(value, &quirks->delete_first, error);
    if (strcmp(name, "resendOnDelete") == 0)
        return bool_read(value, &quirks->resend_on_delete, error);
    if (strcmp(name, "normaliseContent") == 0)
        return bool_read(value, &quirks->normalise_content, error);
    if (strcmp(name, "throttling") == 0 || strcmp(name, "layers") == 0 || strcmp(name, "connectionState") == 0)
        return choice_change(quirks, value, error);
    if (strcmp(name, "clockSkew") != 0)
        return error_set(error, "%s is no quirk", name);
    if (!json_int64(order, name, &quirks->clock_skew_s) || quirks->clock_skew_s > MOST_SKEW_S ||
        quirks->clock_skew_s < -MOST_SKEW_S)
        return error_set(error, "clockSkew must be a whole number of seconds");
    return 0;
}

int emulator_quirks_change(struct emulator_quirks *quirks, const cJSON *order, struct error *error)
{
    struct emulator_quirks changed = *quirks;
    const cJSON *value;

    if (!cJSON_IsObject(order))
        return error_set(error, "quirks must be a JSON object");
    cJSON_ArrayForEach(value, order)
    {
        if (change_one(&changed, order, value, error) < 0)
            return -1;
    }
    *quirks = changed;
    return 0;
}

void emulator_quirks_write(struct json_writer *json, const struct emulator_quirks *quirks)
{
    json_begin_object(json);
    json_member_string(json, "throttling", throttling_names[quirks->queue_throttled]);
    json_member_int(json, "clockSkew", quirks->clock_skew_s);
    json_member_bool(json, "deleteFirst", quirks->delete_first);
    json_member_bool(json, "resendOnDelete", quirks->resend_on_delete);
    json_member_bool(json, "normaliseContent", quirks->normalise_content);
    json_member_string(json, "layers", layer_names[quirks->newest_layer_only]);
    json_member_string(json, "connectionState", connection_names[quirks->connection]);
    json_end_object(json);
}

static void nulls_remove(cJSON *value)
{
    for (cJSON *member = value->child, *next; member; member = next) {
        next = member->next;
        if (cJSON_IsNull(member) && cJSON_IsObject(value))
            cJSON_Delete(cJSON_DetachItemViaPointer(value, member));
        else
            nulls_remove(member);
    }
}

cJSON *emulator_quirks_normalise(const cJSON *content)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer json = {.out = &text};
    cJSON *normal = NULL;

    json_add_canonical(&json, content);
    if (json_parse(strbuf_string(&text), text.length, &normal, NULL) < 0)
        return cJSON_Duplicate(content, true);
    nulls_remove(normal);
    return normal;
}
