/* The client against our server. What a server would never do is in test_http_client_bad_server.c. */
#include "tests/unit/http_fixture.h"

static int refused_option(const struct http_client_options *options, struct error *error)
{
    struct http_client *client = NULL;

    int result = http_client_new(options, &client, error);
    assert_null(client);
    return result;
}

static void test_plain_http_only_to_this_machine(void **state)
{
    cleanup_error struct error error = {0};

    (void)state;
    assert_int_equal(refused_option(&(struct http_client_options){.base_url = "http://example.com"}, &error), -1);
    assert_string_equal(error.message, "http://example.com would send credentials in the clear: use https");
    assert_int_equal(refused_option(&(struct http_client_options){.base_url = "ftp://localhost"}, &error), -1);
    assert_string_equal(error.message, "ftp://localhost has a scheme other than https");
    assert_int_equal(refused_option(&(struct http_client_options){.base_url = "nonsense"}, &error), -1);
    assert_string_equal(error.message, "nonsense is not a URL such as https://host:443");
}

static void test_client_certificate_without_key(void **state)
{
    cleanup_error struct error error = {0};
    struct http_client_options options = {.base_url = "https://localhost", .client_certificate = "PEM"};

    (void)state;
    assert_int_equal(refused_option(&options, &error), -1);
    assert_string_equal(error.message, "a client certificate and its key come together: one of them is missing");
}

static void expect_body(struct http_client *client, const struct http_client_request *request, const char *expected)
{
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;

    check(http_client_perform(client, request, &answer, &error), &error);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, expected);
    assert_int_equal(answer.body_length, strlen(expected));
}

static void test_each_method(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    const char *headers[] = {"X-Test: a value", NULL};
    struct http_client_request request = request_to("GET", "/a%20b?x=1&y=%41");

    (void)state;
    request.headers = headers;
    expect_body(client, &request, "GET|/a%20b|x=1&y=%41|a value|0\n");
    request = request_to("PUT", "/put");
    request.body = "hello";
    request.body_length = 5;
    expect_body(client, &request, "PUT|/put|||5\n");
    request.method = "DELETE";
    expect_body(client, &request, "DELETE|/put|||5\n");
    request = request_to("PATCH", "/p");
    expect_body(client, &request, "PATCH|/p|||0\n");
    request = request_to("DELETE", "/d");
    expect_body(client, &request, "DELETE|/d|||0\n");
    request = request_to("HEAD", "/h");
    expect_body(client, &request, "");
    request = request_to("GET", "/again");
    expect_body(client, &request, "GET|/again|||0\n");
    assert_int_equal(fixture_counts(fixture).connections, 1);
    fixture_free(fixture);
}

static void test_answer_headers(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    struct http_client_request request = request_to("POST", "/");

    (void)state;
    request.body = "  echo";
    request.body_length = 6;
    check(http_client_perform(client, &request, &answer, &error), &error);
    cleanup_free char *echo = http_client_answer_header(&answer, "x-eCHO");
    cleanup_free char *type = http_client_answer_header(&answer, "Content-Type");
    assert_string_equal(echo, "echo");
    assert_string_equal(type, "text/plain; charset=utf-8");
    assert_null(http_client_answer_header(&answer, "X-Ech"));
    assert_null(http_client_answer_header(&answer, "X-Echoo"));
    fixture_free(fixture);
}

static int failure(struct http_client *client, const struct http_client_request *request, struct error *error)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;

    int result = http_client_perform(client, request, &answer, error);
    assert_int_equal(answer.status, 0);
    assert_null(answer.body);
    return result;
}

static void test_header_with_line_break_is_not_sent(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    cleanup_error struct error error = {0};
    const char *headers[] = {"X-Test: a\r\nX-Evil: b", NULL};
    struct http_client_request request = request_to("GET", "/");

    (void)state;
    request.headers = headers;
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_UNSENT);
    assert_int_equal(fixture_counts(fixture).connections, 0);
    assert_int_equal(get_status(client, "/"), 200);
    fixture_free(fixture);
}

static void test_redirect_is_an_answer(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});

    (void)state;
    assert_int_equal(fixture_status(fixture, "/status/302"), 302);
    assert_int_equal(fixture_counts(fixture).requests, 1);
    fixture_free(fixture);
}

static void test_answer_limit(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    cleanup_error struct error error = {0};
    cleanup_free char *expected = NULL;
    struct http_client_request request = request_to("GET", "/bytes/1000");

    (void)state;
    request.answer_limit = 999;
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_FAILED);
    assert_true(asprintf(&expected, "GET https://localhost:%u/bytes/1000: the answer is longer than the limit",
                         http_server_port(fixture->server)) > 0);
    assert_string_equal(error.message, expected);
    request.answer_limit = 1000;
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    check(http_client_perform(client, &request, &answer, &error), &error);
    assert_int_equal(answer.body_length, 1000);
    fixture_free(fixture);
}

struct received {
    size_t length, calls, stop_after;
};

static int on_data(void *context, const char *data, size_t length)
{
    struct received *received = context;

    assert_int_equal(data[0], 'b');
    received->length += length;
    received->calls++;
    return received->stop_after && received->calls >= received->stop_after ? 1 : 0;
}

static void test_body_in_pieces(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    struct received received = {0};
    struct http_client_request request = request_to("GET", "/bytes/100000");

    (void)state;
    request.on_data = on_data;
    request.context = &received;
    request.answer_limit = 100;
    check(http_client_perform(client, &request, &answer, &error), &error);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_length, 0);
    assert_int_equal(received.length, 100000);
    received.stop_after = received.calls = 1;
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_FAILED);
    fixture_free(fixture);
}

