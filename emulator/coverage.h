/* Was every device that had modules targeted at every instant? A gap is an instant in which a device that was matched
 * by a base configuration with modules of its own came to be matched by none. It is looked for whenever the set of
 * configurations or the tags change, not only at evaluations: the hub may evaluate at any moment.
 *
 * The same is asked of each module: a loss is an instant from which a device was no longer to have a module that it was
 * to have before. */
#ifndef EMULATOR_COVERAGE_H
#define EMULATOR_COVERAGE_H

#include "emulator/evaluation.h"

struct emulator_gap {
    uint64_t sequence; /* of the call in the history that opened it */
    int64_t wall_ms;
    char *device_id;
    char *configuration_id; /* that matched before */
};

struct emulator_loss {
    uint64_t sequence;
    int64_t wall_ms;
    char *device_id;
    char *module;
    bool by_evaluation; /* the configurations were there, but the hub took them into account in the wrong order */
};

struct emulator_coverage {
    struct emulator_gap *gaps;
    size_t count, capacity;
    struct emulator_loss *losses;
    size_t loss_count, loss_capacity;
};

/* Looks at all devices after a change that the call of that sequence number made. */
void emulator_coverage_update(struct emulator_coverage *coverage, struct emulator_hub_state *state, uint64_t sequence);
/* Looks at one device, the only one that the change can concern; device may be NULL. */
void emulator_coverage_update_device(struct emulator_coverage *coverage, const struct emulator_hub_state *state,
                                     struct emulator_device *device, uint64_t sequence);
void emulator_coverage_clear(struct emulator_coverage *coverage);

/* Looks for modules that a device should have and that an evaluation of the call of that number has taken from it. */
void emulator_coverage_compare(struct emulator_coverage *coverage, const struct emulator_hub_state *state,
                               uint64_t sequence);

/* What is asked for. */
struct emulator_coverage_question {
    uint64_t since;     /* only what calls after that number did */
    const char *device; /* NULL: all */
    const char *module; /* NULL: all */
};

/* Writes {"gaps": […], "losses": […], "covered": whether there is neither}. With a module, only its losses count. */
void emulator_coverage_write(struct json_writer *json, const struct emulator_coverage *coverage,
                             const struct emulator_coverage_question *question);

#endif
