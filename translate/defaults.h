/* What a good edge Deployment lacks and we add: design, "Defaults that are injected". */
#ifndef TRANSLATE_DEFAULTS_H
#define TRANSLATE_DEFAULTS_H

#include "common/error.h"
#include "common/strbuf.h"
#include "translate/field_error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define PLACEMENT_GATE "iot-edge-connector/placement"

/* Writes the JSONPatch (RFC 6902) that completes an edge Deployment to patch and returns the number of its operations;
 * with 0 nothing is written. Only `add`, and `replace` of the API server's own default strategy and progress deadline.
 * Applied twice it changes nothing. A Deployment that is no edge Deployment gets none. Never fails: what has a wrong
 * shape is left alone, validation will name it. */
size_t defaults_patch(const cJSON *deployment, struct strbuf *patch);

/* Warns, once, when the patch adds to lists that are given in part: tools that compare their file with the cluster
 * (GitOps) see a difference until the file has them whole. */
void defaults_warn(const cJSON *deployment, struct findings *findings);

/* The same completion in place, for what was stored without us. 0, or -1 without memory. */
int defaults_apply(cJSON *deployment, struct error *error);

#endif
