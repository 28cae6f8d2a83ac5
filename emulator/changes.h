/* Changes of configurations and what follows from them, whoever makes them: a call of the service or the foreigner. */
#ifndef EMULATOR_CHANGES_H
#define EMULATOR_CHANGES_H

#include "emulator/emulator.h"

/* PUT: as emulator_configurations_put, with the quirks. *ret_created may be NULL. body's content may be replaced. */
int emulator_change_put(struct emulator *emulator, const char *id, const char *if_match, cJSON *body,
                        struct emulator_configuration **ret_configuration, bool *ret_created,
                        struct emulator_refusal *refusal);

/* DELETE. */
int emulator_change_delete(struct emulator *emulator, const char *id, const char *if_match,
                           struct emulator_refusal *refusal);

/* Notes a call, or what was done past the service, in the history, and looks for gaps when it changed something. device
 * is the only one concerned, or NULL. Returns the sequence number. */
uint64_t emulator_change_record(struct emulator *emulator, const struct emulator_record *facts,
                                struct emulator_device *device);

/* Writes the array of all configurations; stale: as it was before the last create or delete. */
void emulator_change_list_write(struct json_writer *json, const struct emulator *emulator, bool stale);

#endif
