/* Base64: the vectors of RFC 4648 §10, every bit, and what strictness refuses. */
#include "common/base64.h"
#include "common/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *data;
    size_t length;
    const char *text;
} vectors[] = {
    {"", 0, ""},
    {"f", 1, "Zg=="},
    {"fo", 2, "Zm8="},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg=="},
    {"fooba", 5, "Zm9vYmE="},
    {"foobar", 6, "Zm9vYmFy"},
    {"\xff\xef\xbf", 3, "/++/"},
    {"\0\0", 2, "AAA="},
};

static void test_encode(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(vectors); i++) {
        cleanup_strbuf struct strbuf out = STRBUF_INIT;
        strbuf_add_string(&out, "before ");
        base64_encode(vectors[i].data, vectors[i].length, &out);
        assert_string_equal(strbuf_string(&out) + strlen("before "), vectors[i].text);
    }
}

static void test_decode(void **state)
{
    unsigned char bytes[16];
    size_t count;

    (void)state;
    for (size_t i = 0; i < array_length(vectors); i++) {
        assert_true(vectors[i].length <= BASE64_DECODED_SIZE(strlen(vectors[i].text)));
        assert_int_equal(base64_decode(vectors[i].text, strlen(vectors[i].text), bytes, &count), 0);
        assert_int_equal(count, vectors[i].length);
        assert_memory_equal(bytes, vectors[i].data, count);
    }
}

static void test_refusals(void **state)
{
    static const char *const broken[] = {"Zg",   "Zg=",  "Z===", "====", "Zg==Zg==", "Z=g=",  "Zm9v\n",     "Zm 9",
                                         "Zm9-", "Zm9_", "Zh==", "Zm9=", "=Zg=",     "Zm9vZ", "\xc3\xa4Zg", "Zg==    "};
    unsigned char bytes[16];
    size_t count;

    (void)state;
    for (size_t i = 0; i < array_length(broken); i++)
        if (base64_decode(broken[i], strlen(broken[i]), bytes, &count) == 0)
            fail_msg("%s was taken", broken[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests_name("common_base64", tests, NULL, NULL);
}
