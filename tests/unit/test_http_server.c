/* Requests and answers. Deadlines are in test_http_deadlines.c, certificates in test_http_certificate.c. */
#include "tests/unit/http_fixture.h"

static const char head_413[] = "HTTP/1.1 413 ";

static void expect_head(const char *answer, const char *head)
{
    if (strncmp(answer, head, strlen(head)) != 0)
        fail_msg("expected %s…, got %s", head, answer);
}

static void expect_sentence(const char *answer, const char *sentence)
{
    const char *body = strstr(answer, "\r\n\r\n");

    assert_non_null(strstr(answer, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
    assert_non_null(body);
    assert_string_equal(body + 4, sentence);
}

static void send_zeros(int fd, size_t length)
{
    static const char zeros[64 * 1024];

    for (; length > sizeof zeros; length -= sizeof zeros)
        assert_true(raw_send(fd, zeros, sizeof zeros));
    assert_true(raw_send(fd, zeros, length));
}

static void send_chunks(int fd, size_t length)
{
    static const char zeros[64 * 1024];

    for (; length > 0; length -= sizeof zeros) {
        assert_true(raw_send_text(fd, "10000\r\n"));
        assert_true(raw_send(fd, zeros, sizeof zeros));
        assert_true(raw_send_text(fd, "\r\n"));
    }
    assert_true(raw_send_text(fd, "0\r\n\r\n"));
}

static const char too_long_sentence[] = "the body is longer than the limit of 7340032 bytes\n";

static void test_eight_mebibytes_are_too_long(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 2});
    cleanup_close int counted = fixture_raw(fixture);
    cleanup_close int chunked = fixture_raw(fixture);

    (void)state;
    raw_send_text(counted, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8388608\r\n\r\n");
    send_zeros(counted, 8388608);
    cleanup_free char *answer = raw_read_all(counted);
    expect_head(answer, head_413);
    expect_sentence(answer, too_long_sentence);

    raw_send_text(chunked, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    send_chunks(chunked, 8388608);
    cleanup_free char *answer_to_chunks = raw_read_all(chunked);
    expect_head(answer_to_chunks, head_413);
    expect_sentence(answer_to_chunks, too_long_sentence);
    assert_int_equal(fixture_counts(fixture).refused_bodies, 2);
    assert_int_equal(fixture_status(fixture, "/"), 200);
    fixture_free(fixture);
}

static int post_status(struct http_client *client, size_t length)
{
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_free char *body = calloc(1, length + 1);
    cleanup_free char *expected = NULL;
    struct http_client_request request = request_to("POST", "/");

    request.body = body;
    request.body_length = length;
    check(http_client_perform(client, &request, &answer, &error), &error);
    if (answer.status == 200) {
        assert_true(asprintf(&expected, "POST|/|||%zu\n", length) > 0);
        assert_string_equal(answer.body, expected);
    }
    return answer.status;
}

static void test_body_limit_is_exact(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1, .body_limit = 100000});
    cleanup_http_client struct http_client *client = fixture_client(fixture);

    (void)state;
    assert_int_equal(post_status(client, 0), 200);
    assert_int_equal(post_status(client, 1), 200);
    assert_int_equal(post_status(client, 99999), 200);
    assert_int_equal(post_status(client, 100000), 200);
    assert_int_equal(post_status(client, 100001), 413);
    assert_int_equal(post_status(client, 1000000), 413);
    assert_int_equal(post_status(client, 100000), 200);
    fixture_free(fixture);
}

static void test_chunked_body_up_to_its_limit(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1, .body_limit = 131072});
    cleanup_close int fd = fixture_raw(fixture);
    static const char *const headers = "Host: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";

    (void)state;
    raw_send_text(fd, "POST /c HTTP/1.1\r\n");
    raw_send_text(fd, headers);
    send_chunks(fd, 131072);
    cleanup_free char *answer = raw_read_all(fd);
    expect_head(answer, "HTTP/1.1 200 ");
    assert_non_null(strstr(answer, "\r\n\r\nPOST|/c|||131072\n"));
    fixture_free(fixture);
}

/* Too much even to read and throw away: the answer comes before the body. */
static void test_absurd_length_is_refused_at_once(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1});

    (void)state;
    cleanup_free char *answer =
        fixture_raw_answer(fixture, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 67108865\r\n\r\n");
    expect_head(answer, head_413);
    expect_sentence(answer, too_long_sentence);
    fixture_free(fixture);
}

static void expect_refused(struct fixture *fixture, const char *headers, const char *sentence)
{
    cleanup_free char *request = NULL;

    assert_true(asprintf(&request, "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n0\r\n\r\n", headers) > 0);
    cleanup_free char *answer = fixture_raw_answer(fixture, request);
    expect_head(answer, sentence ? "HTTP/1.1 400 " : "HTTP/1.1 4");
    if (sentence)
        expect_sentence(answer, sentence);
}

