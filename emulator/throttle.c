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

/* When the next call may pass, at the earliest now. */
static int64_t turn_find(const struct emulator_throttle *throttle, int64_t now_ms)
{
    int64_t oldest = throttle->times[throttle->next];

    return oldest == INT64_MIN || oldest + WINDOW_MS <= now_ms ? now_ms : oldest + WINDOW_MS;
}

static void turn_take(struct emulator_throttle *throttle, int64_t turn_ms)
{
    throttle->times[throttle->next] = turn_ms;
    throttle->next = (throttle->next + 1) % throttle->limit;
}

int64_t emulator_throttle_queue(struct emulator_throttle *throttle, int64_t now_ms)
{
    if (throttle->limit == 0)
        return 0;
    int64_t turn_ms = turn_find(throttle, now_ms);
    if (turn_ms - now_ms > EMULATOR_THROTTLE_LONGEST_MS)
        return -1;
    turn_take(throttle, turn_ms);
    return turn_ms - now_ms;
}

bool emulator_throttle_take(struct emulator_throttle *throttle, int64_t now_ms)
{
    if (throttle->limit == 0)
        return true;
    if (turn_find(throttle, now_ms) > now_ms)
        return false;
    turn_take(throttle, now_ms);
    return true;
}
