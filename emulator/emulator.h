/* The emulated hub, whole: its state under one lock, and what changes it. */
#ifndef EMULATOR_EMULATOR_H
#define EMULATOR_EMULATOR_H

#include "emulator/coverage.h"
#include "emulator/evaluation.h"
#include "emulator/faults.h"
#include "emulator/history.h"
#include "emulator/options.h"
#include "emulator/sas.h"
#include "emulator/throttle.h"

#include <pthread.h>

#define EMULATOR_MAX_HOSTS 3

struct emulator {
    struct emulator_options options;
    const char *hosts[EMULATOR_MAX_HOSTS]; /* names that tokens may be signed for, ended by NULL */
    pthread_mutex_t lock;                  /* over all that follows */
    pthread_cond_t work;                   /* for the worker: something is due sooner, or the end */
    bool stopping;
    struct emulator_keys keys;
    struct emulator_hub_state state;
    struct emulator_history history;
    struct emulator_faults faults;
    struct emulator_coverage coverage;
    struct emulator_throttle configuration_calls, query_calls;
    int64_t evaluate_at_ms; /* on clock_now_ms; -1: only when asked */
};

/* Sets the emulator up with the options and the keys (copied), and its fleet. */
int emulator_init(struct emulator *emulator, const struct emulator_options *options, const struct emulator_keys *keys,
                  struct error *error);
void emulator_release(struct emulator *emulator);

/* The following want the lock held. */

/* Evaluates now; the next pass comes a period later. */
void emulator_evaluate_now(struct emulator *emulator);

/* A configuration was created: an evaluation follows soon. */
void emulator_evaluate_soon(struct emulator *emulator);

/* Replaces the keys; secondary may be NULL. */
int emulator_keys_set(struct emulator_keys *keys, const char *primary, const char *secondary, struct error *error);
void emulator_keys_release(struct emulator_keys *keys);

/* The thread that evaluates and lets agents take what is due, until the emulator stops. */
void *emulator_worker(void *emulator);

/* Ends the worker, and drops the calls that are held. */
void emulator_stop(struct emulator *emulator);

#endif
