/* A listening TCP socket; for this room only. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include "common/error.h"

#include <stdint.h>

/* Listens on an IP address; "::" takes IPv4 as well. Port 0 is any free one. Returns the socket, which does not block,
 * or -1. */
int http_listen(const char *address, uint16_t port, uint16_t *ret_port, struct error *error);

#endif
