/* The shared access policies of the hub, and what each of them may do. */
#ifndef EMULATOR_POLICIES_H
#define EMULATOR_POLICIES_H

#include "common/error.h"
#include "emulator/sas.h"

#include <stddef.h>

/* A shared access policy's ServiceConnect is the three rights to twins and methods. */
enum emulator_right {
    EMULATOR_RIGHT_REGISTRY_READ = 1,
    EMULATOR_RIGHT_REGISTRY_WRITE = 2,
    EMULATOR_RIGHT_TWIN_READ = 4,
    EMULATOR_RIGHT_TWIN_WRITE = 8,
    EMULATOR_RIGHT_METHODS = 16,
    EMULATOR_RIGHT_DEVICE_CONNECT = 32,
    EMULATOR_RIGHTS_ALL = 63,
};

#define EMULATOR_RIGHTS_SERVICE (EMULATOR_RIGHT_TWIN_READ | EMULATOR_RIGHT_TWIN_WRITE | EMULATOR_RIGHT_METHODS)

struct emulator_policies {
    struct emulator_keys *items; /* the first is the one of --policy */
    size_t count, capacity;
};

/* The policies that every hub has, with random keys, and before them the main one with its keys (copied): it has all
 * rights unless its name is one of theirs. assignments (NAME=KEY[,KEY], may be NULL) set keys of the others. */
int emulator_policies_init(struct emulator_policies *policies, const struct emulator_keys *main,
                           const char *const *assignments, size_t assignment_count, struct error *error);
void emulator_policies_release(struct emulator_policies *policies);

/* The policy of that name, or NULL. */
struct emulator_keys *emulator_policies_find(const struct emulator_policies *policies, const char *name);

/* Replaces the keys; secondary may be NULL. */
int emulator_keys_set(struct emulator_keys *keys, const char *primary, const char *secondary, struct error *error);
/* "primary[,secondary]" */
int emulator_keys_parse(struct emulator_keys *keys, const char *text, struct error *error);
int emulator_keys_make_random(struct emulator_keys *keys, struct error *error);
void emulator_keys_release(struct emulator_keys *keys);

#endif
