/* Keeps the state file in step with the hub, in a thread of its own. */
#ifndef EMULATOR_STATE_SAVER_H
#define EMULATOR_STATE_SAVER_H

#include "emulator/emulator.h"

struct emulator_state_saver {
    struct emulator *emulator;
    const char *path;
    pthread_t thread;
    pthread_mutex_t lock; /* over stopping */
    pthread_cond_t stop;
    bool stopping;
    uint64_t saved; /* a digest of what the file holds */
};

/* Writes the file for the first time, and starts. Nothing needs stopping after an error. */
int emulator_state_saver_start(struct emulator_state_saver *saver, struct emulator *emulator, const char *path,
                               struct error *error);

/* Ends the thread and writes the file for the last time. */
int emulator_state_saver_stop(struct emulator_state_saver *saver, struct error *error);

/* Writes the file when the state differs from what it holds. */
int emulator_state_saver_save(struct emulator_state_saver *saver, struct error *error);

#endif
