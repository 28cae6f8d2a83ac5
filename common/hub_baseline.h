/* What a hub's entry in the configuration says about its baseline: a configuration of priority 0 with the system
 * modules alone, so that devices whose Deployment is deleted lose its modules. */
#ifndef COMMON_HUB_BASELINE_H
#define COMMON_HUB_BASELINE_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct hub_baseline {
    bool said;       /* the key is there: without it one that is on the hub stays as it is */
    bool wanted;     /* false, said: it goes */
    char *condition; /* which devices; NULL unless wanted */
    bool all_confirmed;
    char **confirmed; /* ids of devices that may get it although no configuration targets them yet */
    size_t confirmed_count;
};

/* Reads baseline, baselineCondition and baselineConfirmed of a hub's entry. An error names the key. *baseline is to be
 * released in any case. */
int hub_baseline_parse(const cJSON *entry, struct hub_baseline *baseline, struct error *error);
void hub_baseline_release(struct hub_baseline *baseline);

/* Whether the operator confirmed that device. */
bool hub_baseline_confirms(const struct hub_baseline *baseline, const char *device);

#endif
