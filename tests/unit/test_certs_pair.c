/* What is in the certificates, read with GnuTLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certs/certs.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <string.h>

static void check(int result, struct error *error)
{
    if (result < 0)
        fail_msg("%s", error_message(error));
}

static void make_ca(struct certs_pair *ca, unsigned days)
{
    cleanup_error struct error error = {0};

    check(certs_create_ca("test CA", days, ca, &error), &error);
}

static void make_serving(const struct certs_pair *ca, const char *const *names, size_t count,
                         struct certs_pair *serving)
{
    cleanup_error struct error error = {0};

    check(certs_create_serving(ca, names, count, 30, serving, &error), &error);
}

static gnutls_x509_crt_t import(const char *pem)
{
    gnutls_datum_t data = {(unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem)};
    gnutls_x509_crt_t certificate = NULL;

    assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
    assert_int_equal(gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_PEM), 0);
    return certificate;
}

static void check_common(gnutls_x509_crt_t certificate, unsigned days)
{
    unsigned char serial[32];
    size_t size = sizeof serial;
    unsigned bits = 0;
    int64_t now = clock_wall_s();

    assert_int_equal(gnutls_x509_crt_get_version(certificate), 3);
    assert_int_equal(gnutls_x509_crt_get_serial(certificate, serial, &size), 0);
    assert_int_equal(size, 20);
    assert_int_equal(serial[0] & 0x80, 0);
    assert_int_equal(gnutls_x509_crt_get_pk_algorithm(certificate, &bits), GNUTLS_PK_ECDSA);
    assert_int_equal(bits, 256);
    assert_int_equal(gnutls_x509_crt_get_signature_algorithm(certificate), GNUTLS_SIGN_ECDSA_SHA256);
    assert_true(gnutls_x509_crt_get_activation_time(certificate) <= (time_t)(now - 3600));
    assert_in_range(gnutls_x509_crt_get_expiration_time(certificate), now + (int64_t)days * 86400 - 60,
                    now + (int64_t)days * 86400);
}

static void check_usage(gnutls_x509_crt_t certificate, int is_ca, unsigned expected)
{
    unsigned critical = 0;
    unsigned usage = 0;

    assert_int_equal(gnutls_x509_crt_get_ca_status(certificate, &critical), is_ca);
    assert_true(critical);
    assert_int_equal(gnutls_x509_crt_get_key_usage(certificate, &usage, &critical), 0);
    assert_true(critical);
    assert_int_equal(usage, expected);
}

static void test_ca(void **state)
{
    cleanup_certs_pair struct certs_pair ca = CERTS_PAIR_INIT;
    char name[64];
    size_t size = sizeof name;

    (void)state;
    make_ca(&ca, 365);
    gnutls_x509_crt_t certificate = import(ca.certificate);
    check_common(certificate, 365);
    check_usage(certificate, 1, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    assert_int_equal(gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size), 0);
    assert_string_equal(name, "test CA");
    assert_int_equal(strncmp(ca.key, "-----BEGIN PRIVATE KEY-----\n", 28), 0);
    gnutls_x509_crt_deinit(certificate);
}

static void check_san(gnutls_x509_crt_t certificate, unsigned index, int type, const void *expected, size_t length)
{
    char san[128];
    size_t size = sizeof san;

    assert_int_equal(gnutls_x509_crt_get_subject_alt_name(certificate, index, san, &size, NULL), type);
    assert_int_equal(size, length);
    assert_memory_equal(san, expected, length);
}

static void test_serving(void **state)
{
    static const char *const names[] = {"hub.default.svc", "*.example.com", "127.0.0.1", "::1"};
    cleanup_certs_pair struct certs_pair ca = CERTS_PAIR_INIT;
    cleanup_certs_pair struct certs_pair serving = CERTS_PAIR_INIT;
    char purpose[64];
    size_t size = sizeof purpose;
    char san[8];
    size_t san_size = sizeof san;

    (void)state;
    make_ca(&ca, 365);
    make_serving(&ca, names, array_length(names), &serving);
    gnutls_x509_crt_t certificate = import(serving.certificate);
    check_common(certificate, 30);
    check_usage(certificate, 0, GNUTLS_KEY_DIGITAL_SIGNATURE);
    assert_int_equal(gnutls_x509_crt_get_key_purpose_oid(certificate, 0, purpose, &size, NULL), 0);
    assert_string_equal(purpose, GNUTLS_KP_TLS_WWW_SERVER);
    check_san(certificate, 0, GNUTLS_SAN_DNSNAME, "hub.default.svc", 15);
    check_san(certificate, 1, GNUTLS_SAN_DNSNAME, "*.example.com", 13);
    check_san(certificate, 2, GNUTLS_SAN_IPADDRESS, "\x7f\0\0\1", 4);
    check_san(certificate, 3, GNUTLS_SAN_IPADDRESS, &in6addr_loopback, 16);
    assert_int_equal(gnutls_x509_crt_get_subject_alt_name(certificate, 4, san, &san_size, NULL),
                     GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    assert_true(gnutls_x509_crt_check_hostname(certificate, "hub.default.svc"));
    assert_false(gnutls_x509_crt_check_hostname(certificate, "hub.default"));
    gnutls_x509_crt_deinit(certificate);
}

static unsigned problems_by(const char *ca_pem, const char *pem)
{
    gnutls_x509_crt_t ca = import(ca_pem);
    gnutls_x509_crt_t certificate = import(pem);
    unsigned problems = 0;

    assert_int_equal(gnutls_x509_crt_list_verify(&certificate, 1, &ca, 1, NULL, 0, 0, &problems), 0);
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_crt_deinit(certificate);
    return problems;
}

static void test_chain_verifies_by_its_own_ca_only(void **state)
{
    static const char *const names[] = {"localhost"};
    cleanup_certs_pair struct certs_pair ca = CERTS_PAIR_INIT;
    cleanup_certs_pair struct certs_pair other = CERTS_PAIR_INIT;
    cleanup_certs_pair struct certs_pair serving = CERTS_PAIR_INIT;

    (void)state;
    make_ca(&ca, 365);
    make_ca(&other, 365);
    make_serving(&ca, names, 1, &serving);
    assert_int_equal(problems_by(ca.certificate, serving.certificate), 0);
    assert_true(problems_by(other.certificate, serving.certificate) & GNUTLS_CERT_INVALID);
}

static void test_serving_ends_with_its_ca(void **state)
{
    static const char *const names[] = {"localhost"};
    cleanup_certs_pair struct certs_pair ca = CERTS_PAIR_INIT;
    cleanup_certs_pair struct certs_pair serving = CERTS_PAIR_INIT;

    (void)state;
    make_ca(&ca, 7);
    make_serving(&ca, names, 1, &serving);
    gnutls_x509_crt_t ca_certificate = import(ca.certificate);
    gnutls_x509_crt_t certificate = import(serving.certificate);
    assert_int_equal(gnutls_x509_crt_get_expiration_time(certificate),
                     gnutls_x509_crt_get_expiration_time(ca_certificate));
    gnutls_x509_crt_deinit(ca_certificate);
    gnutls_x509_crt_deinit(certificate);
}

static void expect_refused(const struct certs_pair *ca, const char *const *names, size_t count, unsigned days,
                           const char *sentence)
{
    cleanup_error struct error error = {0};
    struct certs_pair serving = CERTS_PAIR_INIT;

    assert_int_equal(certs_create_serving(ca, names, count, days, &serving, &error), -1);
    assert_string_equal(error.message, sentence);
    assert_null(serving.certificate);
    assert_null(serving.key);
}

static void test_refusals(void **state)
{
    static const char *const good[] = {"localhost"};
    static const char *const bad[] = {"local host"};
    static const char *const empty[] = {""};
    cleanup_certs_pair struct certs_pair ca = CERTS_PAIR_INIT;
    cleanup_certs_pair struct certs_pair other = CERTS_PAIR_INIT;
    cleanup_certs_pair struct certs_pair serving = CERTS_PAIR_INIT;

    (void)state;
    make_ca(&ca, 365);
    make_ca(&other, 365);
    make_serving(&ca, good, 1, &serving);
    expect_refused(&ca, good, 0, 30, "a serving certificate needs at least one name");
    expect_refused(&ca, bad, 1, 30, "\"local host\" is neither a DNS name nor an IP address");
    expect_refused(&ca, empty, 1, 30, "\"\" is neither a DNS name nor an IP address");
    expect_refused(&ca, good, 1, 0, "a certificate lasts from 1 to 36500 days, not 0");
    expect_refused(&ca, good, 1, 36501, "a certificate lasts from 1 to 36500 days, not 36501");
    struct certs_pair mixed = {.certificate = ca.certificate, .key = other.key};
    expect_refused(&mixed, good, 1, 30, "the CA's key does not belong to its certificate");
    expect_refused(&serving, good, 1, 30, "the certificate is not that of a CA");
}

static void test_release_twice(void **state)
{
    struct certs_pair ca = CERTS_PAIR_INIT;

    (void)state;
    make_ca(&ca, 1);
    certs_pair_release(&ca);
    assert_null(ca.key);
    certs_pair_release(&ca);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ca),
        cmocka_unit_test(test_serving),
        cmocka_unit_test(test_chain_verifies_by_its_own_ca_only),
        cmocka_unit_test(test_serving_ends_with_its_ca),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_release_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