static void test_ambiguous_framing(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1});

    (void)state;
    expect_refused(fixture, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                   "Transfer-Encoding and Content-Length do not go together\n");
    expect_refused(fixture, "Content-Length: 5\r\nContent-Length: 5\r\n",
                   "Content-Length or Transfer-Encoding was given twice\n");
    expect_refused(fixture, "Transfer-Encoding: gzip\r\n",
                   "Content-Length is no number, or Transfer-Encoding is not chunked\n");
    expect_refused(fixture, "Content-Length : 5\r\n", "a header has white space before its colon\n");
    /* These libmicrohttpd refuses in words of its own. */
    expect_refused(fixture, "Content-Length: +5\r\n", NULL);
    expect_refused(fixture, "Content-Length: 5, 5\r\n", NULL);
    expect_refused(fixture, "Content-Length: 99999999999999999999\r\n", NULL);
    assert_int_equal(fixture_status(fixture, "/"), 200);
    fixture_free(fixture);
}

/* Each length, on kept and on ended connections, arrives whole: head and body are sent together or apart. */
static void test_answers_of_many_lengths(void **state)
{
    static const size_t lengths[] = {0, 1, 100, 1200, 1399, 1400, 1500, 12287, 12288, 12289, 16384, 100000, 3};
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);
    const char *close_headers[] = {"Connection: close", NULL};

    (void)state;
    for (size_t i = 0; i < 3 * array_length(lengths); i++) {
        cleanup_error struct error error = {0};
        cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
        char path[64];
        size_t length = lengths[i % array_length(lengths)];
        snprintf(path, sizeof path, "/bytes/%zu", length);
        struct http_client_request request = request_to("GET", path);
        request.headers = i % 3 == 2 ? close_headers : NULL;
        check(http_client_perform(client, &request, &answer, &error), &error);
        assert_int_equal(answer.body_length, length);
        assert_int_equal(strspn(answer.body, "b"), length);
    }
    assert_int_equal(fixture_counts(fixture).connections, array_length(lengths));
    fixture_free(fixture);
}

static void test_pipelined_requests(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1});

    (void)state;
    cleanup_free char *answer = fixture_raw_answer(
        fixture, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\n"
                 "Content-Length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(answer, "GET|/1|||0\n"));
    assert_non_null(strstr(answer, "POST|/2|||2\n"));
    assert_non_null(strstr(answer, "GET|/3|||0\n"));
    assert_int_equal(fixture_counts(fixture).requests, 3);
    fixture_free(fixture);
}

static void test_no_answer_and_half_an_answer(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1});

    (void)state;
    cleanup_free char *nothing = fixture_raw_answer(fixture, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_equal(nothing, "");
    cleanup_free char *half = fixture_raw_answer(fixture, "GET /truncated HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_non_null(strstr(half, "\r\nContent-Length: 1000\r\n"));
    assert_string_equal(strstr(half, "\r\n\r\n") + 4, "bbbbbbbbbb");
    fixture_free(fixture);
}

static void test_header_that_cannot_be_sent(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1});

    (void)state;
    cleanup_free char *answer = fixture_raw_answer(fixture, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                                                            "Connection: close\r\n\r\na\nb");
    expect_head(answer, "HTTP/1.1 500 ");
    fixture_free(fixture);
}

static void test_drain_ends_each_connection(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *client = fixture_client(fixture);

    (void)state;
    assert_int_equal(get_status(client, "/"), 200);
    http_server_drain(fixture->server);
    for (int i = 0; i < 2; i++) {
        cleanup_error struct error error = {0};
        cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
        struct http_client_request request = request_to("GET", "/");
        check(http_client_perform(client, &request, &answer, &error), &error);
        cleanup_free char *connection = http_client_answer_header(&answer, "Connection");
        assert_string_equal(connection, "close");
    }
    assert_int_equal(fixture_counts(fixture).connections, 2);
    fixture_free(fixture);
}

static void test_stop_ends_open_connections(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 2});
    cleanup_close int silent = fixture_raw(fixture);
    cleanup_close int idle = fixture_raw(fixture);

    (void)state;
    raw_send_text(idle, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_read_until(idle, "GET|/1|||0\n");
    http_server_stop(fixture->server);
    fixture->server = NULL;
    assert_true(raw_ended(silent, WAIT_MS));
    assert_true(raw_ended(idle, WAIT_MS));
    fixture_free(fixture);
}

static void *stop_server(void *context)
{
    struct fixture *fixture = context;

    http_server_stop(fixture->server);
    fixture->server = NULL;
    return NULL;
}

