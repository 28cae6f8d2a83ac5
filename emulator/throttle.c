#include "emulator/throttle.h"

#include "emulator/memory.h"

#define WINDOW_MS 60000

void emulator_throttle_init(struct emulator_throttle *throttle, size_t calls_per_minute)
{
    *throttle = (struct emulator_throttle){.limit = calls_per_minute};
    throttle->times = emulator_allocate(calls_per_minute * sizeof(*throttle->times));
    for (size_t i = 0; i < calls_per_minute; i++)
        throttle->times[i] = INT64_MIN;
}

void emulator_throttle_release(struct emulator_throttle *throttle)
{
    free(throttle->times);
    throttle->times = NULL;
}

bool emulator_throttle_take(struct emulator_throttle *throttle, int64_t now_ms)
{
    if (throttle->limit == 0)
        return true;
    int64_t oldest = throttle->times[throttle->next];
    if (oldest != INT64_MIN && now_ms - oldest < WINDOW_MS)
        return false;
    throttle->times[throttle->next] = now_ms;
    throttle->next = (throttle->next + 1) % throttle->limit;
    return true;
}
