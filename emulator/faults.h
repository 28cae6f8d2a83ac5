/* Faults that a test orders: the next calls of that kind are held, answered with an error, or cut off, before they take
 * effect or after. The emulator's lock is held in every call; emulator_faults_wait lets it go while it waits. */
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
    EMULATOR_FAULT_STATUS,
    EMULATOR_FAULT_CLOSE,
};

struct emulator_fault {
    uint64_t id;
    char *method;      /* NULL: any */
    char *path_prefix; /* NULL: any */
    bool after;        /* the call took effect */
    enum emulator_fault_action action;
    int status;    /* of STATUS */
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

/* What a fault does to one call. */
struct emulator_fault_effect {
    enum emulator_fault_action action;
    bool after;
    int status;
};

void emulator_faults_init(struct emulator_faults *faults);
void emulator_faults_release(struct emulator_faults *faults);

/* Adds the fault of a JSON object: method, pathPrefix, when (before or after), action (hold, close, status:NNN), count.
 */
int emulator_faults_add(struct emulator_faults *faults, const cJSON *order, uint64_t *ret_id, struct error *error);

/* The first fault that meets the call, whose count goes down. */
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
