/* Every call of the service, in the order in which they took effect, and what was done to the hub past the service. */
#ifndef EMULATOR_HISTORY_H
#define EMULATOR_HISTORY_H

#include "common/json_writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct emulator_record {
    uint64_t sequence; /* 1, 2, …; never given twice */
    int64_t wall_us;
    char *method, *path;
    char *configuration_id; /* or NULL */
    char *if_match;         /* the header as it came, or NULL */
    char *principal;        /* the policy, the application, "foreigner"; NULL: nobody who is known */
    const char *effect;     /* static: "created", "updated", …; NULL: nothing was changed */
    int status;             /* of the answer; 0: none was given */
    bool committed;         /* it changed something */
    bool answered;          /* the answer was handed over */
};

struct emulator_history {
    struct emulator_record *records;
    size_t count, capacity;
    uint64_t last_sequence;
};

/* Appends a record of these facts (the texts are copied; sequence, time and answered are ignored), which is not
 * answered yet, and returns its sequence number. Of more than 100,000 the oldest go. */
uint64_t emulator_history_add(struct emulator_history *history, const struct emulator_record *facts);
/* The answer to that call goes out with this status. */
void emulator_history_answered(struct emulator_history *history, uint64_t sequence, int status);
/* Forgets the records; the numbers go on. */
void emulator_history_clear(struct emulator_history *history);

/* Writes {"last": N, "calls": [records after since]}. */
void emulator_history_write(struct json_writer *json, const struct emulator_history *history, uint64_t since);

#endif
