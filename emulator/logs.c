#include "emulator/logs.h"

#include "emulator/memory.h"

#include <stdarg.h>

#define MOST_LINES 5000

static void oldest_forget(struct emulator_log *log, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(log->lines[i].text);
    log->count -= count;
    memmove(log->lines, log->lines + count, log->count * sizeof(*log->lines));
}

void emulator_log_add(struct emulator_log **log, int64_t wall_ms, const char *format, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list arguments;

    if (!*log)
        *log = emulator_allocate(sizeof(**log));
    if ((*log)->count == MOST_LINES)
        oldest_forget(*log, MOST_LINES / 10);
    va_start(arguments, format);
    strbuf_add_vformat(&text, format, arguments);
    va_end(arguments);
    (*log)->lines =
        emulator_array_grow((*log)->lines, (*log)->count, &(*log)->capacity, sizeof(struct emulator_log_line));
    (*log)->lines[(*log)->count++] = (struct emulator_log_line){wall_ms, strbuf_steal(&text)};
}

void emulator_log_free(struct emulator_log *log)
{
    if (!log)
        return;
    oldest_forget(log, log->count);
    free(log->lines);
    free(log);
}
