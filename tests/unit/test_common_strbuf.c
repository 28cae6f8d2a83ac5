#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/strbuf.h"

#include <string.h>

static void test_empty_buffer_is_an_empty_string(void **state)
{
    struct strbuf buffer = STRBUF_INIT;
    char *stolen;

    (void)state;
    assert_string_equal(strbuf_string(&buffer), "");
    stolen = strbuf_steal(&buffer);
    assert_string_equal(stolen, "");
    assert_null(buffer.data);
    free(stolen);
}

static void test_appends_in_order(void **state)
{
    cleanup_strbuf struct strbuf buffer = STRBUF_INIT;

    (void)state;
    strbuf_add(&buffer, "abc", 2);
    strbuf_add(&buffer, NULL, 0);
    strbuf_add_string(&buffer, "-");
    strbuf_add_char(&buffer, 'c');
    strbuf_add_format(&buffer, "%d%s", 42, "!");
    assert_string_equal(strbuf_string(&buffer), "ab-c42!");
    assert_int_equal(buffer.length, 7);
}

static void test_holds_nul_bytes(void **state)
{
    cleanup_strbuf struct strbuf buffer = STRBUF_INIT;

    (void)state;
    strbuf_add(&buffer, "a\0b", 3);
    assert_int_equal(buffer.length, 3);
    assert_memory_equal(buffer.data, "a\0b", 4);
}

static void test_grows_far(void **state)
{
    cleanup_strbuf struct strbuf buffer = STRBUF_INIT;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        strbuf_add_char(&buffer, (char)('a' + i % 26));
        assert_int_equal(buffer.data[buffer.length], '\0');
    }
    assert_int_equal(buffer.length, 100000);
    for (size_t i = 0; i < buffer.length; i++)
        assert_int_equal(buffer.data[i], 'a' + i % 26);
    assert_true(buffer.capacity < 300000);
}

static void test_long_format(void **state)
{
    cleanup_strbuf struct strbuf buffer = STRBUF_INIT;

    (void)state;
    strbuf_add_format(&buffer, "%1000d|%s", 7, "end");
    assert_int_equal(buffer.length, 1004);
    assert_string_equal(buffer.data + 999, "7|end");
}

static void test_clear_keeps_memory(void **state)
{
    cleanup_strbuf struct strbuf buffer = STRBUF_INIT;
    char *before;

    (void)state;
    strbuf_add_string(&buffer, "hello");
    before = buffer.data;
    strbuf_clear(&buffer);
    assert_string_equal(strbuf_string(&buffer), "");
    assert_ptr_equal(buffer.data, before);
}

static void test_steal_leaves_an_empty_buffer(void **state)
{
    cleanup_strbuf struct strbuf buffer = STRBUF_INIT;
    char *stolen;

    (void)state;
    strbuf_add_string(&buffer, "mine");
    stolen = strbuf_steal(&buffer);
    assert_string_equal(stolen, "mine");
    assert_null(buffer.data);
    assert_int_equal(buffer.length, 0);
    strbuf_add_string(&buffer, "next");
    assert_string_equal(strbuf_string(&buffer), "next");
    free(stolen);
}

static void test_failure_sticks_until_the_end(void **state)
{
    struct strbuf buffer = STRBUF_INIT;

    (void)state;
    strbuf_add_string(&buffer, "kept");
    assert_int_equal(strbuf_reserve(&buffer, SIZE_MAX - 10), -1);
    assert_true(buffer.failed);
    strbuf_add_string(&buffer, "lost");
    strbuf_add_format(&buffer, "%d", 1);
    assert_string_equal(strbuf_string(&buffer), "kept");
    assert_null(strbuf_steal(&buffer));
    assert_null(buffer.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_buffer_is_an_empty_string),
        cmocka_unit_test(test_appends_in_order),
        cmocka_unit_test(test_holds_nul_bytes),
        cmocka_unit_test(test_grows_far),
        cmocka_unit_test(test_long_format),
        cmocka_unit_test(test_clear_keeps_memory),
        cmocka_unit_test(test_steal_leaves_an_empty_buffer),
        cmocka_unit_test(test_failure_sticks_until_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
