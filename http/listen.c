#include "http/listen.h"

#include "common/banned.h"
#include "common/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t parse(const char *text, uint16_t port, union address *address)
{
    *address = (union address){0};
    if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        return sizeof address->v4;
    }
    if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        return sizeof address->v6;
    }
    return 0;
}

static int set_options(int fd, int family)
{
    const int on = 1;
    const int off = 0;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return -1;
    return family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) : 0;
}

int http_listen(const char *text, uint16_t port, uint16_t *ret_port, struct error *error)
{
    union address address;
    socklen_t size = parse(text, port, &address);

    if (size == 0)
        return error_set(error, "\"%s\" is not an IP address to listen on", text);
    int family = address.any.sa_family;
    /* Several threads accept from it: the one that comes late must not block. */
    cleanup_close int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || set_options(fd, family) < 0 || bind(fd, &address.any, size) < 0 || listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, &address.any, &size) < 0)
        return error_set(error, "cannot listen on %s port %u: %s", text, port, strerror(errno));
    *ret_port = ntohs(family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    int listening = fd;
    fd = -1;
    return listening;
}
