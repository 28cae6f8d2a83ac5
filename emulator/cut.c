#include "emulator/cut.h"

#include "common/banned.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <sys/socket.h>

void emulator_cut_tls(const struct http_request *request)
{
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    if (tls && tls->tls_session)
        gnutls_bye(tls->tls_session, GNUTLS_SHUT_WR);
}

static int descriptor_of(const struct http_request *request)
{
    const union MHD_ConnectionInfo *connection =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return connection ? connection->connect_fd : -1;
}

void emulator_cut_raw(const struct http_request *request)
{
    /* The server would say goodbye before it closes; nothing of it gets through any more. */
    shutdown(descriptor_of(request), SHUT_RDWR);
}

void emulator_cut_reset(const struct http_request *request)
{
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

    /* Dissolving the association resets it at once, before the server can end it in good order. */
    connect(descriptor_of(request), &nowhere, sizeof(nowhere));
}
