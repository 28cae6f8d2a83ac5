#include "emulator/changes.h"

#include "common/clock.h"
#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"
#include "emulator/twin.h"

static void content_normalise(cJSON *body)
{
    const cJSON *content = json_get(body, "content");

    if (!content)
        return;
    cJSON *normal = emulator_quirks_normalise(content);
    cJSON_DeleteItemFromObjectCaseSensitive(body, "content");
    cJSON_AddItemToObject(body, "content", normal);
}

static void before_last_set(struct emulator_before_last *before, const char *hidden, char *shown, size_t place)
{
    free(before->hidden_id);
    free(before->shown);
    *before = (struct emulator_before_last){emulator_text_copy(hidden), shown, place};
}

int emulator_change_put(struct emulator *emulator, const char *id, const char *if_match, cJSON *body,
                        struct emulator_configuration **ret_configuration, bool *ret_created,
                        struct emulator_refusal *refusal)
{
    struct emulator_configuration_rules rules = {emulator->options.limit, emulator->options.refuse_changed_content};
    struct emulator_configurations *configurations = &emulator->state.configurations;
    bool creates = emulator_configurations_find(configurations, id) == NULL;

    if (emulator->state.quirks.normalise_content)
        content_normalise(body);
    if (emulator_configurations_put(configurations, &rules, id, if_match, body, ret_configuration, refusal) < 0)
        return -1;
    if (ret_created)
        *ret_created = creates;
    if (creates) {
        before_last_set(&emulator->before_last, id, NULL, 0);
        emulator_evaluate_soon(emulator);
    }
    return 0;
}

/* Writes the twins of a device again: nothing differs but the versions, and the agent takes it all anew. */
static void device_resend(struct emulator *emulator, struct emulator_device *device)
{
    for (size_t i = 0; i < device->module_count; i++)
        emulator_twin_resend(device->modules[i], emulator_ticks_now());
    emulator_agent_notice(device, clock_now_ms(), emulator->options.pull_delay_ms);
}

static void devices_resend(struct emulator *emulator, uint64_t order)
{
    struct emulator_fleet *fleet = &emulator->state.fleet;

    for (size_t i = 0; i < fleet->count; i++)
        if (emulator_device_assignment(fleet->devices[i], order))
            device_resend(emulator, fleet->devices[i]);
    pthread_cond_signal(&emulator->work);
}

static char *configuration_text(const struct emulator_configuration *configuration)
{
    struct strbuf text = STRBUF_INIT;
    struct json_writer json = {.out = &text};

    emulator_configuration_write(&json, configuration);
    return strbuf_steal(&text);
}

static size_t place_of(const struct emulator_configurations *configurations,
                       const struct emulator_configuration *configuration)
{
    size_t place = 0;

    while (configurations->items[place] != configuration)
        place++;
    return place;
}

int emulator_change_delete(struct emulator *emulator, const char *id, const char *if_match,
                           struct emulator_refusal *refusal)
{
    struct emulator_configurations *configurations = &emulator->state.configurations;
    const struct emulator_configuration *configuration = emulator_configurations_find(configurations, id);
    cleanup_free char *text = configuration ? configuration_text(configuration) : NULL;
    size_t place = configuration ? place_of(configurations, configuration) : 0;
    uint64_t order = configuration ? configuration->order : 0;

    if (emulator_configurations_delete(configurations, id, if_match, refusal) < 0)
        return -1;
    before_last_set(&emulator->before_last, NULL, steal_ptr(text), place);
    if (emulator->state.quirks.resend_on_delete)
        devices_resend(emulator, order);
    if (emulator->state.quirks.delete_first) {
        emulator->state.only_evaluated = true;
        emulator_evaluate(&emulator->state, clock_now_ms(), emulator->options.pull_delay_ms);
        emulator->state.only_evaluated = false;
        emulator_coverage_compare(&emulator->coverage, &emulator->state, emulator->history.last_sequence + 1);
        pthread_cond_signal(&emulator->work);
    }
    return 0;
}

uint64_t emulator_change_record(struct emulator *emulator, const struct emulator_record *facts,
                                struct emulator_device *device)
{
    uint64_t sequence = emulator_history_add(&emulator->history, facts);

    if (!facts->committed)
        return sequence;
    if (device)
        emulator_coverage_update_device(&emulator->coverage, &emulator->state, device, sequence);
    else
        emulator_coverage_update(&emulator->coverage, &emulator->state, sequence);
    return sequence;
}

void emulator_change_list_write(struct json_writer *json, const struct emulator *emulator, bool stale)
{
    const struct emulator_configurations *all = &emulator->state.configurations;
    const struct emulator_before_last *before = &emulator->before_last;

    json_begin_array(json);
    for (size_t i = 0; i <= all->count; i++) {
        if (stale && before->shown && before->place == i)
            json_add_raw(json, before->shown);
        if (i == all->count || (stale && before->hidden_id && strcmp(before->hidden_id, all->items[i]->id) == 0))
            continue;
        emulator_configuration_write(json, all->items[i]);
    }
    json_end_array(json);
}
