#include "kube/lines.h"

#include "common/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static int collect(void *context, const char *text, size_t length)
{
    struct strbuf *seen = context;
    strbuf_add_format(seen, "[%.*s]", (int)length, text);
    return length == 4 && !memcmp(text, "stop", 4) ? 7 : 0;
}

static int feed(struct kube_lines *lines, const char *text, struct strbuf *seen)
{
    return kube_lines_feed(lines, text, strlen(text), collect, seen);
}

static void pieces_become_lines(void **state)
{
    (void)state;
    struct kube_lines lines = {.limit = 100};
    cleanup_strbuf struct strbuf seen = STRBUF_INIT;
    assert_int_equal(feed(&lines, "one\ntw", &seen), 0);
    assert_string_equal(strbuf_string(&seen), "[one]");
    assert_int_equal(feed(&lines, "o", &seen), 0);
    assert_int_equal(feed(&lines, "\n\nthree\nfour", &seen), 0);
    assert_string_equal(strbuf_string(&seen), "[one][two][three]");
    kube_lines_release(&lines);
    assert_int_equal(feed(&lines, "five\n", &seen), 0);
    assert_string_equal(strbuf_string(&seen), "[one][two][three][five]");
    kube_lines_release(&lines);
}

static void a_line_of_the_limit_passes_and_one_more_byte_does_not(void **state)
{
    (void)state;
    struct kube_lines lines = {.limit = 4};
    cleanup_strbuf struct strbuf seen = STRBUF_INIT;
    assert_int_equal(feed(&lines, "1234\n12", &seen), 0);
    assert_int_equal(feed(&lines, "34\n", &seen), 0);
    assert_int_equal(feed(&lines, "12345\n", &seen), -1);
    assert_int_equal(feed(&lines, "123", &seen), 0);
    assert_int_equal(feed(&lines, "45", &seen), -1);
    assert_string_equal(strbuf_string(&seen), "[1234][1234]");
    kube_lines_release(&lines);
}

static void the_receiver_can_end_it(void **state)
{
    (void)state;
    struct kube_lines lines = {.limit = 100};
    cleanup_strbuf struct strbuf seen = STRBUF_INIT;
    assert_int_equal(feed(&lines, "a\nstop\nb\n", &seen), 7);
    assert_int_equal(feed(&lines, "st", &seen), 0);
    assert_int_equal(feed(&lines, "op\nb\n", &seen), 7);
    assert_string_equal(strbuf_string(&seen), "[a][stop][stop]");
    kube_lines_release(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_become_lines),
        cmocka_unit_test(a_line_of_the_limit_passes_and_one_more_byte_does_not),
        cmocka_unit_test(the_receiver_can_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
