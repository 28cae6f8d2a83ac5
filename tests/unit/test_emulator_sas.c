/* Signatures of the emulator: the vector on which Microsoft's clients and openssl agree, and what is refused. */
#include "common/cleanup.h"
#include "emulator/sas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char key[] = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
static const char other_key[] = "b3RoZXI=";
static const char *const hosts[] = {"myhub.azure-devices.net", "localhost", NULL};

#define BEFORE_EXPIRY 1899999999
#define SCHEME        "SharedAccessSignature "
#define GOOD          "sr=myhub.azure-devices.net&sig=vAc9thhaPEpSbbjuLF%2BM5aQFnKWrj6oBQ%2BoxZGHKavg%3D&se=1900000000"

static enum emulator_sas_verdict verdict(const char *header, int64_t now)
{
    struct emulator_keys keys = {(char *)"iothubowner", (char *)key, NULL, 0};

    return emulator_sas_verify(header, &keys, hosts, now);
}

static void test_vector(void **state)
{
    (void)state;
    cleanup_free char *signature = emulator_sas_sign(key, "myhub.azure-devices.net", "1900000000");
    assert_string_equal(signature, "vAc9thhaPEpSbbjuLF+M5aQFnKWrj6oBQ+oxZGHKavg=");
    assert_int_equal(verdict(SCHEME GOOD "&skn=iothubowner", BEFORE_EXPIRY), EMULATOR_SAS_GOOD);
}

static void test_order_and_raw_signature(void **state)
{
    (void)state;
    assert_int_equal(verdict(SCHEME "skn=iothubowner&se=1900000000&sig=vAc9thhaPEpSbbjuLF+M5aQFnKWrj6oBQ+oxZGHKavg="
                                    "&sr=myhub.azure-devices.net",
                             BEFORE_EXPIRY),
                     EMULATOR_SAS_GOOD);
}

/* Node signs host:port raw, Python encodes the colon: the signature is over what stands in the header. */
static void test_resource_is_raw(void **state)
{
    static const char *const resources[] = {"localhost%3A18443", "localhost:18443", "LOCALHOST", "localhost%2fdevices"};

    (void)state;
    for (size_t i = 0; i < array_length(resources); i++) {
        char header[512];
        cleanup_free char *signature = emulator_sas_sign(key, resources[i], "1900000000");
        snprintf(header, sizeof(header), SCHEME "sr=%s&sig=%s&se=1900000000&skn=iothubowner", resources[i], signature);
        assert_int_equal(verdict(header, BEFORE_EXPIRY), EMULATOR_SAS_GOOD);
    }
}

static void test_second_key(void **state)
{
    struct emulator_keys keys = {(char *)"iothubowner", (char *)other_key, (char *)key, 0};

    (void)state;
    assert_int_equal(emulator_sas_verify(SCHEME GOOD "&skn=iothubowner", &keys, hosts, BEFORE_EXPIRY),
                     EMULATOR_SAS_GOOD);
    keys.secondary = NULL;
    assert_int_equal(emulator_sas_verify(SCHEME GOOD "&skn=iothubowner", &keys, hosts, BEFORE_EXPIRY),
                     EMULATOR_SAS_WRONG_KEY);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *header;
        enum emulator_sas_verdict verdict;
    } cases[] = {
        {NULL, EMULATOR_SAS_MISSING},
        {"", EMULATOR_SAS_MISSING},
        {"Bearer abc", EMULATOR_SAS_MALFORMED},
        {SCHEME, EMULATOR_SAS_MALFORMED},
        {SCHEME GOOD, EMULATOR_SAS_MALFORMED},
        {SCHEME GOOD "&skn=iothubowner&skn=iothubowner", EMULATOR_SAS_MALFORMED},
        {SCHEME "sr=localhost&sig=%zz&se=1900000000&skn=iothubowner", EMULATOR_SAS_MALFORMED},
        {SCHEME "sr=localhost&sig=a&se=soon&skn=iothubowner", EMULATOR_SAS_MALFORMED},
        {SCHEME "sr=localhost&sig=a&se=-1&skn=iothubowner", EMULATOR_SAS_MALFORMED},
        {SCHEME GOOD "&skn=service", EMULATOR_SAS_WRONG_POLICY},
        {SCHEME "sr=localhost.evil&sig=a&se=1900000000&skn=iothubowner", EMULATOR_SAS_WRONG_HOST},
        {SCHEME "sr=localhost&sig=YWJj&se=1900000000&skn=iothubowner", EMULATOR_SAS_WRONG_KEY},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        assert_int_equal(verdict(cases[i].header, BEFORE_EXPIRY), cases[i].verdict);
    assert_int_equal(verdict(SCHEME GOOD "&skn=iothubowner", 1900000000), EMULATOR_SAS_EXPIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),          cmocka_unit_test(test_order_and_raw_signature),
        cmocka_unit_test(test_resource_is_raw), cmocka_unit_test(test_second_key),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
