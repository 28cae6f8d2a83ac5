#include "iothub/connection_string.h"

#include "common/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define KEY  "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define HOST "HostName=myhub.azure-devices.net"
#define NAME "SharedAccessKeyName=iothubowner"

static void expect_parts(const char *text, const char *host, const char *policy)
{
    struct iothub_connection_string parts = IOTHUB_CONNECTION_STRING_INIT;
    cleanup_error struct error error = {0};

    if (iothub_connection_string_parse(text, &parts, &error) < 0)
        fail_msg("%s", error_message(&error));
    assert_string_equal(parts.host, host);
    assert_string_equal(parts.policy, policy);
    assert_int_equal(parts.key_length, 32);
    assert_memory_equal(parts.key, "0123456789abcdef0123456789abcdef", 32);
    iothub_connection_string_release(&parts);
    assert_null(parts.host);
}

static void test_parts_in_any_order(void **state)
{
    (void)state;
    expect_parts(HOST ";" NAME ";SharedAccessKey=" KEY, "myhub.azure-devices.net", "iothubowner");
    expect_parts("SharedAccessKey=" KEY ";" NAME ";" HOST, "myhub.azure-devices.net", "iothubowner");
    expect_parts(" \n" HOST ";" NAME ";SharedAccessKey=" KEY ";\r\n", "myhub.azure-devices.net", "iothubowner");
    expect_parts("hostname=MyHub.Azure-Devices.NET;sharedaccesskeyname=a_b-c@d.e;sharedaccesskey=" KEY,
                 "myhub.azure-devices.net", "a_b-c@d.e");
    expect_parts("HostName=LocalHost:18443;" NAME ";SharedAccessKey=" KEY, "localhost:18443", "iothubowner");
}

/* The sentence says what to do and shows nothing of a key, wherever it was pasted. */
static void expect_error(const char *text, const char *part)
{
    struct iothub_connection_string parts = IOTHUB_CONNECTION_STRING_INIT;
    cleanup_error struct error error = {0};

    assert_int_equal(iothub_connection_string_parse(text, &parts, &error), -1);
    assert_null(parts.host);
    assert_null(parts.key);
    if (!strstr(error_message(&error), part))
        fail_msg("\"%s\" lacks \"%s\"", error_message(&error), part);
    assert_null(strstr(error_message(&error), "MDEyMzQ1"));
}

static void test_what_is_missing_is_named(void **state)
{
    (void)state;
    expect_error("", "empty");
    expect_error(" \n", "empty");
    expect_error(NAME ";SharedAccessKey=" KEY, "HostName is missing");
    expect_error("HostName=;" NAME ";SharedAccessKey=" KEY, "HostName is missing");
    expect_error(HOST ";SharedAccessKey=" KEY, "SharedAccessKeyName is missing");
    expect_error(HOST ";" NAME, "SharedAccessKey is missing");
    expect_error(HOST ";" NAME ";SharedAccessKey=", "SharedAccessKey is missing");
}

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    expect_error(HOST ";" HOST ";" NAME ";SharedAccessKey=" KEY, "HostName is there twice");
    expect_error(KEY, "a part other than");
    expect_error("MDEyMzQ1Njc4OWFiY2RlZg", "no equals sign");
    expect_error(HOST ";" NAME ";SharedAccessKey=" KEY ";MDEyMzQ1=x", "a part other than");
    expect_error(HOST ";DeviceId=d;SharedAccessKey=" KEY, "connection string of a device");
    expect_error(HOST ";" NAME ";SharedAccessSignature=MDEyMzQ1", "SharedAccessSignature ends");
    expect_error(HOST ";SharedAccessKeyName=a b;SharedAccessKey=" KEY, "SharedAccessKeyName may only");
}

static void test_hosts(void **state)
{
    static const char *const wrong[] = {"https://myhub", "my hub", "myhub:",  "myhub:0",     "myhub:65536",
                                        "myhub:1x",      ":443",   "myhub/x", "myhub:123456"};

    (void)state;
    for (size_t i = 0; i < array_length(wrong); i++) {
        char text[256];

        (void)snprintf(text, sizeof text, "HostName=%s;" NAME ";SharedAccessKey=" KEY, wrong[i]);
        expect_error(text, "HostName must be a host name");
    }
}

static void test_keys_must_be_base64(void **state)
{
    static const char *const wrong[] = {
        "MDEyMzQ1N",    "MDEyMzQ1Njc",  "MDEyMzQ1====", "MDEyMzQ1Nj==x", "MDEy MzQ1Njc4", "MDEyMzQ1Njc=4OWF",
        "MDEyMzQ1Nk==", "MDEyMzQ1-_==", "====",         "MDEyMzQ1Njd=",  "MDEyMzQ1\n    "};

    (void)state;
    for (size_t i = 0; i < array_length(wrong); i++) {
        char text[256];

        (void)snprintf(text, sizeof text, "SharedAccessKey=%s;" HOST ";" NAME, wrong[i]);
        expect_error(text, "SharedAccessKey is not Base64");
    }
}

static void token_of(const char *text, long long expiry_s, char **ret_token)
{
    struct iothub_connection_string parts = IOTHUB_CONNECTION_STRING_INIT;

    assert_int_equal(iothub_connection_string_parse(text, &parts, NULL), 0);
    assert_int_equal(iothub_sas_token(&parts, expiry_s, ret_token, NULL), 0);
    iothub_connection_string_release(&parts);
}

/* The signature that the Python and Node clients and openssl all give for these parts. */
static void test_token(void **state)
{
    cleanup_free char *token = NULL;

    (void)state;
    token_of(HOST ";" NAME ";SharedAccessKey=" KEY, 1900000000, &token);
    assert_string_equal(token, "SharedAccessSignature sr=myhub.azure-devices.net"
                               "&sig=vAc9thhaPEpSbbjuLF%2BM5aQFnKWrj6oBQ%2BoxZGHKavg%3D&se=1900000000&skn=iothubowner");
}

/* The signature is over sr as it stands in the token: encoded. Expected value from Python's hmac. */
static void test_token_for_a_port(void **state)
{
    cleanup_free char *token = NULL;

    (void)state;
    token_of("HostName=localhost:18443;SharedAccessKeyName=a@b;SharedAccessKey=" KEY, 1900000000, &token);
    assert_string_equal(
        token, "SharedAccessSignature "
               "sr=localhost%3A18443&sig=FGRq4yJqYmrxJwj%2BckaBMB7no0EFiEYPFcNy8fcfFfI%3D&se=1900000000&skn=a%40b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_in_any_order),     cmocka_unit_test(test_what_is_missing_is_named),
        cmocka_unit_test(test_what_is_wrong_is_named), cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_keys_must_be_base64),    cmocka_unit_test(test_token),
        cmocka_unit_test(test_token_for_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
