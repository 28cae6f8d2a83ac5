#include "tests/unit/translate_objects.h"
#include "translate/item_index.h"

#define MANY 20000

static void test_nothing_is_found_in_nothing(void **state)
{
    cleanup_item_index struct item_index index = ITEM_INDEX_INIT;
    cleanup_json cJSON *object = object_from("name: a\n");

    (void)state;
    item_index_add(&index, NULL, "name");
    item_index_add(&index, object, "name");
    assert_null(item_index_find(&index, "a", 1));
    assert_int_equal(item_index_count(&index, "a"), 0);
    assert_false(index.failed);
}

static void test_the_first_of_a_name_is_found(void **state)
{
    cleanup_item_index struct item_index index = ITEM_INDEX_INIT;
    cleanup_json cJSON *list = object_from("one: [{name: bb}, {name: a}, {name: ''}, {x: a}, 5, {name: 5}, {name: a}]\n"
                                           "two: [{name: a}, {name: b}]\n");
    const cJSON *one = json_get(list, "one");
    const cJSON *two = json_get(list, "two");

    (void)state;
    item_index_add(&index, one, "name");
    item_index_add(&index, two, "name");
    assert_int_equal(index.count, 5);
    assert_ptr_equal(item_index_find(&index, "a", 1), one->child->next);
    assert_ptr_equal(item_index_find(&index, "bbb", 2), one->child);
    assert_ptr_equal(item_index_find(&index, "bbb", 1), two->child->next);
    assert_null(item_index_find(&index, "bbb", 3));
    assert_null(item_index_find(&index, "", 0));
    assert_int_equal(item_index_count(&index, "a"), 3);
    assert_int_equal(item_index_count(&index, "b"), 1);
    assert_int_equal(item_index_count(&index, "c"), 0);
}

/* In the wrong order, and each of them twice. */
static void test_many(void **state)
{
    cleanup_item_index struct item_index index = ITEM_INDEX_INIT;
    cleanup_json cJSON *list = cJSON_CreateArray();

    (void)state;
    for (int i = 0; i < 2 * MANY; i++) {
        cJSON *item = cJSON_CreateObject();
        char name[16];

        (void)snprintf(name, sizeof(name), "v%d", MANY - 1 - i % MANY);
        cJSON_AddStringToObject(item, "name", name);
        cJSON_AddItemToArray(list, item);
    }
    item_index_add(&index, list, "name");
    assert_ptr_equal(item_index_find(&index, "v19999", 6), list->child);
    assert_int_equal(item_index_count(&index, "v0"), 2);
    assert_int_equal(item_index_count(&index, "v20000"), 0);
}

static void test_members_are_found_by_their_names_and_carry_a_value(void **state)
{
    cleanup_item_index struct item_index index = ITEM_INDEX_INIT;
    cleanup_json cJSON *object = object_from("{b: 1, a: 2, c: 3}\n");

    (void)state;
    item_index_add_members(&index, NULL);
    item_index_add_members(&index, object);
    assert_int_equal(index.count, 3);
    assert_ptr_equal(item_index_find(&index, "b", 1), object->child);
    assert_null(item_index_slot(&index, "b", 1)->value);
    item_index_slot(&index, "b", 1)->value = object;
    assert_ptr_equal(item_index_slot(&index, "b", 1)->value, object);
    assert_null(item_index_slot(&index, "d", 1));
}

static void test_all_of_one_text_come_in_the_order_in_which_they_were_added(void **state)
{
    cleanup_item_index struct item_index index = ITEM_INDEX_INIT;
    cleanup_json cJSON *list = object_from("[1, 2, 3, 4]\n");
    const struct indexed_item *found;
    size_t count;

    (void)state;
    assert_null(item_index_all(&index, "a", 1, &count));
    assert_int_equal(count, 0);
    item_index_add_text(&index, "ax", 1, list->child);
    item_index_add_text(&index, "b", 1, list->child->next);
    item_index_add_text(&index, "a", 1, list->child->next->next);
    found = item_index_all(&index, "a", 1, &count);
    assert_int_equal(count, 2);
    assert_ptr_equal(found[0].item, list->child);
    assert_ptr_equal(found[1].item, list->child->next->next);
    assert_null(item_index_all(&index, "c", 1, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_found_in_nothing),
        cmocka_unit_test(test_the_first_of_a_name_is_found),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_members_are_found_by_their_names_and_carry_a_value),
        cmocka_unit_test(test_all_of_one_text_come_in_the_order_in_which_they_were_added),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
