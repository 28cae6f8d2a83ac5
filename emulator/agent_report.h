/* What a device writes into the reported properties of $edgeAgent and $edgeHub. */
#ifndef EMULATOR_AGENT_REPORT_H
#define EMULATOR_AGENT_REPORT_H

#include "emulator/fleet.h"

/* After the agent took the desired properties, with the outcome. */
void emulator_agent_report(struct emulator_device *device, int code, const char *description, int64_t now);
void emulator_agent_report_hub(struct emulator_device *device, int code, const char *description, int64_t now);

/* The state of the containers changed; version and outcome stay as they were reported last. */
void emulator_agent_report_again(struct emulator_device *device, int64_t now);

#endif
