/* Direct methods: what the modules of a device answer. */
#ifndef EMULATOR_METHODS_H
#define EMULATOR_METHODS_H

#include "common/json_writer.h"
#include "emulator/fleet.h"

/* The answer of module_id, or of the device's own program when it is NULL, to a method: the status that the module
 * gives, and its payload as JSON. hub is the host name that logs name. */
int emulator_method_call(struct emulator_device *device, const char *module_id, const char *method,
                         const cJSON *payload, const char *hub, struct json_writer *answer);

/* GetModuleLogs of edgeAgent; as above. */
int emulator_module_logs(struct emulator_device *device, const cJSON *payload, const char *hub,
                         struct json_writer *answer);

/* {"message": …} as edgeAgent writes its errors; returns the status. */
int emulator_method_fail(struct json_writer *answer, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether the schemaVersion of a request is of the major version 1. */
bool emulator_method_version_is_known(const cJSON *payload);

#endif
