/* X.509 by GnuTLS, for this room only. */
#ifndef CERTS_CERTIFICATE_H
#define CERTS_CERTIFICATE_H

#include "common/error.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stddef.h>
#include <time.h>

static inline void cleanup_crt_pointer(gnutls_x509_crt_t *certificate)
{
    if (*certificate)
        gnutls_x509_crt_deinit(*certificate);
}

static inline void cleanup_key_pointer(gnutls_x509_privkey_t *key)
{
    if (*key)
        gnutls_x509_privkey_deinit(*key);
}

#define cleanup_crt __attribute__((cleanup(cleanup_crt_pointer)))
#define cleanup_key __attribute__((cleanup(cleanup_key_pointer)))

/* Says what failed and GnuTLS' reason. Returns -1. */
int certs_gnutls_error(struct error *error, const char *what, int code);

/* A fresh P-256 key. */
int certs_key_generate(gnutls_x509_privkey_t *ret_key, struct error *error);

/* A version 3 certificate for that key with a random serial, valid from an hour ago until the given time. Not signed.
 */
int certs_certificate_begin(gnutls_x509_privkey_t key, const char *common_name, time_t end,
                            gnutls_x509_crt_t *ret_certificate, struct error *error);

int certs_certificate_import(const char *pem, gnutls_x509_crt_t *ret_certificate, struct error *error);
int certs_key_import(const char *pem, gnutls_x509_privkey_t *ret_key, struct error *error);

/* PEM for the caller to free; of the key as PKCS#8. */
int certs_certificate_export(gnutls_x509_crt_t certificate, char **ret_pem, struct error *error);
int certs_key_export(gnutls_x509_privkey_t key, char **ret_pem, struct error *error);

#endif
