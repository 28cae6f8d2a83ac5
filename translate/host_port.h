/* Texts that are ports. Private to the room. */
#ifndef TRANSLATE_HOST_PORT_H
#define TRANSLATE_HOST_PORT_H

#include <stdbool.h>

#define MAX_PORT 65535

enum port_protocol {
    PORT_TCP,
    PORT_UDP,
    PORT_SCTP,
};

struct port_key {
    unsigned first;
    unsigned last; /* the same, unless it is a range */
    enum port_protocol protocol;
};

/* "80/tcp", in any letter case; "80" is tcp; "8000-8010/udp". */
bool port_key_read(const char *text, struct port_key *ret_key);

/* "8080" or "8000-8010". */
bool host_port_read(const char *text, unsigned *ret_first, unsigned *ret_last);

/* "tcp", "udp", "sctp" */
const char *port_protocol_name(enum port_protocol protocol);

#endif
