/* Shapes of JSON: which types a reader wants where. */
#ifndef EMULATOR_SHAPE_H
#define EMULATOR_SHAPE_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum emulator_shape_kind {
    EMULATOR_SHAPE_TEXT,
    EMULATOR_SHAPE_INTEGER,
    EMULATOR_SHAPE_TRUTH,
    EMULATOR_SHAPE_LIST,   /* of item */
    EMULATOR_SHAPE_MAP,    /* any names, each an item */
    EMULATOR_SHAPE_RECORD, /* the fields that are known; others are of any type */
};

struct emulator_field;

struct emulator_shape {
    enum emulator_shape_kind kind;
    const struct emulator_shape *item;
    const struct emulator_field *fields;
    size_t field_count;
};

struct emulator_field {
    const char *name;
    const struct emulator_shape *shape;
};

/* lenient: names in any letter case, scalars that can be converted. null is of any shape. */
int emulator_shape_check(const struct emulator_shape *shape, const cJSON *value, const char *name, bool lenient,
                         struct error *error);

#endif
