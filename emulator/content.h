/* The content of a configuration: the service's rules for it, and what it means for a device. */
#ifndef EMULATOR_CONTENT_H
#define EMULATOR_CONTENT_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum emulator_content_kind {
    EMULATOR_CONTENT_MODULES, /* modulesContent: an IoT Edge deployment */
    EMULATOR_CONTENT_DEVICE,  /* deviceContent: for devices' own twins */
    EMULATOR_CONTENT_MODULE,  /* moduleContent: for modules' twins */
};

struct emulator_content_facts {
    enum emulator_content_kind kind;
    bool base;        /* sets the whole desired properties of $edgeAgent; otherwise a layer */
    bool agent_empty; /* "$edgeAgent": {}: such a layer is never counted as applied */
    bool has_modules; /* names a module that is no system module */
};

/* Judges content by the rules of the service: exactly one of three kinds, $edgeAgent present, every key inside a module
 * `properties.desired` or below it. */
int emulator_content_check(const cJSON *content, struct emulator_content_facts *ret_facts, struct error *error);

/* Lays contents over each other, in their order, and returns an object of the modules' desired properties. A whole
 * `properties.desired` replaces; a dotted path sets what is at that path. */
cJSON *emulator_content_merge(const cJSON *const *contents, size_t count);

#endif
