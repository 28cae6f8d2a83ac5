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
    int64_t *oldest = &throttle->times[throttle->next];
    if (*oldest != INT64_MIN && *oldest + WINDOW_MS > now_ms)
        return false;
    *oldest = now_ms;
    throttle->next = (throttle->next + 1) % throttle->limit;
    return true;
}

int64_t emulator_throttle_queue(struct emulator_throttle *throttle, int64_t now_ms)
{
    if (throttle->limit == 0)
        return 0;
    int64_t turn_ms = throttle->next_turn_ms > now_ms ? throttle->next_turn_ms : now_ms;
    if (turn_ms - now_ms > EMULATOR_THROTTLE_LONGEST_MS)
        return -1;
    throttle->next_turn_ms = turn_ms + WINDOW_MS / (int64_t)throttle->limit;
    return turn_ms - now_ms;
}
