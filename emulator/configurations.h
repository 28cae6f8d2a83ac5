/* All configurations of the hub: create, update, delete, by the service's rules for If-Match, immutable content and
 * count. */
#ifndef EMULATOR_CONFIGURATIONS_H
#define EMULATOR_CONFIGURATIONS_H

#include "emulator/configuration.h"

struct emulator_configurations {
    struct emulator_configuration **items; /* in the order of creation */
    size_t count, capacity;
    uint64_t last_order;
};

/* How an emulated hub differs from another. */
struct emulator_configuration_rules {
    size_t limit;                /* most configurations; 0: none */
    bool refuse_changed_content; /* 400403; else it answers 200 and keeps the old content */
};

struct emulator_configuration *emulator_configurations_find(const struct emulator_configurations *configurations,
                                                            const char *id);

/* PUT. if_match is the header's value or NULL. On success *ret_configuration is what is stored now. */
int emulator_configurations_put(struct emulator_configurations *configurations,
                                const struct emulator_configuration_rules *rules, const char *id, const char *if_match,
                                const cJSON *body, struct emulator_configuration **ret_configuration,
                                struct emulator_refusal *refusal);

/* DELETE. */
int emulator_configurations_delete(struct emulator_configurations *configurations, const char *id, const char *if_match,
                                   struct emulator_refusal *refusal);

void emulator_configurations_release(struct emulator_configurations *configurations);

#endif
