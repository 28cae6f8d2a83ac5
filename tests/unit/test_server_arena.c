/* The arena of a request. Under AddressSanitizer cJSON keeps malloc: the counts are then 0, and that is asserted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/strbuf.h"
#include "server/arena.h"

#include <pthread.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define PLAIN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PLAIN 1
#endif
#endif
#ifndef PLAIN
#define PLAIN 0
#endif

static const size_t first_block = (size_t)128 << 10;

static cJSON *parse_nulls(size_t count)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    strbuf_add_char(&text, '[');
    for (size_t i = 1; i < count; i++)
        strbuf_add_string(&text, "null,");
    strbuf_add_string(&text, "null]");
    return cJSON_ParseWithLength(strbuf_string(&text), text.length);
}

static void test_counts_what_a_tree_takes(void **state)
{
    (void)state;
    arena_begin();
    cJSON *tree = parse_nulls(10);
    assert_non_null(tree);
    assert_int_equal(arena_used(), PLAIN ? 0 : 11 * sizeof(cJSON));
    arena_end(tree);
    assert_int_equal(arena_used(), 0);
    assert_int_equal(arena_kept(), PLAIN ? 0 : first_block);
}

static void test_uses_the_same_memory_again(void **state)
{
    (void)state;
    arena_begin();
    cJSON *first = parse_nulls(1);
    uintptr_t before = (uintptr_t)first;
    arena_end(first);
    arena_begin();
    cJSON *second = parse_nulls(1);
    if (!PLAIN)
        assert_true((uintptr_t)second == before);
    arena_end(second);
}

static void test_keeps_what_a_larger_request_needed(void **state)
{
    (void)state;
    arena_begin();
    arena_end(parse_nulls(5000)); /* 5001 nodes of 64 bytes: 128 + 128 + 256 KiB */
    assert_int_equal(arena_kept(), PLAIN ? 0 : 4 * first_block);
}

static void test_gives_big_blocks_back(void **state)
{
    (void)state;
    arena_begin();
    arena_end(parse_nulls(100000));
    assert_int_equal(arena_kept(), PLAIN ? 0 : first_block);
}

static void test_refuses_a_memory_bomb(void **state)
{
    (void)state;
    arena_begin();
    cJSON *tree = parse_nulls(ARENA_LIMIT / sizeof(cJSON) + 1);
    if (!PLAIN) {
        assert_null(tree);
        assert_true(arena_used() <= ARENA_LIMIT);
    }
    arena_end(tree);
    assert_int_equal(arena_kept(), PLAIN ? 0 : first_block);
}

static void test_an_allocation_outside_is_the_heaps(void **state)
{
    (void)state;
    cJSON *tree = parse_nulls(100);
    assert_int_equal(arena_used(), 0);
    arena_begin();
    assert_int_equal(arena_used(), 0);
    arena_end(NULL);
    assert_int_equal(cJSON_GetArraySize(tree), 100);
    cJSON_Delete(tree);
}

static void *work(void *argument)
{
    size_t *sum = argument;
    for (size_t i = 1; i <= 200; i++) {
        arena_begin();
        cJSON *tree = parse_nulls(i * 20);
        *sum += (size_t)cJSON_GetArraySize(tree);
        arena_end(tree);
    }
    return NULL;
}

static void test_threads_do_not_meet(void **state)
{
    (void)state;
    pthread_t threads[4];
    size_t sums[4] = {0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &sums[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(sums[i], 20 * 200 * 201 / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_what_a_tree_takes),
        cmocka_unit_test(test_uses_the_same_memory_again),
        cmocka_unit_test(test_keeps_what_a_larger_request_needed),
        cmocka_unit_test(test_gives_big_blocks_back),
        cmocka_unit_test(test_refuses_a_memory_bomb),
        cmocka_unit_test(test_an_allocation_outside_is_the_heaps),
        cmocka_unit_test(test_threads_do_not_meet),
    };
    arena_install();
    return cmocka_run_group_tests_name("server_arena", tests, NULL, NULL);
}
