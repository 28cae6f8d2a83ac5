/* What a YAML scalar means to kubectl: the rules of go.yaml.in/yaml/v2 (resolve.go), which sigs.k8s.io/yaml uses. */
#ifndef COMMON_YAML_SCALAR_H
#define COMMON_YAML_SCALAR_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

enum yaml_scalar_type {
    YAML_SCALAR_STRING,
    YAML_SCALAR_NULL,
    YAML_SCALAR_BOOL,
    YAML_SCALAR_INTEGER,
    YAML_SCALAR_FLOAT,
};

struct yaml_scalar {
    enum yaml_scalar_type type;
    char *text; /* of a string; owned by the caller */
    bool truth;
    int64_t integer; /* ±(2^53-1) */
    double number;   /* finite */
};

/* Resolves a scalar. tag is the long form ("tag:yaml.org,2002:int") or NULL; plain says that it has neither quotes nor
 * a tag, so that its looks decide. */
int yaml_scalar_resolve(const char *tag, bool plain, const char *text, struct yaml_scalar *ret_scalar,
                        struct error *error);

/* The scalar as a key of a JSON object, as sigs.k8s.io/yaml writes it; a null is refused. The text belongs to the
 * caller. */
int yaml_scalar_to_key(const struct yaml_scalar *scalar, char **ret_key, struct error *error);

#endif
