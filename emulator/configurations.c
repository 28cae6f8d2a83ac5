#include "emulator/configurations.h"

#include "common/json.h"
#include "emulator/if_match.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"

struct emulator_configuration *emulator_configurations_find(const struct emulator_configurations *configurations,
                                                            const char *id)
{
    for (size_t i = 0; i < configurations->count; i++)
        if (strcmp(configurations->items[i]->id, id) == 0)
            return configurations->items[i];
    return NULL;
}

static int refuse_missing(const char *id, struct emulator_refusal *refusal)
{
    return emulator_refuse(refusal, EMULATOR_CONFIGURATION_NOT_FOUND, "Configuration with id '%s' was not found.", id);
}

static int refuse_stale(const char *id, struct emulator_refusal *refusal)
{
    return emulator_refuse(refusal, EMULATOR_PRECONDITION_FAILED,
                           "Precondition failed: ETag mismatch for configuration with id '%s'.", id);
}

/* Whether a PUT may go on, by what exists and what If-Match says. An etag without its quotes counts as none where the
 * configuration exists: the service then takes the call for a create. */
static int precondition_check(const struct emulator_configuration *existing, const char *id, const char *if_match,
                              struct emulator_refusal *refusal)
{
    enum emulator_if_match_kind kind = emulator_if_match_kind(if_match);

    if (!existing)
        return kind == EMULATOR_IF_MATCH_ABSENT ? 0 : refuse_missing(id, refusal);
    if (kind == EMULATOR_IF_MATCH_ABSENT || kind == EMULATOR_IF_MATCH_UNQUOTED)
        return emulator_refuse(refusal, EMULATOR_CONFIGURATION_EXISTS,
                               "Configuration with id '%s' already exist on IotHub.", id);
    cleanup_free char *etag = emulator_configuration_etag(existing);
    if (kind == EMULATOR_IF_MATCH_ETAG && !emulator_if_match_equals(if_match, etag))
        return refuse_stale(id, refusal);
    return 0;
}

static int body_check(const char *id, const cJSON *body, struct emulator_refusal *refusal)
{
    const char *name = NULL;
    const cJSON *body_id = json_get(body, "id");

    if (!emulator_configuration_id_is_valid(id))
        return emulator_refuse(
            refusal, EMULATOR_ARGUMENT_INVALID,
            "The configuration id '%s' is invalid: up to 128 lower-case letters, digits and -+%%_*!'", id);
    if (!cJSON_IsObject(body))
        return emulator_refuse(refusal, EMULATOR_BAD_REQUEST, "The body is no JSON object");
    if (json_has_duplicates(body, &name))
        return emulator_refuse(refusal, EMULATOR_BAD_REQUEST, "The body has the name '%s' twice in one object", name);
    if (body_id && (!cJSON_IsString(body_id) || strcmp(body_id->valuestring, id) != 0))
        return emulator_refuse(refusal, EMULATOR_ARGUMENT_INVALID, "The id in the body is not the id in the path");
    return 0;
}

static int content_check(const cJSON *body, struct emulator_content_facts *facts, struct emulator_refusal *refusal)
{
    cleanup_error struct error reason = {NULL};

    if (emulator_content_check(json_get(body, "content"), facts, &reason) == 0)
        return 0;
    return emulator_refuse(
        refusal, EMULATOR_INVALID_CONTENT,
        "The content provided for configuration is invalid. Please check and try again (emulator: %s)",
        error_message(&reason));
}

static struct emulator_configuration *create(struct emulator_configurations *configurations, const char *id,
                                             const cJSON *content, const struct emulator_content_facts *facts)
{
    struct emulator_configuration *configuration = emulator_allocate(sizeof(*configuration));

    configuration->id = emulator_text_copy(id);
    configuration->order = ++configurations->last_order;
    configuration->content = cJSON_Duplicate(content, true);
    configuration->facts = *facts;
    configuration->created = emulator_ticks_now();
    configuration->metric_results = cJSON_CreateObject();
    configurations->items = emulator_array_grow(configurations->items, configurations->count, &configurations->capacity,
                                                sizeof(*configurations->items));
    configurations->items[configurations->count++] = configuration;
    return configuration;
}

/* What only one of the two cases is judged by. */
static int state_check(const struct emulator_configurations *configurations,
                       const struct emulator_configuration_rules *rules, const struct emulator_configuration *existing,
                       const cJSON *body, struct emulator_refusal *refusal)
{
    if (existing && rules->refuse_changed_content && !json_equal(existing->content, json_get(body, "content")))
        return emulator_refuse(refusal, EMULATOR_IMMUTABLE_CONTENT,
                               "The content of a configuration cannot be changed; create a new configuration");
    if (!existing && rules->limit && configurations->count >= rules->limit)
        return emulator_refuse(refusal, EMULATOR_CONFIGURATION_LIMIT,
                               "Number of deployments exceed the maximum quota %zu for this IotHub", rules->limit);
    return 0;
}

int emulator_configurations_put(struct emulator_configurations *configurations,
                                const struct emulator_configuration_rules *rules, const char *id, const char *if_match,
                                const cJSON *body, struct emulator_configuration **ret_configuration,
                                struct emulator_refusal *refusal)
{
    struct emulator_configuration *configuration = emulator_configurations_find(configurations, id);
    struct emulator_content_facts facts;
    struct emulator_settings settings;

    if (body_check(id, body, refusal) < 0 || precondition_check(configuration, id, if_match, refusal) < 0 ||
        content_check(body, &facts, refusal) < 0 ||
        state_check(configurations, rules, configuration, body, refusal) < 0 ||
        emulator_settings_read(body, facts.kind, &settings, refusal) < 0)
        return -1;
    if (!configuration)
        configuration = create(configurations, id, json_get(body, "content"), &facts);
    emulator_settings_release(&configuration->settings);
    configuration->settings = settings;
    configuration->etag++;
    configuration->updated = emulator_ticks_now();
    *ret_configuration = configuration;
    return 0;
}

int emulator_configurations_delete(struct emulator_configurations *configurations, const char *id, const char *if_match,
                                   struct emulator_refusal *refusal)
{
    struct emulator_configuration *configuration = emulator_configurations_find(configurations, id);
    size_t place = 0;

    if (!configuration)
        return refuse_missing(id, refusal);
    cleanup_free char *etag = emulator_configuration_etag(configuration);
    if (emulator_if_match_kind(if_match) == EMULATOR_IF_MATCH_ETAG && !emulator_if_match_equals(if_match, etag))
        return refuse_stale(id, refusal);
    while (configurations->items[place] != configuration)
        place++;
    configurations->count--;
    memmove(configurations->items + place, configurations->items + place + 1,
            (configurations->count - place) * sizeof(*configurations->items));
    emulator_configuration_free(configuration);
    return 0;
}

void emulator_configurations_release(struct emulator_configurations *configurations)
{
    for (size_t i = 0; i < configurations->count; i++)
        emulator_configuration_free(configurations->items[i]);
    free(configurations->items);
    *configurations = (struct emulator_configurations){NULL, 0, 0, 0};
}
