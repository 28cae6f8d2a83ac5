/* The address that a virtual node shows. */
#ifndef VIRTUAL_NODE_ADDRESS_H
#define VIRTUAL_NODE_ADDRESS_H

/* This host's first IPv4 address that is not of a loopback interface, else "127.0.0.1". For the caller to free; NULL
 * without memory. */
char *node_address_find(void);

#endif
