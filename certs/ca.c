#include "certs/ca.h"

#include "common/banned.h"
#include "common/clock.h"

#include <string.h>

enum { SECONDS_PER_DAY = 24 * 60 * 60, MOST_DAYS = 100 * 365 };

void certs_pair_release(struct certs_pair *pair)
{
    if (pair->key)
        explicit_bzero(pair->key, strlen(pair->key));
    free(pair->certificate);
    free(pair->key);
    *pair = (struct certs_pair)CERTS_PAIR_INIT;
}

/* Signs with itself and exports both. */
static int finish_ca(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, struct certs_pair *ret_ca,
                     struct error *error)
{
    cleanup_certs_pair struct certs_pair pair = CERTS_PAIR_INIT;

    /* No path limit, and critical, as both setters make their extensions. */
    int code = gnutls_x509_crt_set_basic_constraints(certificate, 1, -1);
    if (code == 0)
        code = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    if (code == 0)
        code = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
    if (code < 0)
        return certs_gnutls_error(error, "cannot sign a CA", code);
    if (certs_certificate_export(certificate, &pair.certificate, error) < 0 ||
        certs_key_export(key, &pair.key, error) < 0)
        return -1;
    *ret_ca = pair;
    pair = (struct certs_pair)CERTS_PAIR_INIT;
    return 0;
}

int certs_create_ca(const char *common_name, unsigned days, struct certs_pair *ret_ca, struct error *error)
{
    cleanup_key gnutls_x509_privkey_t key = NULL;
    cleanup_crt gnutls_x509_crt_t certificate = NULL;

    if (days == 0 || days > MOST_DAYS)
        return error_set(error, "a CA lasts from 1 to %d days, not %u", MOST_DAYS, days);
    time_t end = (time_t)(clock_wall_s() + (int64_t)days * SECONDS_PER_DAY);
    if (certs_key_generate(&key, error) < 0 || certs_certificate_begin(key, common_name, end, &certificate, error) < 0)
        return -1;
    return finish_ca(certificate, key, ret_ca, error);
}

static int check_key_fits(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, struct error *error)
{
    unsigned char of_certificate[64];
    unsigned char of_key[64];
    size_t certificate_size = sizeof of_certificate;
    size_t key_size = sizeof of_key;

    int code = gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, of_certificate, &certificate_size);
    if (code == 0)
        code = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size);
    if (code < 0)
        return certs_gnutls_error(error, "cannot read the CA's public key", code);
    if (certificate_size != key_size || memcmp(of_certificate, of_key, key_size) != 0)
        return error_set(error, "the CA's key does not belong to its certificate");
    return 0;
}

static int check_may_sign(gnutls_x509_crt_t certificate, struct error *error)
{
    unsigned usage = 0;
    unsigned critical = 0;

    if (gnutls_x509_crt_get_ca_status(certificate, &critical) <= 0)
        return error_set(error, "the certificate is not that of a CA");
    int code = gnutls_x509_crt_get_key_usage(certificate, &usage, &critical);
    if (code != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE && (code < 0 || !(usage & GNUTLS_KEY_KEY_CERT_SIGN)))
        return error_set(error, "the CA's certificate does not allow it to sign others");
    return 0;
}

int certs_ca_import(const struct certs_pair *ca, gnutls_x509_crt_t *ret_certificate, gnutls_x509_privkey_t *ret_key,
                    struct error *error)
{
    cleanup_crt gnutls_x509_crt_t certificate = NULL;
    cleanup_key gnutls_x509_privkey_t key = NULL;

    if (certs_certificate_import(ca->certificate, &certificate, error) < 0 ||
        certs_key_import(ca->key, &key, error) < 0)
        return error_wrap(error, "CA");
    if (check_key_fits(certificate, key, error) < 0 || check_may_sign(certificate, error) < 0)
        return -1;
    *ret_certificate = certificate;
    *ret_key = key;
    certificate = NULL;
    key = NULL;
    return 0;
}
