/* A file of its own: <linux/tcp.h>, which alone has tcpi_bytes_received, clashes with <netinet/tcp.h>. */
#include "http/received.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

int http_received_bytes(int fd, uint64_t *ret_bytes)
{
    struct tcp_info information = {0};
    socklen_t size = sizeof information;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &information, &size) < 0)
        return -1;
    if (size < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof information.tcpi_bytes_received)
        return -1;
    *ret_bytes = information.tcpi_bytes_received;
    return 0;
}
