/* What a module wrote, as its container keeps it. */
#ifndef EMULATOR_LOGS_H
#define EMULATOR_LOGS_H

#include "common/json_writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct emulator_log_line {
    int64_t wall_ms;
    char *text; /* without its line break */
};

/* The last lines; older ones go. */
struct emulator_log {
    struct emulator_log_line *lines;
    size_t count, capacity;
};

/* *log is made when it is NULL. */
void emulator_log_add(struct emulator_log **log, int64_t wall_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* log may be NULL. */
void emulator_log_free(struct emulator_log *log);

#endif
