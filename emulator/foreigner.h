/* Somebody else who works on the same hub: edits what is not his, past tokens, rates and faults. */
#ifndef EMULATOR_FOREIGNER_H
#define EMULATOR_FOREIGNER_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

struct emulator;

/* A script is an action or an array of them. An action is an object of `do` and `id`; an id that ends with an asterisk
 * stands for all configurations that begin so:
 *
 *     edit                      sets those of priority, targetCondition and labels that are given
 *     remove-labels
 *     delete
 *     recreate                  deletes it and creates another of that id: the same, but for what is given
 *     create                    with content and what else is given
 *     add-base                  a base of priority 0 for all devices, without modules
 *     add-device-configuration  for the devices' own twins, or with moduleContent for modules
 */
int emulator_foreigner_check(const cJSON *script, struct error *error);

/* Carries a script out, with the emulator's lock held, and returns how many changes it made, or -1 with what the hub
 * said against the first that failed. Each is in the history, by the principal "foreigner". */
int emulator_foreigner_run(struct emulator *emulator, const cJSON *script, struct error *error);

#endif
