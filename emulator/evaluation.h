/* The hub's evaluation: for each edge device, the configuration of highest priority whose target condition holds, with
 * the layers above it, becomes the desired properties of its modules. A device that no configuration matches keeps what
 * it has. */
#ifndef EMULATOR_EVALUATION_H
#define EMULATOR_EVALUATION_H

#include "emulator/configurations.h"
#include "emulator/fleet.h"
#include "emulator/quirks.h"

/* The desired properties that one base and its layers give; shared by all devices that follow them, and kept between
 * passes because content never changes. */
struct emulator_plan {
    uint64_t *orders; /* of the base, then of the layers from low to high */
    size_t order_count;
    char **module_ids;
    struct emulator_document **desired; /* of those modules */
    size_t module_count;
    bool used;     /* in this pass */
    bool oversize; /* a module's desired properties are beyond what a twin can hold */
};

struct emulator_plans {
    struct emulator_plan **items;
    size_t count, capacity;
};

void emulator_plans_release(struct emulator_plans *plans);

struct emulator_hub_state {
    struct emulator_configurations configurations;
    struct emulator_fleet fleet;
    struct emulator_plans plans;
    struct emulator_quirks quirks;
    bool only_evaluated; /* for one pass: leave out the configurations that none has seen yet */
};

/* One pass over all devices. Their agents take changes pull_delay_ms after now_ms, or within the call when that is 0.
 */
void emulator_evaluate(struct emulator_hub_state *state, int64_t now_ms, int64_t pull_delay_ms);

/* The highest-priority base that matches the device, or NULL; of equal ones the newest. */
struct emulator_configuration *emulator_evaluation_base(const struct emulator_hub_state *state,
                                                        const cJSON *device_tree);

/* That base and the layers above it from low to high, in an array that has room for all configurations and one more.
 * Returns how many. */
size_t emulator_evaluation_stack(const struct emulator_hub_state *state, const cJSON *device_tree,
                                 struct emulator_configuration **stack);

/* Whether it is an IoT Edge deployment whose condition holds for the device. */
bool emulator_evaluation_matches(const struct emulator_configuration *configuration, const cJSON *device_tree);

#endif
