/* The CA that a hub is trusted by. Private to the room. */
#ifndef IOTHUB_CA_FILE_H
#define IOTHUB_CA_FILE_H

#include "common/error.h"

/* Whether there are certificates in that file, all of which can be read. libcurl looks at it only when it connects, and
 * then says no more than that something is wrong with it. */
int iothub_ca_file_check(const char *path, struct error *error);

#endif
