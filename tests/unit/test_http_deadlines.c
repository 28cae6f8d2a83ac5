/* Slow clients of every kind are cut, and nobody else is. */
#include "tests/unit/http_fixture.h"

/* Long enough for an honest request on a busy machine. */
enum { SHORT_MS = 500 };

static void test_silent_connections_are_cut_and_a_healthy_one_is_served(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 2, .headers_ms = 3000});
    int fds[20];

    (void)state;
    for (size_t i = 0; i < array_length(fds); i++)
        fds[i] = fixture_raw(fixture);
    assert_int_equal(fixture_status(fixture, "/"), 200);
    for (size_t i = 0; i < array_length(fds); i++) {
        cleanup_free char *rest = raw_read_all(fds[i]);
        assert_string_equal(rest, "");
        close(fds[i]);
    }
    assert_int_equal(fixture_counts(fixture).cut, array_length(fds));
    assert_int_equal(fixture_status(fixture, "/"), 200);
    fixture_free(fixture);
}

static void test_dripped_handshake(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1, .headers_ms = SHORT_MS});
    cleanup_close int fd = fixture_raw(fixture);

    (void)state;
    /* The beginning of a TLS record of 512 bytes. */
    raw_send(fd, "\x16\x03\x01\x02\x00\x01", 6);
    raw_drip_until_cut(fd, 'x');
    assert_int_equal(fixture_counts(fixture).cut, 1);
    fixture_free(fixture);
}

static void check_drip(struct http_server_options options, const char *beginning)
{
    struct fixture *fixture = fixture_start_plain(options);
    cleanup_close int fd = fixture_raw(fixture);

    raw_send_text(fd, beginning);
    raw_drip_until_cut(fd, 'x');
    assert_int_equal(fixture_counts(fixture).cut, 1);
    fixture_free(fixture);
}

static void test_dripped_headers(void **state)
{
    (void)state;
    check_drip((struct http_server_options){.threads = 1, .headers_ms = SHORT_MS}, "GET /");
    check_drip((struct http_server_options){.threads = 1, .headers_ms = SHORT_MS}, "GET / HTTP/1.1\r\nHost: ");
}

static void test_dripped_body(void **state)
{
    (void)state;
    check_drip((struct http_server_options){.threads = 1, .body_ms = SHORT_MS},
               "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    check_drip((struct http_server_options){.threads = 0, .body_ms = SHORT_MS},
               "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
}

/* Such a connection counts as idle to libmicrohttpd's callbacks until the request line is whole. */
static void test_dripped_request_on_a_kept_connection(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1, .headers_ms = SHORT_MS});
    cleanup_close int fd = fixture_raw(fixture);

    (void)state;
    raw_send_text(fd, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_read_until(fd, "GET|/1|||0\n");
    raw_drip_until_cut(fd, 'G');
    assert_int_equal(fixture_counts(fixture).cut, 1);
    fixture_free(fixture);
}

/* It is older than the limit for headers by then, many times. */
static void test_idle_connection_outlives_the_other_limits(void **state)
{
    struct fixture *fixture = fixture_start_plain(
        (struct http_server_options){.threads = 2, .headers_ms = SHORT_MS, .body_ms = SHORT_MS, .reply_ms = SHORT_MS});
    cleanup_close int idle = fixture_raw(fixture);

    (void)state;
    raw_send_text(idle, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_read_until(idle, "GET|/1|||0\n");
    for (int i = 0; i < 3; i++) {
        cleanup_close int silent = fixture_raw(fixture);
        raw_wait(silent);
        assert_true(raw_ended(silent, WAIT_MS));
    }
    assert_int_equal(fixture_counts(fixture).cut, 3);
    raw_send_text(idle, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_read_until(idle, "GET|/2|||0\n");
    fixture_free(fixture);
}

static void test_idle_connection_is_cut_at_its_limit(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1, .idle_ms = SHORT_MS});
    cleanup_close int fd = fixture_raw(fixture);

    (void)state;
    raw_send_text(fd, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_read_until(fd, "GET|/1|||0\n");
    assert_true(raw_ended(fd, WAIT_MS));
    assert_int_equal(fixture_counts(fixture).cut, 1);
    fixture_free(fixture);
}

static void test_slow_reader(void **state)
{
    struct fixture *fixture = fixture_start_plain((struct http_server_options){.threads = 1, .reply_ms = SHORT_MS});
    cleanup_close int fd = fixture_raw(fixture);

    (void)state;
    raw_send_text(fd, "GET /bytes/67108864 HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until_cut(fixture, 1);
    fixture_free(fixture);
}

/* The handler's own time is not the client's. */
static void test_slow_handler_is_not_cut(void **state)
{
    struct fixture *fixture =
        fixture_start_plain((struct http_server_options){.threads = 0, .headers_ms = SHORT_MS, .body_ms = SHORT_MS});
    cleanup_close int fd = fixture_raw(fixture);
    cleanup_close int silent = -1;

    (void)state;
    raw_send_text(fd, "GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    sem_wait(&fixture->entered);
    silent = fixture_raw(fixture);
    assert_true(raw_ended(silent, WAIT_MS));
    sem_post(&fixture->release);
    cleanup_free char *answer = raw_read_all(fd);
    assert_non_null(strstr(answer, "GET|/wait|||0\n"));
    assert_int_equal(fixture_counts(fixture).cut, 1);
    fixture_free(fixture);
}

/* Strangers in all places but one quarter: they are cut long before their time, which is a minute here. */
static void test_silent_crowd_is_shed(void **state)
{
    struct fixture *fixture =
        fixture_start((struct http_server_options){.threads = 1, .connection_limit = 8, .headers_ms = 60000});
    int fds[8];

    (void)state;
    for (size_t i = 0; i < array_length(fds); i++)
        fds[i] = fixture_raw(fixture);
    assert_int_equal(fixture_status(fixture, "/"), 200);
    wait_until_cut(fixture, 2); /* down to three quarters of eight */
    for (size_t i = 0; i < array_length(fds); i++)
        close(fds[i]);
    fixture_free(fixture);
}

static void test_few_silent_connections_are_not_shed(void **state)
{
    struct fixture *fixture =
        fixture_start((struct http_server_options){.threads = 1, .connection_limit = 8, .headers_ms = 4000});
    cleanup_close int fd = fixture_raw(fixture);

    (void)state;
    assert_int_equal(fixture_status(fixture, "/"), 200);
    assert_int_equal(fixture_counts(fixture).cut, 0);
    assert_true(raw_ended(fd, WAIT_MS));
    assert_int_equal(fixture_counts(fixture).cut, 1);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_connections_are_cut_and_a_healthy_one_is_served),
        cmocka_unit_test(test_dripped_handshake),
        cmocka_unit_test(test_dripped_headers),
        cmocka_unit_test(test_dripped_body),
        cmocka_unit_test(test_dripped_request_on_a_kept_connection),
        cmocka_unit_test(test_idle_connection_outlives_the_other_limits),
        cmocka_unit_test(test_idle_connection_is_cut_at_its_limit),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_slow_handler_is_not_cut),
        cmocka_unit_test(test_silent_crowd_is_shed),
        cmocka_unit_test(test_few_silent_connections_are_not_shed),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
