#include "http/one_record.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

void http_one_record_begin(struct http_one_record *state, gnutls_session_t session)
{
    gnutls_record_cork(session);
    state->gathering = true;
}

void http_one_record_abandon(struct http_one_record *state)
{
    state->gathering = false;
}

/* libmicrohttpd corks the socket before the first short answer, sends, and sets TCP_NODELAY to push: all before
 * anything is really sent. It believes the socket corked from then on and does not cork it again, so uncorking it once
 * is enough. */
static void release_socket(struct http_one_record *state, int fd)
{
    const int off = 0;
    int corked = 0;
    socklen_t size = sizeof corked;

    if (getsockopt(fd, IPPROTO_TCP, TCP_CORK, &corked, &size) < 0 || !corked)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
    state->socket_released = true;
}

int http_one_record_end(struct http_one_record *state, gnutls_session_t session, int fd)
{
    if (!state->gathering)
        return 0;
    state->gathering = false;
    int sent = gnutls_record_uncork(session, 0);
    if (!state->socket_released)
        release_socket(state, fd);
    return sent < 0 ? -1 : 0;
}
