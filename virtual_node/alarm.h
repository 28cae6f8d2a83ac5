/* Waiting until a moment, woken before it by another thread. Absolute moments on clock_now_ms, so that a machine that
 * was suspended goes on at once and no schedule drifts. */
#ifndef VIRTUAL_NODE_ALARM_H
#define VIRTUAL_NODE_ALARM_H

#include "common/error.h"

#include <stdint.h>

struct node_alarm {
    int timer_fd;
    int wake_fd;
};

#define NODE_ALARM_INIT                                                                                                \
    {                                                                                                                  \
        -1, -1                                                                                                         \
    }

int node_alarm_init(struct node_alarm *alarm, struct error *error);
void node_alarm_release(struct node_alarm *alarm);

/* Returns at the moment, or when node_alarm_wake was called since the last wait. One thread. */
void node_alarm_wait(struct node_alarm *alarm, int64_t until_ms);

/* Any thread. */
void node_alarm_wake(struct node_alarm *alarm);

#endif
