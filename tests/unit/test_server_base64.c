#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/base64.h"

static void check(const char *data, size_t length, const char *expected)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    base64_encode(data, length, &out);
    assert_string_equal(strbuf_string(&out), expected);
}

/* RFC 4648 §10. */
static void test_vectors_of_the_rfc(void **state)
{
    (void)state;
    check("", 0, "");
    check("f", 1, "Zg==");
    check("fo", 2, "Zm8=");
    check("foo", 3, "Zm9v");
    check("foob", 4, "Zm9vYg==");
    check("fooba", 5, "Zm9vYmE=");
    check("foobar", 6, "Zm9vYmFy");
}

static void test_every_bit_and_nul_bytes(void **state)
{
    (void)state;
    check("\xff\xef\xbf", 3, "/++/");
    check("\0\0", 2, "AAA=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_of_the_rfc),
        cmocka_unit_test(test_every_bit_and_nul_bytes),
    };
    return cmocka_run_group_tests_name("server_base64", tests, NULL, NULL);
}
