/* Faults that a test orders: the next calls of that kind are held, slowed down, answered with an error, or cut off,
 * before they take effect or after; or somebody else changes the hub under them. The emulator's lock is held in every
 * call; emulator_faults_wait lets it go while it waits. */
#ifndef EMULATOR_FAULTS_H
#define EMULATOR_FAULTS_H

#include "common/error.h"
#include "common/json_writer.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum emulator_fault_action {
    EMULATOR_FAULT_NONE,
    EMULATOR_FAULT_HOLD,
    EMULATOR_FAULT_STATUS,    /* an error with that status, or that code */
    EMULATOR_FAULT_CLOSE,     /* the connection ends without an answer */
    EMULATOR_FAULT_TLS_CLOSE, /* likewise, and TLS says goodbye first */
    EMULATOR_FAULT_RESET,     /* likewise, by a TCP reset */
    EMULATOR_FAULT_SLOW,
    EMULATOR_FAULT_TRUNCATE, /* the whole length is announced, and less is sent */
    EMULATOR_FAULT_STALE,    /* a list as it was before the last create or delete */
    EMULATOR_FAULT_FOREIGNER,
};

/* What a fault does to one call. */
struct emulator_fault_effect {
    enum emulator_fault_action action;
    bool after;     /* the call took effect */
    int64_t number; /* STATUS: HTTP status or code of six digits; SLOW: ms; TRUNCATE: bytes */
    cJSON *script;  /* FOREIGNER: see foreigner.h; owned */
};

struct emulator_fault {
    uint64_t id;
    char *method;      /* NULL: any */
    char *path_prefix; /* NULL: any */
    struct emulator_fault_effect effect;
    char *action;  /* as it was ordered */
    int64_t count; /* calls that it still meets; 0: no end */
};

/* A call that is being held; lives on the stack of its thread. */
struct emulator_held_call {
    const char *method, *path;
    bool after;
    bool released, dropped;
    struct emulator_held_call *next;
};

struct emulator_faults {
    struct emulator_fault *items;
    size_t count, capacity;
    uint64_t last_id;
    struct emulator_held_call *held;
    bool stopping; /* nothing is held any more */
    pthread_cond_t released;
};

void emulator_faults_init(struct emulator_faults *faults);
void emulator_faults_release(struct emulator_faults *faults);

/* Adds the fault of a JSON object: method, pathPrefix, when (before or after), action (hold, close, tls-close, reset,
 * status:NNN, error:NNNNNN, slow:DURATION, truncate:BYTES, stale, foreigner), count, script (of a foreigner). */
int emulator_faults_add(struct emulator_faults *faults, const cJSON *order, uint64_t *ret_id, struct error *error);

/* The first fault that meets the call, whose count goes down. The script is the caller's. */
struct emulator_fault_effect emulator_faults_match(struct emulator_faults *faults, const char *method,
                                                   const char *path);

/* Holds the calling thread until the faults are deleted. Returns whether the call goes on; else it is dropped. */
bool emulator_faults_wait(struct emulator_faults *faults, pthread_mutex_t *lock, const char *method, const char *path,
                          bool after);

/* Forgets all faults and lets the held calls go, on or, with drop, into nothing. */
void emulator_faults_clear(struct emulator_faults *faults, bool drop);

/* Writes {"pending": […], "held": N, "holding": [{"method", "path", "when"}]}. */
void emulator_faults_write(struct json_writer *json, const struct emulator_faults *faults);

#endif
