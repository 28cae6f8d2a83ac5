/* Names as they stand in addresses. */
#ifndef SERVER_ADDRESS_H
#define SERVER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* A name of a namespace or a Service: lower-case letters, digits and hyphens, 63 at most (RFC 1123). */
bool address_is_label(const char *text);

/* The length of the host at the beginning of HOST or HOST:PORT: a DNS name, an IPv4 address or an IPv6 address in
 * brackets. 0 when there is none. */
size_t address_host_length(const char *text);

#endif
