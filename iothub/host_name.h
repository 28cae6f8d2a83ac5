/* The host name of an IoT Hub. Private to iothub/. */
#ifndef IOTHUB_HOST_NAME_H
#define IOTHUB_HOST_NAME_H

#include <stdbool.h>

/* Takes [A-Za-z0-9._-]+ with an optional port, and gives one hub one spelling: lower case, without the port that https
 * has anyway. False when it is no host name. */
bool iothub_host_name_normalize(char *host);

#endif
