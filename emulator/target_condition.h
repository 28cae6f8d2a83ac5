/* The target condition of a configuration: which devices it is meant for. The language is that of queries, restricted
 * to what the service takes in a PUT: no IN, paths below deviceId, tags and properties.reported only, literals on the
 * right. */
#ifndef EMULATOR_TARGET_CONDITION_H
#define EMULATOR_TARGET_CONDITION_H

#include "common/error.h"
#include "emulator/expression.h"

struct emulator_target_condition {
    bool all;                               /* "*" */
    struct emulator_expression *expression; /* NULL, and not all: nobody */
};

#define EMULATOR_TARGET_CONDITION_INIT                                                                                 \
    {                                                                                                                  \
        false, NULL                                                                                                    \
    }

/* An empty text is well-formed and targets nobody. */
int emulator_target_condition_parse(const char *text, struct emulator_target_condition *ret_condition,
                                    struct error *error);
/* Likewise; of a configuration for modules' twins, which may also look at moduleId. */
int emulator_target_condition_parse_for(const char *text, bool of_modules,
                                        struct emulator_target_condition *ret_condition, struct error *error);
void emulator_target_condition_release(struct emulator_target_condition *condition);

/* Whether it holds for a device's twin (see emulator_twin_tree). */
bool emulator_target_condition_holds(const struct emulator_target_condition *condition, const cJSON *twin);

#endif
