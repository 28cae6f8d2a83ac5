/* Quantities as Kubernetes writes them: 250m, 64Mi, 1.5, 1e3. Private to the room. */
#ifndef TRANSLATE_QUANTITY_H
#define TRANSLATE_QUANTITY_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* Reads a string or a number in units of 10^-decimals, rounded up as Kubernetes does. Returns false when it is no
 * quantity, negative, or beyond 2^53. Rule: k8s.io/apimachinery/pkg/api/resource. */
bool quantity_read(const cJSON *item, unsigned decimals, int64_t *ret_value);

#endif
