/* What is said once, and what makes it be said again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/said.h"

static void test_once_until_it_changes(void **state)
{
    struct said said = SAID_INIT;

    (void)state;
    assert_true(said_is_news(&said, "port 6443: refused"));
    assert_false(said_is_news(&said, "port 6443: refused"));
    assert_true(said_is_news(&said, "port 6443: timed out"));
    assert_true(said_is_news(&said, "port 6443: timed out."));
    assert_true(said_is_news(&said, "port 6443: refused"));
    assert_true(said_is_over(&said));
    assert_false(said_is_over(&said));
    assert_true(said_is_news(&said, "port 6443: refused"));
    assert_true(said_is_over(&said));
}

static void test_numbers_make_no_difference(void **state)
{
    static const struct {
        const char *first, *second;
        bool news;
    } pairs[] = {
        {"after 9 ms", "after 1000 ms", false},
        {"after 9", "after 10", false},
        {"1 and 22", "11 and 2", false},
        {"after 9 ms", "after ms", true},
        {"after 9 ms", "after 9", true},
        {"9", "", true},
        {"", "9", true},
        {"9 a", "9 b", true},
        {"", "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct said said = SAID_INIT;
        assert_true(said_is_news(&said, pairs[i].first));
        if (said_is_news(&said, pairs[i].second) != pairs[i].news)
            fail_msg("\"%s\" after \"%s\"", pairs[i].second, pairs[i].first);
        assert_true(said_is_over(&said));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once_until_it_changes),
        cmocka_unit_test(test_numbers_make_no_difference),
    };
    return cmocka_run_group_tests_name("server_said", tests, NULL, NULL);
}
