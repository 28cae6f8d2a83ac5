#include "translate/host_port.h"

#include "common/cleanup.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const protocols[] = {[PORT_TCP] = "tcp", [PORT_UDP] = "udp", [PORT_SCTP] = "sctp"};

/* Behind the number, or NULL. */
static const char *read_number(const char *text, unsigned *ret_number)
{
    size_t digits = strspn(text, "0123456789");

    if (!digits || digits > 5)
        return NULL;
    *ret_number = (unsigned)strtoul(text, NULL, 10);
    return *ret_number >= 1 && *ret_number <= MAX_PORT ? text + digits : NULL;
}

static const char *read_range(const char *text, unsigned *ret_first, unsigned *ret_last)
{
    const char *end = read_number(text, ret_first);

    *ret_last = *ret_first;
    if (end && *end == '-')
        end = read_number(end + 1, ret_last);
    return end && *ret_last >= *ret_first ? end : NULL;
}

bool port_key_read(const char *text, struct port_key *ret_key)
{
    const char *end = read_range(text, &ret_key->first, &ret_key->last);

    ret_key->protocol = PORT_TCP;
    if (!end || (*end && *end != '/'))
        return false;
    if (!*end)
        return true;
    for (size_t i = 0; i < array_length(protocols); i++) {
        if (strcasecmp(end + 1, protocols[i]) == 0) {
            ret_key->protocol = (enum port_protocol)i;
            return true;
        }
    }
    return false;
}

bool host_port_read(const char *text, unsigned *ret_first, unsigned *ret_last)
{
    const char *end = read_range(text, ret_first, ret_last);

    return end && !*end;
}

const char *port_protocol_name(enum port_protocol protocol)
{
    return protocols[protocol];
}
