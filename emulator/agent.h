/* The edge agent of a simulated device: takes the desired properties, keeps containers, reports. */
#ifndef EMULATOR_AGENT_H
#define EMULATOR_AGENT_H

#include "emulator/fleet.h"

/* The desired properties changed: the agent takes them delay_ms after now_ms, or at once when delay_ms is 0. A held
 * device takes nothing until it is released. */
void emulator_agent_notice(struct emulator_device *device, int64_t now_ms, int64_t delay_ms);

/* Takes what is desired now, and reports. */
void emulator_agent_take(struct emulator_device *device, int64_t now);

/* Holds the device, or lets it go: then it takes what it missed, with the delay. */
void emulator_agent_hold(struct emulator_device *device);
void emulator_agent_release(struct emulator_device *device, int64_t now_ms, int64_t delay_ms);

enum emulator_agent_verdict {
    EMULATOR_AGENT_PENDING,   /* has not taken this version of the desired properties */
    EMULATOR_AGENT_SUCCEEDED, /* code 200 */
    EMULATOR_AGENT_FAILED,
};

/* What the system metrics ask of a device. */
enum emulator_agent_verdict emulator_agent_verdict(const struct emulator_device *device);

/* The container of that name; edgeAgent and edgeHub are the system's. NULL when it is not there. */
struct emulator_container *emulator_agent_container(struct emulator_device *device, const char *name);

/* Makes a container report that runtimeStatus from now on (unhealthy, backoff, stopped, failed, dead or unknown), or
 * run again. A new status of a held device is reported when it is released. description may be NULL. */
void emulator_agent_fail(struct emulator_device *device, struct emulator_container *container, const char *status,
                         int exit_code, const char *description);
void emulator_agent_recover(struct emulator_device *device, struct emulator_container *container);

/* The container exits with that code now, and its restartPolicy decides what follows. */
void emulator_agent_crash(struct emulator_device *device, struct emulator_container *container, int exit_code);

/* Starts it again, as RestartModule does. */
void emulator_agent_restart(struct emulator_device *device, struct emulator_container *container);

/* Lets happen to the containers what is due, and reports it. */
void emulator_agent_live(struct emulator_device *device, int64_t now_ms);

/* Its runtimeStatus. */
const char *emulator_container_status(const struct emulator_container *container);

#endif
