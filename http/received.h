/* How many bytes a TCP connection has received; for this room only. */
#ifndef HTTP_RECEIVED_H
#define HTTP_RECEIVED_H

#include <stdint.h>

/* 0, or -1 when the kernel does not tell. */
int http_received_bytes(int fd, uint64_t *ret_bytes);

#endif
