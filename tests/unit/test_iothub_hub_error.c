#include "iothub/hub_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void expect_read(const char *headers, const char *body, const char *code, const char *text)
{
    char header_copy[512], body_copy[2048];
    const struct http_client_answer answer = {400, body_copy, strlen(body), header_copy};
    cleanup_hub_error struct hub_error read = HUB_ERROR_INIT;

    (void)snprintf(header_copy, sizeof header_copy, "%s", headers);
    (void)snprintf(body_copy, sizeof body_copy, "%s", body);
    hub_error_read(&answer, &read);
    if (code)
        assert_string_equal(read.code, code);
    else
        assert_null(read.code);
    if (text)
        assert_string_equal(read.text, text);
    else
        assert_null(read.text);
}

#define TAIL ",\"ExceptionMessage\":\"Tracking ID:0-G:0-TimeStamp:11/23/2026 06:45:38\"}"

static void test_where_the_code_comes_from(void **state)
{
    (void)state;
    expect_read("", "{\"Message\":\"ErrorCode:PreconditionFailed;ETag mismatch\"" TAIL, "PreconditionFailed",
                "ETag mismatch");
    expect_read("iothub-errorcode: FromHeader\r\n", "{\"Message\":\"ErrorCode:Other;text\"" TAIL, "FromHeader", "text");
    expect_read("IotHub-ErrorCode: FromHeader\r\n", "", "FromHeader", NULL);
    expect_read("", "{\"errorCode\":404103,\"message\":\"offline\",\"trackingId\":\"t\"}", "404103", "offline");
    expect_read("", "{\"Message\":\"{\\\"errorCode\\\":404103,\\\"message\\\":\\\"offline\\\"}\"" TAIL, "404103",
                "offline");
    expect_read("", "{\"Message\":\"ErrorCode:Alone\"}", "Alone", NULL);
    expect_read("", "{\"Message\":\"plain words; more\"}", NULL, "plain words; more");
    expect_read("", "{\"Message\":\"{not json\"}", NULL, "{not json");
}

static void test_what_is_no_json(void **state)
{
    (void)state;
    expect_read("", "", NULL, NULL);
    expect_read("", "{}", NULL, NULL);
    expect_read("", "[1]", NULL, NULL);
    expect_read("", "<html>\r\nBad Gateway\x1b[0m", NULL, "<html>  Bad Gateway [0m");
}

static void test_long_texts_are_cut_between_characters(void **state)
{
    char body[1024], expected[1024];

    (void)state;
    /* 399 letters, then characters of two bytes: the first one would end at byte 401. */
    memset(body, 'x', 399);
    (void)snprintf(body + 399, sizeof body - 399, "\xc3\xa4\xc3\xa4\xc3\xa4");
    (void)snprintf(expected, sizeof expected, "%.399s", body);
    expect_read("", body, NULL, expected);
}

/* The API server would store something else than was written, and it would be written again for ever. */
static void test_words_are_printable_utf8(void **state)
{
    (void)state;
    expect_read("", "{\"Message\":\"a\xff\xc3\xa4\"}", NULL, "a???");
    expect_read("", "{\"Message\":\"\xc3\xa4\xe2\x82\xac\"}", NULL, "\xc3\xa4\xe2\x82\xac");
    expect_read("", "<\xc3", NULL, "<?");
    expect_read("", "{\"Message\":\"a\xc2\x9b[0mb\"}", NULL, "a  [0mb");
    expect_read("iothub-errorcode: A\xff\r\n", "", "A?", NULL);
}

/* What is that long is no error of IoT Hub, and is not worth the memory of a tree. */
static void test_an_endless_error_is_not_parsed(void **state)
{
    static char body[80000];
    const struct http_client_answer answer = {500, body, sizeof body - 1, (char[]){""}};
    cleanup_hub_error struct hub_error read = HUB_ERROR_INIT;

    (void)state;
    memset(body, ' ', sizeof body - 1);
    memcpy(body, "{\"Message\":\"ErrorCode:A;b\"", 26);
    body[sizeof body - 2] = '}';
    hub_error_read(&answer, &read);
    assert_null(read.code);
    assert_int_equal(strncmp(read.text, "{\"Message\"", 10), 0);
}

static void test_what_an_answer_means(void **state)
{
    static const struct {
        int status;
        const char *code;
        enum iothub_result result;
    } cases[] = {
        {400, "InvalidConfigurationContent", IOTHUB_REFUSED},
        {400, "EtagDoesNotMatch", IOTHUB_PRECONDITION_FAILED},
        {400, NULL, IOTHUB_REFUSED},
        {401, "IotHubUnauthorizedAccess", IOTHUB_UNAUTHORIZED},
        {403, "403010", IOTHUB_UNAUTHORIZED},
        {403, "IotHubQuotaExceeded", IOTHUB_LIMIT_REACHED},
        {404, NULL, IOTHUB_NOT_FOUND},
        {409, NULL, IOTHUB_CONFLICT},
        {412, NULL, IOTHUB_PRECONDITION_FAILED},
        {413, "ConfigurationCountLimitExceeded", IOTHUB_LIMIT_REACHED},
        {413, "413101", IOTHUB_LIMIT_REACHED},
        {413, "RequestEntityTooLarge", IOTHUB_REFUSED},
        {429, "ThrottlingBacklogTimeout", IOTHUB_THROTTLED},
        {500, NULL, IOTHUB_SERVER_ERROR},
        {503, "ServerBusy", IOTHUB_SERVER_ERROR},
        {301, NULL, IOTHUB_SERVER_ERROR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(hub_error_result(cases[i].status, cases[i].code), cases[i].result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_the_code_comes_from),
        cmocka_unit_test(test_what_is_no_json),
        cmocka_unit_test(test_long_texts_are_cut_between_characters),
        cmocka_unit_test(test_words_are_printable_utf8),
        cmocka_unit_test(test_an_endless_error_is_not_parsed),
        cmocka_unit_test(test_what_an_answer_means),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