static void test_stop_lets_a_handler_end(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 0});
    cleanup_close int fd = fixture_raw(fixture);
    pthread_t thread;

    (void)state;
    raw_send_text(fd, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    sem_wait(&fixture->entered);
    assert_int_equal(pthread_create(&thread, NULL, stop_server, fixture), 0);
    sem_post(&fixture->release);
    cleanup_free char *answer = raw_read_all(fd);
    assert_non_null(strstr(answer, "GET|/wait|||0\n"));
    pthread_join(thread, NULL);
    fixture_free(fixture);
}

/* With a thread for each connection a handler that waits holds up nobody. */
static void test_waiting_handler_holds_up_nobody(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 0});
    cleanup_close int fd = fixture_raw(fixture);

    (void)state;
    raw_send_text(fd, "GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    sem_wait(&fixture->entered);
    assert_int_equal(fixture_status(fixture, "/"), 200);
    sem_post(&fixture->release);
    cleanup_free char *answer = raw_read_all(fd);
    assert_non_null(strstr(answer, "GET|/wait|||0\n"));
    fixture_free(fixture);
}

static void test_cannot_listen(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1});
    cleanup_error struct error error = {0};
    struct http_server *server = NULL;
    uint16_t port = http_server_port(fixture->server);
    cleanup_free char *expected = NULL;
    struct http_server_options options = {.address = "127.0.0.1", .port = port, .handle = fixture_handle};

    (void)state;
    assert_int_equal(http_server_start(&options, &server, &error), -1);
    assert_true(asprintf(&expected, "cannot listen on 127.0.0.1 port %u: Address already in use", port) > 0);
    assert_string_equal(error.message, expected);
    options.address = "localhost";
    assert_int_equal(http_server_start(&options, &server, &error), -1);
    assert_string_equal(error.message, "\"localhost\" is not an IP address to listen on");
    assert_null(server);
    fixture_free(fixture);
}

static void test_ipv6_takes_ipv4_as_well(void **state)
{
    cleanup_error struct error error = {0};
    struct http_server *server = NULL;
    struct http_server_options options = {.address = "::", .threads = 1, .handle = fixture_handle};

    (void)state;
    check(http_server_start(&options, &server, &error), &error);
    cleanup_close int fd = raw_connect(http_server_port(server));
    raw_send_text(fd, "GET /4 HTTP/1.0\r\n\r\n");
    cleanup_free char *answer = raw_read_all(fd);
    assert_non_null(strstr(answer, "GET|/4|||0\n"));
    http_server_stop(server);
}

struct events {
    atomic_uint count;
    sem_t came;
};

static void on_event(void *context, const char *message)
{
    struct events *events = context;

    assert_null(strpbrk(message, "\r\n"));
    atomic_fetch_add(&events->count, 1);
    sem_post(&events->came);
}

static void ignore_request(void *context, const struct http_request *request, struct http_response *response)
{
    (void)context, (void)request;
    http_response_text(response, 200, "yes");
}

static void test_broken_handshakes_are_told_in_moderation(void **state)
{
    struct fixture *fixture = fixture_new();
    struct events events = {0};
    cleanup_error struct error error = {0};
    struct http_server_options options = {.address = "127.0.0.1", .threads = 1, .handle = ignore_request};

    (void)state;
    sem_init(&events.came, 0, 0);
    fixture_load_certificate(fixture);
    options.certificate = fixture->certificate;
    options.context = &events;
    options.on_event = on_event;
    check(http_server_start(&options, &fixture->server, &error), &error);
    for (int i = 0; i < 20; i++) {
        cleanup_free char *alert = fixture_raw_answer(fixture, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_null(strstr(alert, "HTTP/1.1"));
    }
    sem_wait(&events.came);
    assert_in_range(atomic_load(&events.count), 1, 19);
    fixture_free(fixture);
    sem_destroy(&events.came);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eight_mebibytes_are_too_long),
        cmocka_unit_test(test_body_limit_is_exact),
        cmocka_unit_test(test_chunked_body_up_to_its_limit),
        cmocka_unit_test(test_absurd_length_is_refused_at_once),
        cmocka_unit_test(test_ambiguous_framing),
        cmocka_unit_test(test_answers_of_many_lengths),
        cmocka_unit_test(test_pipelined_requests),
        cmocka_unit_test(test_no_answer_and_half_an_answer),
        cmocka_unit_test(test_header_that_cannot_be_sent),
        cmocka_unit_test(test_drain_ends_each_connection),
        cmocka_unit_test(test_stop_ends_open_connections),
        cmocka_unit_test(test_stop_lets_a_handler_end),
        cmocka_unit_test(test_waiting_handler_holds_up_nobody),
        cmocka_unit_test(test_cannot_listen),
        cmocka_unit_test(test_ipv6_takes_ipv4_as_well),
        cmocka_unit_test(test_broken_handshakes_are_told_in_moderation),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
