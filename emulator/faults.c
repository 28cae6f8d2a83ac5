#include "emulator/faults.h"

#include "common/clock.h"
#include "common/json.h"
#include "emulator/foreigner.h"
#include "emulator/memory.h"

void emulator_faults_init(struct emulator_faults *faults)
{
    *faults = (struct emulator_faults){.items = NULL};
    pthread_cond_init(&faults->released, NULL);
}

static void fault_release(struct emulator_fault *fault)
{
    free(fault->method);
    free(fault->path_prefix);
    free(fault->action);
    cJSON_Delete(fault->effect.script);
}

void emulator_faults_release(struct emulator_faults *faults)
{
    emulator_faults_clear(faults, true);
    free(faults->items);
    pthread_cond_destroy(&faults->released);
}

/* Whether the text is the word, a colon, and a whole number in the range. */
static bool numbered(const char *text, const char *word, int64_t least, int64_t most, int64_t *ret_number)
{
    size_t length = strlen(word);
    char *end = NULL;

    if (strncmp(text, word, length) != 0 || text[length] != ':' || text[length + 1] < '0' || text[length + 1] > '9')
        return false;
    *ret_number = strtoll(text + length + 1, &end, 10);
    return *end == '\0' && *ret_number >= least && *ret_number <= most;
}

static enum emulator_fault_action plain_action(const char *text)
{
    static const struct {
        const char *name;
        enum emulator_fault_action action;
    } actions[] = {
        {"hold", EMULATOR_FAULT_HOLD},   {"close", EMULATOR_FAULT_CLOSE}, {"tls-close", EMULATOR_FAULT_TLS_CLOSE},
        {"reset", EMULATOR_FAULT_RESET}, {"stale", EMULATOR_FAULT_STALE}, {"foreigner", EMULATOR_FAULT_FOREIGNER},
    };

    for (size_t i = 0; i < array_length(actions); i++)
        if (strcmp(text, actions[i].name) == 0)
            return actions[i].action;
    return EMULATOR_FAULT_NONE;
}

static int action_parse(const char *text, struct emulator_fault_effect *effect, struct error *error)
{
    static const char slow[] = "slow:";

    effect->action = plain_action(text);
    if (effect->action != EMULATOR_FAULT_NONE)
        return 0;
    if (numbered(text, "status", 400, 599, &effect->number) || numbered(text, "error", 400000, 599999, &effect->number))
        effect->action = EMULATOR_FAULT_STATUS;
    else if (numbered(text, "truncate", 1, INT32_MAX, &effect->number))
        effect->action = EMULATOR_FAULT_TRUNCATE;
    else if (strncmp(text, slow, strlen(slow)) == 0 && clock_parse_duration(text + strlen(slow), &effect->number))
        effect->action = EMULATOR_FAULT_SLOW;
    else
        return error_set(error,
                         "action must be hold, close, tls-close, reset, stale, foreigner, status:NNN with NNN from "
                         "400 to 599, error:NNNNNN, truncate:BYTES or slow:DURATION");
    return 0;
}

static int names_check(const cJSON *order, struct error *error)
{
    static const char *const names[] = {"method", "pathPrefix", "when", "action", "count", "script"};
    const cJSON *member;

    if (!cJSON_IsObject(order))
        return error_set(error, "a fault must be a JSON object");
    cJSON_ArrayForEach(member, order)
    {
        bool known = false;
        for (size_t i = 0; i < array_length(names); i++)
            known = known || strcmp(member->string, names[i]) == 0;
        if (!known)
            return error_set(error, "%s is unknown; a fault has method, pathPrefix, when, action, count and script",
                             member->string);
    }
    return 0;
}

/* A foreigner has a script, and nobody else. */
static int script_check(const cJSON *order, enum emulator_fault_action action, struct error *error)
{
    const cJSON *script = json_get(order, "script");

    if ((action == EMULATOR_FAULT_FOREIGNER) != (script != NULL))
        return error_set(error, "the action foreigner, and no other, needs a script");
    return script ? emulator_foreigner_check(script, error) : 0;
}

