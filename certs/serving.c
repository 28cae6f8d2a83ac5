/* A serving certificate. */
#include "certs/ca.h"
#include "common/banned.h"
#include "common/clock.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    SECONDS_PER_DAY = 24 * 60 * 60,
    MOST_DAYS = 100 * 365,
    COMMON_NAME_LIMIT = 64, /* RFC 5280, ub-common-name */
    DNS_NAME_LIMIT = 253
};

static int check_dns_name(const char *name, struct error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*";
    size_t length = strlen(name);

    if (length == 0 || length > DNS_NAME_LIMIT || strspn(name, allowed) != length)
        return error_set(error, "\"%s\" is neither a DNS name nor an IP address", name);
    return 0;
}

static int add_name(gnutls_x509_crt_t certificate, const char *name, struct error *error)
{
    unsigned char address[sizeof(struct in6_addr)];
    int code = 0;

    if (inet_pton(AF_INET, name, address) == 1) {
        code = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, address, 4, GNUTLS_FSAN_APPEND);
    } else if (inet_pton(AF_INET6, name, address) == 1) {
        code = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, address, 16, GNUTLS_FSAN_APPEND);
    } else {
        if (check_dns_name(name, error) < 0)
            return -1;
        code = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name),
                                                    GNUTLS_FSAN_APPEND);
    }
    return code < 0 ? certs_gnutls_error(error, "cannot put a name into a certificate", code) : 0;
}

static int set_authority(gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca)
{
    unsigned char identifier[64];
    size_t size = sizeof identifier;

    int code = gnutls_x509_crt_get_subject_key_id(ca, identifier, &size, NULL);
    if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return 0;
    return code < 0 ? code : gnutls_x509_crt_set_authority_key_id(certificate, identifier, size);
}

static int sign(gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca, gnutls_x509_privkey_t ca_key, struct error *error)
{
    int code = gnutls_x509_crt_set_basic_constraints(certificate, 0, -1);

    if (code == 0)
        code = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (code == 0)
        code = gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (code == 0)
        code = set_authority(certificate, ca);
    if (code == 0)
        code = gnutls_x509_crt_sign2(certificate, ca, ca_key, GNUTLS_DIG_SHA256, 0);
    return code < 0 ? certs_gnutls_error(error, "cannot sign a certificate", code) : 0;
}

/* Reads what was written as a client would: a CA that looks right may still not be able to vouch. */
static int check_verifies(const char *pem, gnutls_x509_crt_t ca, struct error *error)
{
    cleanup_crt gnutls_x509_crt_t certificate = NULL;
    unsigned problems = 0;

    if (certs_certificate_import(pem, &certificate, error) < 0)
        return -1;
    int code = gnutls_x509_crt_list_verify(&certificate, 1, &ca, 1, NULL, 0, 0, &problems);
    if (code < 0)
        return certs_gnutls_error(error, "cannot verify the new certificate", code);
    if (problems)
        return error_set(error, "what the CA signs cannot be verified: it has expired, or its key is weak");
    return 0;
}

/* The end of the new certificate; never after its CA's, since the chain would not hold any longer. */
static time_t end_after(unsigned days, gnutls_x509_crt_t ca)
{
    time_t end = (time_t)(clock_wall_s() + (int64_t)days * SECONDS_PER_DAY);
    time_t ca_end = gnutls_x509_crt_get_expiration_time(ca);

    return end < ca_end ? end : ca_end;
}

static const char *common_name_for(const char *first_name)
{
    size_t length = strlen(first_name);

    return length > 0 && length <= COMMON_NAME_LIMIT ? first_name : "iot-edge-connector";
}

int certs_create_serving(const struct certs_pair *ca, const char *const *names, size_t name_count, unsigned days,
                         struct certs_pair *ret_serving, struct error *error)
{
    cleanup_crt gnutls_x509_crt_t ca_certificate = NULL;
    cleanup_key gnutls_x509_privkey_t ca_key = NULL;
    cleanup_crt gnutls_x509_crt_t certificate = NULL;
    cleanup_key gnutls_x509_privkey_t key = NULL;
    cleanup_certs_pair struct certs_pair pair = CERTS_PAIR_INIT;

    if (name_count == 0)
        return error_set(error, "a serving certificate needs at least one name");
    if (days == 0 || days > MOST_DAYS)
        return error_set(error, "a certificate lasts from 1 to %d days, not %u", MOST_DAYS, days);
    if (certs_ca_import(ca, &ca_certificate, &ca_key, error) < 0 || certs_key_generate(&key, error) < 0 ||
        certs_certificate_begin(key, common_name_for(names[0]), end_after(days, ca_certificate), &certificate, error) <
            0)
        return -1;
    for (size_t i = 0; i < name_count; i++)
        if (add_name(certificate, names[i], error) < 0)
            return -1;
    if (sign(certificate, ca_certificate, ca_key, error) < 0 ||
        certs_certificate_export(certificate, &pair.certificate, error) < 0 ||
        check_verifies(pair.certificate, ca_certificate, error) < 0 || certs_key_export(key, &pair.key, error) < 0)
        return -1;
    *ret_serving = pair;
    pair = (struct certs_pair)CERTS_PAIR_INIT;
    return 0;
}
