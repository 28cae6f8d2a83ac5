/* The emulated hub, whole: its state under one lock, and what changes it. */
#ifndef EMULATOR_EMULATOR_H
#define EMULATOR_EMULATOR_H

#include "emulator/coverage.h"
#include "emulator/entra.h"
#include "emulator/evaluation.h"
#include "emulator/faults.h"
#include "emulator/history.h"
#include "emulator/options.h"
#include "emulator/policies.h"
#include "emulator/throttle.h"

#include <pthread.h>

#define EMULATOR_MAX_HOSTS 3

/* How the list of configurations looked before the last create or delete. */
struct emulator_before_last {
    char *hidden_id; /* that was created */
    char *shown;     /* JSON of the one that was deleted, or NULL */
    size_t place;    /* of it */
};

struct emulator {
    struct emulator_options options;
    const char *hosts[EMULATOR_MAX_HOSTS]; /* names that tokens may be signed for, ended by NULL */
    pthread_mutex_t lock;                  /* over all that follows */
    pthread_cond_t work;                   /* for the worker: something is due sooner, or the end */
    bool stopping;
    pthread_cond_t moved; /* something happened that a waiting call may wait for */
    struct emulator_policies policies;
    struct emulator_entra entra;
    struct emulator_hub_state state;
    struct emulator_history history;
    struct emulator_faults faults;
    struct emulator_coverage coverage;
    struct emulator_throttle configuration_calls, query_calls;
    struct emulator_before_last before_last;
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

/* Seconds since 1970 by the hub's clock, which may be wrong. */
int64_t emulator_wall_s(const struct emulator *emulator);

/* Waits until that time on clock_now_ms, and lets the lock go meanwhile. False when the emulator stops. */
bool emulator_pause(struct emulator *emulator, int64_t until_ms);

/* Likewise, but ends also when something has moved: the caller looks whether it is what he waits for. */
bool emulator_pause_until_moved(struct emulator *emulator, int64_t until_ms);

/* Waits for one of the emulator's conditions, at the longest until that time. */
void emulator_wait(struct emulator *emulator, pthread_cond_t *condition, int64_t until_ms);

/* The thread that evaluates and lets agents take what is due, until the emulator stops. */
void *emulator_worker(void *emulator);

/* Ends the worker, and drops the calls that are held. */
void emulator_stop(struct emulator *emulator);

#endif