int emulator_faults_add(struct emulator_faults *faults, const cJSON *order, uint64_t *ret_id, struct error *error)
{
    struct emulator_fault fault = {.count = 1};
    const char *when = json_string_or(order, "when", "before");
    const char *action = json_string_or(order, "action", "");

    if (names_check(order, error) < 0 || action_parse(action, &fault.effect, error) < 0 ||
        script_check(order, fault.effect.action, error) < 0)
        return -1;
    if (strcmp(when, "before") != 0 && strcmp(when, "after") != 0)
        return error_set(error, "when must be before or after");
    if (json_get(order, "count") && (!json_int64(order, "count", &fault.count) || fault.count < 0))
        return error_set(error, "count must be a whole number; 0 means without end");
    fault.id = ++faults->last_id;
    fault.effect.after = strcmp(when, "after") == 0;
    fault.effect.script = cJSON_Duplicate(json_get(order, "script"), true);
    fault.action = emulator_text_copy(action);
    fault.method = emulator_text_copy(json_string(order, "method"));
    fault.path_prefix = emulator_text_copy(json_string(order, "pathPrefix"));
    faults->items = emulator_array_grow(faults->items, faults->count, &faults->capacity, sizeof(*faults->items));
    faults->items[faults->count++] = fault;
    *ret_id = fault.id;
    return 0;
}

static bool meets(const struct emulator_fault *fault, const char *method, const char *path)
{
    if (fault->method && strcmp(fault->method, method) != 0)
        return false;
    return !fault->path_prefix || strncmp(fault->path_prefix, path, strlen(fault->path_prefix)) == 0;
}

static void fault_spend(struct emulator_faults *faults, size_t place)
{
    struct emulator_fault *fault = &faults->items[place];

    if (fault->count == 0 || --fault->count > 0)
        return;
    fault_release(fault);
    faults->count--;
    memmove(fault, fault + 1, (faults->count - place) * sizeof(*fault));
}

struct emulator_fault_effect emulator_faults_match(struct emulator_faults *faults, const char *method, const char *path)
{
    struct emulator_fault_effect effect = {.action = EMULATOR_FAULT_NONE};

    for (size_t i = 0; i < faults->count; i++) {
        const struct emulator_fault *fault = &faults->items[i];
        if (!meets(fault, method, path))
            continue;
        effect = fault->effect;
        effect.script = cJSON_Duplicate(fault->effect.script, true);
        fault_spend(faults, i);
        break;
    }
    return effect;
}

static void held_unlink(struct emulator_faults *faults, const struct emulator_held_call *call)
{
    struct emulator_held_call **link = &faults->held;

    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
}

bool emulator_faults_wait(struct emulator_faults *faults, pthread_mutex_t *lock, const char *method, const char *path,
                          bool after)
{
    struct emulator_held_call call = {.method = method, .path = path, .after = after, .next = faults->held};

    if (faults->stopping)
        return false;
    faults->held = &call;
    while (!call.released)
        pthread_cond_wait(&faults->released, lock);
    held_unlink(faults, &call);
    return !call.dropped;
}

void emulator_faults_clear(struct emulator_faults *faults, bool drop)
{
    for (size_t i = 0; i < faults->count; i++)
        fault_release(&faults->items[i]);
    faults->count = 0;
    for (struct emulator_held_call *call = faults->held; call; call = call->next) {
        if (call->released)
            continue;
        call->released = true;
        call->dropped = drop;
    }
    pthread_cond_broadcast(&faults->released);
}

static void fault_write(struct json_writer *json, const struct emulator_fault *fault)
{
    json_begin_object(json);
    json_member_int(json, "id", (int64_t)fault->id);
    json_member_string(json, "method", fault->method);
    json_member_string(json, "pathPrefix", fault->path_prefix);
    json_member_string(json, "when", fault->effect.after ? "after" : "before");
    json_member_string(json, "action", fault->action);
    json_member_int(json, "count", fault->count);
    if (fault->effect.script) {
        json_name(json, "script");
        json_add_value(json, fault->effect.script);
    }
    json_end_object(json);
}

static int64_t holding_write(struct json_writer *json, const struct emulator_faults *faults)
{
    int64_t held = 0;

    json_begin_array(json);
    for (const struct emulator_held_call *call = faults->held; call; call = call->next) {
        if (call->released)
            continue;
        json_begin_object(json);
        json_member_string(json, "method", call->method);
        json_member_string(json, "path", call->path);
        json_member_string(json, "when", call->after ? "after" : "before");
        json_end_object(json);
        held++;
    }
    json_end_array(json);
    return held;
}

void emulator_faults_write(struct json_writer *json, const struct emulator_faults *faults)
{
    json_begin_object(json);
    json_name(json, "pending");
    json_begin_array(json);
    for (size_t i = 0; i < faults->count; i++)
        fault_write(json, &faults->items[i]);
    json_end_array(json);
    json_name(json, "holding");
    int64_t held = holding_write(json, faults);
    json_member_int(json, "held", held);
    json_end_object(json);
}
