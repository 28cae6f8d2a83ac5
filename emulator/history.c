#include "emulator/history.h"

#include "common/clock.h"
#include "emulator/memory.h"

#define MOST_RECORDS 100000

static void record_release(struct emulator_record *record)
{
    free(record->method);
    free(record->path);
    free(record->configuration_id);
    free(record->if_match);
    free(record->principal);
}

static void forget(struct emulator_history *history, size_t count)
{
    for (size_t i = 0; i < count; i++)
        record_release(&history->records[i]);
    history->count -= count;
    memmove(history->records, history->records + count, history->count * sizeof(*history->records));
}

static int64_t wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint64_t emulator_history_add(struct emulator_history *history, const struct emulator_record *facts)
{
    if (history->count >= MOST_RECORDS)
        forget(history, MOST_RECORDS / 10);
    history->records =
        emulator_array_grow(history->records, history->count, &history->capacity, sizeof(*history->records));
    history->records[history->count++] = (struct emulator_record){
        .sequence = ++history->last_sequence,
        .wall_us = wall_us(),
        .method = emulator_text_copy(facts->method),
        .path = emulator_text_copy(facts->path),
        .configuration_id = emulator_text_copy(facts->configuration_id),
        .if_match = emulator_text_copy(facts->if_match),
        .principal = emulator_text_copy(facts->principal),
        .effect = facts->effect,
        .status = facts->status,
        .committed = facts->committed,
    };
    return history->last_sequence;
}

void emulator_history_answered(struct emulator_history *history, uint64_t sequence, int status)
{
    for (size_t i = history->count; i-- > 0;) {
        struct emulator_record *record = &history->records[i];
        if (record->sequence != sequence)
            continue;
        record->status = status;
        record->answered = status != 0;
        return;
    }
}

void emulator_history_clear(struct emulator_history *history)
{
    if (history->count)
        forget(history, history->count);
    free(history->records);
    history->records = NULL;
    history->capacity = 0;
}

static void record_write(struct json_writer *json, const struct emulator_record *record)
{
    char time[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339_micro(record->wall_us, time);
    json_begin_object(json);
    json_member_int(json, "sequence", (int64_t)record->sequence);
    json_member_string(json, "time", time);
    json_member_string(json, "method", record->method);
    json_member_string(json, "path", record->path);
    json_member_string(json, "configuration", record->configuration_id);
    json_member_string(json, "ifMatch", record->if_match);
    json_member_string(json, "principal", record->principal);
    json_member_string(json, "effect", record->effect);
    json_member_int(json, "status", record->status);
    json_member_bool(json, "committed", record->committed);
    json_member_bool(json, "answered", record->answered);
    json_end_object(json);
}

void emulator_history_write(struct json_writer *json, const struct emulator_history *history, uint64_t since)
{
    json_begin_object(json);
    json_member_int(json, "last", (int64_t)history->last_sequence);
    json_name(json, "calls");
    json_begin_array(json);
    for (size_t i = 0; i < history->count; i++)
        if (history->records[i].sequence > since)
            record_write(json, &history->records[i]);
    json_end_array(json);
    json_end_object(json);
}
