/* How a connection can end other than by an answer. */
#ifndef EMULATOR_CUT_H
#define EMULATOR_CUT_H

#include "http/server.h"

/* TLS says goodbye, so that the client sees an orderly end. Nothing on a plain connection. */
void emulator_cut_tls(const struct http_request *request);

/* The connection ends at once, without TLS's goodbye. */
void emulator_cut_raw(const struct http_request *request);

/* The end of the connection will be a TCP reset. */
void emulator_cut_reset(const struct http_request *request);

#endif
