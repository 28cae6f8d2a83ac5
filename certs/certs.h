/* Certificates with GnuTLS: a CA of our own and serving certificates by it, ECDSA P-256. */
#ifndef CERTS_CERTS_H
#define CERTS_CERTS_H

#include "common/error.h"

#include <stddef.h>

struct certs_pair {
    char *certificate; /* PEM */
    char *key;         /* PEM, PKCS#8 */
};

#define CERTS_PAIR_INIT                                                                                                \
    {                                                                                                                  \
        NULL, NULL                                                                                                     \
    }

/* Overwrites the key before it frees it. */
void certs_pair_release(struct certs_pair *pair);

#define cleanup_certs_pair __attribute__((cleanup(certs_pair_release)))

/* A self-signed CA for so many days. */
int certs_create_ca(const char *common_name, unsigned days, struct certs_pair *ret_ca, struct error *error);

/* A serving certificate by that CA. names are DNS names or IP addresses, all of them in the SAN. */
int certs_create_serving(const struct certs_pair *ca, const char *const *names, size_t name_count, unsigned days,
                         struct certs_pair *ret_serving, struct error *error);

/* Writes ca.crt, tls.crt and tls.key into a folder, which is made when it is missing (keys 0600). An existing ca.crt
 * with ca.key is used again while it is valid for longer than the new serving certificate; ca.key is kept beside it
 * (0600). */
int certs_write(const char *folder, const char *const *names, size_t name_count, unsigned days, struct error *error);

#endif
