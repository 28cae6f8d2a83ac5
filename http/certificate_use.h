/* What the server needs of a certificate; for this room only. */
#ifndef HTTP_CERTIFICATE_USE_H
#define HTTP_CERTIFICATE_USE_H

#include "http/certificate.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

/* Makes a session serve this certificate. Call it before the handshake. */
void http_certificate_attach(const struct http_certificate *certificate, gnutls_session_t session);

/* For MHD_OPTION_HTTPS_CERT_CALLBACK2: hands out the current chain and key of the certificate that was attached. */
int http_certificate_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
                              unsigned *chain_length, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_length,
                              gnutls_privkey_t *key, unsigned *flags);

#endif
