#include "tests/unit/translate_objects.h"
#include "translate/create_options.h"

#define HEAD "{\"Labels\":{\"p\":\""
#define TAIL "\"}}"

/* Create options of exactly that many bytes: filled with a character, and perhaps one byte before it to shift it. */
static char *options_of(size_t bytes, const char *filling, size_t shift)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    strbuf_add_string(&text, HEAD);
    for (size_t i = 0; i < shift; i++)
        strbuf_add_char(&text, 'x');
    while (text.length + strlen(filling) + strlen(TAIL) <= bytes)
        strbuf_add_string(&text, filling);
    while (text.length + strlen(TAIL) < bytes)
        strbuf_add_char(&text, 'y');
    strbuf_add_string(&text, TAIL);
    return strbuf_steal(&text);
}

static cJSON *written(const char *minified)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    cJSON *tree = NULL;

    json_begin_object(&writer);
    create_options_write(&writer, minified);
    json_end_object(&writer);
    assert_int_equal(json_parse(text.data, text.length, &tree, NULL), 0);
    return tree;
}

/* Joins the pieces as the agent does, and checks names and sizes. */
static void assert_pieces(const char *minified, int count)
{
    cleanup_json cJSON *tree = written(minified);
    cleanup_strbuf struct strbuf joined = STRBUF_INIT;
    unsigned number = 0;
    const cJSON *piece;

    assert_int_equal(cJSON_GetArraySize(tree), count);
    cJSON_ArrayForEach(piece, tree)
    {
        char name[32] = "createOptions";

        if (number)
            (void)snprintf(name, sizeof(name), "createOptions%02u", number);
        number++;
        assert_string_equal(piece->string, name);
        assert_in_range(strlen(piece->valuestring), 1, 512);
        assert_true(((unsigned char)piece->valuestring[0] & 0xc0) != 0x80);
        strbuf_add_string(&joined, piece->valuestring);
    }
    assert_string_equal(strbuf_string(&joined), minified);
    assert_int_equal(create_options_count_pieces(minified), count);
}

static void test_text_keeps_its_tokens(void **state)
{
    cleanup_free char *minified = NULL;

    (void)state;
    assert_int_equal(
        create_options_minify("{ \"HostConfig\" : {\n \"Memory\": 1.50E+3, \"T\": \"2020-01-01T00:00:00Z\",\t\"U\":"
                              " \"\\u00e9 /\\/\" } }\n",
                              &minified, NULL),
        0);
    assert_string_equal(minified,
                        "{\"HostConfig\":{\"Memory\":1.50E+3,\"T\":\"2020-01-01T00:00:00Z\",\"U\":\"\\u00e9 /\\/\"}}");
}

static void test_blank_text_is_no_options(void **state)
{
    static const char *const blank[] = {"", " \n\t\r", "{}", " { } ", " null "};

    (void)state;
    for (size_t i = 0; i < array_length(blank); i++) {
        cleanup_free char *minified = NULL;

        assert_int_equal(create_options_minify(blank[i], &minified, NULL), 0);
        assert_string_equal(minified, "{}");
        assert_pieces(minified, 1);
    }
}

static void test_what_is_no_object_is_refused(void **state)
{
    static const char *const bad[] = {"[]",    "nul",     "5",          "\"{}\"",           "{",
                                      "{} {}", "{'a':1}", "{\"a\":1,}", "{\"a\":1,\"a\":2}"};

    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        cleanup_error struct error error = {NULL};
        char *minified = NULL;

        if (create_options_minify(bad[i], &minified, &error) == 0)
            fail_msg("%s was accepted", bad[i]);
        assert_non_null(error.message);
        assert_null(minified);
    }
}

static void test_pieces_end_at_512_bytes(void **state)
{
    static const struct {
        size_t bytes;
        int pieces;
    } cases[] = {{100, 1}, {511, 1}, {512, 1}, {513, 2}, {1024, 2}, {1025, 3}, {51200, 100}};

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_free char *options = options_of(cases[i].bytes, "x", 0);

        assert_int_equal(strlen(options), cases[i].bytes);
        assert_pieces(options, cases[i].pieces);
    }
}

static void test_pieces_are_cut_between_characters(void **state)
{
    static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

    (void)state;
    for (size_t i = 0; i < array_length(characters); i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            cleanup_free char *options = options_of(2000, characters[i], shift);

            assert_pieces(options, 4);
        }
    }
}

static void test_more_than_100_pieces_are_refused(void **state)
{
    cleanup_free char *options = options_of(51201, "x", 0);
    cleanup_error struct error error = {NULL};
    char *minified = NULL;

    (void)state;
    assert_int_equal(create_options_minify(options, &minified, &error), -1);
    assert_string_equal(error_message(&error),
                        "has 51201 bytes: that is 101 pieces of 512 bytes, and a device takes 100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_keeps_its_tokens),
        cmocka_unit_test(test_blank_text_is_no_options),
        cmocka_unit_test(test_what_is_no_object_is_refused),
        cmocka_unit_test(test_pieces_end_at_512_bytes),
        cmocka_unit_test(test_pieces_are_cut_between_characters),
        cmocka_unit_test(test_more_than_100_pieces_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
