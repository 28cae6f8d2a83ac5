/* So many calls in any 60 seconds, all at once or at an even pace. */
#ifndef EMULATOR_THROTTLE_H
#define EMULATOR_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest that the service keeps a call waiting for its turn. */
#define EMULATOR_THROTTLE_LONGEST_MS 10000

struct emulator_throttle {
    size_t limit;   /* 0: none */
    int64_t *times; /* at which the last calls that were let through took their turn, a ring */
    size_t next;
    int64_t next_turn_ms; /* of a queue */
};

void emulator_throttle_init(struct emulator_throttle *throttle, size_t calls_per_minute);
void emulator_throttle_release(struct emulator_throttle *throttle);

/* Whether a call may pass now. One that may not does not count. */
bool emulator_throttle_take(struct emulator_throttle *throttle, int64_t now_ms);

/* Gives a call its turn in a queue that moves at an even pace: returns the milliseconds until then, 0 for now, or -1
 * when that is longer than EMULATOR_THROTTLE_LONGEST_MS; it then does not count. */
int64_t emulator_throttle_queue(struct emulator_throttle *throttle, int64_t now_ms);

#endif
