/* The admin interface: how a test or a demo looks into the emulator and orders what happens. Plain HTTP, JSON. */
#ifndef EMULATOR_ADMIN_H
#define EMULATOR_ADMIN_H

#include "emulator/api.h"

/* For http_server_options.handle; context is the emulator. */
void emulator_admin_handle(void *context, const struct http_request *request, struct http_response *response);

/* Answers {"error": …}. */
void emulator_admin_refuse(struct emulator_call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Parses the body, an empty one as {}; answers with an error and returns NULL when it is no JSON. */
cJSON *emulator_admin_body(struct emulator_call *call);

/* /devices and what is below it. */
void emulator_admin_devices_handle(struct emulator_call *call);

/* Orders to a device (third segment of the path) and to a module (fifth) beside the oldest ones; false when it is none.
 */
bool emulator_admin_device_order(struct emulator_call *call, struct emulator_device *device);
bool emulator_admin_module_order(struct emulator_call *call, struct emulator_device *device,
                                 struct emulator_container *container);

/* GET /devices/{id}/messages and GET /devices/{id}/modules/{m}/log */
void emulator_admin_messages_show(struct emulator_call *call, const struct emulator_device *device);
void emulator_admin_log_show(struct emulator_call *call, const struct emulator_container *container);

#endif
