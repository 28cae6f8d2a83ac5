/* What is asked of an IoT Hub, for those who count it. */
#ifndef IOTHUB_OPERATION_H
#define IOTHUB_OPERATION_H

#include <stdint.h>

enum iothub_operation {
    IOTHUB_LIST,
    IOTHUB_GET,
    IOTHUB_CREATE,
    IOTHUB_UPDATE,
    IOTHUB_DELETE,
    IOTHUB_QUERY,
    IOTHUB_TOKEN, /* of Microsoft Entra ID's authority, not of the hub */
    IOTHUB_OPERATIONS
};

/* Told of every exchange when it has ended, with the answer's status, or 0 when none came. */
struct iothub_observer {
    void (*observe)(void *context, enum iothub_operation operation, int status, int64_t nanoseconds); /* or NULL */
    void *context;
};

#endif
