#include "common/banned.h"
#include "kube/items.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int note(void *context, const char *text, size_t length)
{
    struct strbuf *seen = context;
    strbuf_add(seen, text, length);
    strbuf_add_char(seen, '|');
    return 0;
}

/* The items, each followed by a bar, when the list comes in pieces of every size. */
static void assert_items(const char *list, const char *expected, const char *expected_around)
{
    for (size_t size = 1; size <= strlen(list); size++) {
        struct kube_items items = {.limit = 1000};
        cleanup_strbuf struct strbuf seen = STRBUF_INIT;
        for (size_t at = 0; at < strlen(list); at += size) {
            size_t length = strlen(list) - at < size ? strlen(list) - at : size;
            assert_int_equal(kube_items_feed(&items, list + at, length, note, &seen), 0);
        }
        assert_string_equal(strbuf_string(&seen), expected);
        assert_string_equal(strbuf_string(&items.around), expected_around);
        assert_int_equal(items.depth, 0);
        kube_items_release(&items);
    }
}

static void items_come_one_by_one(void **state)
{
    (void)state;
    assert_items("{\"metadata\":{\"continue\":\"x\"},\"items\":[{\"a\":[1,{}]},{}]}\n", "{\"a\":[1,{}]}|{}|",
                 "{\"metadata\":{\"continue\":\"x\"},\"items\":[]}\n");
    assert_items("{ \"items\" : [ {\"a\": 1} , {\"b\": 2} ] , \"metadata\": {} }", "{\"a\": 1}|{\"b\": 2}|",
                 "{ \"items\" : [] , \"metadata\": {} }");
}

static void no_items_are_none(void **state)
{
    (void)state;
    assert_items("{\"items\":[],\"metadata\":{}}", "", "{\"items\":[],\"metadata\":{}}");
    assert_items("{\"items\":null}", "", "{\"items\":null}");
    assert_items("{\"kind\":\"Status\"}", "", "{\"kind\":\"Status\"}");
}

static void brackets_in_strings_are_text(void **state)
{
    (void)state;
    assert_items("{\"items\":[{\"a\":\"}]\\\"}]\\\\\"},{\"]\":\"[{\"}]}", "{\"a\":\"}]\\\"}]\\\\\"}|{\"]\":\"[{\"}|",
                 "{\"items\":[]}");
}

/* Only the list's own member of that name holds its items. */
static void other_arrays_are_around(void **state)
{
    (void)state;
    const char *inner = "{\"metadata\":{\"items\":[{\"a\":1}]},\"x\\\"items\":[{\"b\":2}],\"more\":[[{}]]}";
    assert_items(inner, "", inner);
    assert_items("{\"items\":[{\"items\":[{}]}]}", "{\"items\":[{}]}|", "{\"items\":[]}");
}

static void what_is_too_long_is_refused(void **state)
{
    (void)state;
    cleanup_strbuf struct strbuf seen = STRBUF_INIT;
    struct kube_items items = {.limit = 16};
    const char *item = "{\"items\":[{\"a\":\"0123456789\"}";
    assert_int_equal(kube_items_feed(&items, item, strlen(item), note, &seen), -1);
    kube_items_release(&items);
    const char *around = "{\"metadata\":\"0123456789\"";
    assert_int_equal(kube_items_feed(&items, around, strlen(around), note, &seen), -1);
    kube_items_release(&items);
    assert_int_equal(seen.length, 0);
}

static int refuse(void *context, const char *text, size_t length)
{
    (void)context, (void)text, (void)length;
    return -7;
}

static void the_reader_may_end_it(void **state)
{
    (void)state;
    struct kube_items items = {.limit = 100};
    const char *list = "{\"items\":[{},{}]}";
    assert_int_equal(kube_items_feed(&items, list, strlen(list), refuse, NULL), -7);
    kube_items_release(&items);
}

static void a_bracket_too_many_is_refused(void **state)
{
    (void)state;
    struct kube_items items = {.limit = 100};
    assert_int_equal(kube_items_feed(&items, "{}}", 3, note, NULL), -1);
    kube_items_release(&items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_one_by_one),         cmocka_unit_test(no_items_are_none),
        cmocka_unit_test(brackets_in_strings_are_text),  cmocka_unit_test(other_arrays_are_around),
        cmocka_unit_test(what_is_too_long_is_refused),   cmocka_unit_test(the_reader_may_end_it),
        cmocka_unit_test(a_bracket_too_many_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
