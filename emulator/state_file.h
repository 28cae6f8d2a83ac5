/* The state of the hub in one file: keys, quirks, configurations, twins and what runs on the devices. History, faults
 * and logs are not in it. Which devices there are is the fleet's to say: those in the file that it no longer has are
 * forgotten, and new ones begin empty.
 *
 * One JSON object a line, so that a large fleet need not be in memory twice: a hub, the documents that twins share, the
 * configurations, the devices. Times are texts, because ticks are more than a double can hold. */
#ifndef EMULATOR_STATE_FILE_H
#define EMULATOR_STATE_FILE_H

#include "common/strbuf.h"
#include "emulator/emulator.h"

/* Tells one start of the machine from another: when something is due counts from there. For the caller to free. */
char *emulator_state_boot(void);

/* Writes the state; the lock is held. */
void emulator_state_write(const struct emulator *emulator, struct strbuf *out);

/* Puts the state of the text in place of what emulator_init made; keys that the command line gave stay. */
int emulator_state_read(struct emulator *emulator, const char *text, size_t length, struct error *error);

/* Reads the file when there is one. */
int emulator_state_load(struct emulator *emulator, const char *path, struct error *error);

#endif
