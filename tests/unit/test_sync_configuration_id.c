#include "sync/configuration_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The expected values come from Python's hashlib: SHA-256 over "<length>:<bytes>" of each part in turn. They may never
 * change: another id makes every device restart its modules. */
static void test_ids_are_frozen(void **state)
{
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    configuration_id("owner", "hub0", "default", "sample.one", 0, "{}", id);
    assert_string_equal(id, "default-sample-one-60803fd56aaa7d0d194c");
    configuration_id("owner", "hub0", "default", "sample.one", 9, "{}", id);
    assert_string_equal(id, "default-sample-one-9ec095c147a19c0c8d9f");
}

static void test_content_hash_is_sha256(void **state)
{
    char hash[CONTENT_HASH_SIZE];

    (void)state;
    content_hash("", hash);
    assert_string_equal(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    content_hash("abc", hash);
    assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_long_names_are_cut(void **state)
{
    char namespace[64], name[254], id[CONFIGURATION_ID_SIZE];

    (void)state;
    memset(namespace, 'n', 63), namespace[63] = '\0';
    memset(name, 'x', 253), name[253] = '\0';
    configuration_id("o", "h", namespace, name, 0, "{}", id);
    assert_int_equal(strlen(id), 121);
    assert_int_equal(id[100], '-');
    assert_int_equal(strspn(id + 101, "0123456789abcdef"), 20);
    assert_int_equal(strncmp(id, namespace, 63), 0);
    assert_int_equal(id[63], '-');
}

static void test_a_namespace_fills_all_that_is_readable(void **state)
{
    char namespace[101], id[CONFIGURATION_ID_SIZE];

    (void)state;
    memset(namespace, 'n', 100), namespace[100] = '\0';
    configuration_id("o", "h", namespace, "a", 0, "{}", id);
    assert_int_equal(strlen(id), 121);
}

static void test_only_characters_that_a_hub_takes(void **state)
{
    char id[CONFIGURATION_ID_SIZE];

    (void)state;
    configuration_id("o", "h", "Ns_1", "a.b/c", 0, "{}", id);
    assert_int_equal(strncmp(id, "-s-1-a-b-c-", 11), 0);
}

/* Each part counts, and a byte that moves from one part to the next one changes the id. */
static void test_every_part_counts(void **state)
{
    static const struct {
        const char *owner, *hub, *namespace, *name;
        unsigned salt;
        const char *content;
    } cases[] = {
        {"o", "h", "n", "a", 0, "{}"}, {"p", "h", "n", "a", 0, "{}"}, {"o", "i", "n", "a", 0, "{}"},
        {"o", "h", "m", "a", 0, "{}"}, {"o", "h", "n", "b", 0, "{}"}, {"o", "h", "n", "a", 1, "{}"},
        {"o", "h", "n", "a", 0, "[]"}, {"oh", "", "n", "a", 0, "{}"}, {"o", "hn", "", "a", 0, "{}"},
        {"o", "h", "na", "", 0, "{}"}, {"o", "h", "", "na", 0, "{}"}, {"", "oh", "n", "a", 0, "{}"},
    };
    enum { COUNT = sizeof cases / sizeof cases[0] };
    char ids[COUNT][CONFIGURATION_ID_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        configuration_id(cases[i].owner, cases[i].hub, cases[i].namespace, cases[i].name, cases[i].salt,
                         cases[i].content, ids[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(strrchr(ids[i], '-'), strrchr(ids[k], '-'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_are_frozen),
        cmocka_unit_test(test_content_hash_is_sha256),
        cmocka_unit_test(test_long_names_are_cut),
        cmocka_unit_test(test_a_namespace_fills_all_that_is_readable),
        cmocka_unit_test(test_only_characters_that_a_hub_takes),
        cmocka_unit_test(test_every_part_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
