/* Was every device that had modules targeted at every instant? A gap is an instant in which a device that was matched
 * by a base configuration with modules of its own came to be matched by none. It is looked for whenever the set of
 * configurations or the tags change, not only at evaluations: the hub may evaluate at any moment. */
#ifndef EMULATOR_COVERAGE_H
#define EMULATOR_COVERAGE_H

#include "emulator/evaluation.h"

struct emulator_gap {
    uint64_t sequence; /* of the call in the history that opened it */
    int64_t wall_ms;
    char *device_id;
    char *configuration_id; /* that matched before */
};

struct emulator_coverage {
    struct emulator_gap *gaps;
    size_t count, capacity;
};

/* Looks at all devices after a change that the call of that sequence number made. */
void emulator_coverage_update(struct emulator_coverage *coverage, struct emulator_hub_state *state, uint64_t sequence);
/* Looks at one device, the only one that the change can concern; device may be NULL. */
void emulator_coverage_update_device(struct emulator_coverage *coverage, const struct emulator_hub_state *state,
                                     struct emulator_device *device, uint64_t sequence);
void emulator_coverage_clear(struct emulator_coverage *coverage);

/* Writes {"gaps": [those whose call came after since]}. */
void emulator_coverage_write(struct json_writer *json, const struct emulator_coverage *coverage, uint64_t since);

#endif
