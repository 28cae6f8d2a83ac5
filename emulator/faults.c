#include "emulator/faults.h"

#include "common/json.h"
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
}

void emulator_faults_release(struct emulator_faults *faults)
{
    emulator_faults_clear(faults, true);
    free(faults->items);
    pthread_cond_destroy(&faults->released);
}

static int action_parse(const char *text, struct emulator_fault *fault, struct error *error)
{
    static const char status[] = "status:";
    char *end = NULL;

    if (text && strcmp(text, "hold") == 0) {
        fault->action = EMULATOR_FAULT_HOLD;
        return 0;
    }
    if (text && strcmp(text, "close") == 0) {
        fault->action = EMULATOR_FAULT_CLOSE;
        return 0;
    }
    if (text && strncmp(text, status, strlen(status)) == 0) {
        long number = strtol(text + strlen(status), &end, 10);
        if (*end == '\0' && number >= 400 && number <= 599) {
            fault->action = EMULATOR_FAULT_STATUS;
            fault->status = (int)number;
            return 0;
        }
    }
    return error_set(error, "action must be hold, close or status:NNN with NNN from 400 to 599");
}

static int names_check(const cJSON *order, struct error *error)
{
    static const char *const names[] = {"method", "pathPrefix", "when", "action", "count"};
    const cJSON *member;

    if (!cJSON_IsObject(order))
        return error_set(error, "a fault must be a JSON object");
    cJSON_ArrayForEach(member, order)
    {
        bool known = false;
        for (size_t i = 0; i < array_length(names); i++)
            known = known || strcmp(member->string, names[i]) == 0;
        if (!known)
            return error_set(error, "%s is unknown; a fault has method, pathPrefix, when, action and count",
                             member->string);
    }
    return 0;
}

int emulator_faults_add(struct emulator_faults *faults, const cJSON *order, uint64_t *ret_id, struct error *error)
{
    struct emulator_fault fault = {.count = 1};
    const char *when = json_string_or(order, "when", "before");

    if (names_check(order, error) < 0 || action_parse(json_string(order, "action"), &fault, error) < 0)
        return -1;
    if (strcmp(when, "before") != 0 && strcmp(when, "after") != 0)
        return error_set(error, "when must be before or after");
    if (json_get(order, "count") && (!json_int64(order, "count", &fault.count) || fault.count < 0))
        return error_set(error, "count must be a whole number; 0 means without end");
    fault.id = ++faults->last_id;
    fault.after = strcmp(when, "after") == 0;
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
    struct emulator_fault_effect effect = {EMULATOR_FAULT_NONE, false, 0};

    for (size_t i = 0; i < faults->count; i++) {
        const struct emulator_fault *fault = &faults->items[i];
        if (!meets(fault, method, path))
            continue;
        effect = (struct emulator_fault_effect){fault->action, fault->after, fault->status};
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
    cleanup_free char *status = emulator_text_format("status:%d", fault->status);
    const char *action = fault->action == EMULATOR_FAULT_HOLD ? "hold" : "close";

    json_begin_object(json);
    json_member_int(json, "id", (int64_t)fault->id);
    json_member_string(json, "method", fault->method);
    json_member_string(json, "pathPrefix", fault->path_prefix);
    json_member_string(json, "when", fault->after ? "after" : "before");
    json_member_string(json, "action", fault->action == EMULATOR_FAULT_STATUS ? status : action);
    json_member_int(json, "count", fault->count);
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
