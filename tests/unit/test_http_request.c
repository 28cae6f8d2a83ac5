/* What a handler asks of its request, without a server. */
#include "tests/unit/http_fixture.h"

static void check_decode(const char *text, const char *expected)
{
    cleanup_free char *decoded = http_percent_decode(text, strlen(text));

    if (expected)
        assert_string_equal(decoded, expected);
    else
        assert_null(decoded);
}

static void test_percent_decode(void **state)
{
    (void)state;
    check_decode("", "");
    check_decode("plain", "plain");
    check_decode("a%20b%2Fc%2fd", "a b/c/d");
    check_decode("a+b", "a+b");
    check_decode("%C3%A4", "\xC3\xA4");
    check_decode("%25", "%");
    check_decode("%", NULL);
    check_decode("%4", NULL);
    check_decode("%zz", NULL);
    check_decode("%0z", NULL);
    check_decode("a%00b", NULL);
}

static void test_percent_decode_takes_a_piece(void **state)
{
    cleanup_free char *piece = http_percent_decode("ab%20cd", 3);
    cleanup_free char *whole = http_percent_decode("ab%20cd", 5);
    cleanup_free char *with_nul = http_percent_decode("a\0b", 3);

    (void)state;
    assert_null(piece);
    assert_string_equal(whole, "ab ");
    assert_null(with_nul);
}

static void check_query(const char *query, const char *name, const char *expected)
{
    struct http_request request = {.query = query};
    cleanup_free char *value = http_request_query(&request, name);

    if (expected)
        assert_string_equal(value, expected);
    else
        assert_null(value);
}

static void test_query(void **state)
{
    (void)state;
    check_query("", "a", NULL);
    check_query("timeout=10s", "timeout", "10s");
    check_query("timeout=10s", "time", NULL);
    check_query("time=1&timeout=10s", "timeout", "10s");
    check_query("a=1&b=%41%20&c", "b", "A ");
    check_query("a=1&b=%41&c", "c", "");
    check_query("a=&b=2", "a", "");
    check_query("&&b=2", "b", "2");
    check_query("b=1&b=2", "b", "1");
    check_query("b=a=b", "b", "a=b");
    check_query("b=%zz", "b", NULL);
    check_query("xb=1", "b", NULL);
}

static void test_response_headers(void **state)
{
    struct http_response response = {0};

    (void)state;
    for (int i = 0; i < HTTP_RESPONSE_MAX_HEADERS + 1; i++)
        http_response_add_header(&response, "X-Number", "%d", i);
    assert_int_equal(response.header_count, HTTP_RESPONSE_MAX_HEADERS);
    assert_string_equal(response.headers[7].value, "7");
    for (size_t i = 0; i < response.header_count; i++)
        free(response.headers[i].value);
}

static void test_response_text(void **state)
{
    struct http_response response = {0};

    (void)state;
    http_response_text(&response, 404, "no %s here", "thing");
    http_response_text(&response, 400, "%d is wrong", 5);
    assert_int_equal(response.status, 400);
    assert_string_equal(response.body, "5 is wrong\n");
    assert_int_equal(response.body_length, 11);
    assert_string_equal(response.content_type, "text/plain; charset=utf-8");
    free(response.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percent_decode), cmocka_unit_test(test_percent_decode_takes_a_piece),
        cmocka_unit_test(test_query),          cmocka_unit_test(test_response_headers),
        cmocka_unit_test(test_response_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