static void test_error_body_is_stored_though_pieces_were_asked_for(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    struct received received = {0};
    struct http_client_request request = request_to("GET", "/status/410");

    (void)state;
    request.on_data = on_data;
    request.context = &received;
    check(http_client_perform(client, &request, &answer, &error), &error);
    assert_int_equal(answer.status, 410);
    assert_string_equal(answer.body, "GET|/status/410|||0\n");
    assert_int_equal(received.calls, 0);
    fixture_free(fixture);
}

static void test_deadline(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 0});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    cleanup_error struct error error = {0};
    struct http_client_request request = request_to("GET", "/wait");

    (void)state;
    /* The connection stands already, so that the request goes out however slow the machine is. */
    assert_int_equal(get_status(client, "/"), 200);
    request.deadline_ms = clock_now_ms() + 300;
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_FAILED);
    assert_non_null(strstr(error.message, "no whole answer came in time"));
    sem_post(&fixture->release);
    assert_int_equal(get_status(client, "/"), 200);
    fixture_free(fixture);
}

static void test_wrong_ca_is_certainly_unsent(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    struct fixture *other = fixture_new();
    cleanup_http_client struct http_client *client =
        client_for(http_server_port(fixture->server), false, other->folder);
    cleanup_error struct error error = {0};
    struct http_client_request request = request_to("GET", "/");

    (void)state;
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_UNSENT);
    assert_int_equal(fixture_counts(fixture).requests, 0);
    fixture_free(other);
    fixture_free(fixture);
}

static struct http_client *client_of(const struct http_client_options *options)
{
    cleanup_error struct error error = {0};
    struct http_client *client = NULL;

    check(http_client_new(options, &client, &error), &error);
    return client;
}

static void test_wrong_name_is_certainly_unsent(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_free char *ca_file = file_in(fixture->folder, "ca.crt");
    cleanup_free char *url = NULL;
    cleanup_error struct error error = {0};

    (void)state;
    assert_true(asprintf(&url, "https://127.0.0.1:%u", http_server_port(fixture->server)) > 0);
    cleanup_http_client struct http_client *client =
        client_of(&(struct http_client_options){.base_url = url, .ca_file = ca_file});
    struct http_client_request request = request_to("GET", "/");
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_UNSENT);
    assert_int_equal(fixture_counts(fixture).requests, 0);
    fixture_free(fixture);
}

static char *content_of(const char *folder, const char *name)
{
    cleanup_error struct error error = {0};
    cleanup_free char *path = file_in(folder, name);
    char *text = NULL;
    size_t length = 0;

    check(file_read(path, 100000, &text, &length, &error), &error);
    return text;
}

static void test_pem_texts(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_free char *ca = content_of(fixture->folder, "ca.crt");
    cleanup_free char *certificate = content_of(fixture->folder, "tls.crt");
    cleanup_free char *key = content_of(fixture->folder, "tls.key");
    cleanup_free char *url = NULL;
    cleanup_error struct error error = {0};

    (void)state;
    assert_true(asprintf(&url, "https://localhost:%u", http_server_port(fixture->server)) > 0);
    struct http_client_options options = {
        .base_url = url, .ca_data = ca, .client_certificate = certificate, .client_key = key};
    cleanup_http_client struct http_client *client = client_of(&options);
    assert_int_equal(get_status(client, "/"), 200);
    options.client_key = "no key";
    cleanup_http_client struct http_client *broken = client_of(&options);
    struct http_client_request request = request_to("GET", "/");
    assert_int_equal(failure(broken, &request, &error), HTTP_CLIENT_UNSENT);
    fixture_free(fixture);
}

static void test_nobody_listens(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    cleanup_error struct error error = {0};
    struct http_client_request request = request_to("GET", "/");

    (void)state;
    http_server_stop(fixture->server);
    fixture->server = NULL;
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_UNSENT);
    fixture_free(fixture);
}

static void test_truncated_answer(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    cleanup_error struct error error = {0};
    struct http_client_request request = request_to("GET", "/truncated");

    (void)state;
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_FAILED);
    request.path = "/nothing";
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_FAILED);
    assert_int_equal(fixture_counts(fixture).requests, 2);
    fixture_free(fixture);
}

struct stopper {
    struct fixture *fixture;
    struct http_client *client;
};

static void *stop_when_entered(void *context)
{
    struct stopper *stopper = context;

    sem_wait(&stopper->fixture->entered);
    http_client_stop(stopper->client);
    return NULL;
}

static void test_stop_from_another_thread(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 0});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    cleanup_error struct error error = {0};
    struct stopper stopper = {fixture, client};
    struct http_client_request request = request_to("GET", "/wait");
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, stop_when_entered, &stopper), 0);
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_STOPPED);
    pthread_join(thread, NULL);
    assert_int_equal(failure(client, &request, &error), HTTP_CLIENT_STOPPED);
    assert_int_equal(fixture_counts(fixture).requests, 1);
    sem_post(&fixture->release);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_http_only_to_this_machine),
        cmocka_unit_test(test_client_certificate_without_key),
        cmocka_unit_test(test_each_method),
        cmocka_unit_test(test_answer_headers),
        cmocka_unit_test(test_header_with_line_break_is_not_sent),
        cmocka_unit_test(test_redirect_is_an_answer),
        cmocka_unit_test(test_answer_limit),
        cmocka_unit_test(test_body_in_pieces),
        cmocka_unit_test(test_error_body_is_stored_though_pieces_were_asked_for),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_wrong_ca_is_certainly_unsent),
        cmocka_unit_test(test_wrong_name_is_certainly_unsent),
        cmocka_unit_test(test_pem_texts),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_truncated_answer),
        cmocka_unit_test(test_stop_from_another_thread),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
