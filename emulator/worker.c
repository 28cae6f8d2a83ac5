#include "emulator/emulator.h"

#include "common/clock.h"
#include "emulator/agent.h"
#include "emulator/timestamp.h"

/* The sooner of two times, where -1 is never. */
static int64_t sooner(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

/* Lets the agents take what is due, and returns when the next one is, or -1. */
static int64_t agents_run(struct emulator *emulator, int64_t now_ms)
{
    int64_t next = -1;

    for (size_t i = 0; i < emulator->state.fleet.count; i++) {
        struct emulator_device *device = emulator->state.fleet.devices[i];
        if (device->pull_at_ms >= 0 && device->pull_at_ms <= now_ms)
            emulator_agent_take(device, emulator_ticks_now());
        emulator_agent_live(device, now_ms);
        if (device->back_at_ms >= 0 && device->back_at_ms <= now_ms) {
            emulator_agent_release(device, now_ms, emulator->options.pull_delay_ms);
            pthread_cond_broadcast(&emulator->moved);
        }
        next = sooner(sooner(next, device->pull_at_ms), sooner(device->life_at_ms, device->back_at_ms));
    }
    return next;
}

void *emulator_worker(void *context)
{
    struct emulator *emulator = context;

    pthread_mutex_lock(&emulator->lock);
    while (!emulator->stopping) {
        if (emulator->evaluate_at_ms >= 0 && emulator->evaluate_at_ms <= clock_now_ms())
            emulator_evaluate_now(emulator);
        int64_t next = agents_run(emulator, clock_now_ms());
        next = sooner(next, emulator->evaluate_at_ms);
        if (next < 0)
            pthread_cond_wait(&emulator->work, &emulator->lock);
        else
            emulator_wait(emulator, &emulator->work, next);
    }
    pthread_mutex_unlock(&emulator->lock);
    return NULL;
}
