#include "certs/certificate.h"

#include "common/banned.h"
#include "common/clock.h"

#include <gnutls/crypto.h>
#include <string.h>

enum {
    SERIAL_SIZE = 20,         /* the most that RFC 5280 4.1.2.2 allows */
    CLOCK_SKEW_SECONDS = 3600 /* a device's or a node's clock may be behind ours */
};

int certs_gnutls_error(struct error *error, const char *what, int code)
{
    return error_set(error, "%s: %s", what, gnutls_strerror(code));
}

int certs_key_generate(gnutls_x509_privkey_t *ret_key, struct error *error)
{
    cleanup_key gnutls_x509_privkey_t key = NULL;

    int code = gnutls_x509_privkey_init(&key);
    if (code == 0)
        code = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (code < 0)
        return certs_gnutls_error(error, "cannot make a key", code);
    *ret_key = key;
    key = NULL;
    return 0;
}

static int set_serial(gnutls_x509_crt_t certificate)
{
    unsigned char serial[SERIAL_SIZE];

    int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    if (code < 0)
        return code;
    /* Positive and not shorter: the first bit is 0, the second 1. */
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
    return gnutls_x509_crt_set_serial(certificate, serial, sizeof serial);
}

static int set_key_identifier(gnutls_x509_crt_t certificate)
{
    unsigned char identifier[64];
    size_t size = sizeof identifier;

    int code = gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA1, identifier, &size);
    if (code < 0)
        return code;
    return gnutls_x509_crt_set_subject_key_id(certificate, identifier, size);
}

static int fill(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, const char *common_name, time_t end)
{
    int code = gnutls_x509_crt_set_version(certificate, 3);

    if (code == 0)
        code = set_serial(certificate);
    if (code == 0)
        code = gnutls_x509_crt_set_activation_time(certificate, (time_t)clock_wall_s() - CLOCK_SKEW_SECONDS);
    if (code == 0)
        code = gnutls_x509_crt_set_expiration_time(certificate, end);
    if (code == 0)
        code = gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, common_name,
                                             (unsigned)strlen(common_name));
    if (code == 0)
        code = gnutls_x509_crt_set_key(certificate, key);
    return code == 0 ? set_key_identifier(certificate) : code;
}

int certs_certificate_begin(gnutls_x509_privkey_t key, const char *common_name, time_t end,
                            gnutls_x509_crt_t *ret_certificate, struct error *error)
{
    cleanup_crt gnutls_x509_crt_t certificate = NULL;

    int code = gnutls_x509_crt_init(&certificate);
    if (code == 0)
        code = fill(certificate, key, common_name, end);
    if (code < 0)
        return certs_gnutls_error(error, "cannot make a certificate", code);
    *ret_certificate = certificate;
    certificate = NULL;
    return 0;
}

/* GnuTLS does not write through the pointer of a datum that it reads. */
static gnutls_datum_t datum_of(const char *text)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)text, .size = (unsigned)strlen(text)};
}

int certs_certificate_import(const char *pem, gnutls_x509_crt_t *ret_certificate, struct error *error)
{
    cleanup_crt gnutls_x509_crt_t certificate = NULL;
    gnutls_datum_t data = datum_of(pem);

    int code = gnutls_x509_crt_init(&certificate);
    if (code == 0)
        code = gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_PEM);
    if (code < 0)
        return certs_gnutls_error(error, "not a certificate in PEM", code);
    *ret_certificate = certificate;
    certificate = NULL;
    return 0;
}

int certs_key_import(const char *pem, gnutls_x509_privkey_t *ret_key, struct error *error)
{
    cleanup_key gnutls_x509_privkey_t key = NULL;
    gnutls_datum_t data = datum_of(pem);

    int code = gnutls_x509_privkey_init(&key);
    if (code == 0)
        code = gnutls_x509_privkey_import2(key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code < 0)
        return certs_gnutls_error(error, "not a private key in PEM", code);
    *ret_key = key;
    key = NULL;
    return 0;
}

/* Copies what GnuTLS allocated (with its own allocator) and wipes it. */
static int take_datum(gnutls_datum_t *data, char **ret_text, struct error *error)
{
    char *text = strndup((const char *)data->data, data->size);

    explicit_bzero(data->data, data->size);
    gnutls_free(data->data);
    if (!text)
        return error_set(error, "out of memory");
    *ret_text = text;
    return 0;
}

int certs_certificate_export(gnutls_x509_crt_t certificate, char **ret_pem, struct error *error)
{
    gnutls_datum_t data = {NULL, 0};

    int code = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &data);
    if (code < 0)
        return certs_gnutls_error(error, "cannot write a certificate as PEM", code);
    return take_datum(&data, ret_pem, error);
}

int certs_key_export(gnutls_x509_privkey_t key, char **ret_pem, struct error *error)
{
    gnutls_datum_t data = {NULL, 0};

    int code = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &data);
    if (code < 0)
        return certs_gnutls_error(error, "cannot write a key as PEM", code);
    return take_datum(&data, ret_pem, error);
}
