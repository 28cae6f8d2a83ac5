#include "virtual_node/address.h"

#include "common/cleanup.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

static bool is_usable(const struct ifaddrs *interface)
{
    return interface->ifa_addr && interface->ifa_addr->sa_family == AF_INET && (interface->ifa_flags & IFF_UP) &&
           !(interface->ifa_flags & IFF_LOOPBACK);
}

char *node_address_find(void)
{
    char text[INET_ADDRSTRLEN] = "127.0.0.1";
    struct ifaddrs *interfaces = NULL;
    if (getifaddrs(&interfaces) < 0)
        return strdup(text);
    const struct ifaddrs *interface = interfaces;
    while (interface && !is_usable(interface))
        interface = interface->ifa_next;
    if (interface) {
        struct sockaddr_in address;
        memcpy(&address, interface->ifa_addr, sizeof(address));
        inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
    }
    freeifaddrs(interfaces);
    return strdup(text);
}
