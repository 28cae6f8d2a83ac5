/* A CA that was made earlier, for this room only. */
#ifndef CERTS_CA_H
#define CERTS_CA_H

#include "certs/certificate.h"
#include "certs/certs.h"

#include <stdint.h>

/* Imports a CA and checks that it can sign: that the key is its own and that it is a CA by its extensions. */
int certs_ca_import(const struct certs_pair *ca, gnutls_x509_crt_t *ret_certificate, gnutls_x509_privkey_t *ret_key,
                    struct error *error);

#endif
