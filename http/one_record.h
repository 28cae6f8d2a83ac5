/* Sends the head and the body of an answer as one TLS record and in one call; for this room only.
 *
 * libmicrohttpd hands them to GnuTLS one after the other: two records, two system calls, and two wake-ups of the
 * client. GnuTLS is told to gather what it is given, and to let go when libmicrohttpd reports the answer as sent. That
 * is too late when libmicrohttpd closes the connection after the answer, so it is done only where the connection lives
 * on. */
#ifndef HTTP_ONE_RECORD_H
#define HTTP_ONE_RECORD_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

/* What is known of a connection; all zero at first. */
struct http_one_record {
    bool gathering;
    bool socket_released; /* from libmicrohttpd's TCP_CORK, which it sets once and never takes back */
};

/* Longer bodies are sent as they are: one call more does not matter to them. */
#define HTTP_ONE_RECORD_LIMIT (12 * 1024)

void http_one_record_begin(struct http_one_record *state, gnutls_session_t session);

/* The answer was queued in vain. */
void http_one_record_abandon(struct http_one_record *state);

/* Sends what was gathered. Returns -1 when the socket did not take it all: no well-behaved client's ever is that full,
 * and the connection must be ended. */
int http_one_record_end(struct http_one_record *state, gnutls_session_t session, int fd);

#endif
