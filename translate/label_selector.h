/* Label selectors, as Kubernetes reads them. Private to the room. */
#ifndef TRANSLATE_LABEL_SELECTOR_H
#define TRANSLATE_LABEL_SELECTOR_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Whether a labelSelector (matchLabels, matchExpressions) selects these labels. A missing one selects nothing, an empty
 * one everything. */
bool label_selector_matches(const cJSON *selector, const cJSON *labels);

#endif
