/* What a worker knows about its hub's baseline. */
#ifndef SERVER_HUB_BASELINE_STATE_H
#define SERVER_HUB_BASELINE_STATE_H

#include "sync/plan.h"

#include <stddef.h>
#include <stdint.h>

enum hub_baseline_phase {
    HUB_BASELINE_IDLE,
    HUB_BASELINE_DEVICES,    /* which devices match */
    HUB_BASELINE_CONFIGURED, /* which of them have a configuration */
};

struct hub_baseline_device {
    char *id;
    bool configured;
};

struct hub_baseline_state {
    char *content; /* NULL unless one is wanted */
    struct plan_baseline wish;
    enum hub_baseline_phase phase;
    char *continuation;                  /* of the next page; NULL for the first */
    struct hub_baseline_device *devices; /* that match; sorted when all are known */
    size_t device_count;
    int64_t next_ask_ms;
    char *listed; /* the devices to be confirmed, as they were told last; or NULL */
    char *told;   /* why it is not there, as it was told last; or NULL */
};

#endif
